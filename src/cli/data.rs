//! `check-data`, `export-data` and `import-data`: what is done with the data as a whole.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Format;

/// `check-data`
#[derive(Debug, Args)]
pub struct CheckData {
    /// How to write what is wrong
    #[arg(long, default_value = "text")]
    pub format: Format,
}

/// `export-data`
#[derive(Debug, Args)]
pub struct ExportData {
    /// The file, which only you may read then; `-` is stdout
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `import-data`
#[derive(Debug, Args)]
pub struct ImportData {
    /// What `export-data` wrote, `.gz` too; `-` is stdin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
