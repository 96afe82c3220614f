//! What README tells users of the interface to type, typed as it is printed, but for the port.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::desk::Desk;
use crate::desk::Ran;
use crate::served::finding;
use crate::served::id;
use crate::served::write;

const PROVIDERS: &str = "id,name,kind,bureau\nP004,示例云,provider,北京\n";

/// The shell blocks of the section `heading`.
fn blocks(readme: &str, heading: &str) -> String {
    let section = readme.split_once(heading).unwrap().1.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

/// Runs `script` where `chabei` is ours, over the data of `desk`, and `curl` tells the status too.
fn typed(desk: &Desk, script: &str) -> Ran {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    desk.write("chabei.toml", format!("[serve]\nlisten = \"{free}\"\n"));
    fs::create_dir_all(desk.path("bin")).unwrap();
    let program = env!("CARGO_BIN_EXE_chabei");
    for (name, line) in [
        ("chabei", format!("exec {program} --config chabei.toml --data data \"$@\"")),
        (
            "curl",
            "PATH=${PATH#*:}; exec curl -w '%{stderr}status %{http_code}\\n' \"$@\"".to_owned(),
        ),
    ] {
        let path = desk.write(&format!("bin/{name}"), format!("#!/bin/sh\n{line}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let end = "\nif [ -n \"$!\" ]; then kill $!; wait $!; fi\n";
    let script = script.replace("127.0.0.1:8787", &free.to_string()) + end;
    let path = std::env::var("PATH").unwrap();
    let mut bash = Command::new("bash");
    bash.args(["-e", "-c", &script]).current_dir(desk.folder()).env_remove("CHABEI_LOG");
    bash.env("PATH", format!("{}:{path}", desk.path("bin").display()));
    bash.env("FINDING", id(1)).output().unwrap().into()
}

#[test]
fn the_interface_is_used_as_readme_prints_it() {
    let is_there = |program| Command::new(program).arg("--version").output().is_ok();
    if !is_there("curl") || !is_there("bash") {
        println!("skipped: there is no curl, or no bash");
        return;
    }
    let desk = Desk::new();
    desk.import("providers", "providers.csv", PROVIDERS);
    desk.import("filings", "filings.csv", "domain,site_number\na.cn,京ICP备05014806号-1\n");
    write(&desk, &[finding(1, "P004", "P004", "北京")]);
    let script = blocks(include_str!("../../README.md"), "\n## The interface\n");
    let ran = typed(&desk, &script);
    ran.ends(0);
    let statuses: Vec<&str> =
        ran.err.lines().filter_map(|line| line.strip_prefix("status ")).collect();
    let calls = script.lines().filter(|line| line.starts_with("curl ")).count();
    assert!(calls >= 6 && script.contains("$API/findings/$FINDING/answers"), "{script}");
    let answered = statuses.iter().filter(|status| **status == "200").count();
    assert_eq!(answered, calls + 1, "{statuses:?}\n{}", ran.err);
    assert!(statuses.iter().all(|status| ["000", "200"].contains(status)), "{statuses:?}");
    for part in ["\"domain\":\"d1.cn\"", "\"next\":1}", "\"answers\":[", "\"result\":\"stopped\""] {
        ran.says(part);
    }
    assert!(fs::read(desk.path("findings.xlsx")).unwrap().starts_with(b"PK"));

    let script = blocks(include_str!("../../README.zh-CN.md"), "\n## 接口与电子密钥\n");
    let script: Vec<&str> =
        script.lines().filter(|line| !line.starts_with("chabei serve")).collect();
    assert_eq!(script.len(), 3);
    let script = script.join("\n") + "\n[ \"${KEY#chabei_}\" != \"$KEY\" ]\n";
    typed(&desk, &script).ends(0);
}
