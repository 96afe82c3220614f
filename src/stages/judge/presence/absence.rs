//! What is to be said of a fault at a provider to whom nothing of the target resolves.

use std::net::IpAddr;

use crate::facts::finding::ClosedReason;
use crate::facts::finding::FindingKey;
use crate::facts::reason::Reason;
use crate::stages::judge::presence::Place;
use crate::stages::judge::presence::Presence;
use crate::stages::judge::presence::Service;

impl Presence<'_> {
    /// What is to be said where nothing of the target resolves to `provider`.
    ///
    /// Where it still resolves to an address that the finding stood on, it is the register that changed,
    /// and the target has not moved: what answers there now is said of whoever has the address, and
    /// nothing where the register does not cover it any more.
    pub(super) fn absence(&self, key: &FindingKey) -> Service {
        if !self.is_certain {
            return Service::Unclear(vec![Reason::DnsFailed]);
        }
        if let Some(doubt) = self.doubt_about(key.provider.as_ref()) {
            return Service::Unclear(vec![doubt]);
        }
        let before = self.addresses_before(key);
        let is_there = |place: &&Place<'_>| place.addresses.iter().any(|at| before.contains(at));
        if let Some(place) = self.places.iter().find(is_there) {
            return match self.service(Some(place), key) {
                Service::Served(_) => {
                    Service::Ended(ClosedReason::Moved, vec![Reason::RegisterChanged])
                }
                other => other,
            };
        }
        if self.has_lost(&before) {
            return Service::Unclear(vec![Reason::RegisterChanged]);
        }
        if self.has_address {
            Service::Ended(ClosedReason::Moved, vec![Reason::ResolvesElsewhere])
        } else {
            Service::Missed(vec![Reason::MissedTonight])
        }
    }

    /// The addresses that the finding of `key` stood on.
    pub(in crate::stages::judge) fn addresses_before(&self, key: &FindingKey) -> Vec<IpAddr> {
        let findings = self.known.iter().filter(|finding| finding.key == *key);
        findings.flat_map(|finding| finding.seen.addresses.iter().copied()).collect()
    }

    /// Whether the register places one of the addresses `before` nowhere any more, or nothing at all.
    pub(in crate::stages::judge) fn has_lost(&self, before: &[IpAddr]) -> bool {
        let has_address = self.has_address && !self.has_holders;
        has_address || self.uncovered.iter().any(|address| before.contains(address))
    }
}
