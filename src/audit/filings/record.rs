//! A record as rules look at it: which cells can be held against anybody at all, and what the subject is.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use crate::audit::filings::Context;
use crate::facts::bureau::Bureau;
use crate::facts::filing::Filing;
use crate::facts::number::SubjectNumber;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::facts::subject::CertificateKind;
use crate::facts::subject::SubjectKind;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// The column is there and the cell is empty.
    Empty,
    /// A word in the place of what was asked.
    Placeholder,
    /// What a wrong character set left, or control characters.
    Garbled,
    /// Whoever gave the register masked it.
    Hidden,
    /// Something that rules can look at, full-width characters folded.
    Text(Cow<'a, str>),
}

/// A record with what is known of its subject.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) filing: &'a Filing,
    cells: Vec<(&'a str, Cell<'a>)>,
    /// 主办单位性质; `None` where it is not given or not known.
    pub(super) kind: Option<SubjectKind>,
    /// 证件类型; `None` where it is not given or not known.
    pub(super) certificate: Option<CertificateKind>,
    /// 省份; `None` where it is not given.
    pub(super) province: Option<Bureau>,
    providers: Vec<&'a Provider>,
}

impl<'a> Record<'a> {
    pub(super) fn of(filing: &'a Filing, context: &Context<'a>) -> Self {
        let cell = |(column, text): &'a (String, String)| {
            (column.as_str(), Cell::of(column, text.trim(), context))
        };
        let names = filing.providers.iter().flatten();
        let mut record = Self {
            filing,
            cells: filing.details.iter().map(cell).collect(),
            kind: None,
            certificate: None,
            province: None,
            providers: names.filter_map(|name| context.directory.find(name)).collect(),
        };
        let words = context.vocabulary;
        record.kind = record.text("subject_kind").and_then(|text| words.subject_kind(text));
        let certificate = record.text("certificate_kind");
        record.certificate = certificate.and_then(|text| words.certificate_kind(text));
        let province = record.text("province").and_then(|text| text.parse().ok());
        record.province = province.filter(|province| *province != Bureau::MINISTRY);
        record
    }

    /// The cell; `None` where the register has no such column.
    pub(super) fn cell(&self, column: &str) -> Option<&Cell<'a>> {
        self.cells.iter().find(|(name, _)| *name == column).map(|(_, cell)| cell)
    }

    /// The cell's text, where rules can look at it.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        match self.cell(column)? {
            Cell::Text(text) => Some(text),
            Cell::Empty | Cell::Placeholder | Cell::Garbled | Cell::Hidden => None,
        }
    }

    /// Whether the subject is known to be no person.
    pub(super) fn is_organisation(&self) -> bool {
        self.kind.is_some_and(|kind| kind != SubjectKind::Person)
    }

    /// Whether the subject is a person.
    pub(super) fn is_person(&self) -> bool {
        self.kind == Some(SubjectKind::Person)
    }

    /// The access providers that the providers register knows.
    pub(super) fn providers(&self) -> &[&'a Provider] {
        &self.providers
    }

    pub(super) fn provider_ids(&self) -> Vec<ProviderId> {
        let mut ids: Vec<ProviderId> =
            self.providers.iter().map(|provider| provider.id.clone()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Whose the record's problems are to follow.
    pub(super) fn bureau(&self) -> Bureau {
        let provider = || self.providers.iter().find_map(|provider| provider.bureau);
        let number = || self.filing.subject().and_then(SubjectNumber::bureau);
        self.province.or_else(number).or_else(provider).unwrap_or(Bureau::MINISTRY)
    }
}

impl<'a> Cell<'a> {
    fn of(column: &str, text: &'a str, context: &Context<'_>) -> Self {
        let words = &context.vocabulary.words;
        if text.is_empty() {
            return Self::Empty;
        }
        let is_wide = |c: char| matches!(c, '\u{3000}' | '\u{ff01}'..='\u{ff5e}');
        let text = if !text.is_ascii() && text.chars().any(is_wide) {
            Cow::Owned(text.nfkc().collect())
        } else {
            Cow::Borrowed(text)
        };
        let is_control =
            |c: char| c.is_control() || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fffd}');
        if text.chars().any(is_control) || words.garbled.words.within(&text).is_some() {
            return Self::Garbled;
        }
        if text.contains(['*', '×']) {
            return Self::Hidden;
        }
        if is_written(column) && words.placeholder.words.has(&text) {
            return Self::Placeholder;
        }
        Self::Text(text)
    }
}

/// Whether people write the cell in words of their own, so that a placeholder is one.
fn is_written(column: &str) -> bool {
    const WRITTEN: [&str; 7] = [
        "subject_name",
        "certificate_number",
        "address",
        "site_name",
        "email",
        "office_phone",
        "mobile_phone",
    ];
    WRITTEN.contains(&column)
}

/// Whether `c` is a Chinese character.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Whether `digits` are one digit over and over, or digits in their order up or down.
pub(super) fn is_made_up(digits: &str) -> bool {
    is_repeated(digits) || is_counted(digits)
}

/// Whether `digits` are one digit over and over.
pub(super) fn is_repeated(digits: &str) -> bool {
    let first = digits.bytes().next();
    digits.len() > 3 && digits.bytes().all(|digit| Some(digit) == first)
}

/// Whether `digits` count up or down.
pub(super) fn is_counted(digits: &str) -> bool {
    let steps = |step: i16| {
        let pairs = digits.as_bytes().windows(2);
        pairs.map(move |pair| match *pair {
            // 0 comes after 9, as on a telephone.
            [b'9', b'0'] if step == 1 => true,
            [b'0', b'9'] if step == -1 => true,
            [one, next] => i16::from(next) - i16::from(one) == step,
            _ => false,
        })
    };
    digits.len() > 3 && (steps(1).all(|fits| fits) || steps(-1).all(|fits| fits))
}
