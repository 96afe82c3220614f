//! The result of the check of access for one provider: `HCJG`, with over-reported and missing access
//! records (`Jrhc`), empty shells (`Kkwzhc`) and filed sites that are dead (`Wzch`).

use std::io;

use crate::audit::access;
use crate::audit::access::Idle;
use crate::audit::access::Unrecorded;
use crate::clock;
use crate::facts::directory::Directory;
use crate::facts::examination::Examination;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::finding::Kind;
use crate::facts::provider::ProviderId;
use crate::publish::findings::v3::Listing;
use crate::publish::findings::v3::Messages;
use crate::publish::findings::v3::Outbox;
use crate::publish::findings::v3::Record;
use crate::publish::findings::v3::Why;
use crate::publish::findings::v3::expressible;
use crate::publish::findings::v3::is_long;
use crate::publish::findings::v3::number;
use crate::publish::text::listed;
use crate::publish::view::FindingView;
use crate::publish::view::ProviderNames;

/// The places of the groups in a message.
const ACCESS: u8 = 0;
const SHELL: u8 = 1;
const LIFE: u8 = 2;

/// A finding with what is needed to tell it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The finding.
    pub finding: FindingView,
    /// Every record of its Domain.
    pub records: Vec<Filing>,
    /// The last examination of it.
    pub examination: Option<Examination>,
    /// Whether the reader may learn which other providers have to do with it.
    pub names_others: bool,
}

/// Writes those of `rows` that can be told, and tells why the rest cannot.
pub fn write<E: From<io::Error>>(
    rows: impl Iterator<Item = Result<Checked, E>>,
    names: &ProviderNames,
    directory: &Directory,
    outbox: &mut Outbox<'_>,
) -> Result<Listing, E> {
    let mut listing = Listing::default();
    let mut messages = Messages::download(outbox, &["HCJG", "Jgxx"]);
    for row in rows {
        let row = row?;
        let told = match row.finding.kind {
            _ if row.finding.closed_reason.is_some() => Err(Why::Closed),
            Kind::NotConnected => not_connected(&row),
            Kind::OverReported => over_reported(&row, names, directory),
            Kind::Shell => shells(&row),
            other => Err(Why::OtherKind(other)),
        };
        let parts = told.unwrap_or_else(|why| vec![Err(why)]);
        for part in parts {
            match part {
                Err(why) => listing.leave_out(&row.finding, why),
                Ok((group, record)) => {
                    if !messages.push(group, record)? {
                        listing.leave_out(&row.finding, Why::Full);
                        break;
                    }
                }
            }
        }
    }
    listing.records = messages.finish()?;
    Ok(listing)
}

/// A record with its group, or why one part cannot be told.
type Part = Result<(u8, String), Why>;

/// How a record names its site: `Wzid` and `Wz_Baxh`.
#[derive(Debug, Clone, Copy)]
struct Site<'a> {
    id: u64,
    number: &'a str,
    home: Option<&'a str>,
}

/// A record for each address of a Domain at a provider that has no access record. Of several filed
/// sites of the Domain the first is named.
fn not_connected(row: &Checked) -> Result<Vec<Part>, Why> {
    let numbers = numbers(row, |_| true);
    let sites: Vec<_> =
        numbers.iter().map(|(filing, number)| site(filing, number.as_deref())).collect();
    let site = sites.iter().flatten().next().copied();
    let site = site.map_or_else(|| Err(first_why(&sites)), Ok)?;
    let provider = row.finding.provider.as_ref().map(|provider| &provider.id);
    if row.finding.addresses.is_empty() {
        return Err(Why::NoAddress);
    }
    let remark = provider.map(|id| match access::unrecorded(row.examination.as_ref(), id) {
        Unrecorded::Moved(from) if row.names_others => format!("原接入 {}", listed(from)),
        Unrecorded::Moved(_) => "原由其他单位接入".to_owned(),
        Unrecorded::Several => "多家接入".to_owned(),
        Unrecorded::Cdn => "CDN接入".to_owned(),
        Unrecorded::Shell => "无任何接入".to_owned(),
        Unrecorded::Unknown => "原因不明".to_owned(),
    });
    let record = |address: &std::net::IpAddr| {
        let address = expressible(*address)?;
        let record = begun("Jrhc", site)
            .with("Ym", &row.finding.domain)
            .with("Jxip", u32::from(address))
            .with("Hcjg", 2)
            .with("Hcsj", clock::day(row.finding.last_seen))
            .with_some("Bz", remark.as_ref());
        Ok((ACCESS, record.finish()))
    };
    Ok(row.finding.addresses.iter().map(record).collect())
}

