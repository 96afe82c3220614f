//! A register that cannot say by itself whether a name is filed, and another one that it asks.

mod register;

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::fs::File;
use std::time::Duration;

use chabei::facts::directory::Directory;
use chabei::facts::filing::Filing;
use chabei::facts::filing::FilingState;
use chabei::facts::finding::FindingKey;
use chabei::formats::domains_lookup::FiledStatus;
use chabei::formats::domains_lookup::FilingAnswer;
use chabei::formats::domains_lookup::LookupReply;
use chabei::formats::domains_lookup::LookupRequest;
use chabei::formats::domains_lookup::NamedProvider;
use chabei::formats::domains_lookup::Source;
use chabei::formats::filings;
use serde_json::Value;
use serde_json::json;

use crate::desk::Desk;
use crate::town::Town;
use crate::town::text;
use crate::upstream::register::Register;
use crate::upstream::register::Reply;
use crate::upstream::register::Request;

/// The day on which the other register was imported, in answers of the tests.
const AS_OF: &str = "2026-11-23T00:00:00+08:00";

/// Today, in tests that must not depend on it.
const NOW: &str = "2026-11-24T00:00:00+08:00";

/// The names of a request.
fn asked(request: &Request) -> Vec<String> {
    serde_json::from_str::<LookupRequest>(&request.body).unwrap().domains
}

/// A desk whose own register holds one filing of many.
fn desk(upstream: &str) -> Desk {
    let desk = Desk::new();
    let providers = "id,name,aliases\nP1,第一接入,一\nP2,第二接入,\n";
    desk.import("providers", "providers.csv", providers);
    desk.import("filings", "filings.csv", "domain,site_number\nown.cn,京ICP备10000001号-1\n");
    let configuration = format!(
        "[filings]\ncomplete = false\nupstream = \"{upstream}\"\nupstream_key_file = \"key\"\n\
         upstream_timeout = \"2s\"\nupstream_per_second = 1000.0\n"
    );
    desk.write("chabei.toml", configuration);
    desk.write("key", "letmein\n");
    desk
}

fn looked_up(desk: &Desk, names: &[&str]) -> Vec<Value> {
    desk.run(&[&["--now", NOW, "lookup", "--format", "json"], names].concat()).json()
}

/// A register that knows three names, by the words of the document.
fn knowing() -> Register {
    Register::start(|request| {
        let answer = |name: &String| match name.as_str() {
            "filed.cn" => json!({
                "domain": name, "status": "filed", "as_of": AS_OF, "filed_on": "2012-03-04",
                "numbers": ["京ICP备05014806号-1"], "former_numbers": ["京ICP备05014806号-9"],
                "subjects": ["京ICP备05014806号"], "subjects_known": true,
                "providers": [{"id": "X1", "name": "第一接入"}], "providers_known": true,
            }),
            "elsewhere.cn" => json!({
                "domain": name, "status": "filed", "as_of": AS_OF, "providers_known": true,
                "providers": [{"id": "P1", "name": "无人知晓的接入商"}],
            }),
            "unfiled.cn" => json!({"domain": name, "status": "unfiled", "as_of": AS_OF}),
            _ => json!({"domain": name, "status": "unknown", "gap": "incomplete"}),
        };
        let answers: Vec<Value> = asked(request).iter().map(answer).collect();
        Reply::of(200, json!({ "answers": answers }).to_string())
    })
}

