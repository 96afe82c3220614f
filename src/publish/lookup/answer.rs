//! Whether a target is filed, as the API says it: for `lookup`, `GET /domains/{domain}` and
//! `POST /domains/lookup`.

use jiff::Timestamp;

use crate::facts::filing::FilingStatus;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::UpstreamNote;
use crate::facts::filing::UpstreamOutcome;
use crate::facts::target::Target;
use crate::formats::domains_lookup::FiledStatus;
use crate::formats::domains_lookup::FilingAnswer;
use crate::formats::domains_lookup::NamedProvider;
use crate::formats::domains_lookup::Source;
use crate::publish::view::ProviderNames;
use crate::publish::words;

/// What is known of `target`. `as_of` is when the register was imported that says so; `None` where none
/// says anything.
pub fn filing_answer(
    target: &Target,
    status: &FilingStatus,
    as_of: Option<Timestamp>,
    upstream: Option<&UpstreamNote>,
    names: &ProviderNames,
) -> FilingAnswer {
    let (word, gap) = match status {
        FilingStatus::Active(_) => (FiledStatus::Filed, None),
        FilingStatus::Cancelled(_) | FilingStatus::None => (FiledStatus::Unfiled, None),
        FilingStatus::Unknown(gap) => (FiledStatus::Unknown, Some(words::register_gap(*gap).0)),
    };
    let is_theirs = upstream.is_some_and(|note| note.outcome == UpstreamOutcome::Answered);
    let mut answer = FilingAnswer {
        domain: target.to_string(),
        status: word,
        gap: gap.map(str::to_owned),
        numbers: Vec::new(),
        former_numbers: Vec::new(),
        subjects: Vec::new(),
        subjects_known: false,
        providers: Vec::new(),
        providers_known: false,
        filed_on: None,
        changed_on: None,
        as_of: as_of.filter(|_| word != FiledStatus::Unknown),
        source: if is_theirs { Source::Upstream } else { Source::Register },
    };
    if let Some(summary) = status.summary() {
        tell(&mut answer, summary, matches!(status, FilingStatus::Active(_)), names);
    }
    answer
}

fn tell(
    answer: &mut FilingAnswer,
    summary: &FilingSummary,
    is_active: bool,
    names: &ProviderNames,
) {
    let texts = |numbers: &[_]| numbers.iter().map(ToString::to_string).collect();
    let former: Vec<_> = summary.former.iter().map(ToString::to_string).collect();
    if is_active {
        answer.numbers = texts(&summary.numbers);
        answer.former_numbers = former;
    } else {
        answer.former_numbers = texts(&summary.numbers);
    }
    answer.subjects = summary.subjects.iter().map(ToString::to_string).collect();
    answer.subjects_known = summary.are_subjects_known;
    let provider = |id| NamedProvider {
        id: Some(ToString::to_string(id)),
        name: names.name(id).map(ToString::to_string),
    };
    answer.providers = summary.providers.iter().map(provider).collect();
    answer.providers_known = summary.are_providers_known;
    answer.filed_on = summary.filed_on;
    answer.changed_on = summary.changed_on;
}
