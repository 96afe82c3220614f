//! Messages for the ministry, written from a simulated internet and held against our own rules for
//! them (`tests/fixtures/interface-v3/`) by libxml2's `xmllint`, where that is installed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use chabei::facts::provider::Provider;

use crate::listing::copy;
use crate::messages::parts;
use crate::served::Served;
use crate::served::key;
use crate::town::Town;
use crate::town::text;

const RULES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/interface-v3/download.xsd");

/// Our rules for what providers hand in.
const UPLOADS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/interface-v3/upload.xsd");

/// Whether the message in `file` keeps our rules; `None` where nobody can tell.
fn is_valid(file: &Path) -> Option<bool> {
    keeps(RULES, file)
}

fn keeps(rules: &str, file: &Path) -> Option<bool> {
    let run = Command::new("xmllint").args(["--noout", "--schema", rules]).arg(file).output();
    let Ok(run) = run else {
        assert!(std::env::var_os("CHABEI_XMLLINT").is_none(), "xmllint was promised");
        return None;
    };
    Some(run.status.success())
}

/// The filing register of tonight as the ministry's mirror feed; the number of each site's row is
/// its `Wzid`.
fn feed(town: &Town) -> String {
    let unit = |name: &str| {
        let bears = |one: &&Provider| {
            one.id.as_str() == name
                || one.name.as_str() == name
                || one.aliases.iter().any(|alias| alias.as_str() == name)
        };
        town.providers().iter().find(bears).and_then(|one| one.v3_id)
    };
    let mut reader = csv::Reader::from_path(town.path("filings.csv")).unwrap();
    let mut xml = String::from("<DownloadData version=\"V.3.0\"><SJTB><ICP>");
    for (number, row) in (1..).zip(reader.records().map(Result::unwrap)) {
        if &row[3] != "active" {
            continue;
        }
        let names = row[4].split(';').filter(|name| !name.is_empty());
        let units = names.map(|name| unit(name).unwrap_or_else(|| panic!("{name} has no number")));
        let accesses: Vec<_> =
            units.map(|unit| format!("<Jr_xx><Ispid>{unit}</Ispid></Jr_xx>")).collect();
        let accesses = accesses.concat();
        let record = format!(
            "<Baxx><Zt_xx><Dwmc>x</Dwmc><Baxh>{}</Baxh></Zt_xx><Wz_xx><Wzid>{number}</Wzid>\
             <Ym_xx><Ym>{}</Ym></Ym_xx>{accesses}<Syurl>www.{1}</Syurl><Baxh>{}</Baxh></Wz_xx></Baxx>\n",
            &row[2], &row[0], &row[1]
        );
        xml.push_str(&record);
    }
    xml.push_str("</ICP></SJTB></DownloadData>");
    xml
}

/// Every message that the interface gives to the ministry, by the name of its file.
fn fetched(town: &Town) -> BTreeMap<String, String> {
    let (ministry, _) = key(town, &["--ministry"]);
    let served = Served::start(town);
    let mut fetched = BTreeMap::new();
    for path in ["/exports/findings.xml", "/exports/access.xml"] {
        for (name, message) in parts(&served, path, &ministry) {
            assert!(fetched.insert(name, String::from_utf8_lossy(&message).into_owned()).is_none());
        }
    }
    fetched
}

