//! The door: reads the command line, leaves with the exit status.

use std::process::ExitCode;

use chabei::cli::Cli;
use clap::Parser;

fn main() -> ExitCode {
    chabei::commands::run(&Cli::parse())
}
