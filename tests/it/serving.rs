//! Findings, changes, answers and look-ups over the interface.

use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::served::Came;
use crate::served::Served;
use crate::served::id;
use crate::served::key;
use crate::served::office;

fn domains(came: &Came, list: &str) -> Vec<String> {
    let rows = came.json()[list].as_array().unwrap().clone();
    let finding = |row: &Value| if list == "changes" { row["now"].clone() } else { row.clone() };
    rows.iter().map(|row| finding(row)["domain"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pages_follow_each_other_and_filters_narrow() {
    let desk = office();
    let (ministry, _) = key(&desk, &["--ministry"]);
    let served = Served::start(&desk);
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = served.get(&format!("/findings?limit=2{after}"), &ministry).ends(200);
        all.extend(domains(&page, "findings"));
        let json = page.json();
        let Some(next) = json["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(all, (1..=6).map(|number| format!("d{number}.cn")).collect::<Vec<_>>());
    for (query, expected) in [
        ("provider=%E7%A4%BA%E4%BE%8B%E4%BA%91", 3),
        ("provider=P9", 0),
        ("bureau=%E6%B2%B3%E5%8C%97", 3),
        ("kind=shell", 0),
        ("state=closed", 0),
        ("due_before=2026-12-31", 0),
        ("due_before=2027-01-01&limit=1000", 6),
    ] {
        let page = served.get(&format!("/findings?{query}"), &ministry).ends(200);
        assert_eq!(domains(&page, "findings").len(), expected, "{query}");
    }
    for query in ["limit=x", "kind=x", "nonsense=1", "after=x", "due_before=x", "bureau=x"] {
        served.get(&format!("/findings?{query}"), &ministry).ends(400);
    }
}

#[test]
fn an_answer_is_given_once_however_often_it_is_sent() {
    let desk = office();
    let (provider, _) = key(&desk, &["--provider", "P4"]);
    let served = Served::start(&desk);
    let path = format!("/findings/{}/answers", id(1));
    let post = |body: &Value, word: &str| {
        served.call_with("POST", &path, Some(&provider), Some(body), &[("idempotency-key", word)])
    };
    let stopped = json!({"result": "stopped", "opinion": "已停"});
    let first = post(&stopped, "one").ends(200);
    assert_eq!(first.json()["answer"]["result"], "stopped");
    assert!(first.json()["actor"].as_str().unwrap().starts_with("provider P4"));
    assert_eq!(post(&stopped, "one").ends(200).bytes, first.bytes);
    post(&json!({"result": "moved"}), "one").ends(409);
    post(&json!({"result": "connected"}), "two").ends(409);
    post(&json!({"result": "disputed"}), "two").ends(422);
    post(&json!({"result": "nonsense"}), "two").ends(422);
    post(&json!({"result": "moved", "more": 1}), "two").ends(422);
    post(&stopped, "").ends(400);
    let changes = served.get("/changes?after=6", &provider).json();
    assert_eq!(changes["changes"].as_array().unwrap().len(), 1, "{changes}");
    assert_eq!(served.stop(), Some(0));

    let served = Served::start(&desk);
    let post = |body: &Value, word: &str| {
        served.call_with("POST", &path, Some(&provider), Some(body), &[("idempotency-key", word)])
    };
    assert_eq!(post(&stopped, "one").ends(200).bytes, first.bytes, "also after a restart");
    post(&json!({"result": "moved"}), "two").ends(200);
    let trail = served.get(&format!("/findings/{}", id(1)), &provider).json();
    assert_eq!(trail["changes"].as_array().unwrap().len(), 3);
    assert_eq!(trail["answer"]["result"], "moved");
}

#[test]
fn a_call_for_changes_waits_until_something_comes_or_the_end() {
    let desk = office();
    let (provider, _) = key(&desk, &["--provider", "P4"]);
    let served = Served::start(&desk);
    let first = served.get("/changes?limit=2", &provider).json();
    assert_eq!((first["next"].as_u64(), first["changes"].as_array().unwrap().len()), (Some(2), 2));
    let rest = served.get("/changes?after=2", &provider).json();
    assert_eq!(rest["next"].as_u64(), Some(3), "others' changes are passed over");
    let nothing = served.get("/changes?after=3&wait=1", &provider).json();
    assert_eq!((nothing["next"].as_u64(), nothing["changes"].as_array().unwrap().len()), {
        (Some(3), 0)
    });
    let came = std::thread::scope(|scope| {
        let waits = scope.spawn(|| served.get("/changes?after=3&wait=50", &provider));
        let body = json!({"result": "in_progress"});
        let path = format!("/findings/{}/answers", id(2));
        served.call("POST", &path, Some(&provider), Some(&body)).ends(200);
        waits.join().unwrap()
    });
    assert_eq!(came.json()["changes"][0]["answer"]["result"], "in_progress");
    assert_eq!(came.json()["next"].as_u64(), Some(7));
}

#[test]
fn what_has_not_changed_is_not_sent_again_and_text_is_packed() {
    let desk = office();
    let (ministry, _) = key(&desk, &["--ministry"]);
    let served = Served::start(&desk);
    let first = served.get("/findings", &ministry).ends(200);
    let tag = first.header("etag").unwrap().to_owned();
    let again = |tag: &str| {
        served.call_with("GET", "/findings", Some(&ministry), None, &[("if-none-match", tag)])
    };
    assert_eq!(again(&tag).ends(304).bytes.len(), 0);
    again("\"0\"").ends(200);
    let packed =
        served.call_with("GET", "/findings", Some(&ministry), None, &[("accept-encoding", "gzip")]);
    let vary: Vec<_> = packed.headers.get_all("vary").iter().collect();
    assert!(!vary.is_empty());
    assert_eq!(packed.json(), first.json());
}

#[test]
fn a_key_that_comes_too_often_is_told_when_to_come_again() {
    let desk = office();
    let (ministry, _) = key(&desk, &["--ministry"]);
    desk.write("chabei.toml", "[serve]\ncalls_per_second = 1\ncalls_at_once = 3\n");
    let served = Served::start(&desk);
    let came: Vec<Came> = (0..5).map(|_| served.get("/domains/a.cn", &ministry)).collect();
    let last = came.last().unwrap();
    assert_eq!((came[0].status, last.status), (200, 429));
    assert!(last.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
}

#[test]
fn names_are_looked_up_in_order_and_texts_that_are_none_are_unknown() {
    let desk = office();
    let (reader, _) = key(&desk, &["--reader", "公安"]);
    let served = Served::start(&desk);
    let body = json!({"domains": ["www.a.cn", "b.cn", "no domain", "1.2.3.4"]});
    let came = served.call("POST", "/domains/lookup", Some(&reader), Some(&body)).ends(200);
    let answers = came.json()["answers"].clone();
    let told = |field: &str| -> Vec<String> {
        let rows = answers.as_array().unwrap().iter();
        rows.map(|answer| answer[field].as_str().unwrap_or("-").to_owned()).collect()
    };
    assert_eq!(told("domain"), ["a.cn", "b.cn", "no domain", "1.2.3.4"]);
    assert_eq!(told("status"), ["filed", "unfiled", "unknown", "unfiled"]);
    assert_eq!(told("gap"), ["-", "-", "not_a_domain", "-"]);
    let many = json!({"domains": vec!["a.cn"; 10_001]});
    served.call("POST", "/domains/lookup", Some(&reader), Some(&many)).ends(413);
    assert_eq!(served.get("/domains/WWW.A.CN", &reader).ends(200).json()["domain"], "a.cn");
    served.get("/domains/nonsense", &reader).ends(404);
}

#[test]
fn the_document_says_what_there_is() {
    let desk = office();
    let served = Served::start(&desk);
    let document = served.call("GET", "/openapi.json", None, None).ends(200).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, method) in [
        ("/findings", "get"),
        ("/findings/{id}", "get"),
        ("/findings/{id}/answers", "post"),
        ("/changes", "get"),
        ("/domains/{domain}", "get"),
        ("/domains/lookup", "post"),
        ("/metrics", "get"),
    ] {
        assert!(document["paths"][path][method].is_object(), "{method} {path}");
    }
    assert_eq!(document["servers"][0]["url"], "/api/v1");
}

#[test]
fn what_is_taken_away_holds_what_the_key_may_see_and_the_same_bytes_twice() {
    let desk = office();
    let (provider, _) = key(&desk, &["--provider", "P5"]);
    let served = Served::start(&desk);
    for form in ["csv", "jsonl", "xlsx"] {
        let path = format!("/exports/findings.{form}");
        let came = served.get(&path, &provider).ends(200);
        assert_eq!(came.bytes, served.get(&path, &provider).bytes, "{form}");
        if form != "xlsx" {
            let text = String::from_utf8(came.bytes).unwrap();
            assert!(text.contains("d4.cn") && text.contains("d5.cn"), "{text}");
            assert!(!text.contains("d1.cn") && !text.contains("P4"), "{text}");
        }
    }
    served.get("/exports/findings.pdf", &provider).ends(404);
}

#[test]
fn what_is_filed_by_now_is_not_taken_away_and_old_programs_have_their_encoding() {
    let desk = office();
    let (ministry, _) = key(&desk, &["--ministry"]);
    let served = Served::start(&desk);
    let path = |form: &str| format!("/exports/findings.{form}");
    let first = served.get(&path("csv"), &ministry).ends(200);
    assert_eq!(first.header("x-mended"), None);
    let number = "京ICP备05014806号-4";
    desk.import(
        "filings",
        "more.csv",
        format!("domain,site_number,state\nd4.cn,{number},active\n"),
    );
    for form in ["csv", "jsonl", "xlsx", "csv?encoding=gbk", "xlsx?per_provider=true"] {
        let came = served.get(&path(form), &ministry).ends(200);
        assert_eq!(came.header("x-mended"), Some("1"), "{form}");
        if !form.starts_with("xlsx") {
            let text = String::from_utf8_lossy(&came.bytes).into_owned();
            assert!(text.contains("d5.cn") && !text.contains("d4.cn"), "{form}: {text}");
        }
    }
    let page = served.get("/findings", &ministry).ends(200);
    assert_eq!(domains(&page, "findings").len(), 6, "it stands until a night has looked");
    for (form, args) in [
        ("csv", &["csv"][..]),
        ("csv?encoding=gbk", &["csv", "--encoding", "gbk"]),
        ("jsonl", &["jsonl"]),
        ("xlsx", &["xlsx"]),
        ("xlsx?per_provider=true", &["xlsx", "--per-provider"]),
    ] {
        let printed = desk.run(&[&["findings", "--format"], args].concat());
        printed.ends(0).complains(&["d4.cn: it is filed by now"]);
        let came = served.get(&path(form), &ministry).ends(200);
        assert!(came.bytes == printed.out, "{form}: not as the command writes it");
    }
    let gbk = served.get(&path("csv?encoding=gbk"), &ministry);
    assert_eq!(gbk.header("content-type"), Some("text/csv; charset=gbk"));
    for wrong in ["csv?encoding=utf-16", "csv?per_provider=true", "jsonl?encoding=gbk"] {
        served.get(&path(wrong), &ministry).ends(400);
    }
}

/// The answer to `/domains/{domain}` once `is_so` says yes of it: what follows from submissions is done
/// outside of the calls that bring them.
fn told_once(served: &Served, domain: &str, key: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let came = served.get(&format!("/domains/{domain}"), key);
        // Whoever asks too often is told so.
        if came.status != 429 {
            let answer = came.ends(200).json();
            if is_so(&answer) {
                return answer;
            }
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "it is never so of {domain}");
        std::thread::yield_now();
    }
}

#[test]
fn providers_who_submit_the_same_record_at_once_are_all_connected() {
    let desk = office();
    let number = "京ICP备05014806号-9";
    desk.import(
        "filings",
        "a.csv",
        format!("domain,site_number,state,providers\na.cn,{number},active,\n"),
    );
    let keys = ["P1", "P4", "P5"].map(|id| key(&desk, &["--provider", id]).0);
    let served = Served::start(&desk);
    let row = format!("域名,网站备案号,状态,接入服务商\na.cn,{number},active,\n");
    let submit = |key: &str| {
        let body = ("text/csv", row.as_bytes().to_vec());
        let came = served.send("POST", "/filings", key, body).ends(200).json();
        assert_eq!(came["rows"][0]["standing"], "connected", "{came}");
    };
    submit(&keys[0]);
    std::thread::scope(|scope| {
        for key in &keys {
            scope.spawn(|| submit(key));
        }
    });
    let has_all = |answer: &Value| answer["providers"].as_array().unwrap().len() == 3;
    let answer = told_once(&served, "a.cn", &keys[0], has_all);
    let mut names: Vec<_> = answer["providers"].as_array().unwrap().iter().collect();
    names.sort_by_key(|provider| provider["id"].to_string());
    let ids: Vec<_> = names.iter().map(|provider| provider["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["P1", "P4", "P5"], "{answer}");
    assert_eq!(served.stop(), Some(0));
}

#[test]
fn a_submission_is_bound_to_its_provider_and_answered_row_by_row() {
    let desk = office();
    let (provider, _) = key(&desk, &["--provider", "P4"]);
    let (receiver, _) = key(&desk, &["--provider", "P5"]);
    let (bureau, _) = key(&desk, &["--bureau", "北京"]);
    let served = Served::start(&desk);
    let number = "京ICP备05014806号-2";
    let rows = format!(
        "域名,网站备案号,状态,接入服务商\n\nnew.cn,{number},active,示例云\n\
         other.cn,{number},active,别家云\nno domain,{number},active,示例云\n"
    );
    let post = |path: &str, key: &str, body: &str| {
        served.send("POST", path, key, ("text/csv", body.as_bytes().to_vec()))
    };
    post("/filings", &bureau, &rows).ends(404);
    let came = post("/filings", &provider, &rows).ends(200).json();
    assert_eq!((came["taken"].as_u64(), came["refused"].as_u64()), (Some(1), Some(2)), "{came}");
    let told: Vec<_> = came["rows"].as_array().unwrap().iter().collect();
    let told = told.iter().map(|row| (&row["line"], &row["standing"], &row["column"]));
    let expected = [
        (&json!(3), &json!("pending"), &json!(null)),
        (&json!(4), &json!(null), &json!("providers")),
        (&json!(5), &json!(null), &json!("domain")),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected, "each with its line of the file");
    let told = |domain: &str| {
        let answer = served.get(&format!("/domains/{domain}"), &provider).ends(200).json();
        (answer["status"].clone(), answer["submitted"][0]["standing"].clone())
    };
    assert_eq!(told("new.cn"), (json!("unfiled"), json!("pending")));
    assert_eq!(told("other.cn"), (json!("unfiled"), json!(null)));

    let registry = desk.write("registry.csv", "cidr,kind\n1.2.0.0/16,registry\n");
    desk.run(&["import", "allocations", &registry]).ends(0);
    let rows = "start,end,provider,kind\n1.2.4.0,1.2.4.255,示例云,source\n1.2.5.0,1.2.5.255,别家云,source\n";
    let came = post("/allocations", &provider, rows).ends(200).json();
    assert_eq!((came["taken"].as_u64(), came["refused"].as_u64()), (Some(1), Some(1)), "{came}");
    assert_eq!((&came["rows"][0]["line"], &came["rows"][0]["standing"]), (&json!(2), &json!(null)));
    let problems = served.get("/allocations/problems", &provider).ends(200).json();
    for problem in problems["problems"].as_array().unwrap() {
        assert_eq!(problem["provider"]["id"], "P4", "{problem}");
    }
    // What is passed on is another's only when that one says so: nobody is made to serve a site.
    let passed_on = "cidr,provider,kind,to\n1.2.4.0/26,示例云,reassigned,别家云\n";
    let refused = post("/allocations", &provider, passed_on).ends(200).json();
    assert_eq!(refused["rows"][0]["column"], "to", "{refused}");
    let its_own = "cidr,provider,kind,from\n1.2.4.0/26,别家云,source,示例云\n";
    let its_own = post("/allocations", &receiver, its_own).ends(200).json();
    assert_eq!(its_own["rows"][0]["standing"], "pending", "{its_own}");
    let taken = post("/allocations", &provider, passed_on).ends(200).json();
    assert_eq!((&taken["taken"], &taken["refused"]), (&json!(1), &json!(0)), "{taken}");
    assert_eq!(served.stop(), Some(0));
    desk.run(&["lookup", "1.2.4.200"]).ends(0).says("示例云");
}

#[test]
fn what_waits_is_told_to_those_whom_it_concerns_and_joined_when_its_record_comes() {
    let desk = office();
    let kept = |args: &[&str]| key(&desk, args).0;
    let (own, other, reader) =
        (kept(&["--provider", "P4"]), kept(&["--provider", "P5"]), kept(&["--reader", "公安"]));
    let (ministry, beijing, tianjin) =
        (kept(&["--ministry"]), kept(&["--bureau", "北京"]), kept(&["--bureau", "天津"]));
    let served = Served::start(&desk);
    let number = "京ICP备05014806号-2";
    let row = format!("domain,site_number\nnew.cn,{number}\n");
    let body = ("text/csv", row.clone().into_bytes());
    let came = served.send("POST", "/filings", &own, body).ends(200).json();
    assert_eq!(came["rows"][0]["standing"], "pending", "{came}");
    for (key, sees) in
        [(&own, 1), (&beijing, 1), (&ministry, 1), (&other, 0), (&reader, 0), (&tianjin, 0)]
    {
        let answer = served.get("/domains/new.cn", key).ends(200).json();
        let submitted = answer["submitted"].as_array().map_or(0, Vec::len);
        assert_eq!((submitted, &answer["status"]), (sees, &json!("unfiled")), "{answer}");
        assert_eq!(answer.get("submitted").is_some(), sees > 0, "nothing tells that it is hidden");
    }
    let wrong = "domain,site_number\nnew.cn,京ICP备05014806号-3\n";
    desk.run(&["lookup", "new.cn"]).ends(0).says("待审核 pending").says("未备案");
    desk.run(&["explain", "new.cn"]).ends(0).says("待审核 pending");
    desk.import("filings", "w.csv", wrong);
    let told = desk.run(&["lookup", "new.cn", "--format", "json"]).json();
    assert_eq!(told[0]["submitted"][0]["standing"], "pending", "another number is another filing");
    // The register is replaced by one that has the record, and nobody as its access provider.
    let whole = format!("{row}d5.cn,京ICP备05014806号-5\n")
        .replace("site_number\n", "site_number,providers\n");
    let whole = whole.replace("号-2\n", "号-2,\n").replace("号-5\n", "号-5,\n");
    let file = desk.write("whole.csv", whole);
    let ran = desk.run(&["import", "filings", &file, "--replace"]);
    ran.ends(0).says("submitted by providers: 1 connected, 0 pending");
    let answer = served.get("/domains/new.cn", &own).ends(200).json();
    assert_eq!(answer["providers"], json!([{"id": "P4", "name": "示例云"}]), "{answer}");
    let told = (&answer["status"], &answer["submitted"][0]["joined"]);
    assert_eq!(told, (&json!("filed"), &json!(true)), "{answer}");
    // Whoever has it from the authority needs no word of its own.
    let whole = format!("{}d5.cn,京ICP备05014806号-5,\n", row_with_provider(&row));
    let file = desk.write("whole.csv", whole);
    desk.run(&["import", "filings", &file, "--replace"]).ends(0);
    let answer = served.get("/domains/new.cn", &own).ends(200).json();
    assert_eq!((&answer["status"], answer.get("submitted")), (&json!("filed"), None), "{answer}");
    assert_eq!(served.stop(), Some(0));
}

fn row_with_provider(row: &str) -> String {
    row.replace("site_number\n", "site_number,providers\n").replace("号-2\n", "号-2,示例云\n")
}

#[test]
fn where_the_register_says_nobodys_access_that_is_told_and_the_row_waits() {
    let desk = office();
    let (own, _) = key(&desk, &["--provider", "P4"]);
    let row = "domain,site_number\nnew.cn,京ICP备05014806号-2\n";
    desk.import("filings", "public.csv", row);
    let served = Served::start(&desk);
    let body = ("text/csv", row.as_bytes().to_vec());
    let came = served.send("POST", "/filings", &own, body).ends(200).json();
    assert_eq!(came["rows"][0]["standing"], "providers_unknown", "{came}");
    let answer = served.get("/domains/new.cn", &own).ends(200).json();
    let told = (&answer["providers_known"], &answer["submitted"][0]["joined"]);
    assert_eq!(told, (&json!(false), &json!(false)), "{answer}");
    desk.import(
        "filings",
        "more.csv",
        "domain,site_number,providers\nnew.cn,京ICP备05014806号-2,\n",
    );
    let answer = served.get("/domains/new.cn", &own).ends(200).json();
    assert_eq!(answer["providers"][0]["id"], "P4", "{answer}");
    assert_eq!(served.stop(), Some(0));
}

#[test]
fn the_ministrys_filings_are_in_the_register_and_what_waited_for_them_is_joined() {
    let desk = office();
    let (own, _) = key(&desk, &["--provider", "P4"]);
    let (ministry, _) = key(&desk, &["--ministry"]);
    let served = Served::start(&desk);
    let row = "domain,site_number,providers\nnew.cn,京ICP备05014806号-2,\n";
    let post = |key: &str| {
        let body = ("text/csv", row.as_bytes().to_vec());
        served.send("POST", "/filings", key, body).ends(200).json()["rows"][0]["standing"].clone()
    };
    assert_eq!(post(&own), "pending");
    assert_eq!(post(&ministry), json!(null));
    let is_joined = |answer: &Value| answer["providers"][0]["id"] == "P4";
    let answer = told_once(&served, "new.cn", &own, is_joined);
    assert_eq!(answer["status"], "filed");
    assert_eq!(served.stop(), Some(0));
}

/// What a puller has on its disk: the changes that it took, and the cursor that came with them.
#[derive(Default)]
struct Pulled {
    sequences: Vec<u64>,
    cursor: u64,
}

impl Pulled {
    /// Pulls once. Where it is killed, what came is lost, and it begins again from what it has.
    fn pull(&mut self, served: &Served, key: &str, is_killed: bool) -> usize {
        let came = served.get(&format!("/changes?after={}&limit=7", self.cursor), key).json();
        let changes = came["changes"].as_array().unwrap();
        if !is_killed {
            self.sequences
                .extend(changes.iter().map(|change| change["sequence"].as_u64().unwrap()));
            self.cursor = came["next"].as_u64().unwrap();
        }
        changes.len()
    }
}

#[test]
fn a_puller_that_is_killed_and_a_server_that_is_restarted_lose_and_repeat_nothing() {
    let desk = office();
    desk.write("chabei.toml", "[serve]\ncalls_per_second = 1000\ncalls_at_once = 1000\n");
    let (provider, _) = key(&desk, &["--provider", "P4"]);
    let (ministry, _) = key(&desk, &["--ministry"]);
    let (mut pulled, mut all) = (Pulled::default(), Pulled::default());
    for round in 0..3_u32 {
        let served = Served::start(&desk);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..20_u32 {
                    let opinion = format!("{round} {number}");
                    let body = json!({"result": "in_progress", "opinion": opinion});
                    let path = format!("/findings/{}/answers", id(u128::from(number % 3) + 1));
                    served.call("POST", &path, Some(&provider), Some(&body)).ends(200);
                }
            });
            for pull in 0..12_u32 {
                pulled.pull(&served, &provider, pull % 3 == 1);
                all.pull(&served, &ministry, pull % 4 == 2);
            }
        });
        assert_eq!(served.stop(), Some(0));
    }
    let served = Served::start(&desk);
    while pulled.pull(&served, &provider, false) > 0 {}
    while all.pull(&served, &ministry, false) > 0 {}
    assert_eq!(all.sequences, (1..=66).collect::<Vec<u64>>());
    let own: Vec<u64> = (1..=3).chain(7..=66).collect();
    assert_eq!(pulled.sequences, own, "every change of its findings, once, in order");
}
