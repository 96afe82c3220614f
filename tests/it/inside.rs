//! Nights inside the process that serves: asked for from the command line, and each day by itself.

use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::ChildStderr;
use std::process::Stdio;

use crate::desk::Desk;
use crate::held_night::Silent;
use crate::held_night::ended;
use crate::held_night::over;
use crate::held_night::terminate;

/// A process that serves over the data of `desk`, and what it says.
struct Serving {
    process: Child,
    said: BufReader<ChildStderr>,
}

impl Serving {
    fn begin(desk: &Desk, args: &[&str]) -> Self {
        let args = [&["serve", "--listen", "127.0.0.1:0"], args].concat();
        let mut process = desk.command(&args).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("/api/v1"), "{line}");
        let said = BufReader::new(process.stderr.take().unwrap());
        Self { process, said }
    }

    fn says(&mut self, part: &str) {
        let mut all = String::new();
        while !all.contains(part) {
            let read = self.said.read_line(&mut all).unwrap();
            assert!(read > 0, "it ended without {part:?}:\n{all}");
        }
    }

    fn ends(mut self) {
        terminate(&self.process);
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.said, &mut rest).unwrap();
        assert_eq!(self.process.wait().unwrap().code(), Some(0), "{rest}");
    }
}

#[test]
fn a_scan_that_is_asked_for_while_it_serves_happens_inside_and_ends_as_usual() {
    let desk = Desk::new();
    desk.import("candidates", "names.txt", "a.cn\n");
    let serving = Serving::begin(&desk, &[]);
    let silent = Silent::new();
    let config = silent.configure(&desk);
    let args = ["--config", &config, "scan", "--summary", "summary.json"];
    let scan = over(&desk, "data", &args).stdin(Stdio::null()).spawn().unwrap();
    silent.is_asked();
    desk.run(&["scan"]).ends(4).complains(&["a night is under way"]);
    desk.run(&["serve", "--listen", "127.0.0.1:0"]).ends(4);
    desk.run(&["exempt", "list"]).ends(0);
    terminate(&scan);
    ended(scan).ends(3).says("第 1 夜");
    assert!(desk.path("summary.json").exists(), "it is written where the scan was asked for");

    // A caller that is gone ends its night, and nothing else.
    let mut scan = over(&desk, "data", &["--config", &config, "scan"]).spawn().unwrap();
    silent.is_asked();
    scan.kill().unwrap();
    scan.wait().unwrap();
    desk.run(&["exempt", "list"]).ends(0);
    serving.ends();
    desk.run(&["check-data"]).ends(0);
}

#[test]
fn a_night_that_was_left_over_goes_on_by_itself_while_the_window_is_open() {
    let desk = Desk::new();
    desk.write(
        "chabei.toml",
        "[scan]\nwindow = \"00:01-00:00\"\n[resolve]\nservers = [\"127.0.0.1:9\"]\ntimeout = \"1s\"\n",
    );
    desk.import("candidates", "names.txt", "127.0.0.1\n127.0.0.2\n");
    desk.run(&["scan", "--limit", "1"]).ends(0);
    let mut serving = Serving::begin(&desk, &["--scan-at", "03:00"]);
    serving.says("查备第 1 夜");
    serving.ends();
}
