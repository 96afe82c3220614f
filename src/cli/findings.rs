//! `findings`: which ones are listed, and how.

use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;
use jiff::civil::Date;

use crate::facts::bureau::Bureau;
use crate::facts::finding::Kind;
use crate::facts::provider::ProviderName;

/// `findings`
#[derive(Debug, Args)]
pub struct Findings {
    /// Which states
    #[arg(long, value_name = "STATE")]
    pub state: Option<StateFilter>,
    /// Only at this provider
    #[arg(long)]
    pub provider: Option<ProviderName>,
    /// Only of this bureau
    #[arg(long)]
    pub bureau: Option<Bureau>,
    /// Only of these kinds, separated by commas
    #[arg(long, value_parser = kind, value_delimiter = ',')]
    pub kind: Vec<Kind>,
    /// Only first seen on this day or later
    #[arg(long, value_name = "DATE")]
    pub since: Option<Date>,
    /// Only due before this day
    #[arg(long, value_name = "DATE")]
    pub due_before: Option<Date>,
    /// Only overdue ones
    #[arg(long)]
    pub overdue: bool,
    /// Only those that the provider objects to (`not_ours`, disputed), which wait for the bureau
    #[arg(long)]
    pub referred: bool,
    /// How to write them; json is jsonl
    #[arg(long, default_value = "table")]
    pub format: FindingsFormat,
    /// Where to write them [default: stdout]; with v3 a folder takes messages for each provider
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How CSV is encoded
    #[arg(long, default_value = "utf-8")]
    pub encoding: Encoding,
    /// With xlsx: a sheet for each provider
    #[arg(long)]
    pub per_provider: bool,
}

/// Which findings are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StateFilter {
    /// Open ones.
    Open,
    /// Answered ones.
    Answered,
    /// Closed ones.
    Closed,
    /// All of them.
    All,
}

/// How CSV is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    /// UTF-8 with a byte order mark.
    #[value(name = "utf-8", alias = "utf8")]
    Utf8,
    /// GBK, for old programs; what it does not have is told on stderr.
    Gbk,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FindingsFormat {
    /// A table for people.
    Table,
    /// One JSON object a line.
    #[value(alias = "json")]
    Jsonl,
    /// CSV for spreadsheets.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// The ministry's list of unfiled sites (WBAWZLB), or with the kinds of access records
    /// (--kind `not_connected,over_reported,shell`) its check result (HCJG).
    V3,
    /// The answers of --provider as its own system uploads them (WBACLJG).
    V3Answers,
}

fn kind(text: &str) -> Result<Kind, String> {
    text.parse()
}
