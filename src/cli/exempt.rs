//! `exempt`: names that are not reported.

use clap::Subcommand;
use jiff::civil::Date;

use crate::cli::Format;
use crate::facts::target::Target;

/// `exempt`
#[derive(Debug, Subcommand)]
pub enum Exempt {
    /// Reports a name no more
    Add {
        /// The name
        domain: Target,
        /// Why
        #[arg(long)]
        reason: String,
        /// The last day on which it holds [default: no end]
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
        /// Who decides, for the log [default: the account]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Shows every exemption
    List {
        /// How to write them
        #[arg(long, default_value = "text")]
        format: Format,
    },
    /// Reports a name again
    Remove {
        /// The name
        domain: Target,
        /// Why, for the log
        #[arg(long)]
        reason: Option<String>,
        /// Who decides, for the log [default: the account]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Who exempted what, and who took it back, and when
    Log {
        /// Only of this name
        domain: Option<Target>,
        /// How to write it
        #[arg(long, default_value = "text")]
        format: Format,
    },
}