#[test]
fn what_the_own_register_cannot_say_is_asked_in_one_request() {
    let register = knowing();
    let desk = desk(&register.url());
    let names = ["filed.cn", "own.cn", "unfiled.cn", "www.elsewhere.cn", "nobody.cn", "1.2.3.4"];
    let answers = looked_up(&desk, &names);
    let told = |answer: &Value| {
        let answer = answer.get("filing").unwrap_or(answer);
        let part = |name: &str| text(answer, name).unwrap_or("-").to_owned();
        [part("/status"), part("/source"), part("/upstream/outcome")].join(" ")
    };
    let told: Vec<String> = answers.iter().map(told).collect();
    let expected = [
        "filed upstream answered",
        "filed register -",
        "unfiled upstream answered",
        "filed upstream answered",
        "unknown register undecided",
        "unknown register undecided",
    ];
    assert_eq!(told, expected);
    let filed = &answers[0];
    assert_eq!(filed["numbers"], json!(["京ICP备05014806号-1"]));
    assert_eq!(filed["former_numbers"], json!(["京ICP备05014806号-9"]));
    assert_eq!(filed["providers"], json!([{"id": "P1", "name": "第一接入"}]));
    assert_eq!(filed["providers_known"], true);
    assert_eq!((&filed["as_of"], &filed["filed_on"]), (&AS_OF.into(), &"2012-03-04".into()));
    // Their P1 bears another name, so that it is not ours.
    assert_eq!(
        (&answers[3]["providers"], &answers[3]["providers_known"]),
        (&json!([]), &false.into())
    );
    let requests = register.requests();
    assert_eq!(requests.len(), 1);
    let head = &requests[0].head;
    assert!(head.starts_with("post /api/v1/domains/lookup http/1.1"), "{head}");
    assert!(head.contains("authorization: bearer letmein"), "{head}");
    let names = ["filed.cn", "unfiled.cn", "elsewhere.cn", "nobody.cn", "1.2.3.4"];
    assert_eq!(asked(&requests[0]), names);
    let shown = desk.run(&["--now", NOW, "lookup", "filed.cn"]);
    shown.ends(0).says("已备案").says("第一接入").says("上级备案库 127.0.0.1").says("answered");
}

#[test]
fn a_whole_and_fresh_register_asks_nobody() {
    let register = knowing();
    let desk = desk(&register.url());
    let url = register.url();
    desk.write("chabei.toml", format!("[filings]\nupstream = \"{url}\"\nmax_age = \"36500d\"\n"));
    assert_eq!(looked_up(&desk, &["filed.cn"])[0]["status"], "unfiled");
    assert!(register.requests().is_empty());
}

#[test]
fn a_register_that_is_silent_wrong_or_lying_leaves_everything_unknown() {
    let unfiled = |name: &str| json!({"domain": name, "status": "unfiled", "as_of": AS_OF});
    let answers = |answers: &[Value]| json!({ "answers": answers }).to_string();
    let ok = |body: String| Reply::of(200, body);
    let old = "2026-10-01T00:00:00+08:00";
    let (a, b) = (unfiled("a.cn"), unfiled("b.cn"));
    let redirect =
        Reply { headers: "location: /api/v1/domains/lookup2\r\n".to_owned(), ..Reply::of(307, "") };
    let slow = Reply { after: Duration::from_secs(4), ..ok(answers(&[a.clone(), b.clone()])) };
    let busy = Reply { headers: "retry-after: 30\r\n".to_owned(), ..Reply::of(429, "") };
    for (reply, outcome) in [
        (slow, "silent"),
        (redirect, "status"),
        (busy, "busy"),
        (Reply::of(401, "who are you"), "key_refused"),
        (Reply::of(403, ""), "key_refused"),
        (Reply::of(404, ""), "status"),
        (Reply::of(500, answers(&[a.clone(), b.clone()])), "status"),
        (Reply::of(503, ""), "busy"),
        (ok("<html>login</html>".to_owned()), "nonsense"),
        (ok(String::new()), "nonsense"),
        (ok("{\"answers\":[]}".to_owned()), "nonsense"),
        (ok(answers(std::slice::from_ref(&a))), "nonsense"),
        (ok(answers(&[a.clone(), b.clone(), b.clone()])), "nonsense"),
        (ok(answers(&[b.clone(), a.clone()])), "nonsense"),
        (ok(answers(&[unfiled("x.cn"), unfiled("y.cn")])), "nonsense"),
        (
            ok(answers(&[
                json!({"domain": "a.cn", "status": "unfiled"}),
                json!({"domain": "b.cn", "status": "no"}),
            ])),
            "nonsense",
        ),
        (
            ok(answers(&[
                json!({"domain": "a.cn", "status": "unfiled"}),
                json!({"domain": "b.cn", "status": "filed"}),
            ])),
            "nonsense",
        ),
        (
            ok(answers(&[
                json!({"domain": "a.cn", "status": "unfiled", "as_of": old}),
                json!({"domain": "b.cn", "status": "unfiled", "as_of": old}),
            ])),
            "stale",
        ),
        (ok(" ".repeat(1024 * 1024)), "nonsense"),
    ] {
        let shown = format!("{reply:?}");
        let register = Register::start(move |_| reply.clone());
        let desk = desk(&register.url());
        desk.configure(&[("upstream_timeout", "\"1s\"")]);
        for answer in looked_up(&desk, &["a.cn", "b.cn"]) {
            let got = (text(&answer, "/status"), text(&answer, "/upstream/outcome"));
            assert_eq!(got, (Some("unknown"), Some(outcome)), "{shown:.300}");
            assert_eq!(answer["gap"], "incomplete");
        }
        assert_eq!(register.requests().len(), 1, "a redirect is followed, or it was asked again");
    }
    let gone = desk("http://127.0.0.1:1");
    let ran = gone.run(&["lookup", "a.cn"]);
    ran.ends(0).says("无法判断").says("silent").complains(&["upstream register", "127.0.0.1"]);
    assert!(!ran.err.contains("letmein"));
}