/// A record for each filed site of the Domain that names the provider; and that the site is dead,
/// where it is.
fn over_reported(
    row: &Checked,
    names: &ProviderNames,
    directory: &Directory,
) -> Result<Vec<Part>, Why> {
    let Some(provider) = row.finding.provider.as_ref().map(|provider| &provider.id) else {
        return Err(Why::NoRecord);
    };
    let unit = number(provider, names)?;
    let (is_dead, remark) = match access::idle(row.examination.as_ref()) {
        Idle::Gone => (true, "域名无解析".to_owned()),
        Idle::Silent => (true, "网站无响应".to_owned()),
        Idle::Abroad => (false, "已迁至境外".to_owned()),
        Idle::Moved(to) if row.names_others && !to.is_empty() => {
            (false, format!("已迁至 {}", listed(to)))
        }
        Idle::Moved(_) => (false, "已迁出".to_owned()),
        Idle::Unknown => (false, "原因不明".to_owned()),
    };
    let numbers = numbers(row, |filing| names_provider(filing, provider, directory));
    if numbers.is_empty() {
        return Err(Why::NoRecord);
    }
    let day = clock::day(row.finding.last_seen);
    let mut parts = Vec::new();
    for (filing, number) in &numbers {
        match site(filing, number.as_deref()) {
            Err(why) => parts.push(Err(why)),
            Ok(site) => {
                let record = begun("Jrhc", site)
                    .with("Bbisp", unit)
                    .with("Hcjg", 1)
                    .with("Hcsj", day)
                    .with("Bz", &remark);
                parts.push(Ok((ACCESS, record.finish())));
                if is_dead {
                    let record = begun("Wzch", site)
                        .with_some("Syurl", site.home.filter(|url| url.chars().count() >= 4))
                        .with("Hcsj", day)
                        .with("Bz", &remark);
                    parts.push(Ok((LIFE, record.finish())));
                }
            }
        }
    }
    Ok(parts)
}

/// A record for each filed site of the Domain, if it can be told whether it lives.
fn shells(row: &Checked) -> Result<Vec<Part>, Why> {
    let is_alive = row.examination.as_ref().and_then(access::is_alive).ok_or(Why::UnknownLife)?;
    let numbers = numbers(row, |filing| filing.providers.as_ref().is_some_and(Vec::is_empty));
    if numbers.is_empty() {
        return Err(Why::NoRecord);
    }
    let record = |(filing, number): &(&Filing, Option<String>)| {
        let site = site(filing, number.as_deref())?;
        let record = begun("Kkwzhc", site)
            .with("Hcjg", u8::from(!is_alive))
            .with("Hcsj", clock::day(row.finding.last_seen))
            .with_some("Syurl", site.home.filter(|url| url.chars().count() >= 7));
        Ok((SHELL, record.finish()))
    };
    Ok(numbers.iter().map(record).collect())
}

/// The active records that `is_meant`, each with its site number as text.
fn numbers(row: &Checked, is_meant: impl Fn(&Filing) -> bool) -> Vec<(&Filing, Option<String>)> {
    let is_active = |filing: &&Filing| filing.state == FilingState::Active;
    let meant = row.records.iter().filter(is_active).filter(|filing| is_meant(filing));
    meant.map(|filing| (filing, filing.site_number.as_ref().map(ToString::to_string))).collect()
}

fn first_why(sites: &[Result<Site<'_>, Why>]) -> Why {
    let mut whys = sites.iter().filter_map(|site| site.as_ref().err());
    whys.next().cloned().unwrap_or(Why::NoRecord)
}

/// How `filing` names its site in a message.
fn site<'a>(filing: &'a Filing, number: Option<&'a str>) -> Result<Site<'a>, Why> {
    let detail = |name: &str| filing.detail(name);
    let id = detail("record_id").and_then(|id| id.parse().ok()).filter(|id| is_long(*id));
    let number = number.filter(|number| (5..=255).contains(&number.chars().count()));
    let home = detail("home_url").filter(|url| url.chars().count() <= 255);
    Ok(Site { id: id.ok_or(Why::NoSiteId)?, number: number.ok_or(Why::NoSiteNumber)?, home })
}

fn names_provider(filing: &Filing, provider: &ProviderId, directory: &Directory) -> bool {
    let names = filing.providers.iter().flatten();
    names.filter_map(|name| directory.find(name)).any(|found| found.id == *provider)
}

fn begun(name: &'static str, site: Site<'_>) -> Record {
    Record::new(name).with("Wzid", site.id).with("Wz_Baxh", site.number)
}

#[cfg(test)]
mod tests;
