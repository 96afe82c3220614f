//! The record of a drawn site: what of it can be verified, and whether it is still as it was when it was
//! drawn.

use sha2::Digest;
use sha2::Sha256;

use crate::facts::cancellation::ACCESS_IDS;
use crate::facts::cancellation::SUBJECT_ID;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::number::FilingNumber;
use crate::facts::sample::DrawnSite;
use crate::facts::sample::Item;

/// The record of a drawn site among those of its Domain now, and whether it is as it was when it was
/// drawn; `None` where the register has it no more.
pub fn record_of<'r>(site: &DrawnSite, records: &'r [Filing]) -> Option<(&'r Filing, bool)> {
    let own = || records.iter().filter(|record| is_of(record, site.number.as_ref()));
    let same = own().find(|record| digest(record) == site.digest).map(|record| (record, true));
    let active = || own().find(|record| record.state == FilingState::Active);
    same.or_else(|| Some((active().or_else(|| own().next())?, false)))
}

pub(super) fn is_of(record: &Filing, number: Option<&FilingNumber>) -> bool {
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
pub(super) fn items(record: &Filing) -> Vec<Item> {
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
pub(super) fn digest(record: &Filing) -> [u8; 16] {
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
    // By these the bureau cancels; nobody verifies them.
    let is_told = |column: &str| column != SUBJECT_ID && column != ACCESS_IDS;
    for (column, value) in record.details.iter().filter(|(column, _)| is_told(column)) {
        add(column);
        add(value);
    }
    first_half(hash)
}

/// Half of a hash is enough to tell records, and sites, apart.
pub(super) fn first_half(hash: Sha256) -> [u8; 16] {
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk().copied().unwrap_or_default()
}
