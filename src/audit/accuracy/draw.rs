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
use std::fmt::Write;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use crate::audit::accuracy::record::digest;
use crate::audit::accuracy::record::first_half;
use crate::audit::accuracy::record::is_of;
use crate::audit::accuracy::record::items;
use crate::audit::accuracy::record::phones;
use crate::audit::accuracy::size;
use crate::audit::accuracy::size::Wanted;
use crate::facts::directory::Directory;
use crate::facts::filing::FilingState;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;
use crate::facts::sample::Age;
use crate::facts::sample::DrawnSite;
use crate::facts::sample::LeftOut;
use crate::facts::sample::RowId;
use crate::facts::sample::Stratum;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::filings::FilingRegister;
use crate::store::filings::brief::BriefRecord;
use crate::store::filings::brief::name_in;
use crate::store::filings::brief::target_of;
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

/// A record of a site in the sorter; it borrows from the bytes there, of which few are ever drawn.
#[derive(Debug, Serialize, Deserialize)]
struct Ballot<'a> {
    /// The Domain, by its sort key.
    #[serde(borrow)]
    target: &'a [u8],
    /// 网站备案号, or what stands in its place, in normal form.
    #[serde(borrow)]
    number: Option<&'a str>,
    filed_on: Option<Date>,
}

/// The name of the record in errors.
const WHAT: &str = "ballot";

/// The size of a key: the provider's place in the directory, and the order.
const KEY: usize = 20;

/// A draw on its way: it takes the records in any order.
#[derive(Debug)]
pub struct Draw<'a> {
    directory: &'a Directory,
    places: HashMap<&'a ProviderId, u32>,
    wish: &'a Wish,
    sorter: Sorter,
    left_out: LeftOut,
    /// What makes the site of the last record the same.
    identity: String,
}

impl<'a> Draw<'a> {
    /// A draw that keeps what does not fit into memory where `sorter` does.
    pub fn new(directory: &'a Directory, wish: &'a Wish, sorter: Sorter) -> Self {
        let places =
            (0..).zip(directory.providers()).map(|(place, provider)| (&provider.id, place));
        Self {
            directory,
            places: places.collect(),
            wish,
            sorter,
            left_out: LeftOut::default(),
            identity: String::new(),
        }
    }

    /// Takes a record of the target with this sort key.
    pub fn take(&mut self, target: &[u8], record: BriefRecord<'_>) -> Result<(), StoreError> {
        if record.state != FilingState::Active || record.is_unreadable {
            return Ok(());
        }
        let filed_on = record.filed_on;
        let names = record.providers.clone();
        let number = record.into_number();
        let Some(names) = names else {
            self.left_out.provider_not_told += 1;
            return Ok(());
        };
        self.left_out.without_provider += u64::from(names.is_empty());
        let length = identify(&mut self.identity, number.as_ref(), target);
        let number = length.and_then(|length| self.identity.get(..length));
        let ballot = Ballot { target, number, filed_on };
        let mut bytes = None;
        for name in names {
            let Some(provider) = self.directory.find_text(name) else {
                self.left_out.provider_not_known += 1;
                continue;
            };
            let wanted = &self.wish.providers;
            let is_wanted = wanted.as_ref().is_none_or(|ids| ids.contains(&provider.id));
            let Some(place) = self.places.get(&provider.id).filter(|_| is_wanted) else { continue };
            let mut key = [0; KEY];
            let (head, tail) = key.split_at_mut(4);
            head.copy_from_slice(&place.to_be_bytes());
            tail.copy_from_slice(&order(self.wish.seed, &provider.id, &self.identity));
            let bytes = match &mut bytes {
                Some(bytes) => bytes,
                none => none.insert(encoding::encode(WHAT, &ballot)?),
            };
            self.sorter.push(key, bytes)?;
        }
        Ok(())
    }

    /// What is drawn, by provider, and what nobody can be asked about.
    pub fn finish(self) -> Result<(Vec<Drawn>, LeftOut), StoreError> {
        let Self { directory, wish, sorter, mut left_out, .. } = self;
        let mut drawn: Vec<Drawn> = Vec::new();
        let mut poll: Option<(u32, Poll)> = None;
        let close = |(place, poll): (u32, Poll), drawn: &mut Vec<Drawn>| {
            let place = usize::try_from(place).ok();
            let provider = place.and_then(|place| directory.providers().get(place));
            drawn.extend(provider.map(|provider| poll.close(provider.id.clone(), wish.size)));
        };
        let mut ballots = sorter.finish()?.peekable();
        while let Some(record) = ballots.next() {
            let (key, mut bytes) = record?;
            let mut filed_on = ballot(&bytes)?.filed_on;
            // Two records of one site: filed when the first of them was, named by the first Domain.
            while let Some(Ok((_, other))) =
                ballots.next_if(|next| next.as_ref().is_ok_and(|(other, _)| *other == key))
            {
                let next = ballot(&other)?;
                filed_on = filed_on.into_iter().chain(next.filed_on).min();
                if next.target < ballot(&bytes)?.target {
                    bytes = other;
                }
            }
            let Some((place, code)) = parts(&key) else { continue };
            if let Some(done) = poll.take_if(|(current, _)| *current != place) {
                close(done, &mut drawn);
            }
            let (_, poll) = poll.get_or_insert_with(|| (place, Poll::default()));
            match age(filed_on, wish.month) {
                None => left_out.later += 1,
                Some(age) => poll.take(age, &ballot(&bytes)?, code, wish.size.most())?,
            }
        }
        if let Some(done) = poll {
            close(done, &mut drawn);
        }
        drawn.sort_by(|a, b| a.provider.cmp(&b.provider));
        Ok((drawn, left_out))
    }
}

fn damaged() -> StoreError {
    StoreError::Record { what: WHAT, source: postcard::Error::SerdeDeCustom }
}

fn ballot(bytes: &[u8]) -> Result<Ballot<'_>, StoreError> {
    encoding::decode_borrowed(WHAT, bytes)
}

/// Writes what makes it the same site: the number, where it names one, else with the Domain. Gives the
/// length of the number, which it begins with.
fn identify(text: &mut String, number: Option<&FilingNumber>, target: &[u8]) -> Option<usize> {
    text.clear();
    let length = number.map(|number| {
        // Nothing can fail that writes into memory.
        let _ = write!(text, "{number}");
        text.len()
    });
    if !number.is_some_and(names_a_site) {
        text.push_str(if length.is_some() { " " } else { "" });
        text.push_str(name_in(target));
    }
    length
}

fn names_a_site(number: &FilingNumber) -> bool {
    matches!(
        number,
        FilingNumber::Filed { site: Some(_), .. } | FilingNumber::Licence { site: Some(_), .. }
    )
}

fn order(seed: u64, provider: &ProviderId, identity: &str) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(provider.as_str().as_bytes());
    hash.update([0]);
    hash.update(identity.as_bytes());
    first_half(hash)
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
    fn take(
        &mut self,
        age: Age,
        site: &Ballot<'_>,
        code: u64,
        most: u64,
    ) -> Result<(), StoreError> {
        for ((this, population), first) in
            Age::ALL.iter().zip(&mut self.populations).zip(&mut self.first)
        {
            if *this == age {
                *population += 1;
                if (first.len() as u64) < most {
                    let number = site.number.map(str::parse).transpose();
                    let number = number.map_err(|_| damaged())?;
                    first.push(Chosen { age, target: target_of(site.target)?, number, code });
                }
                return Ok(());
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests;
