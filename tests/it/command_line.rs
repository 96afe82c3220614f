//! What the command line and the configuration say of themselves, and of mistakes.

use crate::desk::Desk;

const COMMANDS: [&[&str]; 13] = [
    &["demo"],
    &["import"],
    &["scan"],
    &["findings"],
    &["explain"],
    &["lookup"],
    &["withdraw"],
    &["refuse"],
    &["exempt"],
    &["exempt", "add"],
    &["exempt", "list"],
    &["exempt", "remove"],
    &["lab"],
];

#[test]
fn every_command_explains_itself() {
    let desk = Desk::new();
    let all = desk.run(&["--help"]);
    all.ends(0);
    for command in COMMANDS {
        all.says(&format!("\n  {}", command[0]));
        desk.run(&[command, &["--help"]].concat()).ends(0).says("Usage: chabei");
    }
    desk.run(&["--version"]).ends(0).says(env!("CARGO_PKG_VERSION"));
}

#[test]
fn wrong_usage_is_told_from_failure() {
    let desk = Desk::new();
    for (args, why) in [
        (&["findings", "--colour"][..], "--colour"),
        (&["scan", "--limit", "many"], "many"),
        (&["scan", "--until", "25:00"], "25:00"),
        (&["scan", "--provider", "nobody"], "`nobody`"),
        (&["findings", "--format", "pdf"], "pdf"),
        (&["import", "cars", "x.csv"], "cars"),
        (&["import", "filings"], "FILE"),
        (&["--now", "yesterday", "findings"], "yesterday"),
        (&["explain", "nonsense"], "nonsense"),
        (&["explain", "R99"], "R99"),
        (&["withdraw", "12", "--reason", "x"], "12"),
        (&["dance"], "dance"),
        (&[], "Usage"),
    ] {
        let ran = desk.run(args);
        ran.ends(2).complains(&[why]);
        assert!(ran.out.is_empty(), "{args:?}: {}", ran.text());
    }
}

#[test]
fn a_reason_is_explained_by_its_page() {
    let desk = Desk::new();
    let page = include_str!("../../src/facts/reasons/R01.md");
    for code in ["R01", "r01"] {
        let ran = desk.run(&["explain", code]);
        ran.ends(0);
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            ran.says(line);
        }
    }
    assert!(!desk.path("data").exists(), "a page needs no data");
}

#[test]
fn a_wrong_configuration_is_told_with_its_place_and_nothing_is_changed() {
    let desk = Desk::new();
    for (text, parts) in [
        ("\n[pace]\nper_adress = 1.0\n", &["line 3", "`per_adress`", "`per_address`"][..]),
        ("[paces]\n", &["line 1", "`paces`", "`pace`"]),
        ("[pace]\nin_flight = \"many\"\n", &["line 2"]),
        ("[scan]\n\nmisses_to_close = -1\n", &["line 3"]),
        ("[pace]\nper_address = 0\n", &["per_address"]),
        ("[resolve]\nservers = [\"example\"]\n", &["line 2", "`example`"]),
        ("this is no toml", &["line 1"]),
    ] {
        desk.write("chabei.toml", text);
        let ran = desk.run(&["exempt", "list"]);
        ran.ends(2).complains(&[&["chabei.toml"], parts].concat());
    }
    std::fs::remove_file(desk.path("chabei.toml")).unwrap();
    desk.run(&["exempt", "list"]).ends(2).complains(&["chabei.toml"]);
    assert!(!desk.path("data").exists());
}

#[test]
fn the_log_can_be_json() {
    let desk = Desk::new();
    let ran = desk.run(&["--log-format", "json", "import", "filings", "missing.csv"]);
    ran.ends(2);
    let line: serde_json::Value = serde_json::from_str(ran.err.trim()).unwrap();
    assert_eq!(line["level"], "ERROR");
}

#[test]
fn a_name_that_nobody_examined_has_an_empty_trail() {
    let desk = Desk::new();
    let trail = desk.run(&["explain", "example.cn", "--format", "json"]).json();
    assert_eq!(trail[0]["domain"], "example.cn");
    assert!(trail[0]["examination"].is_null());
    assert!(!desk.run(&["explain", "example.cn"]).ends(0).out.is_empty());
}
