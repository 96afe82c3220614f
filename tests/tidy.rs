//! The house rules that the compiler does not know, checked on the text of the source: floors,
//! openings, lengths, reasons, and words that must not stay behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// No file is longer; a longer one answers more than one question.
const LINES: usize = 400;

/// One file of the source.
struct Source {
    /// Relative to the package, such as `src/scan/night.rs`.
    path: String,
    text: String,
}

impl Source {
    /// The modules from the crate down: `scan`, `night`.
    fn modules(&self) -> Vec<&str> {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inside.split('/').filter(|module| !matches!(*module, "lib" | "main")).collect()
    }

    /// The part that is shipped: what stands before the unit tests, nothing of a file of tests.
    fn shipped(&self) -> &str {
        let is_test = self.modules().contains(&"tests");
        let text = if is_test { "" } else { &self.text };
        text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default()
    }

    /// Its lines of code, numbered from 1, without those that only hold a comment.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = (1..).zip(self.shipped().lines().map(str::trim));
        lines.filter(|(_, line)| !line.starts_with("//"))
    }
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    files(&package().join("src"), "rs", &mut paths);
    assert!(!paths.is_empty());
    let source = |path: PathBuf| Source {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(package()).unwrap().to_str().unwrap().to_owned(),
    };
    paths.into_iter().map(source).collect()
}

/// On which floor a module of the crate stands.
fn floor(module: &str) -> Option<u32> {
    Some(match module {
        "facts" | "clock" => 0,
        "formats" | "lab" => 1,
        "net" | "store" => 2,
        "stages" | "audit" => 3,
        "scan" | "publish" => 4,
        "serve" => 5,
        "config" | "cli" => 6,
        "commands" => 7,
        _ => return None,
    })
}

/// What `line` names of the crate: the modules after each `crate::`.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices("crate::").filter_map(move |(at, word)| {
        let is_whole = !line[..at].ends_with(is_name);
        let rest = &line[at + word.len()..];
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        (is_whole && end > 0).then(|| &rest[..end])
    })
}

fn none_of(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Whoever calls is told of findings out of the catalogue alone, which takes what his key may see: to
/// it, what is not his is what is not there. Any other way would have to ask after a finding first, and
/// could be told from one that is not there by how long it takes.
#[test]
fn the_interface_asks_for_findings_within_a_scope_only() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("src/serve")) {
        let text: String = source.code().map(|(_, line)| line).collect();
        for way in ["by_id(", "of_target(", "findings.all(", "dossier(", "dossiers("] {
            if text.contains(way) {
                faults.push(format!("{}: `{way}` asks after findings of others", source.path));
            }
        }
        // What is known of one finding is asked for behind the catalogue's answer.
        for way in ["findings.trail(", "findings.amend_once"] {
            let seen = text.find("catalogue()?.row(&caller.scope, id)?");
            if text.find(way).is_some_and(|at| seen.is_none_or(|seen| seen > at)) {
                faults.push(format!("{}: `{way}` without a look into the catalogue", source.path));
            }
        }
    }
    none_of(&faults);
}

#[test]
fn imports_run_strictly_down_the_floors() {
    let mut faults = Vec::new();
    for source in sources() {
        let own = source.modules().first().copied().unwrap_or_default();
        let Some(here) = floor(own) else {
            let is_root = matches!(source.path.as_str(), "src/lib.rs" | "src/main.rs");
            if !is_root {
                faults.push(format!("{}: stands on no floor", source.path));
            }
            continue;
        };
        for (number, line) in source.code() {
            for module in named(line) {
                let is_below = floor(module).is_some_and(|there| there < here);
                if module != own && !is_below {
                    faults.push(format!("{}:{number}: {own} may not use {module}", source.path));
                }
            }
        }
    }
    none_of(&faults);
}

#[test]
fn a_scan_and_its_stages_import_only_what_they_are_made_of() {
    let mut faults = Vec::new();
    for source in sources() {
        let allowed: &[&str] = match source.modules().first().copied() {
            Some("scan") => &["scan", "facts", "clock", "net", "store", "stages"],
            Some("lab") => &["lab", "facts"],
            _ => continue,
        };
        for (number, line) in source.code() {
            for module in named(line).filter(|module| !allowed.contains(module)) {
                faults.push(format!("{}:{number}: it names {module}", source.path));
            }
        }
    }
    none_of(&faults);
}

