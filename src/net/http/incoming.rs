//! What has come in of an answer so far; it outlives whatever ends the reading.

use std::io;

use http::HeaderMap;

use crate::facts::exchange::HttpVersion;
use crate::net::http::metered::Meter;

/// An answer on its way in.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is told by itself, whatever the others say"
)]
pub(crate) struct Incoming {
    /// Its head, once it is there.
    pub(crate) head: Option<Head>,
    /// Its body as on the wire, so far.
    pub(crate) body: Vec<u8>,
    /// Whether it came to its end.
    pub(crate) is_whole: bool,
    /// Whether there is more than may be read.
    pub(crate) is_cut: bool,
    /// Whether anything of its head came.
    pub(crate) has_begun: bool,
    /// Whether its head is longer than may be read.
    pub(crate) is_head_cut: bool,
}

impl Incoming {
    /// What reading came to: where more came than `meter` allows, it is told that it was cut.
    pub(crate) fn bounded<T>(
        &mut self,
        read: Result<T, Broken>,
        meter: &Meter,
    ) -> Result<T, Broken> {
        if read.is_ok() || !meter.is_used_up() {
            return read;
        }
        if self.head.is_some() {
            self.is_cut = true;
        } else {
            self.is_head_cut = true;
        }
        Err(Broken::Malformed)
    }
}

/// The head of an answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) version: HttpVersion,
    pub(crate) status: u16,
    pub(crate) reason: Vec<u8>,
    /// For looking up.
    pub(crate) headers: HeaderMap,
    /// As they came, in order.
    pub(crate) raw: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Why an answer comes no further.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The connection says why.
    Io(io::Error),
    /// It ended where more was promised.
    Ended,
    /// What came is no HTTP.
    Malformed,
}
