//! The words that filings are held against: kinds of organisers and certificates, family names, words that
//! need an approval, area codes. They are data, in `config/filing-*.toml`, `surnames.toml` and
//! `area-codes.toml`, whose heads say what they mean.

mod word_list;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

use serde::Deserialize;

use crate::facts::bureau::Bureau;
use crate::facts::filing_problem::FilingRule;
use crate::facts::subject::CertificateKind;
use crate::facts::subject::SubjectKind;
pub use crate::formats::vocabulary::word_list::WordList;

const KINDS: &str = include_str!("../../config/filing-kinds.toml");
const WORDS: &str = include_str!("../../config/filing-words.toml");
const SURNAMES: &str = include_str!("../../config/surnames.toml");
const AREA_CODES: &str = include_str!("../../config/area-codes.toml");

/// Why the words cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VocabularyError {
    /// A file is no TOML, or a key is wrong.
    #[error("config/{file}: {source}")]
    Toml {
        /// Which.
        file: &'static str,
        /// What is wrong.
        source: toml::de::Error,
    },
    /// A province or a range of area codes is none.
    #[error("config/area-codes.toml: `{0}` is no province, or none of its codes")]
    AreaCode(String),
    /// A rule of names that is none.
    #[error("config/filing-kinds.toml: `{0}` is no rule")]
    Rule(String),
}

/// All words, ready to be asked.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// Organisers by word and code.
    subjects: HashMap<String, SubjectKind>,
    certificates: HashMap<String, CertificateKind>,
    fitting: HashMap<SubjectKind, Vec<CertificateKind>>,
    /// Names that show what an organiser is.
    pub names: Vec<TellingName>,
    /// Who gives unified social credit codes.
    pub registers: Vec<CreditRegister>,
    /// Words that the rules look for.
    pub words: Words,
    /// The keywords of all approvals, to be looked for in one pass.
    pub approval_words: WordList,
    surnames: HashSet<char>,
    compound: HashSet<String>,
    given: HashSet<String>,
    titles: WordList,
    nobody: WordList,
    area_codes: HashMap<String, Bureau>,
}

/// A name that ends so belongs to an organiser of one of these kinds.
#[derive(Debug, Clone)]
pub struct TellingName {
    /// The rule that is broken otherwise.
    pub rule: FilingRule,
    /// How the name ends.
    pub endings: WordList,
    /// With one of these in it the name tells nothing.
    pub unless: WordList,
    /// What the organiser may be.
    pub kinds: Vec<SubjectKind>,
}

/// Who gives the unified social credit codes that begin with one character.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditRegister {
    /// The character.
    pub first: char,
    /// Who it is.
    pub name: String,
    /// Whom it registers never.
    pub not: Vec<SubjectKind>,
}

/// `config/filing-words.toml`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Fields that need an approval.
    pub approval: Vec<Approval>,
    /// What says that no approval is needed.
    pub nothing: List,
    /// How the names of national bodies begin.
    pub national: Beginnings,
    /// Words of public offices.
    pub government: Guarded,
    /// Words that make a site's name a company's.
    pub company: List,
    /// Words that only organisations have in their names.
    pub organisation: List,
    /// Words of which a business has one in its registered name.
    pub enterprise: List,
    /// How the names of sites end.
    pub site: Endings,
    /// Words of which a complete address has one.
    pub address: List,
    /// What stands where nothing was to say.
    pub placeholder: List,
    /// What a wrong character set leaves behind.
    pub garbled: List,
    /// Names that nobody can hold.
    pub reserved: Reserved,
}

/// A field that needs an approval (前置审批、专项审批).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// What people call it.
    pub name: String,
    /// The numbers of the filing interface for it.
    pub codes: Vec<u16>,
    /// Words by which an approval is known to be there.
    pub approvals: WordList,
    /// Words that need it.
    pub keywords: WordList,
    /// Words that hold a keyword and are no matter of the field.
    pub unless: WordList,
}

/// Words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The words.
    pub words: WordList,
}

/// Words, and what they are no matter of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guarded {
    /// The words.
    pub words: WordList,
    /// With one of these the words count for nothing.
    pub unless: WordList,
}

/// How names begin.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginnings {
    /// The beginnings.
    pub beginnings: WordList,
    /// A name that begins with one of these is no matter of it.
    pub unless: WordList,
}

/// How names end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endings {
    /// The endings.
    pub endings: WordList,
}

