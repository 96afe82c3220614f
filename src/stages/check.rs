//! Is the Domain filed, and with whom? And whose is a number that a page claims?
//!
//! A register that is not whole, too old, or absent never says "none": it says unknown.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::NumberOwner;
use crate::facts::filing::RegisterGap;
use crate::facts::number::FilingNumber;
use crate::facts::number::SubjectNumber;
use crate::facts::target::Target;
use crate::facts::visit::Claim;
use crate::facts::visit::NumberPlace;
use crate::facts::visit::Page;
use crate::store::StoreError;
use crate::store::filings::FilingRegister;

/// `[filings]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether the register holds every filing of its scope, so that absence means unfiled.
    pub complete: bool,
    /// The age from which on absence means unknown.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { complete: true, max_age: Duration::from_hours(7 * 24) }
    }
}

/// The filing register with what is needed to trust it.
#[derive(Debug)]
pub struct Filings {
    register: Option<FilingRegister>,
    gap: Option<RegisterGap>,
}

impl Filings {
    /// `register` as it can be trusted at `now`.
    pub fn new(register: Option<FilingRegister>, settings: &Settings, now: Timestamp) -> Self {
        let gap = match &register {
            None => Some(RegisterGap::NotImported),
            Some(_) if !settings.complete => Some(RegisterGap::Incomplete),
            Some(register) => {
                let age = now.duration_since(register.imported_at());
                let is_stale = Duration::try_from(age).is_ok_and(|age| age > settings.max_age);
                is_stale.then_some(RegisterGap::Stale)
            }
        };
        Self { register, gap }
    }

    /// What keeps absence from meaning "unfiled"; `None` when nothing does.
    pub fn gap(&self) -> Option<RegisterGap> {
        self.gap
    }

    /// The register itself, if there is one.
    pub fn register(&self) -> Option<&FilingRegister> {
        self.register.as_ref()
    }

    /// What the register answers about `target`.
    pub fn status(
        &self,
        target: &Target,
        directory: &Directory,
    ) -> Result<FilingStatus, StoreError> {
        let Some(register) = &self.register else {
            return Ok(FilingStatus::Unknown(RegisterGap::NotImported));
        };
        let records = register.lookup(target)?;
        Ok(status_of(&records, self.gap, register.imported_at(), directory))
    }

    /// A page's own claims, held against the register and the Domain's own subjects.
    pub fn claims(&self, page: &Page, status: &FilingStatus) -> Result<Vec<Claim>, StoreError> {
        let own: &[SubjectNumber] = status.summary().map_or(&[], |summary| &summary.subjects);
        let mut claims: Vec<Claim> = Vec::new();
        for found in &page.numbers {
            if found.place == NumberPlace::Own {
                let owner = self.owner(&found.number, own)?;
                claims.push(Claim { number: found.number.clone(), owner });
            }
        }
        Ok(claims)
    }

    fn owner(
        &self,
        number: &FilingNumber,
        own: &[SubjectNumber],
    ) -> Result<NumberOwner, StoreError> {
        let (Some(subject), Some(register)) = (number.subject(), &self.register) else {
            return Ok(NumberOwner::Unknown);
        };
        Ok(if own.contains(subject) {
            NumberOwner::Own
        } else if register.has_subject(subject)? {
            NumberOwner::Another
        } else if self.gap.is_none() {
            NumberOwner::Nobody
        } else {
            NumberOwner::Unknown
        })
    }
}

