//! Standard 5, 网站名称: no words of fields that need an approval without it, and no words of others: national
//! bodies, public offices, companies.

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::record::Cell;
use crate::audit::filings::record::Record;
use crate::facts::filing_problem::FilingRule;
use crate::facts::subject::SubjectKind;
use crate::formats::vocabulary::Approval;
use crate::formats::vocabulary::Vocabulary;
use crate::formats::vocabulary::Words;

const COLUMN: &str = "site_name";

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    let Some(name) = record.text(COLUMN) else { return };
    let words = &context.vocabulary.words;
    // Whoever registered the organiser approved the words of its name.
    let own = record.text("subject_name");
    let is_own = |word: &str| own.is_some_and(|own| own.contains(word));
    if own.is_some()
        && let Some((approval, word)) = unapproved(name, record, context.vocabulary, is_own)
    {
        let note = format!("“{word}”须有{}审批", approval.name);
        faults.push((FilingRule::WordWithoutApproval, COLUMN, note));
    }
    let (Some(kind), Some(own)) = (record.kind, own) else { return };
    if let Some(word) = national(name, own, kind, words) {
        faults.push((FilingRule::NationalWord, COLUMN, format!("以“{word}”开头")));
    }
    let may_be_office = !matches!(kind, SubjectKind::Enterprise | SubjectKind::Person);
    let office = &words.government;
    if !may_be_office
        && office.unless.within(name).is_none()
        && let Some(word) = office.words.find(name, |word| !is_own(word))
    {
        faults.push((FilingRule::GovernmentWord, COLUMN, format!("“{word}”")));
    }
    if kind == SubjectKind::Person
        && let Some(word) = words.company.words.within(name)
    {
        faults.push((FilingRule::CompanyWord, COLUMN, format!("“{word}”")));
    }
}

/// The first word that needs an approval which the record does not name.
fn unapproved<'w>(
    name: &str,
    record: &Record<'_>,
    vocabulary: &'w Vocabulary,
    is_own: impl Fn(&str) -> bool,
) -> Option<(&'w Approval, &'w str)> {
    let approvals = match record.cell("approvals")? {
        Cell::Empty => "",
        Cell::Text(text) => text,
        // Whatever stands there may be the approval.
        Cell::Placeholder | Cell::Garbled | Cell::Hidden => return None,
    };
    // Public offices of the field itself need nobody's approval.
    if record.kind == Some(SubjectKind::Government) {
        return None;
    }
    let is_not_own = |word: &str| !is_own(word);
    // Most names have no such word, and are read once for all fields.
    vocabulary.approval_words.find(name, is_not_own)?;
    vocabulary.words.approval.iter().find_map(|approval| {
        if has(approvals, approval) {
            return None;
        }
        let word = approval.keywords.find(name, is_not_own)?;
        let mut rest = name.to_owned();
        for harmless in approval.unless.iter() {
            rest = rest.replace(harmless, "");
        }
        approval.keywords.find(&rest, is_not_own).is_some().then_some((approval, word))
    })
}

fn has(approvals: &str, approval: &Approval) -> bool {
    if approvals.is_empty() {
        return false;
    }
    let is_code = |part: &str| {
        let kind = part.split([':', '：']).next().unwrap_or_default().trim();
        approval.codes.iter().any(|code| kind == code.to_string())
    };
    approval.approvals.within(approvals).is_some() || approvals.split([';', '；']).any(is_code)
}

/// The word of national bodies that the name begins with, and its organiser's does not.
fn national<'w>(name: &str, own: &str, kind: SubjectKind, words: &'w Words) -> Option<&'w str> {
    // A body that is called so, or one of the state, may be a national one.
    let may_be_national = words.national.beginnings.beginning(own).is_some()
        || !matches!(
            kind,
            SubjectKind::Enterprise | SubjectKind::Person | SubjectKind::PrivateNonEnterprise
        );
    if may_be_national || words.national.unless.beginning(name).is_some() {
        return None;
    }
    words.national.beginnings.beginning(name)
}
