//! The list of unfiled sites for one provider: `WBAWZLB`.

use std::io;
use std::net::Ipv4Addr;

use sha2::Digest;
use sha2::Sha256;
use ulid::Ulid;

use crate::clock;
use crate::facts::finding::Kind;
use crate::publish::findings::v3::LONGEST_NAME;
use crate::publish::findings::v3::Listing;
use crate::publish::findings::v3::Messages;
use crate::publish::findings::v3::Outbox;
use crate::publish::findings::v3::Record;
use crate::publish::findings::v3::Why;
use crate::publish::findings::v3::expressible;
use crate::publish::findings::v3::number;
use crate::publish::text::listed;
use crate::publish::view::FindingView;
use crate::publish::view::ProviderNames;

/// Writes those of `rows` that can be listed, a record for each address, and tells the rest.
pub fn write(
    rows: impl Iterator<Item = FindingView>,
    names: &ProviderNames,
    outbox: &mut Outbox<'_>,
) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let mut messages = Messages::new(outbox, &["WBAWZLB"]);
    for row in rows {
        let issuers = match issuers(&row, names) {
            Ok(issuers) => issuers,
            Err(why) => {
                listing.leave_out(&row, why);
                continue;
            }
        };
        for address in &row.addresses {
            match expressible(*address) {
                Err(why) => listing.leave_out(&row, why),
                Ok(address) => {
                    if !messages.push(0, record(&row, address, issuers))? {
                        listing.leave_out(&row, Why::Full);
                        break;
                    }
                }
            }
        }
    }
    listing.records = messages.finish()?;
    Ok(listing)
}

/// The ministry's numbers of the two providers in a record.
#[derive(Debug, Clone, Copy)]
struct Issuers {
    access: Option<u64>,
    carrier: u64,
}

/// The numbers for `row`, or why it cannot be listed whatever its addresses.
fn issuers(row: &FindingView, names: &ProviderNames) -> Result<Issuers, Why> {
    if row.kind != Kind::Unfiled {
        return Err(Why::OtherKind(row.kind));
    }
    if row.closed_reason.is_some() {
        return Err(Why::Closed);
    }
    if row.domain.chars().count() > LONGEST_NAME {
        return Err(Why::LongName);
    }
    if row.addresses.is_empty() {
        return Err(Why::NoAddress);
    }
    let carrier = row.carrier.as_ref().ok_or(Why::NoCarrier)?;
    let access = row.provider.as_ref().map(|provider| number(&provider.id, names)).transpose()?;
    Ok(Issuers { access, carrier: number(&carrier.id, names)? })
}

/// One `Wbawz_xx`. The order of the elements is fixed.
fn record(row: &FindingView, address: Ipv4Addr, issuers: Issuers) -> String {
    Record::new("Wbawz_xx")
        .with("Id", record_id(row.id, address))
        .with("Wzym_mc", &row.domain)
        .with("IP", u32::from(address))
        .with("Dqjcsj", clock::day(row.last_seen))
        .with("Jccs", row.times_seen)
        .with_some("Sssh", row.bureau.area_code())
        .with("Scjcsj", clock::day(row.first_seen))
        .with_some("Jrs", issuers.access)
        .with("Yys", issuers.carrier)
        .with("Bz", remark(row))
        .finish()
}

fn remark(row: &FindingView) -> String {
    let hosts = if row.hosts.is_empty() {
        String::new()
    } else {
        format!("；主机名 {}", listed(&row.hosts))
    };
    format!("理由 {}{hosts}", listed(&row.reasons))
}

/// A positive number that is the same each time this address of this finding is listed.
fn record_id(finding: Ulid, address: Ipv4Addr) -> u64 {
    let digest = Sha256::new().chain_update(finding.to_bytes()).chain_update(address.octets());
    let number = digest.finalize().iter().take(8).fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
    // The interface counts in signed numbers from 1 on.
    (number >> 1).max(1)
}

#[cfg(test)]
mod tests;
