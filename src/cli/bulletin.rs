//! `bulletin`: which month, whose, and how.

use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::facts::bureau::Bureau;
use crate::facts::month::Month;

/// `bulletin`
#[derive(Debug, Args)]
pub struct Bulletin {
    /// Which month, such as 2009-06
    pub month: Month,
    /// Only what this bureau follows [default: the nation]
    #[arg(long)]
    pub bureau: Option<Bureau>,
    /// How to write it
    #[arg(long, default_value = "md")]
    pub format: BulletinFormat,
    /// Where to write it [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Releases it: from now on it is as it is now. Recorded with time, actor and digest
    #[arg(long, requires = "actor", conflicts_with = "draft")]
    pub release: bool,
    /// The officer who releases it
    #[arg(long, value_name = "NAME", requires = "release")]
    pub actor: Option<String>,
    /// What the officer says about it
    #[arg(long, value_name = "TEXT", requires = "release")]
    pub note: Option<String>,
    /// What it would be now, though it was released
    #[arg(long)]
    pub draft: bool,
}

/// How a bulletin is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BulletinFormat {
    /// Markdown.
    Md,
    /// CSV for spreadsheets, the tables one below the other.
    Csv,
    /// An Excel workbook, a sheet for each table.
    Xlsx,
    /// JSON, for programs.
    Json,
}
