//! File descriptors: as many as the system lets this process have, and how many of them connections to
//! the interface may use. A night takes one for each site that it speaks to, and the store cannot write
//! without any.

use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;

/// More are not asked for.
const WANTED: u64 = 65_536;

/// Connections to the interface, at the most.
const MOST: u64 = 4096;

/// So many there are in any case.
const LEAST: u64 = 32;

/// Kept for the store, name servers, and commands that ask here.
const KEPT: u64 = 192;

/// Takes as many as the system allows.
pub(super) fn raise() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(WANTED, |most| most.min(WANTED));
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "no more than {:?} files may be open", limit.current);
        }
    }
}

/// How many connections there may be beside a night with so many sites `in_flight`.
pub(super) fn for_connections(in_flight: usize) -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(WANTED);
    let in_flight = u64::try_from(in_flight).unwrap_or(u64::MAX);
    let (connections, is_short) = share(limit, in_flight);
    if is_short {
        tracing::warn!(
            limit,
            in_flight,
            "too few files may be open (`ulimit -n`) for a night with so much in flight"
        );
    }
    usize::try_from(connections).unwrap_or(usize::MAX)
}

/// The connections that there may be where so many files may be open, and whether those are too few.
fn share(limit: u64, in_flight: u64) -> (u64, bool) {
    let left = limit.saturating_sub(KEPT).saturating_sub(in_flight);
    (left.clamp(LEAST, MOST), left < LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_take_what_a_night_and_the_store_leave() {
        assert_eq!(share(1024, 512), (320, false));
        assert_eq!(share(65_536, 512), (MOST, false));
        assert_eq!(share(1024, 820), (LEAST, true));
        assert_eq!(share(256, u64::MAX), (LEAST, true));
    }
}
