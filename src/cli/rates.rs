//! `rates`: whose rates are told, of when, and how.

use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;
use jiff::civil::Date;

use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderName;

/// `rates`
#[derive(Debug, Args)]
pub struct Rates {
    /// Only this provider's; with --bureau, of what lies with that bureau
    #[arg(long)]
    pub provider: Option<ProviderName>,
    /// Only this bureau's
    #[arg(long)]
    pub bureau: Option<Bureau>,
    /// As of the end of this day [default: now]
    #[arg(long, value_name = "DATE", conflicts_with_all = ["since", "until"])]
    pub at: Option<Date>,
    /// Month by month from this one on
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    pub since: Option<Date>,
    /// Month by month up to this one [default: the present one]
    #[arg(long, value_name = "YYYY-MM", value_parser = month, requires = "since")]
    pub until: Option<Date>,
    /// The access records of each provider instead, held against the last nights: how many are
    /// right, and of what kinds and causes the wrong ones are
    #[arg(long, conflicts_with_all = ["at", "since", "until"])]
    pub access: bool,
    /// How to write them; json is jsonl
    #[arg(long, default_value = "table")]
    pub format: RatesFormat,
    /// Where to write them [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How rates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RatesFormat {
    /// A table for people.
    #[value(alias = "text")]
    Table,
    /// One JSON object a line.
    #[value(alias = "json")]
    Jsonl,
    /// CSV for spreadsheets.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

/// The first day of a month.
fn month(text: &str) -> Result<Date, String> {
    let first = Date::strptime("%Y-%m-%d", format!("{text}-01"));
    first.map_err(|_| format!("`{text}` is no month such as 2026-11"))
}
