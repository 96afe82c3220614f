//! `sample`: what is drawn, what goes out, what comes back.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;
use jiff::civil::Date;

use crate::audit::accuracy::interval::Confidence;
use crate::cli::Format;
use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderName;

/// `sample`: without a word it draws
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct Sample {
    /// What to do
    #[command(subcommand)]
    pub what: Option<SampleStep>,
    /// What is drawn where no word says what to do
    #[command(flatten)]
    pub draw: DrawSample,
}

/// What is done about samples.
#[derive(Debug, Subcommand)]
pub enum SampleStep {
    /// Draws a round: so many sites of each provider, records new this month and older ones apart
    Draw(DrawSample),
    /// Writes a call sheet, a call list or a message list; masked unless --reveal
    Sheet(SheetSample),
    /// Reads results back: sheets with their result columns filled in
    Read(ReadSample),
    /// The accuracy rate, first and current sample, with intervals and targets
    Rate(RateSample),
    /// The errors that were found, by kind and cause, for the report to a provider
    Report(ReportSample),
    /// Every round with its samples
    List {
        /// How to write them
        #[arg(long, default_value = "text")]
        format: Format,
    },
    /// Who drew, revealed and read what, and when
    Log {
        /// How to write it
        #[arg(long, default_value = "text")]
        format: Format,
    },
}

/// `sample draw`
#[derive(Debug, Args)]
pub struct DrawSample {
    /// Sites of each provider, as many new as older ones as far as there are [default: as many of
    /// each as --margin takes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000),
          conflicts_with_all = ["confidence", "margin", "expected"])]
    pub size: Option<u64>,
    /// How sure the rates are to be, in per cent
    #[arg(long, value_name = "PER CENT", default_value = "95")]
    pub confidence: Confidence,
    /// How far off they may be, in percentage points
    #[arg(long, value_name = "POINTS", default_value = "5", value_parser = margin)]
    pub margin: f64,
    /// The rate that is expected, from 0 to 1; 0.5 draws the most
    #[arg(long, value_name = "RATE", default_value = "0.5", value_parser = expected)]
    pub expected: f64,
    /// Only of these providers
    #[arg(long, num_args = 1..)]
    pub provider: Vec<ProviderName>,
    /// Only of the providers of this bureau
    #[arg(long)]
    pub bureau: Option<Bureau>,
    /// What the choice is made from; the same seed over the same register draws the same sites
    /// [default: a random one, which is told]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// The month whose records are new [default: this month]
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    pub month: Option<Date>,
    /// Who draws, for the log [default: the account]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// How to write what was drawn
    #[arg(long, default_value = "text")]
    pub format: Format,
}

/// `sample sheet`
#[derive(Debug, Args)]
pub struct SheetSample {
    /// What to write
    #[arg(long, value_name = "WHAT", default_value = "sheet")]
    pub kind: SheetKind,
    /// Of which round [default: the latest]
    #[arg(long, value_name = "N")]
    pub round: Option<u32>,
    /// Only the sites of this provider
    #[arg(long)]
    pub provider: Option<ProviderName>,
    /// Only what is not verified yet
    #[arg(long)]
    pub open: bool,
    /// How to write it
    #[arg(long, default_value = "csv")]
    pub format: SheetFormat,
    /// Where to write it [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Personal data unmasked, as those who call need them; logged
    #[arg(long)]
    pub reveal: bool,
    /// Who takes it, for the log [default: the account]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// What goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SheetKind {
    /// All that is to be verified, with columns for the results.
    Sheet,
    /// Numbers to call and what to ask.
    Calls,
    /// Mobile numbers and messages to send.
    Messages,
}

/// How a sheet is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SheetFormat {
    /// CSV for spreadsheets.
    Csv,
    /// An Excel workbook with lists to choose from.
    Xlsx,
}

/// `sample read`
#[derive(Debug, Args)]
pub struct ReadSample {
    /// Sheets, call and message lists with results: CSV, XLSX or JSON lines; `-` is stdin
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Takes nothing if any row is refused
    #[arg(long)]
    pub strict: bool,
    /// Who reads them, for the log [default: the account]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// `sample rate`
#[derive(Debug, Args)]
pub struct RateSample {
    /// Only this provider
    #[arg(long)]
    pub provider: Option<ProviderName>,
    /// Only the providers of this bureau, and the bureau
    #[arg(long)]
    pub bureau: Option<Bureau>,
    /// Only this round, in place of the first and the current one
    #[arg(long, value_name = "N")]
    pub round: Option<u32>,
    /// How sure intervals are, in per cent [default: that of the configuration]
    #[arg(long, value_name = "PER CENT")]
    pub confidence: Option<Confidence>,
    /// How to write it; json is jsonl
    #[arg(long, default_value = "table")]
    pub format: ReportFormat,
    /// Where to write it [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `sample report`
#[derive(Debug, Args)]
pub struct ReportSample {
    /// Only this provider
    #[arg(long)]
    pub provider: Option<ProviderName>,
    /// Of which round [default: the latest]
    #[arg(long, value_name = "N")]
    pub round: Option<u32>,
    /// How to write it; json is an object for each provider
    #[arg(long, default_value = "table")]
    pub format: ReportFormat,
    /// Where to write it [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Personal data and notes unmasked; logged
    #[arg(long)]
    pub reveal: bool,
    /// Who takes it, for the log [default: the account]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// How rates and errors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Tables for people.
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

fn margin(text: &str) -> Result<f64, String> {
    let points = text.trim_end_matches('%').parse::<f64>().ok();
    let wrong = || format!("`{text}` is no margin in percentage points from 0.5 to 50, such as 5");
    points.filter(|points| (0.5..=50.0).contains(points)).ok_or_else(wrong)
}

fn expected(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| *rate > 0.0 && *rate < 1.0);
    rate.ok_or_else(|| format!("`{text}` is no rate between 0 and 1, such as 0.85"))
}

fn month(text: &str) -> Result<Date, String> {
    let wrong = || format!("`{text}` is no month such as 2026-11");
    let is_month = text.len() == 7 && text.is_ascii();
    let day = is_month.then(|| format!("{text}-01").parse().ok()).flatten();
    day.ok_or_else(wrong)
}
