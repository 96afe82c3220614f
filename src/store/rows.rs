//! What registers are made of: how each kind of row is keyed, encoded and merged with an older one.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::facts::allocation::Allocation;
use crate::facts::allocation::SEEMS;
use crate::facts::cancellation::RECORD_ID;
use crate::facts::candidate::Candidate;
use crate::facts::candidate::HOSTS_PER_DOMAIN;
use crate::facts::candidate::LinkedName;
use crate::facts::examination::Examination;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::filing_problem::FilingProblem;
use crate::facts::number::FilingNumber;
use crate::facts::problem::Problem;
use crate::facts::problem::ProblemKey;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::filings::brief::target_key;
use crate::store::filings::doubt;
use crate::store::filings::files::FilingFiles;
use crate::store::registers::Registers;
use crate::store::sorted::BLOCK;
use crate::store::sorted::LARGE_BLOCK;
use crate::store::sorter::MEMORY;
use crate::store::sorter::MEMORY_AT_NIGHT;
use crate::store::unread;

/// A row of a register.
pub trait Row: Sized + Clone + PartialEq {
    /// The register's name, in the manifest, in file names and in errors.
    const REGISTER: &'static str;

    /// What a block of its file holds at least, in bytes.
    const BLOCK: usize = BLOCK;

    /// What one batch may hold in memory while rows are sorted, in bytes.
    const SORTED_IN: usize = MEMORY;

    /// What makes it the same row; ascending keys are the register's order.
    fn key(&self) -> Vec<u8>;

    /// Its bytes.
    fn encode(&self) -> Result<Vec<u8>, StoreError>;

    /// The row of `bytes`.
    fn decode(bytes: &[u8]) -> Result<Self, StoreError>;

