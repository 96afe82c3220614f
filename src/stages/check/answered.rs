//! What another register's answer is worth. It may be wrong, old, or speak of providers that nobody here
//! knows: whatever is doubtful stays unknown.

use std::time::Duration;

use jiff::Timestamp;

use crate::facts::directory::Directory;
use crate::facts::few::Few;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::UpstreamFailure;
use crate::facts::number::FilingNumber;
use crate::facts::number::SubjectNumber;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::formats::domains_lookup::FiledStatus;
use crate::formats::domains_lookup::FilingAnswer;
use crate::formats::domains_lookup::NamedProvider;

/// What an answer is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trust<'a> {
    /// Our own providers.
    pub(super) directory: &'a Directory,
    /// Today.
    pub(super) now: Timestamp,
    /// `[filings] max_age`, which holds for other registers too.
    pub(super) max_age: Duration,
}

/// The status that `answer` proves; `None` where it cannot say either.
pub(super) fn status(
    answer: &FilingAnswer,
    trust: Trust<'_>,
) -> Result<Option<FilingStatus>, UpstreamFailure> {
    if answer.status == FiledStatus::Unknown {
        return Ok(None);
    }
    let as_of = answer.as_of.ok_or(UpstreamFailure::Nonsense)?;
    let age = Duration::try_from(trust.now.duration_since(as_of)).unwrap_or_default();
    let is_fresh = age <= trust.max_age;
    let mut summary = FilingSummary {
        numbers: numbers(&answer.numbers)?,
        former: numbers(&answer.former_numbers)?,
        subjects: subjects(answer)?,
        are_subjects_known: answer.subjects_known,
        filed_on: answer.filed_on,
        changed_on: answer.changed_on,
        ..FilingSummary::empty(as_of)
    };
    // An old register may miss an access record that was added since.
    summary.are_providers_known = answer.providers_known && is_fresh;
    for provider in &answer.providers {
        match ours(provider, trust.directory) {
            Some(id) if summary.providers.contains(&id) => {}
            Some(id) => summary.providers.push(id),
            None => summary.are_providers_known = false,
        }
    }
    match answer.status {
        FiledStatus::Filed => Ok(Some(FilingStatus::Active(summary))),
        _ if !answer.numbers.is_empty() => Err(UpstreamFailure::Nonsense),
        _ if !is_fresh => Err(UpstreamFailure::Stale),
        _ if summary.former.is_empty() && summary.subjects.is_empty() => {
            Ok(Some(FilingStatus::None))
        }
        _ => {
            summary.numbers = std::mem::take(&mut summary.former);
            Ok(Some(FilingStatus::Cancelled(summary)))
        }
    }
}

fn numbers(texts: &[String]) -> Result<Few<FilingNumber>, UpstreamFailure> {
    let numbers = texts.iter().map(|text| text.parse());
    numbers.collect::<Result<_, _>>().map_err(|_| UpstreamFailure::Nonsense)
}

/// The subjects that are named, and those of the numbers.
fn subjects(answer: &FilingAnswer) -> Result<Few<SubjectNumber>, UpstreamFailure> {
    let mut subjects: Few<SubjectNumber> = Few::new();
    for text in &answer.subjects {
        subjects.push(text.parse().map_err(|_| UpstreamFailure::Nonsense)?);
    }
    for number in numbers(&answer.numbers)?.iter().chain(&numbers(&answer.former_numbers)?) {
        if let Some(subject) = number.subject().filter(|subject| !subjects.contains(subject)) {
            subjects.push(*subject);
        }
    }
    Ok(subjects)
}