/// Reserved names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// Whole Domains.
    pub domains: Vec<String>,
    /// Last labels.
    pub suffixes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindsFile {
    subject: Vec<SubjectRow>,
    certificate: Vec<CertificateRow>,
    name: Vec<NameRow>,
    register: Vec<CreditRegister>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectRow {
    kind: SubjectKind,
    words: Vec<String>,
    codes: Vec<u16>,
    #[serde(default)]
    certificates: Vec<CertificateKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateRow {
    kind: CertificateKind,
    words: Vec<String>,
    codes: Vec<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameRow {
    rule: String,
    endings: WordList,
    unless: WordList,
    kinds: Vec<SubjectKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SurnamesFile {
    single: String,
    compound: HashSet<String>,
    given: HashSet<String>,
    titles: WordList,
    nobody: WordList,
}

impl Vocabulary {
    /// The words that are built in.
    pub fn builtin() -> Result<Self, VocabularyError> {
        let kinds: KindsFile = read("filing-kinds.toml", KINDS)?;
        let surnames: SurnamesFile = read("surnames.toml", SURNAMES)?;
        let areas: BTreeMap<String, Vec<String>> = read("area-codes.toml", AREA_CODES)?;
        let fitting = kinds.subject.iter().map(|row| (row.kind, row.certificates.clone()));
        let fitting = fitting.collect();
        let subjects =
            kinds.subject.into_iter().flat_map(|row| by_word(row.kind, row.words, &row.codes));
        let certificates = kinds.certificate.into_iter();
        let certificates = certificates.flat_map(|row| by_word(row.kind, row.words, &row.codes));
        let names = kinds.name.into_iter().map(|row| {
            let rule = row.rule.parse().map_err(|_| VocabularyError::Rule(row.rule))?;
            Ok(TellingName { rule, endings: row.endings, unless: row.unless, kinds: row.kinds })
        });
        let words: Words = read("filing-words.toml", WORDS)?;
        let keywords = words.approval.iter().flat_map(|approval| approval.keywords.iter());
        let keywords: Vec<String> = keywords.map(str::to_owned).collect();
        Ok(Self {
            subjects: subjects.collect(),
            certificates: certificates.collect(),
            fitting,
            names: names.collect::<Result<_, _>>()?,
            registers: kinds.register,
            words,
            approval_words: keywords.into(),
            surnames: surnames.single.chars().filter(|c| !c.is_whitespace()).collect(),
            compound: surnames.compound,
            given: surnames.given,
            titles: surnames.titles,
            nobody: surnames.nobody,
            area_codes: area_codes(&areas)?,
        })
    }

    /// The kind of organiser that a register's word or code means; `None` where it is listed nowhere.
    pub fn subject_kind(&self, text: &str) -> Option<SubjectKind> {
        self.subjects.get(text).copied()
    }

    /// The kind of certificate that a register's word or code means; `None` where it is listed nowhere.
    pub fn certificate_kind(&self, text: &str) -> Option<CertificateKind> {
        self.certificates.get(text).copied()
    }

    /// Whether an organiser of this kind may have such a certificate.
    pub fn fits(&self, subject: SubjectKind, certificate: CertificateKind) -> bool {
        let fitting = self.fitting.get(&subject).map_or(&[][..], Vec::as_slice);
        fitting.is_empty()
            || certificate == CertificateKind::Other
            || fitting.contains(&certificate)
    }

    /// Whether a name begins as the names of people do; `text` has at least two characters.
    pub fn begins_with_surname(&self, text: &str) -> bool {
        let two: String = text.chars().take(2).collect();
        text.chars().next().is_some_and(|first| self.surnames.contains(&first))
            || self.compound.contains(&two)
            || self.given.contains(&two)
    }

    /// Whether `name` ends as people are addressed, after at least one character.
    pub fn has_title(&self, name: &str) -> bool {
        self.titles.ending(name).is_some_and(|title| name.len() > title.len())
    }

    /// Whether `name` is a word in the place of a name.
    pub fn is_nobody(&self, name: &str) -> bool {
        let is_han = |word: &str| !word.is_ascii();
        name.contains('某') || self.nobody.has(name) || self.nobody.find(name, is_han).is_some()
    }

    /// The province in which telephones have the area code `code`, such as `0755`.
    pub fn province_of_area_code(&self, code: &str) -> Option<Bureau> {
        self.area_codes.get(code).copied()
    }
}

fn read<T: serde::de::DeserializeOwned>(
    file: &'static str,
    text: &str,
) -> Result<T, VocabularyError> {
    toml::from_str(text).map_err(|source| VocabularyError::Toml { file, source })
}

fn by_word<K: Copy>(kind: K, words: Vec<String>, codes: &[u16]) -> Vec<(String, K)> {
    let codes = codes.iter().map(ToString::to_string);
    words.into_iter().chain(codes).map(|word| (word, kind)).collect()
}

fn area_codes(
    provinces: &BTreeMap<String, Vec<String>>,
) -> Result<HashMap<String, Bureau>, VocabularyError> {
    let mut codes = HashMap::new();
    for (province, ranges) in provinces {
        let wrong = |what: &str| VocabularyError::AreaCode(format!("{province} {what}"));
        let bureau: Bureau = province.parse().map_err(|_| wrong(""))?;
        for range in ranges {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let number = |text: &str| text.parse::<u16>().map_err(|_| wrong(range));
            for code in number(first)?..=number(last)? {
                // Area codes begin with one zero, whatever their length.
                codes.insert(format!("0{code}"), bureau);
            }
        }
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::bureau::PROVINCES;

    #[test]
    fn the_built_in_words_answer() {
        let words = Vocabulary::builtin().unwrap();
        for (text, kind) in [("企业", SubjectKind::Enterprise), ("5", SubjectKind::Person)] {
            assert_eq!(words.subject_kind(text), Some(kind));
        }
        assert_eq!(words.certificate_kind("12"), Some(CertificateKind::OrganisationCode));
        assert!(words.fits(SubjectKind::Enterprise, CertificateKind::BusinessLicence));
        assert!(!words.fits(SubjectKind::Enterprise, CertificateKind::ResidentCard));
        for (code, province) in [("010", "北京"), ("0755", "广东"), ("0898", "海南")] {
            assert_eq!(words.province_of_area_code(code).map(Bureau::name), Some(province));
        }
        assert_eq!(words.province_of_area_code("0000"), None);
        for province in PROVINCES {
            assert!(
                words.area_codes.values().any(|bureau| bureau.name() == province),
                "{province}"
            );
        }
        assert!(words.begins_with_surname("王小明") && words.begins_with_surname("欧阳锋"));
        assert!(words.begins_with_surname("扎西") && !words.begins_with_surname("测试"));
        assert!(words.has_title("王先生") && !words.has_title("先生"));
        assert!(
            words.is_nobody("Admin") && words.is_nobody("李某某") && !words.is_nobody("王小明")
        );
    }
}
