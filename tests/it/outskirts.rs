//! The outskirts: a simulated internet in a process of its own, and a desk with its files. What it
//! costs the machine is not counted to the program, and what arrived there is told by nobody else.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;

use crate::desk::Desk;

/// The file with what arrived.
const ARRIVALS: &str = "arrivals.jsonl";

/// A lab that runs until its arrivals are read.
pub(crate) struct Outskirts {
    desk: Desk,
    lab: Child,
}

impl Outskirts {
    /// Starts a lab with these further arguments of `lab`, and imports its registers.
    pub(crate) fn new(args: &[&str]) -> Self {
        let desk = Desk::new();
        // A lab writes its own.
        fs::remove_file(desk.path("chabei.toml")).unwrap();
        let mut lab = Command::new(env!("CARGO_BIN_EXE_chabei"))
            .args(["lab", "--out", "."])
            .args(["--arrivals", ARRIVALS])
            .args(args)
            .current_dir(desk.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(lab.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("模拟数据"), "the lab says {line:?}");
        if args.contains(&"--brisk") {
            // Patience costs nothing where all answer, and keeps a busy machine from looking dead.
            let toml = fs::read_to_string(desk.path("chabei.toml")).unwrap();
            let patient = toml.replace("\"1s\"", "\"20s\"").replace("\"2500ms\"", "\"20s\"");
            desk.write("chabei.toml", patient);
        }
        Self { desk, lab }
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Imports the four registers.
    pub(crate) fn import_all(&self) {
        for (register, file) in [
            ("providers", "providers.csv"),
            ("allocations", "allocations.csv"),
            ("filings", "filings.csv"),
            ("candidates", "candidates.txt"),
        ] {
            let path = self.desk.path(file);
            self.desk.run(&["import", register, path.to_str().unwrap(), "--replace"]).ends(0);
        }
    }

    /// Ends the lab; what arrived, line by line.
    pub(crate) fn arrivals(mut self) -> Vec<Value> {
        let sent = Command::new("kill").args(["-TERM", &self.lab.id().to_string()]).status();
        assert!(sent.unwrap().success());
        assert!(self.lab.wait().unwrap().success());
        let text = fs::read_to_string(self.desk.path(ARRIVALS)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Outskirts {
    fn drop(&mut self) {
        // It has ended already, or nobody needs it any more.
        let _ = self.lab.kill();
        let _ = self.lab.wait();
    }
}
