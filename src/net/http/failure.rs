//! Why did a request get no answer? Reads it from what the system, TLS and the protocol say.

use std::io;
use std::io::ErrorKind;
use std::net::IpAddr;

use tokio_rustls::rustls::AlertDescription;
use tokio_rustls::rustls::Error as TlsError;
use tokio_rustls::rustls::InvalidMessage;
use tokio_rustls::rustls::PeerIncompatible;

use crate::net::http::incoming::Broken;

/// The system's codes for too many open files, here or in all, and for no buffers left.
const EXHAUSTED: [i32; 3] = [23, 24, 105];

/// Why a request got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nothing listens, or there is no way there.
    NoConnection,
    /// The connection was cut before the answer was there.
    Reset,
    /// No answer in time.
    TimedOut,
    /// TLS could not be agreed on.
    Tls,
    /// The server speaks only versions of TLS before 1.2, which nobody should speak any more.
    TlsTooOld,
    /// Over TLS the server says that it has no such name, which then is no more served than where
    /// connections are cut.
    NameUnknown,
    /// The answer is no HTTP.
    Malformed,
    /// The certificate is larger than is read.
    TooLarge,
    /// The address or the name may not be reached.
    NotAllowed,
    /// This machine could not even try: no files, ports, memory or leave of its own, or no IPv6.
    /// It says nothing about the site.
    Local,
    /// It was not even tried: the address is left alone for a while.
    PutOff,
}

/// Why no TCP connection to `address` came about.
pub(crate) fn of_connecting(error: &io::Error, address: IpAddr) -> Failure {
    of_system(error, address).unwrap_or(Failure::NoConnection)
}

/// Why TLS was not agreed on over a connection to `address`.
pub(crate) fn of_handshake(error: &io::Error, address: IpAddr) -> Failure {
    let error = innermost(error);
    match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
        Some(error) => of_tls(error),
        // A message is larger than rustls holds: of those that a server sends by then, its certificates.
        None if error.kind() == ErrorKind::InvalidData => Failure::TooLarge,
        None => of_system(error, address).unwrap_or(Failure::Tls),
    }
}

/// Why no answer came over a connection to `address`.
pub(crate) fn of_exchange(broken: &Broken, address: IpAddr) -> Failure {
    match broken {
        Broken::Ended => Failure::Reset,
        Broken::Malformed => Failure::Malformed,
        Broken::Io(error) => {
            let error = innermost(error);
            match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
                Some(error) => of_tls(error),
                None if error.kind() == ErrorKind::UnexpectedEof => Failure::Reset,
                None => of_system(error, address).unwrap_or(Failure::Malformed),
            }
        }
    }
}

fn of_tls(error: &TlsError) -> Failure {
    match error {
        TlsError::AlertReceived(AlertDescription::ProtocolVersion)
        | TlsError::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => Failure::TlsTooOld,
        TlsError::AlertReceived(AlertDescription::UnrecognisedName) => Failure::NameUnknown,
        TlsError::InvalidMessage(
            InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge,
        ) => Failure::TooLarge,
        _ => Failure::Tls,
    }
}

/// What the system says of the connection, if the error is the system's.
fn of_system(error: &io::Error, address: IpAddr) -> Option<Failure> {
    if error.raw_os_error().is_some_and(|code| EXHAUSTED.contains(&code)) {
        return Some(Failure::Local);
    }
    let failure = match error.kind() {
        ErrorKind::AddrNotAvailable | ErrorKind::PermissionDenied | ErrorKind::OutOfMemory => {
            Failure::Local
        }
        // A machine without IPv6 finds no network for any IPv6 address.
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown if address.is_ipv6() => {
            Failure::Local
        }
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::NotConnected => Failure::NoConnection,
        ErrorKind::TimedOut => Failure::TimedOut,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Failure::Reset
        }
        _ => return None,
    };
    Some(failure)
}

/// TLS wraps the connection's errors into errors of its own kind.
fn innermost(mut error: &io::Error) -> &io::Error {
    while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>()) {
        error = inner;
    }
    error
}
