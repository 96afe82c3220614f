//! What the owner of the data and a command in another process say to each other.
//!
//! The command hands over its streams with one byte, then a [`Call`]; the owner answers [`Reply::Taken`]
//! and, when it is done, [`Reply::Ended`]. A byte from the command after that asks it to end.
//! Each message is its length as `u32`, little-endian, and its postcard encoding.

use std::io;
use std::io::IoSlice;
use std::io::IoSliceMut;
use std::io::Read;
use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use rustix::net::RecvAncillaryBuffer;
use rustix::net::RecvAncillaryMessage;
use rustix::net::RecvFlags;
use rustix::net::SendAncillaryBuffer;
use rustix::net::SendAncillaryMessage;
use rustix::net::SendFlags;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version of the program, which both must be.
pub(in crate::commands) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// No call is longer; what a system takes as arguments is shorter.
const LONGEST: u32 = 16 * 1024 * 1024;

/// A command that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::commands) struct Call {
    /// [`VERSION`]; first, so that it is understood whatever follows.
    pub(in crate::commands) version: String,
    /// The command line, the program's name included, byte by byte.
    pub(in crate::commands) arguments: Vec<Vec<u8>>,
    /// The folder that relative paths start from.
    pub(in crate::commands) folder: Vec<u8>,
    /// What is logged; `None` for the usual.
    pub(in crate::commands) log_filter: Option<String>,
    /// The account that asks.
    pub(in crate::commands) account: Option<String>,
}

/// What the owner says of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::commands) enum Reply {
    /// It is being done.
    Taken,
    /// It will not be done, for this reason.
    Refused(String),
    /// It is done, with this exit status.
    Ended(u8),
}

/// Hands over `streams`.
pub(in crate::commands) fn hand_over(
    connection: &UnixStream,
    streams: [BorrowedFd<'_>; 3],
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&streams)) {
        return Err(io::Error::other("the streams do not fit into a message"));
    }
    let sent =
        rustix::net::sendmsg(connection, &[IoSlice::new(b"c")], &mut control, SendFlags::NOSIGNAL)?;
    if sent == 1 { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Takes what [`hand_over`] gave.
pub(in crate::commands) fn take_over(connection: &UnixStream) -> io::Result<Vec<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut parts = [IoSliceMut::new(&mut byte)];
    rustix::net::recvmsg(connection, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut streams = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(files) = message {
            streams.extend(files);
        }
    }
    Ok(streams)
}

/// Sends `message`.
pub(in crate::commands) fn send(
    mut connection: &UnixStream,
    message: &impl Serialize,
) -> io::Result<()> {
    let bytes = postcard::to_stdvec(message).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    connection.write_all(&[&length.to_le_bytes()[..], &bytes].concat())
}

/// Receives a message. The other side hanging up is an error of kind `UnexpectedEof`.
pub(in crate::commands) fn receive<T: DeserializeOwned>(
    mut connection: &UnixStream,
) -> io::Result<T> {
    let mut length = [0; 4];
    connection.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the message is too long"));
    }
    let mut bytes = Vec::new();
    connection.take(u64::from(length)).read_to_end(&mut bytes)?;
    postcard::from_bytes(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsFd;

    #[test]
    fn a_call_arrives_with_streams_that_are_the_same_files() {
        let (here, there) = UnixStream::pair().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| File::create_new(dir.path().join(name)).unwrap();
        let (a, b, c) = (file("a"), file("b"), file("c"));
        hand_over(&here, [a.as_fd(), b.as_fd(), c.as_fd()]).unwrap();
        let call = Call {
            version: VERSION.to_owned(),
            arguments: vec![b"chabei".to_vec(), vec![0xff, b'/', 0x80]],
            folder: b"/".to_vec(),
            log_filter: None,
            account: Some("bureau".to_owned()),
        };
        send(&here, &call).unwrap();
        let streams = take_over(&there).unwrap();
        assert_eq!(receive::<Call>(&there).unwrap(), call);
        for (name, stream) in ["a", "b", "c"].into_iter().zip(streams) {
            File::from(stream).write_all(name.as_bytes()).unwrap();
            assert_eq!(std::fs::read(dir.path().join(name)).unwrap(), name.as_bytes());
        }
    }

    #[test]
    fn a_message_that_is_cut_or_too_long_is_an_error() {
        let (mut here, there) = UnixStream::pair().unwrap();
        here.write_all(&[9, 0, 0, 0, 1, 2]).unwrap();
        drop(here);
        assert!(receive::<Call>(&there).is_err());
        let (mut here, there) = UnixStream::pair().unwrap();
        here.write_all(&u32::MAX.to_le_bytes()).unwrap();
        assert_eq!(receive::<Reply>(&there).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
