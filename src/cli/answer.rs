//! `answer`, `withdraw`, `uphold`, `refuse`: what people say of findings, and of what providers submitted.

use std::path::PathBuf;

use clap::Args;
use ulid::Ulid;

use crate::facts::finding::AnswerResult;
use crate::facts::provider::ProviderName;
use crate::facts::target::Target;

/// `answer`
#[derive(Debug, Args)]
pub struct Answer {
    /// The finding
    #[arg(required_unless_present = "file", requires = "result")]
    pub id: Option<Ulid>,
    /// What was done: filed, connected, stopped, moved, `not_ours`, disputed or `in_progress`
    #[arg(long, value_name = "R", value_parser = result, requires = "id")]
    pub result: Option<AnswerResult>,
    /// What there is to say (处理意见); `not_ours` and disputed need it
    #[arg(long, value_name = "TEXT", default_value = "", requires = "id")]
    pub opinion: String,
    /// Reads answers from files, such as exports with 处理结果 and 处理意见 filled in; `-` is stdin
    #[arg(long, num_args = 1.., value_name = "FILE", conflicts_with = "id")]
    pub file: Vec<PathBuf>,
    /// Takes nothing if any row is refused
    #[arg(long, requires = "file")]
    pub strict: bool,
    /// Who says so, as the provider is told too [default: operator]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// `withdraw`
#[derive(Debug, Args)]
pub struct Withdraw {
    /// The finding
    pub id: Ulid,
    /// Why it is taken back
    #[arg(long)]
    pub reason: String,
    /// Who decides, as the provider is told too [default: operator]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// `uphold`
#[derive(Debug, Args)]
pub struct Uphold {
    /// The finding
    pub id: Ulid,
    /// Why the provider's objection is not followed
    #[arg(long)]
    pub reason: String,
    /// Who decides, as the provider is told too [default: operator]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// `refuse`
#[derive(Debug, Args)]
pub struct Refuse {
    /// The name
    pub domain: Target,
    /// Whose word for its access to it is not taken, by id, name or alias
    #[arg(long, value_name = "PROVIDER")]
    pub provider: ProviderName,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// Takes the provider's word again
    #[arg(long)]
    pub lift: bool,
    /// Who decides [default: operator]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

fn result(text: &str) -> Result<AnswerResult, String> {
    text.parse()
}