/// Folds the records of one Domain; `gap` is what keeps absence from meaning anything.
fn status_of(
    records: &[Filing],
    gap: Option<RegisterGap>,
    as_of: Timestamp,
    directory: &Directory,
) -> FilingStatus {
    let is_active = |record: &&Filing| record.state == FilingState::Active;
    let active: Vec<&Filing> = records.iter().filter(is_active).collect();
    let deciding: Vec<&Filing> = if active.is_empty() { records.iter().collect() } else { active };
    let mut summary = FilingSummary {
        numbers: Vec::new(),
        subjects: Vec::new(),
        providers: Vec::new(),
        // An old register may miss an access record that was added since.
        are_providers_known: gap != Some(RegisterGap::Stale),
        as_of,
    };
    for record in &deciding {
        for number in record.site_number.iter().chain(&record.subject_number).take(1) {
            push_new(&mut summary.numbers, number.clone());
        }
        let Some(names) = &record.providers else {
            summary.are_providers_known = false;
            continue;
        };
        for name in names {
            match directory.find(name) {
                Some(provider) => push_new(&mut summary.providers, provider.id.clone()),
                None => summary.are_providers_known = false,
            }
        }
    }
    for record in records {
        for number in record.subject_number.iter().chain(&record.site_number) {
            if let Some(subject) = number.subject() {
                push_new(&mut summary.subjects, subject.clone());
            }
        }
    }
    match (deciding.first().map(|record| record.state), gap) {
        (Some(FilingState::Active), _) => FilingStatus::Active(summary),
        (_, Some(gap)) => FilingStatus::Unknown(gap),
        (Some(FilingState::Cancelled), None) => FilingStatus::Cancelled(summary),
        (None, None) => FilingStatus::None,
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::provider::Provider;
    use crate::facts::provider::ProviderKind;

    fn directory() -> Directory {
        Directory::new(vec![Provider {
            id: "P1".parse().unwrap(),
            name: "第一接入".parse().unwrap(),
            aliases: vec![],
            kind: ProviderKind::Provider,
            bureau: None,
            licence: None,
            is_key: false,
            cname_suffixes: vec![],
            v3_id: None,
        }])
    }

    fn record(state: FilingState, providers: Option<&[&str]>) -> Filing {
        Filing {
            domain: "example.cn".parse().unwrap(),
            site_number: None,
            subject_number: None,
            state,
            providers: providers
                .map(|names| names.iter().map(|name| name.parse().unwrap()).collect()),
            details: vec![],
        }
    }

    fn status(records: &[Filing], gap: Option<RegisterGap>) -> FilingStatus {
        status_of(records, gap, Timestamp::UNIX_EPOCH, &directory())
    }

    #[test]
    fn absence_means_unfiled_only_in_a_whole_and_fresh_register() {
        assert_eq!(status(&[], None), FilingStatus::None);
        for gap in [RegisterGap::Incomplete, RegisterGap::Stale] {
            assert_eq!(status(&[], Some(gap)), FilingStatus::Unknown(gap));
            let cancelled = record(FilingState::Cancelled, Some(&[]));
            assert_eq!(status(&[cancelled], Some(gap)), FilingStatus::Unknown(gap));
            let active = record(FilingState::Active, Some(&["P1"]));
            assert!(matches!(status(&[active], Some(gap)), FilingStatus::Active(_)));
        }
    }

    #[test]
    fn any_active_record_makes_the_domain_filed() {
        let records = [
            record(FilingState::Cancelled, Some(&["somebody"])),
            record(FilingState::Active, Some(&["第一接入"])),
        ];
        let FilingStatus::Active(summary) = status(&records, None) else { panic!() };
        assert_eq!(summary.providers, ["P1".parse().unwrap()]);
        assert!(summary.are_providers_known);
        let cancelled = &records[..1];
        assert!(matches!(status(cancelled, None), FilingStatus::Cancelled(_)));
    }

    #[test]
    fn providers_are_known_only_if_each_name_and_column_is() {
        let known = |providers, gap| {
            let records = [record(FilingState::Active, providers)];
            status(&records, gap).summary().unwrap().are_providers_known
        };
        assert!(known(Some(&["P1"][..]), None));
        assert!(known(Some(&[][..]), None));
        assert!(!known(None, None));
        assert!(!known(Some(&["P1", "nobody knows"][..]), None));
        assert!(!known(Some(&["P1"][..]), Some(RegisterGap::Stale)));
    }
}