#[test]
fn access_is_reported_as_the_ministry_asks_for_it() {
    let town = Town::new(150, 5);
    for night in 1..=3 {
        if night > 1 {
            town.play(night);
        }
        let now = format!("2026-11-{:02}T02:00:00+08:00", 22 + night);
        let feed = town.write("feed.xml", feed(&town));
        for (register, path) in [
            ("providers", town.path("providers.csv").to_str().unwrap().to_owned()),
            ("allocations", town.path("allocations.csv").to_str().unwrap().to_owned()),
            ("filings", feed),
            ("candidates", town.path("candidates.txt").to_str().unwrap().to_owned()),
        ] {
            town.run(&["--now", &now, "import", register, &path, "--replace"]).ends(0);
        }
        town.run(&["--now", &now, "scan"]).ends(0);
    }
    let standing = || town.findings().into_iter().filter(|one| one["state"] == "open");
    let kinds = ["not_connected", "over_reported", "shell"];
    let of_kind =
        |kind: &str| -> u64 { standing().map(|one| u64::from(one["kind"] == kind)).sum() };
    assert!(kinds.iter().all(|kind| of_kind(kind) > 0));

    let folder = format!("{}/", town.path("messages").display());
    let args = ["findings", "--format", "v3", "--kind", &kinds.join(","), "--output", &folder];
    let ran = town.run(&args);
    ran.ends(0);
    town.run(&["findings", "--format", "v3", "--kind", "unfiled", "--output", &folder]).ends(0);
    // Listed again later, each address of each finding has the number that it had.
    let again = format!("{}/", town.path("again").display());
    let later = ["--now", "2026-11-26T02:00:00+08:00"];
    let args = ["findings", "--format", "v3", "--kind", "unfiled", "--output", &again];
    town.run(&[&later[..], &args].concat()).ends(0);
    let mut ids = std::collections::BTreeSet::new();
    for entry in fs::read_dir(&again).unwrap() {
        let entry = entry.unwrap();
        let first = fs::read(Path::new(&folder).join(entry.file_name())).unwrap();
        assert_eq!(fs::read(entry.path()).unwrap(), first, "{:?}", entry.file_name());
        let message = String::from_utf8_lossy(&first).into_owned();
        for record in message.split("<Id>").skip(1) {
            let id: u64 = record.split('<').next().unwrap().parse().unwrap();
            assert!(ids.insert(id), "{id} is given twice");
        }
    }
    assert_eq!(ids.iter().next_back().copied(), Some(ids.len() as u64), "from 1 on, without gaps");
    let mut written = BTreeMap::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_ne!(is_valid(&path), Some(false), "{}", path.display());
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        written.insert(name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned());
    }
    assert_eq!(fetched(&town), written, "over the interface they are the same");
    let told = |what: &str| -> u64 {
        let messages = written.iter().filter(|(name, _)| name.starts_with("hcjg-"));
        messages.map(|(_, message)| message.matches(what).map(|_| 1).sum::<u64>()).sum()
    };
    // Each of these has one address and one filed site; the lab's providers all have numbers.
    assert_eq!(told("<Hcjg>2</Hcjg>"), of_kind("not_connected"), "{}", ran.err);
    assert_eq!(told("<Bbisp>"), of_kind("over_reported"));
    assert_eq!(told("<Kkwzhc>"), of_kind("shell"));
    assert!(written.keys().filter(|name| name.starts_with("wbawzlb-")).count() > 3);

    let rows = town.run(&["rates", "--access", "--format", "json"]).json();
    let sum = |pointer: &str| -> u64 {
        rows.iter()
            .map(|row| row.pointer(pointer).and_then(serde_json::Value::as_u64).unwrap())
            .sum()
    };
    assert_eq!(sum("/not_connected/count"), of_kind("not_connected"));
    assert_eq!(sum("/over_reported/count"), of_kind("over_reported"));
    let plays = |scenario: &str| -> u64 {
        town.truth().iter().map(|site| u64::from(site.scenario == scenario)).sum()
    };
    assert_eq!(sum("/shell/alive"), plays("shell_live"));
    assert_eq!(sum("/shell/dead"), plays("shell_dead"));
    let moved = rows.iter().find(|row| row["over_reported"]["moved"] != 0).unwrap();
    assert!(text(moved, "/provider/id").is_some() && !moved["over_reported"]["to"].is_null());
    town.run(&["rates", "--access"]).ends(0).says("接入信息核查（模拟数据）");
    town.run(&["findings", "--format", "v3", "--kind", "unfiled,shell"])
        .ends(2)
        .complains(&["either unfiled sites"]);
}

