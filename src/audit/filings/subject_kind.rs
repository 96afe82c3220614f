//! Standard 2, 主办单位性质: the kind of the organiser goes with its name.

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::record::Record;
use crate::facts::filing_problem::FilingRule;
use crate::facts::subject::SubjectKind;

const COLUMN: &str = "subject_kind";

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    let Some(text) = record.text(COLUMN) else { return };
    let Some(kind) = record.kind else {
        // The interface's table of kinds is not public: a number may be one of it.
        if !text.bytes().all(|byte| byte.is_ascii_digit())
            || text.trim_start_matches('0').is_empty()
        {
            faults.push((FilingRule::KindUnknown, COLUMN, String::new()));
        }
        return;
    };
    let Some(name) = record.text("subject_name") else { return };
    for telling in &context.vocabulary.names {
        let Some(ending) = telling.endings.ending(name) else { continue };
        if telling.unless.within(name).is_some() {
            continue;
        }
        if !telling.kinds.contains(&kind) {
            faults.push((telling.rule, COLUMN, format!("名称以“{ending}”结尾，性质为“{text}”")));
        }
        return;
    }
    let words = &context.vocabulary.words.organisation.words;
    // A name of four characters at most may be a person's, whatever is in it.
    if kind == SubjectKind::Person
        && name.chars().count() > 4
        && let Some(word) = words.within(name)
    {
        faults.push((FilingRule::OrganisationAsPerson, COLUMN, format!("名称含有“{word}”")));
    }
}
