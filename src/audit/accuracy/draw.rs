//! Which sites are verified: so many of each provider, new and older ones apart.
//!
//! A site is a site number; where a record has none, its Domain. Sites are put in the order of a
//! SHA-256 of seed, provider and site, and the first so many of each age are drawn. So the same seed
//! over the same register gives the same sites, in whatever order the records came, and a site more or
//! less changes nothing about the others. The order is made by the store's sorter: memory is bounded
//! however large the register is, populations are counted exactly, and a site with several Domains
//! counts once.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use crate::audit::accuracy::size;
use crate::audit::accuracy::size::Wanted;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;
use crate::facts::sample::Age;
use crate::facts::sample::DrawnSite;
use crate::facts::sample::Item;
use crate::facts::sample::LeftOut;
use crate::facts::sample::RowId;
use crate::facts::sample::Stratum;
use crate::facts::target::Target;
use crate::formats::dates;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::filings::FilingRegister;
use crate::store::sorter::Sorter;

/// What is to be drawn.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What the choice is made from.
    pub seed: u64,
    /// The first day of the month whose records are new.
    pub month: Date,
    /// How many.
    pub size: Size,
    /// From whom; `None`: from everybody.
    pub providers: Option<BTreeSet<ProviderId>>,
}

/// How many sites of each provider are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// So many in all, the same number of each age as far as there are as many.
    Sites(u64),
    /// As many of each age as it takes.
    Margin(Wanted),
}

/// What was drawn from one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Whose sites.
    pub provider: ProviderId,
    /// How many there are, and how many were drawn, by age.
    pub strata: [Stratum; 3],
    /// Those that were drawn, by age and in the order of the draw.
    pub sites: Vec<Chosen>,
}

/// A site that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// How long it has been in the register.
    pub age: Age,
    /// Its Domain; of several the first by sort key.
    pub target: Target,
    /// 网站备案号, or what stands in its place.
    pub number: Option<FilingNumber>,
    /// The first bytes of its place in the order.
    pub code: u64,
}

/// A record of a site in the sorter.
#[derive(Debug, Serialize, Deserialize)]
struct Ballot {
    target: Target,
    number: Option<FilingNumber>,
    filed_on: Option<Date>,
}

/// The size of a key: the provider's place in the directory, and the order.
const KEY: usize = 20;

/// Draws from `rows`, whose order does not matter.
pub fn draw(
    rows: impl Iterator<Item = Result<Filing, StoreError>>,
    directory: &Directory,
    wish: &Wish,
    mut sorter: Sorter,
) -> Result<(Vec<Drawn>, LeftOut), StoreError> {
    let providers = directory.providers();
    let places: HashMap<&ProviderId, u32> =
        (0..).zip(providers).map(|(place, provider)| (&provider.id, place)).collect();
    let mut left_out = LeftOut::default();
    for row in rows {
        let row = row?;
        if row.state != FilingState::Active {
            continue;
        }
        let Some(names) = &row.providers else {
            left_out.provider_not_told += 1;
            continue;
        };
        left_out.without_provider += u64::from(names.is_empty());
        let ballot = Ballot {
            target: row.domain.clone(),
            number: row.site_number.clone().or_else(|| row.subject_number.clone()),
            filed_on: detail(&row, "filed_on").and_then(dates::day),
        };
        for name in names {
            let Some(provider) = directory.find(name) else {
                left_out.provider_not_known += 1;
                continue;
            };
            let is_wanted = wish.providers.as_ref().is_none_or(|ids| ids.contains(&provider.id));
            let Some(place) = places.get(&provider.id).filter(|_| is_wanted) else { continue };
            let order = order(wish.seed, &provider.id, &ballot);
            let key = [&place.to_be_bytes()[..], &order].concat();
            sorter.push(key, encoding::encode("ballot", &ballot)?)?;
        }
    }
    let mut drawn: Vec<Drawn> = Vec::new();
    let mut poll: Option<(u32, Poll)> = None;
    let close = |(place, poll): (u32, Poll), drawn: &mut Vec<Drawn>| {
        let provider = usize::try_from(place).ok().and_then(|place| providers.get(place));
        drawn.extend(provider.map(|provider| poll.close(provider.id.clone(), wish.size)));
    };
    let mut ballots = sorter.finish()?.peekable();
    while let Some(record) = ballots.next() {
        let (key, value) = record?;
        let mut site: Ballot = encoding::decode("ballot", &value)?;
        while let Some(Ok((_, value))) =
            ballots.next_if(|next| next.as_ref().is_ok_and(|(other, _)| *other == key))
        {
            site = site.with(encoding::decode("ballot", &value)?);
        }
        let Some((place, code)) = parts(&key) else { continue };
        if let Some(done) = poll.take_if(|(current, _)| *current != place) {
            close(done, &mut drawn);
        }
        let (_, poll) = poll.get_or_insert_with(|| (place, Poll::default()));
        match age(site.filed_on, wish.month) {
            None => left_out.later += 1,
            Some(age) => poll.take(age, site, code, wish.size.most()),
        }
    }
    if let Some(done) = poll {
        close(done, &mut drawn);
    }
    drawn.sort_by(|a, b| a.provider.cmp(&b.provider));
    Ok((drawn, left_out))
}

