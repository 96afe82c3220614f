//! What the records of one Domain mean together.

use jiff::Timestamp;

use crate::facts::directory::Directory;
use crate::facts::few::Few;
use crate::facts::filing::FilingState;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::RegisterGap;
use crate::store::filings::brief::BriefRecord;

/// Folds the records of one Domain; `gap` is what keeps absence from meaning anything.
pub(super) fn status(
    records: Few<BriefRecord<'_>>,
    gap: Option<RegisterGap>,
    as_of: Timestamp,
    directory: &Directory,
) -> FilingStatus {
    let is_active =
        |record: &BriefRecord<'_>| record.state == FilingState::Active && !record.is_unreadable;
    let has_active = records.iter().any(is_active);
    match gap {
        Some(gap) if !has_active => return FilingStatus::Unknown(gap),
        // What could not be read may hold, and at any provider.
        None if !has_active && records.iter().any(|record| record.is_unreadable) => {
            return FilingStatus::Unknown(RegisterGap::Unreadable);
        }
        _ if records.is_empty() => return FilingStatus::None,
        _ => {}
    }
    let mut summary = FilingSummary {
        // An old register may miss an access record that was added since, and a partial one those of others.
        are_providers_known: gap.is_none(),
        are_subjects_known: records.iter().all(|record| record.subjects().next().is_some()),
        ..FilingSummary::empty(as_of)
    };
    for record in records {
        let decides = !has_active || record.state == FilingState::Active;
        for subject in record.subjects() {
            if !summary.subjects.contains(subject) {
                summary.subjects.push(*subject);
            }
        }
        if decides {
            let filed_on = [summary.filed_on, record.filed_on];
            summary.filed_on = filed_on.into_iter().flatten().min();
            summary.changed_on = summary.changed_on.max(record.changed_on);
            add_providers(&mut summary, record.providers.as_deref(), directory);
        }
        let numbers = if decides { &mut summary.numbers } else { &mut summary.former };
        if let Some(number) = record.into_number() {
            push_new(numbers, number);
        }
    }
    if has_active { FilingStatus::Active(summary) } else { FilingStatus::Cancelled(summary) }
}

fn add_providers(summary: &mut FilingSummary, names: Option<&[&str]>, directory: &Directory) {
    let Some(names) = names else {
        summary.are_providers_known = false;
        return;
    };
    for name in names {
        match directory.find_text(name) {
            Some(provider) if summary.providers.contains(&provider.id) => {}
            Some(provider) => summary.providers.push(provider.id.clone()),
            None => summary.are_providers_known = false,
        }
    }
}

fn push_new<T: PartialEq>(list: &mut Few<T>, value: T) {
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
    use crate::store::filings::brief::SubjectColumn;
    use jiff::civil::date;

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

    fn record<'a>(state: FilingState, providers: Option<&[&'a str]>) -> BriefRecord<'a> {
        BriefRecord {
            site_number: None,
            subject_number: SubjectColumn::Absent,
            state,
            providers: providers.map(|names| names.iter().copied().collect()),
            filed_on: None,
            changed_on: None,
            left_on: None,
            is_unreadable: false,
        }
    }

    fn status(records: &[BriefRecord<'_>], gap: Option<RegisterGap>) -> FilingStatus {
        super::status(records.to_vec().into(), gap, Timestamp::UNIX_EPOCH, &directory())
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
        assert_eq!(*summary.providers, ["P1".parse().unwrap()]);
        assert!(summary.are_providers_known);
        let cancelled = &records[..1];
        assert!(matches!(status(cancelled, None), FilingStatus::Cancelled(_)));
    }

    #[test]
    fn what_could_not_be_read_accuses_nobody() {
        let unreadable = BriefRecord { is_unreadable: true, ..record(FilingState::Active, None) };
        let unknown = FilingStatus::Unknown(RegisterGap::Unreadable);
        assert_eq!(status(std::slice::from_ref(&unreadable), None), unknown);
        let cancelled = record(FilingState::Cancelled, Some(&["P1"]));
        assert_eq!(status(&[cancelled, unreadable.clone()], None), unknown);
        let active = record(FilingState::Active, Some(&["P1"]));
        let FilingStatus::Active(summary) = status(&[active, unreadable], None) else { panic!() };
        assert!(!summary.are_providers_known && !summary.are_subjects_known);
    }

    #[test]
    fn numbers_subjects_and_days_are_folded_and_former_ones_are_kept_apart() {
        let numbered = |state, number: &str, filed_on| BriefRecord {
            site_number: Some(number.parse().unwrap()),
            filed_on,
            ..record(state, Some(&[]))
        };
        let records = [
            numbered(FilingState::Active, "京ICP备05014806号-2", Some(date(2012, 3, 4))),
            numbered(FilingState::Active, "京ICP备05014806号-3", Some(date(2010, 1, 2))),
            numbered(FilingState::Cancelled, "沪ICP备06000001号-1", Some(date(2006, 1, 1))),
        ];
        let FilingStatus::Active(summary) = status(&records, None) else { panic!() };
        let told = |numbers: &[FilingNumber]| -> Vec<String> {
            numbers.iter().map(ToString::to_string).collect()
        };
        assert_eq!(told(&summary.numbers), ["京ICP备05014806号-2", "京ICP备05014806号-3"]);
        assert_eq!(told(&summary.former), ["沪ICP备06000001号-1"]);
        assert_eq!(summary.subjects.len(), 2);
        assert!(summary.are_subjects_known);
        assert_eq!(summary.filed_on, Some(date(2010, 1, 2)));
        assert_eq!(summary.changed_on, None);
        let licence = numbered(FilingState::Active, "粤A2-20044005号-70", None);
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
