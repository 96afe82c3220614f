//! One request and its answer, byte for byte as far as they may be kept: what a finding rests on.
//!
//! Never part of what is stored of every name. Bodies are held only while a finding may come of
//! them, and all of them together within one [`Allowance`]; on the disk, with whoever waits there,
//! they count against nothing.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;

use crate::facts::certificate::Certificate;

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was asked for, without user name and password.
    pub url: String,
    /// The address that was asked.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// When the request was begun.
    pub at: Timestamp,
    /// From then to the end of the answer.
    pub elapsed: Duration,
    /// The head of the request as it was sent, without cookies; of HTTP/2, what it would be in
    /// HTTP/1.1.
    pub request: Vec<u8>,
    /// The protocol of the answer.
    pub version: HttpVersion,
    /// The status.
    pub status: u16,
    /// The words behind the status; empty where there are none, as always in HTTP/2.
    pub reason: Vec<u8>,
    /// Names and values of the headers in the order in which they came, as they came, `Set-Cookie`
    /// left out. What they say of length and coding is of the wire, where [`Exchange::body`] was
    /// packed.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body, unpacked, as far as it is kept.
    pub body: KeptBody,
    /// What the address showed of itself over TLS; `None` without TLS.
    #[serde(serialize_with = "unshared", deserialize_with = "shared")]
    pub certificate: Option<Arc<Certificate>>,
}

/// The protocol of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpVersion {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
    /// HTTP/2
    Http2,
}

impl HttpVersion {
    /// How a status line writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }
}

/// A body as far as it is kept. Cloning shares the bytes; the last one gives back what they took of
/// the allowance.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "(Vec<u8>, bool)", into = "(Vec<u8>, bool)")]
pub struct KeptBody {
    lent: Arc<Lent>,
    /// Whether these are all bytes that there are: neither reading nor keeping cut them off.
    pub is_whole: bool,
}

/// Bytes that count against an allowance as long as they are held.
#[derive(Debug)]
struct Lent {
    bytes: Vec<u8>,
    left: Arc<AtomicUsize>,
}

/// How many bytes of bodies may be held at a time, by all together and by each.
#[derive(Debug, Clone)]
pub struct Allowance {
    left: Arc<AtomicUsize>,
    each: usize,
}

impl Allowance {
    /// An allowance of `all` bytes, at most `each` of them for one body.
    pub fn new(all: usize, each: usize) -> Self {
        Self { left: Arc::new(AtomicUsize::new(all)), each }
    }

    /// Keeps of `bytes` what the allowance has room for, from the beginning; `is_whole` tells whether
    /// these were all.
    pub fn keep(&self, bytes: Vec<u8>, is_whole: bool) -> KeptBody {
        self.divide(bytes, is_whole).0
    }

    /// The same, and what is not kept.
    pub fn divide(&self, mut bytes: Vec<u8>, is_whole: bool) -> (KeptBody, Vec<u8>) {
        let length = bytes.len();
        let wanted = length.min(self.each);
        let taken = self.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
            Some(left.saturating_sub(wanted))
        });
        let granted = taken.map_or(0, |left| left.min(wanted));
        let rest = bytes.split_off(granted);
        bytes.shrink_to_fit();
        let lent = Arc::new(Lent { bytes, left: Arc::clone(&self.left) });
        (KeptBody { lent, is_whole: is_whole && rest.is_empty() }, rest)
    }

    /// Keeps a body that was taken up from the disk.
    pub fn keep_again(&self, body: KeptBody) -> KeptBody {
        let (bytes, is_whole) = body.into();
        self.keep(bytes, is_whole)
    }
}

impl KeptBody {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.lent.bytes
    }
}

impl PartialEq for KeptBody {
    fn eq(&self, other: &Self) -> bool {
        self.is_whole == other.is_whole && self.bytes() == other.bytes()
    }
}

impl Eq for KeptBody {}

/// As it comes from the disk: against no allowance.
impl From<(Vec<u8>, bool)> for KeptBody {
    fn from((bytes, is_whole): (Vec<u8>, bool)) -> Self {
        let left = Arc::default();
        Self { lent: Arc::new(Lent { bytes, left }), is_whole }
    }
}

impl From<KeptBody> for (Vec<u8>, bool) {
    fn from(body: KeptBody) -> Self {
        (body.bytes().to_vec(), body.is_whole)
    }
}

#[expect(clippy::ref_option, reason = "this is how serde calls it")]
fn unshared<S: Serializer>(
    certificate: &Option<Arc<Certificate>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    certificate.as_deref().serialize(serializer)
}

fn shared<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Arc<Certificate>>, D::Error> {
    Ok(Option::<Certificate>::deserialize(deserializer)?.map(Arc::new))
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.left.fetch_add(self.bytes.len(), Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_kept_within_the_allowance_and_give_it_back() {
        let allowance = Allowance::new(10, 6);
        let one = allowance.keep(b"abcdefgh".to_vec(), true);
        assert_eq!((one.bytes(), one.is_whole), (&b"abcdef"[..], false));
        let two = allowance.keep(b"abcde".to_vec(), true);
        assert_eq!((two.bytes(), two.is_whole), (&b"abcd"[..], false));
        let three = allowance.keep(b"a".to_vec(), true);
        assert_eq!((three.bytes(), three.is_whole), (&b""[..], false));
        let shared = one.clone();
        drop((one, three));
        assert_eq!(allowance.keep(b"a".to_vec(), true).bytes(), b"");
        drop(shared);
        let four = allowance.keep(b"abc".to_vec(), true);
        assert_eq!((four.bytes(), four.is_whole), (&b"abc"[..], true));
        drop((two, four));
        assert_eq!(allowance.left.load(Ordering::Acquire), 10);
        assert!(!allowance.keep(b"abc".to_vec(), false).is_whole, "it was cut off before");
    }

    #[test]
    fn what_waited_on_the_disk_is_lent_anew_when_it_is_taken_up() {
        let allowance = Allowance::new(10, 6);
        let bytes = postcard::to_stdvec(&allowance.keep(b"abcde".to_vec(), true)).unwrap();
        assert_eq!(allowance.left.load(Ordering::Acquire), 10);
        let taken_up = || postcard::from_bytes::<KeptBody>(&bytes).unwrap();
        assert_eq!(taken_up().bytes(), b"abcde");
        let one = allowance.keep_again(taken_up());
        assert_eq!(allowance.left.load(Ordering::Acquire), 5);
        let two = allowance.keep_again(taken_up());
        let three = allowance.keep_again(taken_up());
        assert!(one.is_whole && two.is_whole && !three.is_whole);
        drop((one, two, three));
        assert_eq!(allowance.left.load(Ordering::Acquire), 10);
    }
}