impl Ballot {
    /// Two records of one site: filed when the first of them was, named by the first Domain.
    fn with(self, other: Self) -> Self {
        let filed_on = self.filed_on.into_iter().chain(other.filed_on).min();
        let named = if other.target.sort_key() < self.target.sort_key() { other } else { self };
        Self { filed_on, ..named }
    }

    fn identity(&self) -> String {
        match &self.number {
            Some(number) if names_a_site(number) => number.to_string(),
            Some(number) => format!("{number} {}", self.target),
            None => self.target.to_string(),
        }
    }
}

fn names_a_site(number: &FilingNumber) -> bool {
    matches!(
        number,
        FilingNumber::Filed { site: Some(_), .. } | FilingNumber::Licence { site: Some(_), .. }
    )
}

fn order(seed: u64, provider: &ProviderId, site: &Ballot) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(provider.as_str().as_bytes());
    hash.update([0]);
    hash.update(site.identity().as_bytes());
    first_half(hash)
}

fn first_half(hash: Sha256) -> [u8; 16] {
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk().copied().unwrap_or_default()
}

/// The provider's place and the code in a key of the sorter.
fn parts(key: &[u8]) -> Option<(u32, u64)> {
    let key: &[u8; KEY] = key.try_into().ok()?;
    let (place, order) = key.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*place), u64::from_be_bytes(*order.last_chunk::<8>()?)))
}

/// How old a record is in the sample of a month; `None` where it was filed after that month.
fn age(filed_on: Option<Date>, month: Date) -> Option<Age> {
    let Some(day) = filed_on else { return Some(Age::Unknown) };
    let next = month.checked_add(1.month()).unwrap_or(Date::MAX);
    if day < month { Some(Age::Older) } else { (day < next).then_some(Age::New) }
}

impl Size {
    /// The most sites of one age that can be drawn.
    fn most(self) -> u64 {
        match self {
            Self::Sites(sites) => sites,
            Self::Margin(wanted) => size::most(wanted),
        }
    }

    /// How many sites of each age are drawn where there are so many.
    fn allot(self, populations: [u64; 3]) -> [u64; 3] {
        let sites = match self {
            Self::Margin(wanted) => return populations.map(|sites| size::needed(wanted, sites)),
            Self::Sites(sites) => sites,
        };
        let (mut given, mut left) = ([0; 3], sites);
        loop {
            let open = given.iter().zip(&populations).filter(|(given, all)| given < all).count();
            let Some(share) = left.checked_div(open as u64).filter(|_| left > 0) else {
                return given;
            };
            for (given, all) in given.iter_mut().zip(populations) {
                let more = share.max(1).min(all - *given).min(left);
                *given += more;
                left -= more;
            }
        }
    }
}

/// The sites of one provider while they come by in order.
#[derive(Debug, Default)]
struct Poll {
    populations: [u64; 3],
    first: [Vec<Chosen>; 3],
}

impl Poll {
    fn take(&mut self, age: Age, site: Ballot, code: u64, most: u64) {
        for ((this, population), first) in
            Age::ALL.iter().zip(&mut self.populations).zip(&mut self.first)
        {
            if *this == age {
                *population += 1;
                if (first.len() as u64) < most {
                    let Ballot { target, number, .. } = site;
                    first.push(Chosen { age, target, number, code });
                }
                return;
            }
        }
    }