/// What a provider's own system uploads is read by the bureau's as what was said there.
#[test]
fn answers_go_up_as_a_message_and_are_taken_once() {
    let town = Town::new(150, 5);
    town.import_all();
    town.scan(&["--all"]);
    let standing = town.findings();
    let is_listed = |one: &&serde_json::Value| {
        one["kind"] == "unfiled" && text(one, "/provider/id").is_some() && one["bureau"] != "部"
    };
    let found = standing.iter().find(is_listed).unwrap();
    let (id, provider) = (text(found, "/id").unwrap(), text(found, "/provider/id").unwrap());
    let list = town.path("list.xml").display().to_string();
    let listing = ["findings", "--format", "v3", "--kind", "unfiled", "--provider", provider];
    town.run(&[&listing[..], &["--output", &list]].concat()).ends(0);
    copy(&town.path("data"), &town.path("bureau"));

    let opinion = "=已停止 & <关停>";
    town.run(&["answer", id, "--result", "stopped", "--opinion", opinion]).ends(0);
    let upload = town.path("upload.xml");
    let written = upload.display().to_string();
    let answers =
        ["findings", "--format", "v3-answers", "--provider", provider, "--output", &written];
    town.run(&answers).ends(0);
    assert_ne!(keeps(UPLOADS, &upload), Some(false));

    let read = |file: &str| town.run_over("bureau", &["answer", "--file", file]);
    read(&written).ends(0).says("answers: 1 taken, 0 unchanged, 0 blank, 0 refused");
    read(&written).ends(0).says("answers: 0 taken, 1 unchanged, 0 blank, 0 refused");
    let found = town.findings_in("bureau");
    let found = found.iter().find(|one| text(one, "/id") == Some(id)).unwrap();
    assert_eq!(text(found, "/answer/result"), Some("stopped"));
    assert_eq!(text(found, "/answer/opinion"), Some(opinion));

    let message = encoding_rs::GBK.decode(&fs::read(&upload).unwrap()).0.into_owned();
    for (part, instead, place) in [
        ("<Cljg>3</Cljg>", "<Cljg>77</Cljg>", "Cljg"),
        ("<Jrs>", "<Jrs>1", ": "),
        ("<Ym>", "<Ym>x", "Ym"),
        ("<Qqdwid>", "<Qqdwid>1", "Jrs"),
        ("<IP>", "<IP>x", "IP"),
    ] {
        assert!(message.contains(part), "{part}");
        let broken = encoding_rs::GBK.encode(&message.replace(part, instead)).0.into_owned();
        let ran = read(&town.write("broken.xml", broken));
        ran.ends(0).says("0 taken, 0 unchanged, 0 blank").complains(&["broken.xml:", place]);
    }
    read(&town.write("half.xml", &message[..message.len() / 2])).ends(2).complains(&["half.xml"]);
}

#[test]
fn our_rules_for_messages_take_the_samples_and_refuse_what_is_wrong() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/interface-v3");
    let copies = tempfile::tempdir().unwrap();
    for (sample, broken) in [
        (
            "wbawzlb.xml",
            &[
                ("<Id>1</Id>", ""),
                ("<Yys>9001</Yys>", ""),
                ("<Jrs>9002</Jrs>", "<Jrs></Jrs>"),
                ("<IP>3221225994</IP>", "<IP>192.0.2.10</IP>"),
                (" version=\"V.3.0\"", ""),
                ("<Jccs>3</Jccs>", "<Jccs>-3</Jccs>"),
            ][..],
        ),
        (
            "wbacljg.xml",
            &[
                ("<Qqdwid>9002</Qqdwid>", ""),
                ("<Jrs>9002</Jrs>", ""),
                ("<Cljg>1</Cljg>", "<Cljg>1000</Cljg>"),
                ("<Rbsj>2010-03-15</Rbsj>", "<Rbsj>2010-03-15 10:00:00</Rbsj>"),
                ("<Ym>example.com</Ym>", "<Ym>a.b</Ym>"),
                ("<Shengid>110000</Shengid>", "<Shengid></Shengid>"),
            ],
        ),
        (
            "icp-hcjg.xml",
            &[
                ("<Ym>example.org</Ym>", "<Ym></Ym>"),
                ("<Hcjg>2</Hcjg>", "<Hcjg>3</Hcjg>"),
                ("<Wzid>60002</Wzid>", ""),
                ("<Syurl>www.example.net</Syurl>", "<Syurl>a.net</Syurl>"),
                ("<Jxip>3405803781</Jxip>", "<Jxip>203.0.113.5</Jxip>"),
            ],
        ),
    ] {
        let path = Path::new(folder).join(sample);
        let Ok(bytes) = fs::read(&path) else {
            println!("skipped: {} is not there", path.display());
            return;
        };
        let rules = if sample == "wbacljg.xml" { UPLOADS } else { RULES };
        assert_ne!(keeps(rules, &path), Some(false), "{sample}");
        for (place, (what, instead)) in broken.iter().enumerate() {
            let at = bytes.windows(what.len()).position(|part| part == what.as_bytes()).unwrap();
            let copy = [&bytes[..at], instead.as_bytes(), &bytes[at + what.len()..]].concat();
            let file = copies.path().join(format!("{place}-{sample}"));
            fs::write(&file, copy).unwrap();
            assert_ne!(keeps(rules, &file), Some(true), "{sample} with {instead:?} for {what}");
        }
    }
}
