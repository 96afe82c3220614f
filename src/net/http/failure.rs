//! Why did a request get no answer? Reads it from the errors below the HTTP client's own.

use std::error::Error;
use std::io;
use std::io::ErrorKind;
use std::net::IpAddr;

use crate::net::http::NotPinned;

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
    /// The answer is no HTTP.
    Malformed,
    /// The address or the name may not be reached.
    NotAllowed,
    /// This machine could not even try: no files, ports, memory or leave of its own, or no IPv6.
    /// It says nothing about the site.
    Local,
}

/// How far a request had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// To where TCP, and TLS where it is asked for, are agreed on.
    Connecting,
    /// Within the connection.
    Exchanging,
    /// Within the body that came through it: gzip.
    Unpacking,
}

/// Why a request to `address`, over TLS if `is_secure`, got no answer.
pub(crate) fn of(error: &reqwest::Error, is_secure: bool, address: IpAddr) -> Failure {
    let mut phase = if error.is_connect() { Phase::Connecting } else { Phase::Unpacking };
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if cause.is::<NotPinned>() {
            return Failure::NotAllowed;
        }
        if let Some(cause) = cause.downcast_ref::<hyper::Error>() {
            if cause.is_parse() {
                return Failure::Malformed;
            }
            if cause.is_incomplete_message() || cause.is_closed() || cause.is_canceled() {
                return Failure::Reset;
            }
            phase = Phase::Exchanging;
        }
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            let cause = innermost(cause);
            return of_system(cause, address).unwrap_or_else(|| of_stream(cause, phase, is_secure));
        }
        next = cause.source();
    }
    if error.is_timeout() {
        return Failure::TimedOut;
    }
    if error.is_connect() { Failure::NoConnection } else { Failure::Malformed }
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

/// What is wrong with what came through the connection.
fn of_stream(error: &io::Error, phase: Phase, is_secure: bool) -> Failure {
    match (phase, error.kind()) {
        (Phase::Exchanging, ErrorKind::UnexpectedEof) => Failure::Reset,
        (Phase::Connecting, _) | (Phase::Exchanging, ErrorKind::InvalidData) if is_secure => {
            Failure::Tls
        }
        _ => Failure::Malformed,
    }
}

/// TLS wraps the connection's errors into errors of its own kind.
fn innermost(mut error: &io::Error) -> &io::Error {
    while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>()) {
        error = inner;
    }
    error
}
