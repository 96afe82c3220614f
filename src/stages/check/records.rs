//! What the records of one Domain mean together.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::RegisterGap;
use crate::formats::dates;

/// Folds the records of one Domain; `gap` is what keeps absence from meaning anything.
pub(super) fn status(
    records: &[Filing],
    gap: Option<RegisterGap>,
    as_of: Timestamp,
    directory: &Directory,
) -> FilingStatus {
    let is_active = |record: &&Filing| record.state == FilingState::Active;
    let active: Vec<&Filing> = records.iter().filter(is_active).collect();
    let deciding: Vec<&Filing> = if active.is_empty() { records.iter().collect() } else { active };
    let mut summary = FilingSummary {
        // An old register may miss an access record that was added since.
        are_providers_known: gap != Some(RegisterGap::Stale),
        are_subjects_known: records.iter().all(|record| record.subject().is_some()),
        filed_on: deciding.iter().filter_map(|record| day(record, "filed_on")).min(),
        changed_on: deciding.iter().filter_map(|record| day(record, "changed_on")).max(),
        ..FilingSummary::empty(as_of)
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
        let is_former = !deciding.contains(&record);
        for number in record.site_number.iter().chain(&record.subject_number).take(1) {
            if is_former {
                push_new(&mut summary.former, number.clone());
            }
        }
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

/// The day that a column holds; what cannot be read is not known.
fn day(record: &Filing, column: &str) -> Option<Date> {
    let (_, text) = record.details.iter().find(|(name, _)| name == column)?;
    dates::day(text)
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::number::FilingNumber;
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
        super::status(records, gap, Timestamp::UNIX_EPOCH, &directory())
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
    fn numbers_subjects_and_days_are_folded_and_former_ones_are_kept_apart() {
        let numbered = |state, number: &str, filed_on: &str| Filing {
            site_number: Some(number.parse().unwrap()),
            details: vec![("filed_on".to_owned(), filed_on.to_owned())],
            ..record(state, Some(&[]))
        };
        let records = [
            numbered(FilingState::Active, "京ICP备05014806号-2", "2012-03-04"),
            numbered(FilingState::Active, "京ICP备05014806号-3", "2010/1/2"),
            numbered(FilingState::Cancelled, "沪ICP备06000001号-1", "2006-01-01"),
        ];
        let FilingStatus::Active(summary) = status(&records, None) else { panic!() };
        let told = |numbers: &[FilingNumber]| -> Vec<String> {
            numbers.iter().map(ToString::to_string).collect()
        };
        assert_eq!(told(&summary.numbers), ["京ICP备05014806号-2", "京ICP备05014806号-3"]);
        assert_eq!(told(&summary.former), ["沪ICP备06000001号-1"]);
        assert_eq!(summary.subjects.len(), 2);
        assert!(summary.are_subjects_known);
        assert_eq!(summary.filed_on, Some(jiff::civil::date(2010, 1, 2)));
        assert_eq!(summary.changed_on, None);
        let licence = numbered(FilingState::Active, "粤A2-20044005号-70", "x");
        let FilingStatus::Active(summary) = status(&[licence], None) else { panic!() };
        assert!(!summary.are_subjects_known && summary.subjects.is_empty());
        assert_eq!((summary.filed_on, told(&summary.numbers).len()), (None, 1));
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