/// Our own provider that the other register means. Two directories may give one id to different
/// providers, so that the name decides where there is one, and must not contradict the id.
fn ours(provider: &NamedProvider, directory: &Directory) -> Option<ProviderId> {
    let found = |text: &Option<String>| -> Option<Option<ProviderId>> {
        let name: Option<ProviderName> = text.as_ref()?.parse().ok();
        Some(name.and_then(|name| directory.find(&name)).map(|found| found.id.clone()))
    };
    match (found(&provider.id), found(&provider.name)) {
        (Some(Some(by_id)), Some(Some(by_name))) if by_id != by_name => None,
        (_, Some(by_name)) => by_name,
        (Some(by_id), None) => by_id,
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::provider::Provider;
    use crate::facts::provider::ProviderKind;
    use crate::formats::domains_lookup::Source;

    const NOW: &str = "2026-11-24T00:00:00Z";

    fn directory() -> Directory {
        let provider = |id: &str, name: &str, alias: &str| Provider {
            id: id.parse().unwrap(),
            name: name.parse().unwrap(),
            aliases: vec![alias.parse().unwrap()],
            kind: ProviderKind::Provider,
            bureau: None,
            licence: None,
            is_key: false,
            cname_suffixes: vec![],
            v3_id: None,
        };
        Directory::new(vec![provider("P1", "第一接入", "一"), provider("P2", "第二接入", "二")])
    }

    fn answer(status: FiledStatus) -> FilingAnswer {
        FilingAnswer {
            domain: "a.cn".to_owned(),
            status,
            gap: None,
            numbers: vec![],
            former_numbers: vec![],
            subjects: vec![],
            subjects_known: true,
            providers: vec![],
            providers_known: true,
            filed_on: None,
            changed_on: None,
            as_of: Some("2026-11-23T00:00:00Z".parse().unwrap()),
            source: Source::Register,
        }
    }

    fn believed(answer: &FilingAnswer) -> Result<Option<FilingStatus>, UpstreamFailure> {
        let directory = directory();
        let max_age = Duration::from_hours(7 * 24);
        status(answer, Trust { directory: &directory, now: NOW.parse().unwrap(), max_age })
    }

    fn named(id: Option<&str>, name: Option<&str>) -> NamedProvider {
        NamedProvider { id: id.map(str::to_owned), name: name.map(str::to_owned) }
    }

    #[test]
    fn filed_unfiled_and_cancelled_are_told_apart() {
        let filed = FilingAnswer {
            numbers: vec!["京ICP备05014806-1".to_owned()],
            providers: vec![named(Some("P1"), Some("第一接入"))],
            ..answer(FiledStatus::Filed)
        };
        let Ok(Some(FilingStatus::Active(summary))) = believed(&filed) else { panic!() };
        assert_eq!(summary.subjects[0].to_string(), "京ICP备05014806号");
        assert_eq!(*summary.providers, ["P1".parse().unwrap()]);
        assert!(summary.are_providers_known);
        assert_eq!(believed(&answer(FiledStatus::Unfiled)), Ok(Some(FilingStatus::None)));
        assert_eq!(believed(&answer(FiledStatus::Unknown)), Ok(None));
        let cancelled = FilingAnswer {
            former_numbers: vec!["京ICP备05014806号-1".to_owned()],
            ..answer(FiledStatus::Unfiled)
        };
        let Ok(Some(FilingStatus::Cancelled(summary))) = believed(&cancelled) else { panic!() };
        assert_eq!(summary.numbers.len(), 1);
    }

    #[test]
    fn what_is_old_undated_or_contradicts_itself_proves_no_absence() {
        let old = FilingAnswer {
            as_of: Some("2026-11-01T00:00:00Z".parse().unwrap()),
            ..answer(FiledStatus::Unfiled)
        };
        assert_eq!(believed(&old), Err(UpstreamFailure::Stale));
        let old = FilingAnswer { status: FiledStatus::Filed, ..old };
        let Ok(Some(FilingStatus::Active(summary))) = believed(&old) else { panic!() };
        assert!(!summary.are_providers_known);
        let number = || vec!["京ICP备05014806号".to_owned()];
        for nonsense in [
            FilingAnswer { as_of: None, ..answer(FiledStatus::Unfiled) },
            FilingAnswer { as_of: None, ..answer(FiledStatus::Filed) },
            FilingAnswer { numbers: number(), ..answer(FiledStatus::Unfiled) },
            FilingAnswer { numbers: vec!["<b>".to_owned()], ..answer(FiledStatus::Filed) },
            FilingAnswer {
                subjects: vec!["粤B2-20090059".to_owned()],
                ..answer(FiledStatus::Filed)
            },
        ] {
            assert_eq!(believed(&nonsense), Err(UpstreamFailure::Nonsense), "{nonsense:?}");
        }
    }

    #[test]
    fn a_provider_is_ours_by_its_name_first_and_else_unknown() {
        for (id, name, expected) in [
            (Some("P1"), Some("第一接入"), Some("P1")),
            (Some("X9"), Some("二"), Some("P2")),
            (None, Some("第二接入"), Some("P2")),
            (Some("P2"), None, Some("P2")),
            // Their P1 is not ours.
            (Some("P1"), Some("无名接入"), None),
            (Some("P1"), Some("第二接入"), None),
            (Some("X9"), Some("无名接入"), None),
            (Some("X9"), None, None),
            (None, None, None),
            (Some(""), Some("\u{7}"), None),
        ] {
            let filed =
                FilingAnswer { providers: vec![named(id, name)], ..answer(FiledStatus::Filed) };
            let Ok(Some(FilingStatus::Active(summary))) = believed(&filed) else { panic!() };
            let got = summary.providers.first().map(ProviderId::as_str);
            assert_eq!(
                (got, summary.are_providers_known),
                (expected, expected.is_some()),
                "{id:?} {name:?}"
            );
        }
    }
}
