//! The list of unfiled sites for one provider: `WBAWZLB`.

use std::io;

use crate::clock;
use crate::facts::finding::Kind;
use crate::facts::issue::Issue;
use crate::facts::target::Target;
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

/// Writes those of `rows` that can be listed, a record for each address, and tells the rest. `number`
/// gives each record its number, the same each time it is listed.
pub fn write<'a, E: From<io::Error>>(
    rows: impl Iterator<Item = (&'a Target, FindingView)>,
    names: &ProviderNames,
    number: &mut dyn FnMut(&Issue) -> Result<u64, E>,
    outbox: &mut Outbox<'_>,
) -> Result<Listing, E> {
    let mut listing = Listing::default();
    let mut messages = Messages::download(outbox, &["WBAWZLB"]);
    for (target, row) in rows {
        let issues = issues(target, &row, names).and_then(|issues| match row.closed_reason {
            Some(_) => Err(Why::Closed),
            None => Ok(issues),
        });
        for issue in issues.unwrap_or_else(|why| vec![Err(why)]) {
            match issue {
                Err(why) => listing.leave_out(&row, why),
                Ok(_) if !messages.has_room() => {
                    listing.leave_out(&row, Why::Full);
                    break;
                }
                Ok(issue) => {
                    let record = record(&row, &issue, number(&issue)?);
                    messages.push(0, record)?;
                }
            }
        }
    }
    listing.records = messages.finish()?;
    Ok(listing)
}

/// The issues of `row`, one for each address, or why it cannot be listed whatever its addresses.
pub(super) fn issues(
    target: &Target,
    row: &FindingView,
    names: &ProviderNames,
) -> Result<Vec<Result<Issue, Why>>, Why> {
    if row.kind != Kind::Unfiled {
        return Err(Why::OtherKind(row.kind));
    }
    if row.domain.chars().count() > LONGEST_NAME {
        return Err(Why::LongName);
    }
    if row.addresses.is_empty() {
        return Err(Why::NoAddress);
    }
    let carrier = row.carrier.as_ref().ok_or(Why::NoCarrier)?;
    let access = row.provider.as_ref().map(|provider| number(&provider.id, names)).transpose()?;
    let carrier = number(&carrier.id, names)?;
    let issue = |address: &std::net::IpAddr| {
        Ok(Issue {
            finding: row.id,
            address: expressible(*address)?,
            domain: target.clone(),
            access,
            carrier,
            due: row.due,
        })
    };
    Ok(row.addresses.iter().map(issue).collect())
}

/// One `Wbawz_xx`. The order of the elements is fixed.
fn record(row: &FindingView, issue: &Issue, number: u64) -> String {
    Record::new("Wbawz_xx")
        .with("Id", number)
        .with("Wzym_mc", &row.domain)
        .with("IP", u32::from(issue.address))
        .with("Dqjcsj", clock::day(row.last_seen))
        .with("Jccs", row.times_seen)
        .with_some("Sssh", row.bureau.area_code())
        .with("Scjcsj", clock::day(row.first_seen))
        .with_some("Jrs", issue.access)
        .with("Yys", issue.carrier)
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

#[cfg(test)]
mod tests;
