//! Whether something is filed, for people.

use std::io;
use std::io::Write;

use crate::clock;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::FilingSummary;
use crate::facts::number::FilingNumber;
use crate::publish::lookup::FilingFacts;
use crate::publish::lookup::details_text;
use crate::publish::mask::Personal;
use crate::publish::submitted;
use crate::publish::text::listed;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;
use crate::publish::words;

/// The status in a few words: `已备案 active`.
pub(super) fn told(status: &FilingStatus) -> String {
    let (word, chinese) = words::filing_status(status);
    match status {
        FilingStatus::Unknown(gap) => format!("{chinese} {word}：{}", words::register_gap(*gap).1),
        _ => format!("{chinese} {word}"),
    }
}

/// What stands below the status: what the records mean together, whose register says so, each record.
pub(super) fn text(
    facts: &FilingFacts,
    names: &ProviderNames,
    personal: Personal,
    out: &mut impl Write,
) -> io::Result<()> {
    if let Some(summary) = facts.status.summary() {
        summary_text(summary, names, out)?;
    }
    if let Some(as_of) = facts.as_of {
        writeln!(out, "  备案库截至：{}", clock::written(as_of))?;
    }
    if let Some(note) = &facts.upstream {
        writeln!(out, "  {}", words::upstream_told(note))?;
    }
    for (record, index) in facts.records.iter().zip(1_u32..) {
        record_text(record, index, personal, out)?;
    }
    submitted::text(&facts.submitted, names, out)
}

fn summary_text(
    summary: &FilingSummary,
    names: &ProviderNames,
    out: &mut impl Write,
) -> io::Result<()> {
    for (heading, numbers) in [("备案号", &summary.numbers), ("已注销的备案号", &summary.former)]
    {
        if !numbers.is_empty() {
            writeln!(out, "  {heading}：{}", listed(numbers.iter().map(number)))?;
        }
    }
    for (heading, day) in [("备案日期", summary.filed_on), ("变更日期", summary.changed_on)]
    {
        if let Some(day) = day {
            writeln!(out, "  {heading}：{day}")?;
        }
    }
    let providers = match (&*summary.providers, summary.are_providers_known) {
        ([], true) => "无".to_owned(),
        ([], false) => "未知".to_owned(),
        (ids, true) => listed(ids.iter().map(|id| names.told(id))),
        (ids, false) => {
            format!("{}，此外还有未知的", listed(ids.iter().map(|id| names.told(id))))
        }
    };
    writeln!(out, "  接入服务商：{providers}")
}

/// A number, with a word where its form is unusual.
fn number(number: &FilingNumber) -> String {
    let odd = if number.is_well_formed() { "" } else { "（位数异常）" };
    format!("{}{odd}", printable(&number.to_string()))
}

fn record_text(
    record: &Filing,
    index: u32,
    personal: Personal,
    out: &mut impl Write,
) -> io::Result<()> {
    let (word, chinese) = words::filing_state(record.state);
    writeln!(out, "  {index}. {chinese} {word}")?;
    let numbers = [("网站备案号", &record.site_number), ("主体备案号", &record.subject_number)];
    for (heading, found) in numbers {
        if let Some(found) = found {
            writeln!(out, "     {heading}：{}", number(found))?;
        }
    }
    let providers = match record.providers.as_deref() {
        None => "未知".to_owned(),
        Some([]) => "无".to_owned(),
        Some(providers) => printable(&listed(providers)),
    };
    writeln!(out, "     接入服务商：{providers}")?;
    details_text(&record.details, personal, out)
}
