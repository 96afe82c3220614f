//! The door: reads the command line, sets up the log, leaves with the exit status.

use std::io;
use std::io::IsTerminal;
use std::process::ExitCode;

use chabei::cli::Cli;
use chabei::cli::LogFormat;
use clap::Parser;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("CHABEI_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,chabei=info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        // Whoever closed stderr does not want the log, and the complaint would panic there.
        .log_internal_errors(false);
    match cli.log_format {
        LogFormat::Text => log.without_time().init(),
        LogFormat::Json => log.json().init(),
    }
    chabei::commands::run(&cli)
}
