//! The answers of `lookup`: who holds an address, level by level, or the filing of a Domain.

use std::io;
use std::io::Write;
use std::net::IpAddr;

use crate::clock;
use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingStatus;
use crate::facts::placement::Placement;
use crate::facts::target::Target;
use crate::publish::mask;
use crate::publish::mask::Personal;
use crate::publish::place;
use crate::publish::text::listed;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;
use crate::publish::words;

mod json;

/// Who holds an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressAnswer {
    /// The address.
    pub address: IpAddr,
    /// Where it lies and who holds it, all rows taken together.
    pub placement: Placement,
    /// Every row that covers it, the most specific first.
    pub rows: Vec<Allocation>,
}

/// What the register says of a Domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainAnswer {
    /// The Domain.
    pub target: Target,
    /// What its records mean together.
    pub status: FilingStatus,
    /// Its records.
    pub filings: Vec<Filing>,
}

/// One answer of `lookup`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUp {
    /// To an address.
    Address(AddressAnswer),
    /// To a Domain.
    Domain(DomainAnswer),
}

/// Writes `answer` for people, an empty line after it.
pub fn text(
    answer: &LookUp,
    names: &ProviderNames,
    personal: Personal,
    out: &mut impl Write,
) -> io::Result<()> {
    match answer {
        LookUp::Address(answer) => address_text(answer, names, personal, out)?,
        LookUp::Domain(answer) => domain_text(answer, names, personal, out)?,
    }
    writeln!(out)
}

/// Writes `answer` as one line of JSON.
pub fn json(
    answer: &LookUp,
    names: &ProviderNames,
    personal: Personal,
    out: &mut impl Write,
) -> io::Result<()> {
    match answer {
        LookUp::Address(answer) => {
            serde_json::to_writer(&mut *out, &json::AddressView::of(answer, names, personal))?;
        }
        LookUp::Domain(answer) => {
            serde_json::to_writer(&mut *out, &json::DomainView::of(answer, names, personal))?;
        }
    }
    out.write_all(b"\n")
}

fn address_text(
    answer: &AddressAnswer,
    names: &ProviderNames,
    personal: Personal,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{}　{}", answer.address, place::told(&answer.placement, names))?;
    for (row, level) in answer.rows.iter().rev().zip(1_u32..) {
        let (word, chinese) = words::allocation_kind(row.kind);
        writeln!(out, "  {level}. {}　{chinese} {word}", row.range)?;
        let units = [("来源单位", &row.from), ("报备单位", &row.provider), ("分配对象", &row.to)];
        for (heading, unit) in units {
            if let Some(unit) = unit {
                writeln!(out, "     {heading}：{}", printable(unit.as_str()))?;
            }
        }
        match row.address_use {
            AddressUse::Static => writeln!(out, "     使用方式：静态 static")?,
            AddressUse::Dynamic => writeln!(out, "     使用方式：动态 dynamic")?,
            AddressUse::Unknown => writeln!(out, "     使用方式：未知 unknown")?,
            AddressUse::Unstated => {}
        }
        if row.is_redirector {
            writeln!(out, "     域名跳转服务器：是")?;
        }
        if let Some(province) = row.province {
            writeln!(out, "     省份：{province}")?;
        }
        details_text(&row.details, personal, out)?;
    }
    Ok(())
}

fn domain_text(
    answer: &DomainAnswer,
    names: &ProviderNames,
    personal: Personal,
    out: &mut impl Write,
) -> io::Result<()> {
    let (word, chinese) = words::filing_status(&answer.status);
    let gap = match &answer.status {
        FilingStatus::Unknown(gap) => format!("：{}", words::register_gap(*gap).1),
        _ => String::new(),
    };
    writeln!(out, "{}　{chinese} {word}{gap}", printable(&answer.target.unicode()))?;
    if let Some(summary) = answer.status.summary() {
        let providers = match (summary.providers.as_slice(), summary.are_providers_known) {
            ([], true) => "无".to_owned(),
            ([], false) => "未知".to_owned(),
            (ids, true) => listed(ids.iter().map(|id| names.told(id))),
            (ids, false) => {
                format!("{}，此外还有未知的", listed(ids.iter().map(|id| names.told(id))))
            }
        };
        writeln!(out, "  接入服务商：{providers}（备案库截至 {}）", clock::written(summary.as_of))?;
    }
    for (filing, index) in answer.filings.iter().zip(1_u32..) {
        let (word, chinese) = words::filing_state(filing.state);
        writeln!(out, "  {index}. {chinese} {word}")?;
        let numbers = [("网站备案号", &filing.site_number), ("主体备案号", &filing.subject_number)];
        for (heading, number) in numbers {
            if let Some(number) = number {
                writeln!(out, "     {heading}：{}", printable(&number.to_string()))?;
            }
        }
        let providers = match filing.providers.as_deref() {
            None => "未知".to_owned(),
            Some([]) => "无".to_owned(),
            Some(providers) => printable(&listed(providers)),
        };
        writeln!(out, "     接入服务商：{providers}")?;
        details_text(&filing.details, personal, out)?;
    }
    Ok(())
}

fn details_text(
    row: &[(String, String)],
    personal: Personal,
    out: &mut impl Write,
) -> io::Result<()> {
    for (column, value) in mask::details(row, personal) {
        if !value.is_empty() {
            writeln!(out, "     {}：{}", printable(mask::heading(&column)), printable(&value))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