    /// What stands for a row that was refused, by the cells that could be told of it and the column at fault;
    /// nothing by default. It is not counted among the rows.
    fn standing_for(_cells: &[(&'static str, String)], _column: Option<&str>) -> Vec<Self> {
        Vec::new()
    }

    /// Whether the row with `key` is one, and does not only stand for one.
    fn is_counted(_key: &[u8]) -> bool {
        true
    }

    /// What keys begin with of which one row may be what another one stood for; `None`: none may.
    fn place(_key: &[u8]) -> Option<&[u8]> {
        None
    }

    /// Whether this row, which came later and has the same place, is what `stand_in` stood for.
    fn mends(&self, _stand_in: &Self) -> bool {
        false
    }

    /// What becomes of an older row with the same key; the new one takes its place by default.
    fn merged(self, _old: &Self) -> Merged<Self> {
        Merged::Row(self)
    }

    /// Whether it may take the place of `_old` on `_day`; it may by default.
    fn displaces(&self, _old: &Self, _day: Date) -> bool {
        true
    }

    /// Begins the files that the register keeps beside the rows of `generation`, imported at `now`;
    /// none by default.
    fn beside(
        _registers: &Registers,
        _generation: u64,
        _now: Timestamp,
    ) -> Result<Box<dyn Beside>, StoreError> {
        Ok(Box::new(Nothing))
    }
}

/// Files beside the rows of one generation, written while they are: each key comes once, ascending.
pub trait Beside {
    /// `row` is in the register from now on.
    fn take(&mut self, key: &[u8], row: &[u8]) -> Result<(), StoreError>;

    /// `row` was in the register, and a replacement no longer has it.
    fn leave(&mut self, key: &[u8], row: &[u8]) -> Result<(), StoreError>;

    /// Sees the files onto the disk, and tells their names.
    fn finish(self: Box<Self>) -> Result<Vec<String>, StoreError>;
}

/// No files.
struct Nothing;

impl Beside for Nothing {
    fn take(&mut self, _key: &[u8], _row: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn leave(&mut self, _key: &[u8], _row: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}

/// What two rows with one key become.
#[derive(Debug)]
pub enum Merged<R> {
    /// This row.
    Row(R),
    /// The old row: it holds all that it may, and the new one does not fit any more.
    Full,
}

macro_rules! encoded {
    () => {
        fn encode(&self) -> Result<Vec<u8>, StoreError> {
            encoding::encode(Self::REGISTER, self)
        }

        fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
            encoding::decode(Self::REGISTER, bytes)
        }
    };
}

fn push_octets(key: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => key.extend_from_slice(&v4.octets()),
        IpAddr::V6(v6) => key.extend_from_slice(&v6.octets()),
    }
}

impl Row for Provider {
    const REGISTER: &'static str = "providers";

    fn key(&self) -> Vec<u8> {
        self.id.as_str().as_bytes().to_vec()
    }

    encoded!();
}

impl Row for Allocation {
    const REGISTER: &'static str = "allocations";

    fn key(&self) -> Vec<u8> {
        let mut key = vec![if self.range.start().is_ipv4() { 4 } else { 6 }];
        for address in [self.range.start(), self.range.end()] {
            push_octets(&mut key, address);
        }
        if self.is_unreadable() {
            key.push(UNREADABLE_KEY);
            key.extend(self.detail(SEEMS).into_iter().flat_map(str::bytes));
        } else {
            key.extend_from_slice(self.kind.word().as_bytes());
        }
        for name in [&self.provider, &self.to] {
            key.push(0);
            key.extend(name.iter().flat_map(|name| name.as_str().bytes()));
        }
        key
    }

    encoded!();

    /// A row that does not hold yet leaves one that does.
    fn displaces(&self, old: &Self, day: Date) -> bool {
        self.is_in_force(day) || !old.is_in_force(day)
    }

    fn standing_for(cells: &[(&'static str, String)], column: Option<&str>) -> Vec<Self> {
        unread::standing_for(cells, column)
    }

    fn is_counted(key: &[u8]) -> bool {
        let place = Self::place(key).map_or(0, <[u8]>::len);
        key.get(place) != Some(&UNREADABLE_KEY)
    }

    fn place(key: &[u8]) -> Option<&[u8]> {
        let length = if key.first() == Some(&4) { 4 } else { 16 };
        key.get(..1 + 2 * length)
    }

    fn mends(&self, stand_in: &Self) -> bool {
        self.mends(stand_in)
    }
}

/// What stands in a key in the place of a number or a kind, where the record could not be read: beyond any
/// text, so that these come after the other records of their target or range.
const UNREADABLE_KEY: u8 = 0xff;

/// What makes it the same filing. One number may have several records, each with an access of its own
/// (interface V3.0, code 1067), told apart by the bureau's number of the site.
fn filing_key(domain: &Target, number: Option<&FilingNumber>, record_id: Option<&str>) -> Vec<u8> {
    let mut key = domain.sort_key();
    key.push(0);
    key.extend(number.map(ToString::to_string).unwrap_or_default().bytes());
    if let Some(id) = record_id {
        key.push(0);
        key.extend(id.bytes());
    }
    key
}

impl Row for Filing {
    const REGISTER: &'static str = "filings";
    const BLOCK: usize = LARGE_BLOCK;

    fn key(&self) -> Vec<u8> {
        let number = self.site_number.as_ref().or(self.subject_number.as_ref());
        if self.is_unreadable() {
            let mut key = self.domain.sort_key();
            key.extend([0, UNREADABLE_KEY]);
            key.extend(number.map(ToString::to_string).unwrap_or_default().bytes());
            return key;
        }
        filing_key(&self.domain, number, self.detail(RECORD_ID))
    }

    encoded!();

    fn standing_for(cells: &[(&'static str, String)], column: Option<&str>) -> Vec<Self> {
        doubt::standing_for(cells, column)
    }

    fn is_counted(key: &[u8]) -> bool {
        let after = key.get(target_key(key).len()..).unwrap_or_default();
        !after.starts_with(&[0, UNREADABLE_KEY])
    }

    /// A cancellation that says little leaves what was known of the filing.
    fn merged(self, old: &Self) -> Merged<Self> {
        if self.state == FilingState::Active {
            return Merged::Row(self);
        }
        let mut row = Self {
            site_number: self.site_number.or_else(|| old.site_number.clone()),
            subject_number: self.subject_number.or_else(|| old.subject_number.clone()),
            providers: self.providers.or_else(|| old.providers.clone()),
            ..self
        };
        for (column, text) in &old.details {
            match row.details.iter_mut().find(|(known, _)| known == column) {
                None => row.details.push((column.clone(), text.clone())),
                Some((_, empty)) if empty.is_empty() => empty.clone_from(text),
                Some(_) => {}
            }
        }
        Merged::Row(row)
    }

    fn beside(
        registers: &Registers,
        generation: u64,
        now: Timestamp,
    ) -> Result<Box<dyn Beside>, StoreError> {
        Ok(Box::new(FilingFiles::begin(registers, generation, now)?))
    }
}

impl Row for Candidate {
    const REGISTER: &'static str = "candidates";

    fn key(&self) -> Vec<u8> {
        self.target.sort_key()
    }

    encoded!();

    fn merged(self, old: &Self) -> Merged<Self> {
        let mut row = old.clone();
        row.is_named |= self.is_named;
        let mut is_full = false;
        for host in self.hosts {
            if let Err(place) = row.hosts.binary_search(&host) {
                if row.hosts.len() < HOSTS_PER_DOMAIN {
                    row.hosts.insert(place, host);
                } else {
                    is_full = true;
                }
            }
        }
        if is_full && row == *old { Merged::Full } else { Merged::Row(row) }
    }
}

impl Row for LinkedName {
    const REGISTER: &'static str = "links";

    fn key(&self) -> Vec<u8> {
        Target::from(self.domain.clone()).sort_key()
    }

    encoded!();

    /// The first link to it is the one that is told.
    fn merged(self, old: &Self) -> Merged<Self> {
        Merged::Row(old.clone())
    }
}

impl Row for Problem {
    const REGISTER: &'static str = "problems";

    fn key(&self) -> Vec<u8> {
        // Without the part: what is half mended is the same problem, and keeps its day.
        let ProblemKey { provider, fault, level, range, other, part: _ } = &self.key;
        let mut key = Vec::new();
        for text in [
            provider.as_ref().map_or("", ProviderId::as_str),
            fault.word(),
            level.word(),
            other.as_ref().map_or("", ProviderId::as_str),
        ] {
            key.extend_from_slice(text.as_bytes());
            key.push(0);
        }
        for address in [range.start(), range.end()] {
            push_octets(&mut key, address);
        }
        key
    }

    encoded!();
}

impl Row for FilingProblem {
    const REGISTER: &'static str = "filing_problems";

    fn key(&self) -> Vec<u8> {
        let key = &self.key;
        let mut bytes = filing_key(&key.domain, key.number.as_ref(), key.record_id.as_deref());
        for text in [key.rule.code(), key.column.as_str()] {
            bytes.push(0);
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }

    encoded!();
}

impl Row for Examination {
    const REGISTER: &'static str = "examinations";
    const SORTED_IN: usize = MEMORY_AT_NIGHT;

    fn key(&self) -> Vec<u8> {
        self.target.sort_key()
    }

    /// Behind the examination stands since when it has been the same; rows of older programs end
    /// before that.
    fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let mut bytes = encoding::encode(Self::REGISTER, self)?;
        bytes.extend_from_slice(&self.steady_since.to_le_bytes());
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let (row, rest): (Self, _) = encoding::decode_beginning(Self::REGISTER, bytes)?;
        let steady_since = rest.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        Ok(Self { steady_since, ..row })
    }

    /// A night that learnt nothing new makes what is known more certain.
    fn merged(self, old: &Self) -> Merged<Self> {
        let since = if old.steady_since == 0 { old.night } else { old.steady_since };
        let steady_since = if self.says_the_same(old) { since } else { self.night };
        Merged::Row(Self { steady_since, ..self })
    }
}
