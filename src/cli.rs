//! What the user typed: commands, flags and their help.

mod answer;
mod bulletin;
mod check;
mod data;
mod exempt;
mod findings;
mod keys;
mod rates;
mod sample;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Time;

pub use crate::cli::answer::Answer;
pub use crate::cli::answer::Refuse;
pub use crate::cli::answer::Uphold;
pub use crate::cli::answer::Withdraw;
pub use crate::cli::bulletin::Bulletin;
pub use crate::cli::bulletin::BulletinFormat;
pub use crate::cli::check::Check;
pub use crate::cli::check::CheckFilings;
pub use crate::cli::check::CheckProviders;
pub use crate::cli::check::CheckedProblems;
pub use crate::cli::check::CluesFormat;
pub use crate::cli::check::ProblemsFormat;
pub use crate::cli::data::CheckData;
pub use crate::cli::data::ExportData;
pub use crate::cli::data::ImportData;
pub use crate::cli::exempt::Exempt;
pub use crate::cli::findings::Encoding;
pub use crate::cli::findings::Findings;
pub use crate::cli::findings::FindingsFormat;
pub use crate::cli::findings::StateFilter;
pub use crate::cli::keys::Keys;
pub use crate::cli::keys::RequestKey;
pub use crate::cli::rates::Rates;
pub use crate::cli::rates::RatesFormat;
pub use crate::cli::sample::DrawSample;
pub use crate::cli::sample::RateSample;
pub use crate::cli::sample::ReadSample;
pub use crate::cli::sample::ReportFormat;
pub use crate::cli::sample::ReportSample;
pub use crate::cli::sample::Sample;
pub use crate::cli::sample::SampleStep;
pub use crate::cli::sample::SheetFormat;
pub use crate::cli::sample::SheetKind;
pub use crate::cli::sample::SheetSample;
use crate::facts::allocation::AllocationKind;
use crate::facts::bureau::Bureau;
use crate::facts::dossier::RecordId;
use crate::facts::provider::ProviderName;
use crate::facts::reason::Reason;
use crate::facts::target::Target;

/// Finds websites served in mainland China without an ICP filing (备案), tells which access provider
/// serves each, and follows every finding until it is cleaned up.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// The configuration [default: config/chabei.toml if it is there, else built in]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Replaces date and time of findings, nights and deadlines (RFC 3339)
    #[arg(long, global = true, value_name = "TIME")]
    pub now: Option<Timestamp>,
    /// How the log on stderr is written
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The tour: a simulated internet is scanned and its findings compared with the truth
    Demo(Demo),
    /// Reads registers and candidate lists
    Import(Import),
    /// One night: examines every candidate
    Scan(Scan),
    /// Lists findings
    Findings(Findings),
    /// The whole trail of a domain's last examination, or what a reason code means
    Explain(Explain),
    /// Who holds an address, level by level; or the filing of a domain
    Lookup(Lookup),
    /// The problems that the registers themselves have, with the day by which each is due
    #[command(subcommand)]
    Check(Check),
    /// How much is filed of what is there, for the nation, bureaus and providers, against targets
    Rates(Rates),
    /// A month's tables of the 2009 plan: annex 4, and the progress and province tables of annex 6
    Bulletin(Bulletin),
    /// Draws the accuracy sample, writes call sheets, reads them back, gives the accuracy rate
    Sample(Sample),
    /// Whether everything on the disk is as it was written
    CheckData(CheckData),
    /// Writes the whole store as JSON lines
    ExportData(ExportData),
    /// Fills an empty data folder with what `export-data` wrote
    ImportData(ImportData),
    /// What a provider says it did about findings; the next night verifies it
    Answer(Answer),
    /// Takes a finding back
    Withdraw(Withdraw),
    /// Lets a finding stand against the provider's objection
    Uphold(Uphold),
    /// Takes no provider's word for its access to a filing any more, or takes it again
    Refuse(Refuse),
    /// Names that are not reported, with reason and end
    #[command(subcommand)]
    Exempt(Exempt),
    /// Electronic keys (电子密钥) for the interface, and their log
    #[command(subcommand)]
    Keys(Keys),
    /// The interface: providers pull their findings and answer, bureaus take lists away
    Serve(Serve),
    /// The simulated internet by itself, for trials and benchmarks
    Lab(Lab),
}

/// `demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Sites of the simulated internet
    #[arg(long, default_value_t = 600)]
    pub sites: usize,
    /// What the world is made from; the same seed gives the same world
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Nights to scan; the world changes between them
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=30))]
    pub nights: u32,
}

/// `import`
#[derive(Debug, Args)]
pub struct Import {
    /// Which register
    pub register: Register,
    /// Files; `-` is stdin; for providers also `builtin`, the 59 of the 2009 plan's annex 1, and
    /// `builtin-cdn`, the CDNs that serve the mainland
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Replaces the whole register in one step
    #[arg(long)]
    pub replace: bool,
    /// Replaces it though the new one has less than nine tenths of its rows (filings and allocations), or
    /// loses the providers of more than a tenth of the findings that stand
    #[arg(long, requires = "replace")]
    pub shrinks: bool,
    /// Takes nothing if any row is refused
    #[arg(long)]
    pub strict: bool,
    /// The holder of plain address lists (allocations only)
    #[arg(long, value_name = "PROVIDER")]
    pub provider: Option<ProviderName>,
    /// What the rows of a plain list are (with --provider)
    #[arg(long, requires = "provider", value_parser = allocation_kind, default_value = "source")]
    pub kind: AllocationKind,
    /// Where candidates come from, kept with each finding (candidates only)
    #[arg(long, default_value = "list", value_name = "NAME")]
    pub channel: String,
    /// Who declares the figures [default: the account that runs this] (declared only)
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// What can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Register {
    /// 接入服务商
    Providers,
    /// IP 地址报备记录
    Allocations,
    /// 备案
    Filings,
    /// 待查域名
    Candidates,
    /// Figures that no crawl can know, for bulletins (申报数据)
    Declared,
}

