//! The filings of an invented country, by the million: a pure function of seed and index, with faults by
//! annex 3 planted in some of them, and the truth of them.
//!
//! Organisations and persons of all kinds in all 31 provinces, with certificates whose check characters
//! are right, addresses, telephones of their city's area code, several sites of a subject and several
//! domains of a site. Nobody in it exists. As everywhere in the lab the truth is stated by the plan:
//! nothing here looks for faults.

mod places;
mod people;
mod certificates;
mod subjects;
mod plants;

use std::net::Ipv4Addr;

use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::filing_problem::FilingRule;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;
use crate::facts::provider::ProviderName;
use crate::facts::subject::SubjectKind;
use crate::facts::target::Target;
use crate::lab::filings::places::PLACES;
use crate::lab::filings::subjects::Subject;
use crate::lab::names;

/// How many providers give access: two of each province.
pub const PROVIDERS: usize = 62;

/// An address in 1.200.0.0/16 is nobody's, though of the mainland; one in 1.201.0.0/16 is claimed by two.
pub const UNREPORTED: u8 = 200;
/// See [`UNREPORTED`].
pub const DISPUTED: u8 = 201;

/// In each eight records: the subject, counted within the eight, its site, and whether the record is the
/// site's first domain.
const PATTERN: [(u64, u32, bool); 8] = [
    (0, 1, true),
    (0, 1, false),
    (0, 2, true),
    (1, 1, true),
    (2, 1, true),
    (2, 2, true),
    (3, 1, true),
    (4, 1, true),
];

/// How many subjects eight records have.
const SUBJECTS: u64 = 5;

/// A country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    /// What everything is made from; the same seed gives the same country.
    pub seed: u64,
    /// One active record in so many has a fault, on an average; 0: none has.
    pub faulty: u64,
}

/// A record, and what was planted in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// The record.
    pub filing: Filing,
    /// The rule that it breaks, and the column that has the fault; `None` where nothing is wrong.
    pub fault: Option<(FilingRule, &'static str)>,
}

/// A record on its way, with what plants must know of it.
#[derive(Debug, Clone)]
struct Draft {
    filing: Filing,
    kind: SubjectKind,
    /// Whether no other record depends on its domain and numbers.
    is_alone: bool,
    /// Where its subject is, by its place in [`PLACES`].
    place: usize,
    salt: u64,
}

impl Country {
    /// The record at `index`.
    pub fn filing(&self, index: u64) -> Planted {
        let mut draft = self.draft(index);
        let is_faulty = self.faulty > 0
            && draft.filing.state == FilingState::Active
            && self.salt(index, 4).is_multiple_of(self.faulty);
        let fault =
            if is_faulty { plants::plant(&mut draft, self.salt(index, 5) >> 8) } else { None };
        Planted { filing: draft.filing, fault }
    }

    /// The index of the record with this domain; `None` where it is none of the country's.
    pub fn index_of(&self, domain: &Target) -> Option<u64> {
        let text = domain.to_string();
        let label = text.split('.').next()?;
        let digits: String = label.chars().filter(char::is_ascii_digit).collect();
        let index = digits.parse().ok()?;
        (self.domain(index) == *domain).then_some(index)
    }

    /// Who gives access. The provider at `place` reports 1.`place`.0.0/16.
    pub fn providers() -> Vec<Provider> {
        (0..PROVIDERS).map(provider).collect()
    }

