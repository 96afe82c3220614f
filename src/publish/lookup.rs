//! The answers of `lookup`: who holds an address, level by level, and whether a Domain is filed.

use std::io;
use std::io::Write;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::facts::allocation::AddressUse;
use crate::facts::allocation::Allocation;
use crate::facts::allocation::Origin;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::UpstreamNote;
use crate::facts::placement::Placement;
use crate::facts::submission::SubmittedNote;
use crate::facts::target::Target;
use crate::publish::mask;
use crate::publish::mask::Personal;
use crate::publish::place;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;
use crate::publish::words;

mod answer;
mod filing;
mod json;

pub use crate::publish::lookup::answer::filing_answer;

/// Who holds an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressAnswer {
    /// The address.
    pub address: IpAddr,
    /// Where it lies and who holds it, all rows taken together.
    pub placement: Placement,
    /// Every row that covers it, the most specific first.
    pub rows: Vec<Allocation>,
    /// Whether it is filed as a site without a name.
    pub filing: FilingFacts,
}

/// Whether a target is filed, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingFacts {
    /// The Domain, or the address that stands for itself.
    pub target: Target,
    /// Whether it is filed.
    pub status: FilingStatus,
    /// When the register was imported that says so; `None` where none says anything.
    pub as_of: Option<Timestamp>,
    /// What became of the question to the upstream register; `None` where it was not asked.
    pub upstream: Option<UpstreamNote>,
    /// Its records in the own register.
    pub records: Vec<Filing>,
    /// What providers submitted and the register has not.
    pub submitted: Vec<SubmittedNote>,
}

/// One answer of `lookup`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUp {
    /// To an address.
    Address(AddressAnswer),
    /// To a Domain.
    Domain(FilingFacts),
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
        LookUp::Domain(facts) => {
            let name = printable(&facts.target.unicode());
            writeln!(out, "{name}　{}", filing::told(&facts.status))?;
            filing::text(facts, names, personal, out)?;
        }
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
        LookUp::Domain(facts) => {
            serde_json::to_writer(&mut *out, &json::FilingView::of(facts, names, personal))?;
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
        let waits = if row.origin == Origin::Waiting { "（待生效）" } else { "" };
        writeln!(out, "  {level}. {}　{chinese} {word}{waits}", row.range)?;
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
    if matches!(answer.placement, Placement::Mainland(_)) || !answer.filing.records.is_empty() {
        writeln!(out, "  备案：{}", filing::told(&answer.filing.status))?;
        filing::text(&answer.filing, names, personal, out)?;
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
