//! Standard 9, IP地址列表: real addresses, reported ones, and those of the record's own access provider.

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::audit::filings::AddressReport;
use crate::audit::filings::Context;
use crate::audit::filings::Faults;
use crate::audit::filings::record::Record;
use crate::facts::filing_problem::FilingRule;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderKind;
use crate::facts::range::AddressRange;

const COLUMN: &str = "addresses";

/// So many of the entries at fault are told.
const TOLD: usize = 3;

/// The rules, in the order in which they are told.
const RULES: [FilingRule; 6] = [
    FilingRule::AddressMalformed,
    FilingRule::AddressSpecial,
    FilingRule::AddressAbroad,
    FilingRule::AddressUnreported,
    FilingRule::AddressOfAnother,
    FilingRule::AddressDisputed,
];

pub(super) fn check(record: &Record<'_>, context: &Context<'_>, faults: &mut Faults) {
    let Some(text) = record.text(COLUMN) else { return };
    let has_odd_range = text.contains('~') || text.contains(" - ");
    let text = if has_odd_range {
        Cow::Owned(text.replace(" - ", "-").replace(" ~ ", "-").replace('~', "-"))
    } else {
        Cow::Borrowed(text)
    };
    let entries = text.split([';', '；', ',', '，', '、', ' ']).filter(|entry| !entry.is_empty());
    let mut broken: Vec<(FilingRule, String)> = Vec::new();
    for entry in entries {
        broken.extend(fault(entry, record, context));
    }
    for rule in RULES {
        let notes = broken.iter().filter(|(one, _)| *one == rule).map(|(_, note)| note.as_str());
        let notes: Vec<&str> = notes.collect();
        if notes.is_empty() {
            continue;
        }
        let more = if notes.len() > TOLD { "、…" } else { "" };
        let told: Vec<&str> =
            notes.into_iter().filter(|note| !note.is_empty()).take(TOLD).collect();
        faults.push((rule, COLUMN, told.join("、") + more));
    }
}

/// What is wrong with one entry, with what may be told of it.
fn fault(entry: &str, record: &Record<'_>, context: &Context<'_>) -> Option<(FilingRule, String)> {
    let Some(range) = range(entry) else {
        // Whatever slipped into the column may be somebody's data; what looks like an address is none.
        let is_like = entry.bytes().all(|b| b.is_ascii_hexdigit() || b".:xX-/".contains(&b));
        let note = if is_like && entry.contains('.') { entry.to_owned() } else { String::new() };
        return Some((FilingRule::AddressMalformed, note));
    };
    if context.guard.special_within(&range).is_some() {
        return Some((FilingRule::AddressSpecial, range.to_string()));
    }
    let told = |rule, note: String| Some((rule, note));
    for address in [range.start(), range.end()] {
        match (context.report)(address) {
            AddressReport::Unknown => {}
            AddressReport::Abroad => return told(FilingRule::AddressAbroad, address.to_string()),
            AddressReport::Unreported => {
                return told(FilingRule::AddressUnreported, address.to_string());
            }
            AddressReport::Disputed => {
                return told(FilingRule::AddressDisputed, address.to_string());
            }
            AddressReport::Held { holder, carrier, is_cdn } => {
                if !is_cdn && is_of_another(record, context, &holder, carrier.as_ref()) {
                    let name =
                        context.directory.by_id(&holder).map(|provider| provider.name.to_string());
                    let name = name.unwrap_or_else(|| holder.to_string());
                    return told(FilingRule::AddressOfAnother, format!("{address}（{name}）"));
                }
            }
        }
    }
    None
}

/// Whether the holder is none of the record's access providers, all of which are known, and none of them
/// is above it or serves from the addresses of others.
fn is_of_another(
    record: &Record<'_>,
    context: &Context<'_>,
    holder: &ProviderId,
    carrier: Option<&ProviderId>,
) -> bool {
    let names = record.filing.providers.as_deref().unwrap_or_default();
    let are_known = names.iter().all(|name| context.directory.find(name).is_some());
    let is_theirs = record.providers().iter().any(|provider| {
        provider.id == *holder
            || Some(&provider.id) == carrier
            || provider.kind == ProviderKind::Cdn
    });
    !names.is_empty() && are_known && !is_theirs
}

fn range(entry: &str) -> Option<AddressRange> {
    if entry.contains('/') {
        return entry.parse::<IpNet>().ok().map(AddressRange::from);
    }
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Some(address.into());
    }
    let (start, end) = entry.split_once('-')?;
    AddressRange::new(start.trim().parse().ok()?, end.trim().parse().ok()?).ok()
}
