//! `check`: which register is checked, and which of its problems are listed.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;

use crate::facts::bureau::Bureau;
use crate::facts::filing_problem::FilingRule;
use crate::facts::provider::ProviderName;

/// `check`
#[derive(Debug, Subcommand)]
pub enum Check {
    /// Checks the address register: out of bounds, conflict, unreported, and rows that lack something
    Allocations(CheckedProblems),
    /// Who has addresses from one that is no carrier, and who has no licence number
    Providers(CheckProviders),
    /// Checks the filing register by annex 3: names, kinds, certificates, words, telephones, addresses
    Filings(CheckFilings),
}

/// Which problems of a register are listed, and how.
#[derive(Debug, Args)]
pub struct CheckedProblems {
    /// Only what this provider must mend
    #[arg(long)]
    pub provider: Option<ProviderName>,
    /// Only what this bureau follows
    #[arg(long)]
    pub bureau: Option<Bureau>,
    /// Only what is overdue
    #[arg(long)]
    pub overdue: bool,
    /// Mended ones too
    #[arg(long)]
    pub all: bool,
    /// How to write them; json is jsonl
    #[arg(long, default_value = "table")]
    pub format: ProblemsFormat,
    /// Where to write them [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `check providers`
#[derive(Debug, Args)]
pub struct CheckProviders {
    /// Only what concerns this provider
    #[arg(long)]
    pub provider: Option<ProviderName>,
    /// Only what this bureau follows
    #[arg(long)]
    pub bureau: Option<Bureau>,
    /// How to write them; json is jsonl
    #[arg(long, default_value = "table")]
    pub format: CluesFormat,
}

/// `check filings`
#[derive(Debug, Args)]
pub struct CheckFilings {
    /// Which problems, and how.
    #[command(flatten)]
    pub problems: CheckedProblems,
    /// Only what breaks these rules, such as A3-0501
    #[arg(long, num_args = 1.., value_name = "CODE")]
    pub rule: Vec<FilingRule>,
    /// Shows personal data unmasked; logged
    #[arg(long)]
    pub reveal: bool,
}

/// How the problems of a register are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProblemsFormat {
    /// Counts and a table for people.
    #[value(alias = "text")]
    Table,
    /// One JSON object a line.
    #[value(alias = "json")]
    Jsonl,
    /// CSV for spreadsheets.
    Csv,
    /// A workbook.
    Xlsx,
}

/// How clues about providers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CluesFormat {
    /// A table for people.
    #[value(alias = "text")]
    Table,
    /// One JSON object a line.
    #[value(alias = "json")]
    Jsonl,
    /// CSV for spreadsheets.
    Csv,
}