#[test]
fn an_upstream_that_cannot_be_meant_is_an_error_of_the_configuration() {
    let desk = desk("https://register.example.cn");
    for (key, value, says) in [
        ("upstream", "\"http://register.example.cn\"", "https://"),
        ("upstream", "\"register.example.cn\"", "no address"),
        ("upstream", "\"http://127.0.0.1:1\"", ""),
        ("upstream_per_second", "0.0", "upstream_per_second"),
        ("upstream_per_second", "5.0", ""),
        ("upstream_key_file", "\"nothing-here\"", "nothing-here"),
    ] {
        desk.configure(&[(key, value)]);
        let ran = desk.run(&["lookup", "own.cn"]);
        if says.is_empty() {
            ran.ends(0);
        } else {
            ran.ends(2).complains(&["[filings]", says]);
        }
    }
}

/// What a whole register answers: the filings of a town, by the names of its providers.
struct Whole {
    filings: HashMap<String, Vec<Filing>>,
    directory: Directory,
}

impl Whole {
    fn of(town: &Town) -> Self {
        let rows = filings::read(File::open(town.path("filings.csv")).unwrap()).unwrap();
        let mut filings: HashMap<String, Vec<Filing>> = HashMap::new();
        for row in rows.map(Result::unwrap) {
            filings.entry(row.domain.to_string()).or_default().push(row);
        }
        Self { filings, directory: Directory::new(town.providers().to_vec()) }
    }

    fn answer(&self, name: &str) -> FilingAnswer {
        let records = self.filings.get(name).map_or(&[][..], Vec::as_slice);
        let (active, former): (Vec<&Filing>, Vec<&Filing>) =
            records.iter().partition(|record| record.state == FilingState::Active);
        let numbers = |records: &[&Filing]| {
            records.iter().flat_map(|one| &one.site_number).map(ToString::to_string).collect()
        };
        let names = active.iter().flat_map(|record| record.providers.iter().flatten());
        let providers: Vec<NamedProvider> = names
            .map(|name| {
                let provider = self.directory.find(name);
                let name = provider.map_or(name, |provider| &provider.name);
                NamedProvider { id: Some("their own".to_owned()), name: Some(name.to_string()) }
            })
            .collect();
        FilingAnswer {
            domain: name.to_owned(),
            status: if active.is_empty() { FiledStatus::Unfiled } else { FiledStatus::Filed },
            gap: None,
            numbers: numbers(&active),
            former_numbers: numbers(&former),
            subjects: vec![],
            subjects_known: true,
            providers_known: active.iter().all(|record| record.providers.is_some()),
            providers,
            filed_on: None,
            changed_on: None,
            as_of: Some(AS_OF.parse().unwrap()),
            source: Source::Register,
        }
    }
}

/// The kinds of findings that another register can tell.
const KINDS: [&str; 2] = ["unfiled", "not_connected"];