/// `scan`
#[derive(Debug, Args)]
pub struct Scan {
    /// Ends at this time of day (China); within an hour past it, no night is begun
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day, conflicts_with = "for_time")]
    pub until: Option<Time>,
    /// Ends after this long, such as 6h or 90m
    #[arg(long = "for", id = "for_time", value_name = "TIME", value_parser = duration)]
    pub for_time: Option<Duration>,
    /// Examines at most so many candidates in this run
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Only what this bureau follows
    #[arg(long)]
    pub bureau: Option<Bureau>,
    /// Only what this provider holds
    #[arg(long)]
    pub provider: Option<ProviderName>,
    /// Only these
    #[arg(long, num_args = 1.., value_name = "DOMAIN")]
    pub domain: Vec<Target>,
    /// Everything is due, filed and connected names too
    #[arg(long)]
    pub all: bool,
    /// Judges what was learnt before by the rules and registers of today; asks nobody
    #[arg(long, conflicts_with_all = ["until", "for_time", "limit", "bureau", "provider", "all"])]
    pub rejudge: bool,
    /// Writes what the night did as JSON
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Writes a short text for the mail in the morning: one line if all is well, else what is not
    #[arg(long, value_name = "FILE", conflicts_with = "rejudge")]
    pub summary_text: Option<PathBuf>,
}

/// Text or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[value(alias = "table")]
    Text,
    /// For programs.
    Json,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// A domain, an address, or a reason code such as R01
    #[arg(value_parser = explained)]
    pub subject: Explained,
    /// Where the evidence of its findings lies, and who has read it
    #[arg(long)]
    pub evidence: bool,
    /// One record of its evidence itself, unpacked; who reads one is noted
    #[arg(long, value_name = "ID", conflicts_with = "evidence")]
    pub record: Option<RecordId>,
    /// How to write it
    #[arg(long, default_value = "text")]
    pub format: Format,
}

/// What `explain` explains.
#[derive(Debug, Clone)]
pub enum Explained {
    /// The trail of a target.
    Target(Target),
    /// A reason.
    Reason(Reason),
}

/// `lookup`
#[derive(Debug, Args)]
pub struct Lookup {
    /// Addresses and domains; `-` reads them from stdin, one a line
    #[arg(required = true, value_name = "ADDRESS|DOMAIN")]
    pub subjects: Vec<String>,
    /// How to write the answers
    #[arg(long, default_value = "text")]
    pub format: Format,
    /// Shows personal data unmasked; logged
    #[arg(long)]
    pub reveal: bool,
}

/// `serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen: address and port [default: what the configuration says]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Begins a night each day at this time (China), as far as the window lets it
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub scan_at: Option<Time>,
}

/// `lab`
#[derive(Debug, Args)]
pub struct Lab {
    /// Sites of the simulated internet
    #[arg(long, default_value_t = 400, conflicts_with = "domains")]
    pub sites: usize,
    /// What the world is made from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Uses these names, one a line
    #[arg(long, value_name = "FILE")]
    pub domains: Option<PathBuf>,
    /// Where the registers, the configuration and the truth are written
    #[arg(long, value_name = "DIR", default_value = "lab")]
    pub out: PathBuf,
    /// The night that is played at first; each further line on stdin, or SIGUSR1, plays the next
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub night: u32,
    /// Leaves out the sites that keep visitors waiting
    #[arg(long)]
    pub brisk: bool,
    /// Where what arrived is written, and when it did: after each night, and at the end
    #[arg(long, value_name = "FILE")]
    pub arrivals: Option<PathBuf>,
}

fn allocation_kind(text: &str) -> Result<AllocationKind, String> {
    use AllocationKind::Assigned;
    use AllocationKind::Brought;
    use AllocationKind::OwnUse;
    use AllocationKind::Reserved;
    use AllocationKind::Source;
    [Source, Assigned, OwnUse, Reserved, Brought]
        .into_iter()
        .find(|kind| kind.word() == text)
        .ok_or_else(|| format!("`{text}` is none of source, assigned, own_use, reserved, brought"))
}

fn time_of_day(text: &str) -> Result<Time, String> {
    Time::strptime("%H:%M", text).map_err(|_| format!("`{text}` is no time of day such as 06:00"))
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime_serde::re::humantime::parse_duration(text).map_err(|error| error.to_string())
}

fn explained(text: &str) -> Result<Explained, String> {
    if let Ok(reason) = text.parse() {
        return Ok(Explained::Reason(reason));
    }
    text.parse()
        .map(Explained::Target)
        .map_err(|error| format!("neither a domain or address ({error}) nor a reason code"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
