//! `keys`: electronic keys (电子密钥), from request to end.

use clap::Args;
use clap::Subcommand;
use jiff::civil::Date;
use ulid::Ulid;

use crate::cli::Format;
use crate::facts::bureau::Bureau;
use crate::facts::provider::ProviderName;

/// `keys`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Asks for a key; prints the id of the request
    Request(RequestKey),
    /// Grants a request
    Approve {
        /// The key
        id: Ulid,
        /// Who does it, for the log [default: the account]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Hands an approved key out: prints it, once
    Issue {
        /// The key
        id: Ulid,
        /// The last day on which it is good [default: a year from now]
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
        /// Who does it, for the log [default: the account]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Lists keys, pending requests first with their age in working days
    List {
        /// How to write them
        #[arg(long, default_value = "text")]
        format: Format,
    },
    /// Ends a key at once, or turns a request down
    Revoke {
        /// The key
        id: Ulid,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who does it, for the log [default: the account]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// What was done with keys: every step, and the newest uses and refusals
    Log {
        /// Only of this key
        id: Option<Ulid>,
        /// How often each key was used and refused on each day, which is kept for good
        #[arg(long)]
        daily: bool,
        /// How to write it
        #[arg(long, default_value = "text")]
        format: Format,
    },
}

/// `keys request`
#[derive(Debug, Args)]
pub struct RequestKey {
    /// For whom it is
    #[command(flatten)]
    pub holder: KeyHolder,
    /// What there is to say about the request
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Who asks, for the log [default: the account]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// For whom a key is: one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct KeyHolder {
    /// For a provider
    #[arg(long)]
    pub provider: Option<ProviderName>,
    /// For a provincial bureau
    #[arg(long)]
    pub bureau: Option<Bureau>,
    /// For the ministry
    #[arg(long)]
    pub ministry: bool,
    /// For a department that looks filings up (查询单位), by its name
    #[arg(long, value_name = "NAME")]
    pub reader: Option<String>,
}
