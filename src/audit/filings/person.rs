//! Standard 6, 网站负责人姓名: the real and full name of a person, for whoever answers for the site and for the
//! subject.

use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::record::Record;
use crate::audit::filings::record::is_han;
use crate::facts::filing_problem::FilingRule;
use crate::facts::subject::CertificateKind;
use crate::formats::vocabulary::Vocabulary;

const COLUMNS: [&str; 2] = ["responsible_name", "subject_responsible"];

/// What stands between the parts of names of minorities and foreigners.
const DOTS: [char; 5] = ['·', '•', '．', '‧', '・'];

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    for column in COLUMNS {
        let Some(text) = record.text(column) else { continue };
        let names =
            text.split([';', ',', '，', '、', '/']).map(str::trim).filter(|one| !one.is_empty());
        let may_be_foreign = record.may_be_foreign();
        let broken =
            names.into_iter().find_map(|name| fault(name, context.vocabulary, may_be_foreign));
        if let Some(rule) = broken {
            faults.push((rule, column, String::new()));
        }
    }
}

impl Record<'_> {
    /// Whether the people of the record may bear names in other scripts: all but a person who shows a
    /// resident's card.
    pub(super) fn may_be_foreign(&self) -> bool {
        !(self.is_person() && self.certificate == Some(CertificateKind::ResidentCard))
    }
}

/// What is wrong with the name of a person; `None` where nothing is.
pub(super) fn fault(
    name: &str,
    vocabulary: &Vocabulary,
    may_be_foreign: bool,
) -> Option<FilingRule> {
    if vocabulary.is_nobody(name) {
        return Some(FilingRule::NameOfNobody);
    }
    if name.chars().count() > 3 && vocabulary.words.organisation.words.within(name).is_some() {
        return Some(FilingRule::NameOfOrganisation);
    }
    if vocabulary.has_title(name) {
        return Some(FilingRule::NameWithTitle);
    }
    if name.chars().any(char::is_numeric) {
        return Some(FilingRule::NameWithSymbols);
    }
    let (mut latin, mut others) = (0, 0);
    let mut han = String::new();
    let mut is_parted = false;
    for c in name.chars() {
        match c {
            _ if is_han(c) => han.push(c),
            _ if DOTS.contains(&c) => is_parted = true,
            ' ' | '.' | '-' | '\'' | '’' => {}
            _ if c.is_ascii_alphabetic() => latin += 1,
            _ if c.is_alphabetic() || c == '\u{200d}' => others += 1,
            _ => return Some(FilingRule::NameWithSymbols),
        }
    }
    if latin > 0 {
        // A name in letters alone; or a translated one, such as 约翰·F·史密斯.
        let is_name = latin > 1 && han.is_empty() || is_parted && !han.is_empty();
        return (!(may_be_foreign && is_name)).then_some(FilingRule::NameWithSymbols);
    }
    if is_parted || others > 0 {
        return None;
    }
    match han.chars().count() {
        0 | 1 => Some(FilingRule::NameWithoutSurname),
        2 | 3 if !vocabulary.begins_with_surname(&han) => Some(FilingRule::NameWithoutSurname),
        _ => None,
    }
}
