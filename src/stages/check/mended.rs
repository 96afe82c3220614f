//! Whether what a finding accuses is still so by the filing register of now: before a list goes out,
//! because what was filed since the last night accuses nobody.

use std::fmt;

use crate::facts::directory::Directory;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::Finding;
use crate::facts::finding::Kind;
use crate::facts::provider::ProviderId;
use crate::stages::check::Filings;
use crate::store::StoreError;

/// Why a finding is no fault any more; the next night closes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mended {
    /// An active filing is there.
    Filed,
    /// The provider has an access record.
    Connected,
    /// The record that claims a site is gone.
    Withdrawn,
}

impl Filings {
    /// Whether `finding` is mended by now, as the own register says; `None` where it is not, or where
    /// the register cannot tell. What a page shows is not in the register, so that a wrong number is
    /// left to the next night.
    pub fn mended(
        &self,
        finding: &Finding,
        directory: &Directory,
    ) -> Result<Option<Mended>, StoreError> {
        if !finding.stands() {
            return Ok(None);
        }
        let status = self.status(&finding.key.target, directory)?;
        Ok(mended_by(&status, finding.key.kind, finding.key.provider.as_ref()))
    }
}

fn mended_by(status: &FilingStatus, kind: Kind, provider: Option<&ProviderId>) -> Option<Mended> {
    let is_gone = matches!(status, FilingStatus::Cancelled(_) | FilingStatus::None);
    let active = match status {
        FilingStatus::Active(summary) => Some(summary),
        FilingStatus::Cancelled(_) | FilingStatus::None | FilingStatus::Unknown(_) => None,
    };
    let is_connected =
        active.zip(provider).is_some_and(|(summary, id)| summary.providers.contains(id));
    match kind {
        Kind::Unfiled => active.map(|_| Mended::Filed),
        Kind::NotConnected => is_connected.then_some(Mended::Connected),
        Kind::OverReported => {
            let is_known = active.is_some_and(|summary| summary.are_providers_known);
            (is_gone || (is_known && !is_connected)).then_some(Mended::Withdrawn)
        }
        Kind::Shell => is_gone.then_some(Mended::Withdrawn),
        Kind::WrongNumber | Kind::UnreportedAddress => None,
    }
}

impl fmt::Display for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Filed => "it is filed",
            Self::Connected => "the provider has an access record",
            Self::Withdrawn => "the record that claimed the site is gone",
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::facts::filing::FilingSummary;
    use crate::facts::filing::RegisterGap;

    #[test]
    fn what_the_register_says_by_now_mends_what_it_was_accused_of() {
        let of = |names: &[&str]| FilingSummary {
            providers: names.iter().map(|name| name.parse().unwrap()).collect(),
            are_providers_known: true,
            ..FilingSummary::empty(Timestamp::UNIX_EPOCH)
        };
        let unknown = FilingSummary { are_providers_known: false, ..of(&["P2"]) };
        let p1 = "P1".parse().unwrap();
        let kinds =
            [Kind::Unfiled, Kind::NotConnected, Kind::OverReported, Kind::Shell, Kind::WrongNumber];
        for (status, expected) in [
            (FilingStatus::Active(of(&["P1"])), "Filed Connected - - -"),
            (FilingStatus::Active(of(&["P2"])), "Filed - Withdrawn - -"),
            (FilingStatus::Active(unknown), "Filed - - - -"),
            (FilingStatus::Cancelled(of(&["P1"])), "- - Withdrawn Withdrawn -"),
            (FilingStatus::None, "- - Withdrawn Withdrawn -"),
            (FilingStatus::Unknown(RegisterGap::Stale), "- - - - -"),
        ] {
            let told = kinds.map(|kind| {
                let mended = mended_by(&status, kind, Some(&p1));
                mended.map_or("-".to_owned(), |mended| format!("{mended:?}"))
            });
            assert_eq!(told.join(" "), expected, "{status:?}");
        }
    }
}