/// What stands, of those kinds: kind, domain, provider.
fn standing(town: &Town, data: &str) -> BTreeSet<[String; 3]> {
    let told = |finding: &Value| {
        let part = |pointer: &str| text(finding, pointer).unwrap_or("-").to_owned();
        (part("/state") == "open").then(|| [part("/kind"), part("/domain"), part("/provider/id")])
    };
    let all: BTreeSet<_> = town.findings_in(data).iter().filter_map(told).collect();
    all.into_iter().filter(|[kind, ..]| KINDS.contains(&kind.as_str())).collect()
}

fn use_upstream(town: &Town, url: &str) {
    let path = town.path("chabei.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let keys = format!(
        "complete = false\nmax_age = \"36500d\"\nupstream = \"{url}\"\nupstream_timeout = \"2s\"\n\
         upstream_per_second = 20.0\n"
    );
    std::fs::write(path, text.replacen("complete = true\n", &keys, 1)).unwrap();
}

#[test]
fn a_night_with_anothers_register_finds_the_truth() {
    let town = Town::new(150, 5);
    let told = |key: FindingKey| {
        let provider = key.provider.map_or("-".to_owned(), |id| id.to_string());
        [key.kind.to_string(), key.target.to_string(), provider]
    };
    let truth = town.truth();
    let all = truth.iter().flat_map(|site| site.standing(1)).map(told);
    let expected: BTreeSet<_> = all.filter(|[kind, ..]| KINDS.contains(&kind.as_str())).collect();
    assert!(expected.iter().any(|[kind, ..]| kind == "unfiled"));
    assert!(expected.iter().any(|[kind, ..]| kind == "not_connected"));

    let whole = Whole::of(&town);
    let register = Register::start(move |request| {
        let answers = asked(request).iter().map(|name| whole.answer(name)).collect();
        Reply::of(200, serde_json::to_string(&LookupReply { answers }).unwrap())
    });
    use_upstream(&town, &register.url());
    for (name, file) in [
        ("providers", "providers.csv"),
        ("allocations", "allocations.csv"),
        ("candidates", "candidates.txt"),
    ] {
        let file = town.path(file);
        town.run_over("data", &["import", name, file.to_str().unwrap(), "--replace"]).ends(0);
    }
    town.scan(&[]);
    assert_eq!(standing(&town, "data"), expected);
    let requests = register.requests();
    let names: usize = requests.iter().map(|request| asked(request).len()).sum();
    assert!(names > 50 && requests.len() * 2 < names, "{} requests, {names} names", requests.len());
    let (unfiled, _) = town.site("unfiled");
    town.run(&["explain", &unfiled]).says("上级备案库查无记录").says("上级备案库 127.0.0.1");
    let trail = &town.run(&["explain", &unfiled, "--format", "json"]).json()[0];
    assert_eq!(text(trail, "/examination/upstream/outcome"), Some("answered"), "{trail}");
}

#[test]
fn a_partial_register_whose_upstream_is_silent_opens_and_closes_nothing() {
    let town = Town::new(100, 6);
    town.import_all();
    town.scan(&[]);
    let before = standing(&town, "data");
    assert!(before.iter().any(|[kind, ..]| kind == "unfiled"));
    // A provider's own register: the half of it is not there.
    let rows = std::fs::read_to_string(town.path("filings.csv")).unwrap();
    let half: Vec<&str> = rows.lines().step_by(2).collect();
    town.import("filings", "half.csv", half.join("\n"));
    let file = town.path("half.csv");
    town.run(&["import", "filings", file.to_str().unwrap(), "--replace"]).ends(0);
    use_upstream(&town, "http://127.0.0.1:1");
    for night in ["second.json", "third.json", "fourth.json", "fifth.json"] {
        let ran = town.scan(&["--summary", night]);
        ran.complains(&["upstream register", "stays unknown"]);
    }
    let after = standing(&town, "data");
    let opened: Vec<_> = after.difference(&before).collect();
    let unfiled = |gone: &&[String; 3]| gone[0] == "unfiled";
    let closed: Vec<_> = before.difference(&after).filter(unfiled).collect();
    assert!(opened.is_empty() && closed.is_empty(), "opened {opened:?}, closed {closed:?}");
    let (unfiled, _) = town.site("unfiled");
    town.run(&["explain", &unfiled]).says("无法判断").says("上级备案库 127.0.0.1");
}
