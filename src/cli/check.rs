//! `check`: which register is checked, and which of its problems are listed.

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;

use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderName;

/// `check`
#[derive(Debug, Subcommand)]
pub enum Check {
    /// Checks the address register: out of bounds, conflict, unreported, and rows that lack something
    Allocations(CheckAllocations),
}

/// `check allocations`
#[derive(Debug, Args)]
pub struct CheckAllocations {
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
}