    fn salt(&self, number: u64, purpose: u64) -> u64 {
        // SplitMix64: neighbours in, strangers out.
        let mut x =
            self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose.rotate_left(32);
        x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn domain(&self, index: u64) -> Target {
        let salt = u32::try_from(self.salt(index, 1) >> 32).unwrap_or(0);
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        names::plain_domain(index, salt).into()
    }

    fn draft(&self, index: u64) -> Draft {
        let place = usize::try_from(index % 8).unwrap_or(0);
        let (offset, site, is_first) = PATTERN[place];
        let number = index / 8 * SUBJECTS + offset;
        let subject = Subject::new(number, self.salt(number, 2));
        let salt = self.salt(index, 3);
        let domain = self.domain(index);
        // The home page of a further domain is the site's first.
        let home = if is_first { domain.clone() } else { self.domain(index - 1) };
        let is_cancelled = salt.is_multiple_of(50);
        let (providers, addresses) = access(salt);
        let mut details = subject.details();
        details.extend(
            [
                ("addresses", addresses),
                ("site_name", subject.site_name(site)),
                ("home_url", home_url(&home, salt)),
                ("email", format!("{}@{domain}", pick(&["info", "admin", "web", "wz"], salt >> 7))),
                ("access_kind", pick(&["专线", "主机托管", "虚拟主机"], salt >> 9).to_owned()),
                ("server_place", PLACES[subject.place].province.to_owned()),
                ("services", "单位门户网站".to_owned()),
            ]
            .map(|(column, text)| (column.to_owned(), text)),
        );
        let own = subject.number();
        let filing = Filing {
            domain,
            site_number: format!("{own}-{site}").parse().ok(),
            subject_number: own.parse().ok(),
            state: if is_cancelled { FilingState::Cancelled } else { FilingState::Active },
            providers: Some(providers),
            details,
        };
        let is_alone = place > 2;
        Draft { filing, kind: subject.kind, is_alone, place: subject.place, salt }
    }
}

fn provider(place: usize) -> Provider {
    let at = &PLACES[place % PLACES.len()];
    let word = if place < PLACES.len() { "云帆" } else { "数港" };
    Provider {
        id: format!("F{place:02}").parse().expect("a letter and digits are an id"),
        name: provider_name(at.province, word).parse().expect("it is a fit name"),
        aliases: Vec::new(),
        kind: ProviderKind::Provider,
        bureau: at.province.parse().ok(),
        licence: None,
        is_key: place.is_multiple_of(9),
        cname_suffixes: Vec::new(),
        v3_id: None,
    }
}

fn provider_name(province: &str, word: &str) -> String {
    format!("{province}{word}网络科技有限公司")
}

fn provider_at(place: usize) -> ProviderName {
    let at = &PLACES[place % PLACES.len()];
    let word = if place < PLACES.len() { "云帆" } else { "数港" };
    provider_name(at.province, word).parse().expect("it is a fit name")
}

/// The access providers of a record and its addresses: one as a rule, sometimes two or none.
fn access(salt: u64) -> (Vec<ProviderName>, String) {
    let count = match (salt >> 12) % 50 {
        0 => 0,
        1..=4 => 2,
        _ => 1,
    };
    let mut providers = Vec::new();
    let mut addresses = Vec::new();
    for turn in 0..count {
        let place = (usize::try_from(salt >> 20).unwrap_or(0) + turn * 7) % PROVIDERS;
        providers.push(provider_at(place));
        addresses.push(address(u8::try_from(place).unwrap_or(0), salt >> (5 * turn)).to_string());
    }
    (providers, addresses.join(";"))
}

/// An address in 1.`second`.0.0/16.
fn address(second: u8, salt: u64) -> Ipv4Addr {
    let [third, fourth, ..] = (salt >> 24).to_le_bytes();
    Ipv4Addr::new(1, second, third, fourth)
}

fn home_url(home: &Target, salt: u64) -> String {
    match (salt >> 5) % 4 {
        0 => format!("http://www.{home}/"),
        1 => format!("https://{home}"),
        2 => format!("{home}"),
        _ => format!("www.{home}"),
    }
}

fn pick<'a>(words: &[&'a str], salt: u64) -> &'a str {
    let place = usize::try_from(salt).unwrap_or(usize::MAX) % words.len();
    words[place]
}

impl Draft {
    fn set(&mut self, column: &'static str, text: &str) {
        match self.filing.details.iter_mut().find(|(name, _)| name == column) {
            Some((_, value)) => text.clone_into(value),
            None => self.filing.details.push((column.to_owned(), text.to_owned())),
        }
    }

    fn get(&self, column: &str) -> &str {
        self.filing.detail(column).unwrap_or_default()
    }
}
