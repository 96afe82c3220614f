//! Standard 4, 投资者或上级主管单位: who stands over the organiser goes with its kind.

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::person;
use crate::audit::filings::record::Record;
use crate::audit::filings::record::is_han;
use crate::audit::filings::subject_name::is_domain;
use crate::facts::filing_problem::FilingRule;
use crate::facts::subject::SubjectKind;

const COLUMN: &str = "investor";

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    let Some(text) = record.text(COLUMN) else { return };
    let is_nothing = context.vocabulary.words.placeholder.words.has(text);
    if is_nothing {
        return;
    }
    if is_domain(text) || !text.chars().any(char::is_alphabetic) {
        faults.push((FilingRule::InvestorUnreal, COLUMN, String::new()));
        return;
    }
    let is_public = matches!(
        record.kind,
        Some(SubjectKind::Army | SubjectKind::Government | SubjectKind::Institution)
    );
    // 党委, 县委 and the like are as short as a name; a person's is told by title, or by all of its form.
    let is_name = (2..=3).contains(&text.chars().count())
        && text.chars().all(is_han)
        && !text.ends_with(|c: char| OFFICES.contains(c))
        && person::fault(text, context.vocabulary, false).is_none();
    if is_public && (is_name || context.vocabulary.has_title(text) && text.chars().count() <= 5) {
        faults.push((FilingRule::InvestorIsPerson, COLUMN, String::new()));
    }
}

/// What short names of offices end in, and names of people hardly ever.
const OFFICES: &str = "部委局厅院会府处办署社团党省市县区镇乡村校科所站室组军师旅企司行";