#[test]
fn only_the_door_sees_the_crate_from_outside() {
    for source in sources() {
        let names_it = source.code().any(|(_, line)| line.contains("chabei::"));
        assert!(!names_it || source.path == "src/main.rs", "{}", source.path);
    }
}

#[test]
fn imports_stand_one_on_a_line_and_from_the_crate_down() {
    let mut faults = Vec::new();
    for source in sources() {
        for (number, line) in source.code() {
            let is_group = line.starts_with("use crate::") && line.contains('{');
            if is_group {
                faults.push(format!("{}:{number}: a group of imports", source.path));
            }
            // `pub(super)` is no import.
            let is_relative = line.contains("super::");
            if is_relative {
                faults.push(format!("{}:{number}: super:: outside of tests", source.path));
            }
        }
    }
    none_of(&faults);
}

#[test]
fn every_file_opens_by_saying_what_it_answers() {
    let mut faults = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            faults.push(format!("{}: does not begin with //!", source.path));
        }
        let lines = source.text.lines().count();
        if lines > LINES {
            faults.push(format!("{}: has {lines} lines", source.path));
        }
        if source.path.ends_with("/mod.rs") {
            faults.push(format!("{}: write x.rs beside x/", source.path));
        }
    }
    none_of(&faults);
}

/// The name and code of each reason, as the list of reasons writes them.
fn reasons() -> Vec<(String, String)> {
    let text = fs::read_to_string(package().join("src/facts/reason.rs")).unwrap();
    let reason = |line: &str| {
        let (name, rest) = line.trim().split_once(" = \"R")?;
        let code = rest.strip_suffix("\",")?;
        Some((name.to_owned(), format!("R{code}")))
    };
    text.lines().filter_map(reason).collect()
}

#[test]
fn every_reason_has_a_page_and_somebody_who_gives_it() {
    let reasons = reasons();
    let codes: Vec<_> = reasons.iter().map(|(_, code)| code.clone()).collect();
    let expected: Vec<_> = (1..=reasons.len()).map(|n| format!("R{n:02}")).collect();
    assert_eq!(codes, expected);
    assert_eq!(reasons.len(), 37);
    let sources = sources();
    let mut faults = Vec::new();
    for (name, code) in &reasons {
        let page = package().join(format!("src/facts/reasons/{code}.md"));
        let text = fs::read_to_string(&page).unwrap_or_default();
        if text.trim().is_empty() {
            faults.push(format!("{code}: its page is empty or not there"));
        }
        let word = format!("Reason::{name}");
        let gives = |source: &&Source| {
            let shipped = source.shipped();
            let is_whole = |at: usize| {
                let rest = &shipped[at + word.len()..];
                !rest.starts_with(|c: char| c.is_alphanumeric())
            };
            shipped.match_indices(&word).any(|(at, _)| is_whole(at))
        };
        let others = sources.iter().filter(|source| source.path != "src/facts/reason.rs");
        if others.filter(gives).count() == 0 {
            faults.push(format!("{code}: nobody gives Reason::{name}"));
        }
    }
    let mut pages = Vec::new();
    files(&package().join("src/facts/reasons"), "md", &mut pages);
    assert_eq!(pages.len(), reasons.len(), "each page belongs to a reason");
    none_of(&faults);
}

#[test]
fn nothing_half_done_stays_behind() {
    let mut faults = Vec::new();
    for source in sources() {
        for (number, line) in (1..).zip(source.text.lines()) {
            for word in ["todo!", "unimplemented!", "dbg!"] {
                if line.contains(word) {
                    faults.push(format!("{}:{number}: {word}", source.path));
                }
            }
        }
    }
    none_of(&faults);
}

#[test]
fn every_configuration_file_is_toml() {
    let mut paths = Vec::new();
    files(&package().join("config"), "toml", &mut paths);
    assert!(paths.len() >= 4, "{paths:?}");
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let table: toml::Table =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!table.is_empty(), "{}", path.display());
    }
}
