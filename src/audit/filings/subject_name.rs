//! Standard 1, 主办单位名称: the full name of the organiser, and no domain, digits or site name in its place.

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::person;
use crate::audit::filings::record::Record;
use crate::audit::filings::record::is_han;
use crate::facts::domain::Domain;
use crate::facts::filing_problem::FilingRule;
use crate::facts::subject::SubjectKind;
use crate::formats::vocabulary::Vocabulary;

const COLUMN: &str = "subject_name";

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    let Some(name) = record.text(COLUMN) else { return };
    if let Some(rule) = rule(name, record, context.vocabulary) {
        faults.push((rule, COLUMN, String::new()));
    }
}

/// The first rule that the name breaks: what is a domain is no full name either, and is told once.
fn rule(name: &str, record: &Record<'_>, vocabulary: &Vocabulary) -> Option<FilingRule> {
    if is_domain(name) {
        return Some(FilingRule::NameIsDomain);
    }
    if !name.chars().any(char::is_alphabetic) {
        return Some(FilingRule::NameIsDigits);
    }
    let words = &vocabulary.words;
    let is_organisation = words.organisation.words.within(name).is_some();
    let is_site = record.text("site_name").is_some_and(|site| site == name);
    // A site may bear its organiser's own name.
    let may_be_person = (record.is_person() || name.chars().count() <= 3)
        && person::fault(name, vocabulary, true).is_none();
    let has_word = words.enterprise.words.within(name).is_some();
    let is_only_a_site = is_site && !is_organisation && !has_word && !may_be_person;
    if words.site.endings.ending(name).is_some() || is_only_a_site {
        return Some(FilingRule::NameIsSite);
    }
    match record.kind? {
        SubjectKind::Enterprise => {
            // Names that tell another kind of organiser are the next standard's.
            let is_telling =
                || vocabulary.names.iter().any(|one| one.endings.ending(name).is_some());
            let is_full = has_word || !name.chars().all(is_han) || is_telling();
            (!is_full).then_some(FilingRule::NameNotFull)
        }
        // That an organisation is filed as a person is the next standard's.
        SubjectKind::Person if !is_organisation => {
            let may_be_foreign = record.may_be_foreign();
            person::fault(name, vocabulary, may_be_foreign).map(|_| FilingRule::NameNotPersonal)
        }
        _ => None,
    }
}

/// Whether `text` is a domain or URL and nothing else.
pub(super) fn is_domain(text: &str) -> bool {
    let is_url =
        text.starts_with("http://") || text.starts_with("https://") || text.starts_with("www.");
    let is_name = text.is_ascii() && text.contains('.') && !text.contains(' ');
    // `Co.` and `Inc.` end names of companies.
    is_url || is_name && !text.ends_with('.') && text.parse::<Domain>().is_ok()
}
