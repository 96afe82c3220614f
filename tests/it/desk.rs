//! A desk: a folder of its own to run the program in, and what a run of it said.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use serde_json::Value;

/// A folder with a configuration and data of its own. Removed when dropped.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

/// What one run of the program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit status; `None` where a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Desk {
    /// A desk with an empty configuration: the defaults.
    pub(crate) fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.write("chabei.toml", "");
        desk
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file and returns its path as an argument.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Changes the configuration: of each key the first `key = …` line is replaced.
    pub(crate) fn configure(&self, changes: &[(&str, &str)]) {
        let path = self.path("chabei.toml");
        let mut text = fs::read_to_string(&path).unwrap();
        for (key, value) in changes {
            let start = format!("{key} =");
            let line = text.lines().find(|line| line.starts_with(&start));
            let line = line.unwrap_or_else(|| panic!("no key {key} in\n{text}")).to_owned();
            text = text.replacen(&line, &format!("{key} = {value}"), 1);
        }
        fs::write(&path, text).unwrap();
    }

    /// The program with `args`, over the data folder `data` of this desk.
    pub(crate) fn command_over(&self, data: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chabei"));
        command
            .current_dir(self.folder())
            .env_remove("CHABEI_LOG")
            .arg("--config")
            .arg(self.path("chabei.toml"))
            .arg("--data")
            .arg(self.path(data))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run_over(&self, data: &str, args: &[&str]) -> Ran {
        self.command_over(data, args).output().unwrap().into()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_over("data", args)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_over("data", args)
    }

    /// Runs the program with `input` on its stdin.
    pub(crate) fn run_with(&self, input: &str, args: &[&str]) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// Imports `content` as the file `name`; everything must be taken.
    pub(crate) fn import(&self, register: &str, name: &str, content: impl AsRef<[u8]>) -> Ran {
        let file = self.write(name, content);
        let ran = self.run(&["import", register, &file, "--strict"]);
        ran.ends(0);
        ran
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: output.stdout,
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    /// Fails unless the exit status is `status`; shows what was said.
    #[track_caller]
    pub(crate) fn ends(&self, status: i32) -> &Self {
        let out = String::from_utf8_lossy(&self.out);
        assert_eq!(self.status, Some(status), "stdout:\n{out}\nstderr:\n{}", self.err);
        self
    }

    /// Fails unless some line on stderr holds all of `parts`.
    #[track_caller]
    pub(crate) fn complains(&self, parts: &[&str]) -> &Self {
        let holds_all = |line: &str| parts.iter().all(|part| line.contains(part));
        assert!(self.err.lines().any(holds_all), "no {parts:?} on stderr:\n{}", self.err);
        self
    }

    /// Fails unless stdout holds `part`.
    #[track_caller]
    pub(crate) fn says(&self, part: &str) -> &Self {
        assert!(self.text().contains(part), "no {part:?} on stdout:\n{}", self.text());
        self
    }

    /// Each line of stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        self.ends(0);
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