    fn close(self, provider: ProviderId, size: Size) -> Drawn {
        let Self { populations, first } = self;
        let allotted = size.allot(populations);
        let mut strata = [Stratum::default(); 3];
        let mut sites = Vec::new();
        for (((stratum, population), drawn), first) in
            strata.iter_mut().zip(populations).zip(allotted).zip(first)
        {
            *stratum = Stratum { population, drawn };
            sites.extend(first.into_iter().take(usize::try_from(drawn).unwrap_or(usize::MAX)));
        }
        Drawn { provider, strata, sites }
    }
}

/// The drawn sites as they are kept, each with an id of its own and what its record is now.
pub fn registered(
    drawn: &[Drawn],
    round: u32,
    register: &FilingRegister,
) -> Result<Vec<DrawnSite>, StoreError> {
    let mut taken = HashSet::new();
    let mut sites = Vec::new();
    for Drawn { provider, sites: chosen, .. } in drawn {
        for Chosen { age, target, number, code } in chosen {
            let mut id = RowId::new(round, *code);
            while !taken.insert(id) {
                id = RowId::new(round, id.code() + 1);
            }
            let records = register.lookup(target)?;
            let record = records.iter().find(|record| is_of(record, number.as_ref()));
            sites.push(DrawnSite {
                id,
                provider: provider.clone(),
                age: *age,
                target: target.clone(),
                number: number.clone(),
                items: record.map(items).unwrap_or_default(),
                phones: record
                    .map_or(0, |record| u8::try_from(phones(record).len()).unwrap_or(u8::MAX)),
                digest: record.map(digest).unwrap_or_default(),
            });
        }
    }
    Ok(sites)
}

/// The record of a drawn site among those of its Domain now, and whether it is as it was when it was
/// drawn; `None` where the register has it no more.
pub fn record_of<'r>(site: &DrawnSite, records: &'r [Filing]) -> Option<(&'r Filing, bool)> {
    let own = || records.iter().filter(|record| is_of(record, site.number.as_ref()));
    let same = own().find(|record| digest(record) == site.digest).map(|record| (record, true));
    let active = || own().find(|record| record.state == FilingState::Active);
    same.or_else(|| Some((active().or_else(|| own().next())?, false)))
}

fn is_of(record: &Filing, number: Option<&FilingNumber>) -> bool {
    record.site_number.as_ref().or(record.subject_number.as_ref()) == number
}

/// The telephone numbers of a record, the office's first.
pub fn phones(record: &Filing) -> Vec<String> {
    let cells = ["office_phone", "mobile_phone"].into_iter();
    let cells = cells.filter_map(|column| detail(record, column));
    let numbers = cells.flat_map(|cell| cell.split([';', '；'])).map(str::trim);
    numbers.filter(|number| !number.is_empty()).map(str::to_owned).collect()
}

/// A cell of a record that is not empty.
pub fn detail<'r>(record: &'r Filing, column: &str) -> Option<&'r str> {
    let cell = record.details.iter().find(|(name, _)| name == column);
    cell.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

/// What a record has that can be verified.
fn items(record: &Filing) -> Vec<Item> {
    let has = |columns: &[&str]| columns.iter().any(|column| detail(record, column).is_some());
    let is_there = |item: &Item| match item {
        Item::SubjectName => has(&["subject_name"]),
        Item::ResponsibleName => has(&["responsible_name", "subject_responsible"]),
        Item::Phone => has(&["office_phone", "mobile_phone"]),
        Item::Address => has(&["address"]),
        Item::Provider => true,
    };
    Item::ALL.iter().copied().filter(is_there).collect()
}

/// Tells whether a record is the same as another, without keeping what it holds.
fn digest(record: &Filing) -> [u8; 16] {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    add(&record.domain.to_string());
    for number in [&record.site_number, &record.subject_number] {
        add(&number.as_ref().map(ToString::to_string).unwrap_or_default());
    }
    add(if record.state == FilingState::Active { "active" } else { "cancelled" });
    for name in record.providers.iter().flatten() {
        add(name.as_str());
    }
    for (column, value) in &record.details {
        add(column);
        add(value);
    }
    first_half(hash)
}

#[cfg(test)]
mod tests;
