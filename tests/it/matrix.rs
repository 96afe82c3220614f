//! Every call by every kind of key: status and body are exactly what they should be, and nobody learns
//! of what is not his, be it by rows, counts, the text of a problem, a header or a file.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::io::Read;

use serde_json::Value;
use serde_json::json;

use crate::desk::Desk;
use crate::served::Came;
use crate::served::Served;
use crate::served::id;
use crate::served::key;
use crate::served::office;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Nobody,
    Unknown,
    Nonsense,
    Expired,
    Revoked,
    Requested,
    Reader,
    OtherProvider,
    RightProvider,
    ItsCarrier,
    OtherBureau,
    RightBureau,
    Ministry,
}

use Who::ItsCarrier;
use Who::Ministry;
use Who::OtherBureau;
use Who::OtherProvider;
use Who::Reader;
use Who::RightBureau;
use Who::RightProvider;

/// Those whose key is good.
const GOOD: [Who; 7] =
    [Reader, OtherProvider, RightProvider, ItsCarrier, OtherBureau, RightBureau, Ministry];

/// Those whose key is none.
const BAD: [Who; 6] =
    [Who::Nobody, Who::Unknown, Who::Nonsense, Who::Expired, Who::Revoked, Who::Requested];

/// What a call gives whoever may not see what it is about.
const NOT_FOUND: &str = r#"{"type":"about:blank","title":"Not Found","status":404}"#;

impl Who {
    /// The findings of the office that it may see, by number.
    fn sees(self) -> &'static [u128] {
        match self {
            OtherProvider => &[4, 5],
            RightProvider | ItsCarrier => &[1, 2, 3],
            RightBureau => &[1, 2],
            Ministry => &[1, 2, 3, 4, 5, 6],
            _ => &[],
        }
    }

    fn sees_findings(self) -> bool {
        !matches!(self, Reader)
    }

    fn is_authority(self) -> bool {
        matches!(self, OtherBureau | RightBureau | Ministry)
    }
}

/// Keys of every kind, and the office they call at.
struct Callers {
    desk: Desk,
    keys: BTreeMap<Who, String>,
    served: Served,
}

impl Callers {
    fn new() -> Self {
        let desk = office();
        // Two claim the same addresses, one of them of Beijing, the other of Hebei.
        desk.import(
            "allocations",
            "allocations.csv",
            "cidr,provider,kind,province\n1.2.4.0/24,P4,source,北京\n1.2.4.0/24,P5,source,河北\n",
        );
        desk.run(&["check", "allocations"]).ends(0);
        desk.write("chabei.toml", "[serve]\ncalls_per_second = 1000\ncalls_at_once = 1000\n");
        let (revoked, revoked_id) = key(&desk, &["--ministry"]);
        desk.run(&["keys", "revoke", &revoked_id, "--reason", "遗失"]).ends(0);
        let then = |args: &[&str]| {
            let ran = desk.run(&[&["--now", "2020-01-01T00:00:00+08:00"], args].concat());
            ran.ends(0);
            ran.text().trim().to_owned()
        };
        let expired = then(&["keys", "request", "--ministry"]);
        then(&["keys", "approve", &expired]);
        let expired = then(&["keys", "issue", &expired, "--until", "2020-01-02"]);
        // An id is no secret, and what was asked for is no key yet.
        let requested = desk.run(&["keys", "request", "--ministry"]).text().trim().to_owned();
        let good = |holder: &[&str]| key(&desk, holder).0;
        let keys = BTreeMap::from([
            (Who::Unknown, format!("chabei_{}", "0".repeat(40))),
            (Who::Nonsense, "x".to_owned()),
            (Who::Expired, expired),
            (Who::Revoked, revoked),
            (Who::Requested, requested),
            (Reader, good(&["--reader", "公安"])),
            (OtherProvider, good(&["--provider", "P5"])),
            (RightProvider, good(&["--provider", "P4"])),
            (ItsCarrier, good(&["--provider", "P1"])),
            (OtherBureau, good(&["--bureau", "天津"])),
            (RightBureau, good(&["--bureau", "北京"])),
            (Ministry, good(&["--ministry"])),
        ]);
        let served = Served::start(&desk);
        Self { desk, keys, served }
    }

    fn call(&self, who: Who, method: &str, path: &str, body: Option<&Value>) -> Came {
        self.served.call(method, path, self.keys.get(&who).map(String::as_str), body)
    }

    /// A call by everybody whose key is good; each must get what `expected` says.
    #[track_caller]
    fn check(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        expected: impl Fn(Who) -> (u16, Vec<u8>),
    ) {
        for who in GOOD {
            let came = self.call(who, method, path, body);
            let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (status, bytes) = expected(who);
            let what = format!("{method} {path} by {who:?}");
            assert_eq!((came.status, told(&came.bytes)), (status, told(&bytes)), "{what}");
            if status == 404 {
                self.tells_nothing(who, &came, &what);
            }
        }
        self.is_closed(method, path, body);
    }

    /// Nobody without a good key gets in, and none is told why.
    #[track_caller]
    fn is_closed(&self, method: &str, path: &str, body: Option<&Value>) {
        let first = self.call(Who::Nobody, method, path, body);
        assert_eq!(first.status, 401, "{method} {path}");
        let detail = "send a key that is good: `Authorization: Bearer chabei_…`";
        let title = "Unauthorized";
        let problem =
            json!({"type": "about:blank", "title": title, "status": 401, "detail": detail});
        assert_eq!(first.json(), problem, "{method} {path}");
        for who in BAD {
            let came = self.call(who, method, path, body);
            assert_eq!(came.bytes, first.bytes, "{method} {path} by {who:?}");
            assert_eq!(undated(&came), undated(&first), "{method} {path} by {who:?}");
        }
    }

    /// What is not his looks to the last header like what is not there.
    #[track_caller]
    fn tells_nothing(&self, who: Who, came: &Came, what: &str) {
        let nowhere = self.call(who, "GET", "/nothing/of/this/name", None);
        assert_eq!(undated(came), undated(&nowhere), "{what}");
        assert_eq!(came.bytes, nowhere.bytes, "{what}");
    }

    fn json(&self, who: Who, path: &str) -> Value {
        self.call(who, "GET", path, None).ends(200).json()
    }
}

/// Every header but the time.
fn undated(came: &Came) -> BTreeMap<String, String> {
    let text = |name: &reqwest::header::HeaderName| came.header(name.as_str()).unwrap().to_owned();
    let names = came.headers.keys().filter(|name| *name != "date");
    names.map(|name| (name.to_string(), text(name))).collect()
}

fn not_found() -> (u16, Vec<u8>) {
    (404, NOT_FOUND.into())
}

fn json_of(value: &Value) -> (u16, Vec<u8>) {
    (200, serde_json::to_vec(value).unwrap())
}

/// The domains of the findings that `who` may see.
fn domains(who: Who) -> Vec<String> {
    who.sees().iter().map(|number| format!("d{number}.cn")).collect()
}

#[test]
fn lists_and_feeds_hold_what_the_key_may_see_and_nothing_more() {
    let callers = Callers::new();
    // What the ministry is given, row by row, is what the others are given less what is not theirs.
    let text = |path: &str| {
        let came = callers.call(Ministry, "GET", path, None).ends(200);
        String::from_utf8(came.bytes).unwrap()
    };
    let all = text("/findings");
    let rows: Vec<&str> = all
        .strip_prefix("{\"findings\":[")
        .and_then(|rest| rest.strip_suffix("],\"next\":null}"))
        .map(|rows| rows.split_inclusive("\"warc\":null}}").collect())
        .unwrap();
    assert_eq!(rows.len(), 6);
    let own = |who: Who, of: &[&str]| -> Vec<String> {
        let is_own = |row: &&&str| {
            domains(who).iter().any(|domain| row.contains(&format!("\"domain\":\"{domain}\"")))
        };
        of.iter().filter(is_own).map(|row| row.trim_start_matches(',').to_owned()).collect()
    };
    callers.check("GET", "/findings", None, |who| {
        if !who.sees_findings() {
            return not_found();
        }
        let page = format!("{{\"findings\":[{}],\"next\":null}}", own(who, &rows).join(","));
        (200, page.into_bytes())
    });
    let all = text("/changes");
    let told: Vec<&str> = all
        .strip_prefix("{\"changes\":[")
        .and_then(|rest| rest.strip_suffix("],\"next\":6}"))
        .map(|rows| rows.split_inclusive("\"warc\":null}}}").collect())
        .unwrap();
    callers.check("GET", "/changes", None, |who| {
        if !who.sees_findings() {
            return not_found();
        }
        let next = who.sees().last().copied().unwrap_or(0);
        let page = format!("{{\"changes\":[{}],\"next\":{next}}}", own(who, &told).join(","));
        (200, page.into_bytes())
    });
    // A filter tells apart neither what others have nor what nobody has.
    for filter in ["provider=P9", "provider=%20", "bureau=%E4%B8%8A%E6%B5%B7", "state=closed"] {
        callers.check("GET", &format!("/findings?{filter}"), None, |who| {
            if who.sees_findings() {
                (200, b"{\"findings\":[],\"next\":null}".into())
            } else {
                not_found()
            }
        });
    }
    callers.check("GET", "/findings?provider=P5", None, |who| {
        if !who.sees_findings() {
            return not_found();
        }
        let theirs: Vec<String> =
            own(who, &rows).into_iter().filter(|row| row.contains("{\"id\":\"P5\"")).collect();
        (200, format!("{{\"findings\":[{}],\"next\":null}}", theirs.join(",")).into_bytes())
    });
    let limit = "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\
                 \"detail\":\"limit is 1 to 1000\"}";
    callers.check("GET", "/findings?limit=0", None, |who| {
        if who.sees_findings() { (400, limit.into()) } else { not_found() }
    });
}

#[test]
fn files_hold_what_the_key_may_see_and_nothing_more() {
    let callers = Callers::new();
    for name in ["findings.csv", "findings.jsonl", "findings.csv?encoding=gbk"] {
        let path = format!("/exports/{name}");
        let all = callers.call(Ministry, "GET", &path, None).ends(200).bytes;
        let lines: Vec<&[u8]> = all.split_inclusive(|byte| *byte == b'\n').collect();
        let headings = usize::from(name.contains("csv"));
        assert_eq!(lines.len(), 6 + headings, "{name}");
        callers.check("GET", &path, None, |who| {
            if !who.sees_findings() {
                return not_found();
            }
            let mut own = lines[..headings].concat();
            for number in who.sees() {
                own.extend_from_slice(lines[headings + usize::try_from(*number).unwrap() - 1]);
            }
            (200, own)
        });
    }
    for who in GOOD {
        for sheets in ["", "?per_provider=true"] {
            let path = format!("/exports/findings.xlsx{sheets}");
            let came = callers.call(who, "GET", &path, None);
            if who.sees_findings() {
                let text = unzipped(&came.ends(200).bytes);
                let told = (1..=6).map(|number| format!("d{number}.cn"));
                let told: Vec<String> = told.filter(|domain| text.contains(domain)).collect();
                assert_eq!(told, domains(who), "{who:?}");
                assert_eq!(text.contains("别家云"), who.sees().contains(&4), "{who:?}");
            } else {
                callers.tells_nothing(who, &came.ends(404), &path);
            }
        }
    }
    callers.is_closed("GET", "/exports/findings.xlsx", None);
    // Nobody has a number of the ministry's, so that no message tells of anything.
    callers.check("GET", "/exports/findings.xml", None, |who| {
        if who.sees_findings() { (204, vec![]) } else { not_found() }
    });
    for path in ["/exports/findings.pdf", "/evidence", "/evidence/1", "/bulletins/2009-06.pdf"] {
        callers.check("GET", path, None, |_| not_found());
    }
}

/// The text of every part of a workbook.
fn unzipped(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    for index in 0..archive.len() {
        archive.by_index(index).unwrap().read_to_string(&mut text).unwrap();
    }
    text
}

#[test]
fn one_finding_is_there_for_those_whose_it_is_and_answered_by_its_provider_alone() {
    let callers = Callers::new();
    let path = format!("/findings/{}", id(1));
    let whole = callers.call(Ministry, "GET", &path, None).ends(200).bytes;
    let is_seen = |who: Who| who.sees().contains(&1);
    callers.check("GET", &path, None, |who| {
        if is_seen(who) { (200, whole.clone()) } else { not_found() }
    });
    let nowhere = format!("/findings/{}", id(99));
    callers.check("GET", &nowhere, None, |_| not_found());
    let answers = |of: &str| format!("{of}/answers");
    let answer = json!({"result": "in_progress", "opinion": "在办"});
    callers.check("POST", &answers(&nowhere), Some(&answer), |_| not_found());
    let forbidden = "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\
                     \"detail\":\"only the provider itself answers\"}";
    for who in GOOD.into_iter().filter(|who| *who != RightProvider) {
        let came = callers.call(who, "POST", &answers(&path), Some(&answer));
        if is_seen(who) {
            assert_eq!(came.bytes, forbidden.as_bytes(), "{who:?}");
            assert_eq!(came.status, 403);
        } else {
            callers.tells_nothing(who, &came.ends(404), "an answer");
        }
    }
    callers.is_closed("POST", &answers(&path), Some(&answer));
    assert_eq!(callers.call(Ministry, "GET", &path, None).bytes, whole, "nothing was changed");
    let mut told =
        callers.call(RightProvider, "POST", &answers(&path), Some(&answer)).ends(200).json();
    for gone in ["at", "actor"] {
        told.as_object_mut().unwrap().remove(gone);
    }
    told["answer"].as_object_mut().unwrap().remove("at");
    let expected = json!({
        "sequence": 7, "finding": id(1), "kind": "answered", "state": "answered",
        "closed_reason": null, "reasons": [], "note": "处理中：在办",
        "answer": {"result": "in_progress", "opinion": "在办"},
    });
    assert_eq!(told, expected);
}

#[test]
fn filings_are_looked_up_by_everybody_with_a_key_and_say_the_same() {
    let callers = Callers::new();
    for path in ["/domains/a.cn", "/domains/d1.cn"] {
        let told = callers.json(Ministry, path);
        callers.check("GET", path, None, |_| json_of_same(&callers, path, &told));
    }
    callers.check("GET", "/domains/nonsense", None, |_| not_found());
    let body = json!({"domains": ["a.cn", "b.cn"]});
    let told = callers.call(Reader, "POST", "/domains/lookup", Some(&body)).ends(200);
    assert_eq!(told.json()["answers"].as_array().map(Vec::len), Some(2));
    callers.check("POST", "/domains/lookup", Some(&body), |_| (200, told.bytes.clone()));
}

fn json_of_same(callers: &Callers, path: &str, told: &Value) -> (u16, Vec<u8>) {
    let bytes = callers.call(Ministry, "GET", path, None).bytes;
    assert_eq!(&serde_json::from_slice::<Value>(&bytes).unwrap(), told);
    (200, bytes)
}

#[test]
fn registers_rates_and_bulletins_are_told_to_those_whom_they_are_about() {
    let callers = Callers::new();
    let parts = |path: &str, list: &str| callers.json(Ministry, path)[list].clone();
    let about = |rows: &Value, is_own: &dyn Fn(&Value) -> bool| -> Value {
        rows.as_array().unwrap().iter().filter(|row| is_own(row)).cloned().collect()
    };
    let problems = parts("/allocations/problems", "problems");
    for provider in ["P4", "P5"] {
        let is_his = |row: &Value| row["provider"]["id"] == provider && row["fault"] == "conflict";
        assert!(problems.as_array().unwrap().iter().any(is_his), "{problems}");
    }
    let rates = parts("/rates", "rates");
    for who in GOOD {
        let is_problem = |row: &Value| match who {
            OtherProvider => row["provider"]["id"] == "P5",
            RightProvider => row["provider"]["id"] == "P4",
            RightBureau => row["bureau"] == "北京",
            _ => who == Ministry,
        };
        let is_rate = |row: &Value| match who {
            OtherProvider => row["provider"]["id"] == "P5",
            RightProvider => row["provider"]["id"] == "P4",
            ItsCarrier => row["provider"]["id"] == "P1",
            OtherBureau => row["bureau"] == "天津",
            RightBureau => row["bureau"] == "北京",
            _ => who == Ministry,
        };
        for path in ["/allocations/problems", "/rates"] {
            let came = callers.call(who, "GET", path, None);
            if !who.sees_findings() {
                callers.tells_nothing(who, &came.ends(404), path);
            } else if path == "/rates" {
                let told = came.ends(200).json()["rates"].clone();
                let own = about(&rates, &is_rate);
                // Of whom nothing is known, the ministry is told nothing.
                assert!(told == own || own == json!([]), "{told} to {who:?}");
                assert_eq!(about(&told, &is_rate), told, "{who:?}");
            } else {
                let own = about(&problems, &is_problem);
                let expected = json!({"problems": own, "next": null});
                assert_eq!(came.ends(200).json(), expected, "{who:?}");
            }
        }
    }
    callers.is_closed("GET", "/allocations/problems", None);
    callers.is_closed("GET", "/rates", None);
    for form in ["md", "csv", "json", "xlsx"] {
        let printed = |args: &[&str]| {
            let args = [&["bulletin", "2009-06", "--format", form], args].concat();
            let ran = callers.desk.run(&args);
            ran.ends(0);
            ran.out
        };
        let path = format!("/bulletins/2009-06.{form}");
        callers.check("GET", &path, None, |who| match who {
            Ministry => (200, printed(&[])),
            RightBureau => (200, printed(&["--bureau", "北京"])),
            OtherBureau => (200, printed(&["--bureau", "天津"])),
            _ => not_found(),
        });
    }
    for path in ["/bulletins/2009-13.csv", "/bulletins/2999-01.csv", "/bulletins/x.csv"] {
        callers.check("GET", path, None, |_| not_found());
    }
}

#[test]
fn submissions_are_bound_to_whoever_makes_them() {
    let callers = Callers::new();
    let submit = |who: Who, path: &str, rows: &str| {
        let key = callers.keys[&who].as_str();
        callers.served.send("POST", path, key, ("text/csv", rows.as_bytes().to_vec()))
    };
    let number = "京ICP备05014806号-2";
    let filing = format!("domain,site_number,providers\nnew.cn,{number},P4\n");
    let allocation = "cidr,provider,kind\n1.2.8.0/24,P4,source\n".to_owned();
    let of_another =
        "the row is another provider's, or nobody's who is known; a provider submits for itself";
    for (path, rows, column) in
        [("/filings", filing, "providers"), ("/allocations", allocation, "provider")]
    {
        let refused = json!({"taken": 0, "refused": 1, "unknown_columns": [], "rows": [{
            "line": 2, "taken": false, "standing": null, "column": column, "reason": of_another,
            "problems": []}]});
        for who in GOOD {
            let came = submit(who, path, &rows);
            match who {
                Reader | OtherBureau | RightBureau => {
                    callers.tells_nothing(who, &came.ends(404), path);
                }
                OtherProvider | ItsCarrier => {
                    assert_eq!(came.ends(200).json(), refused, "{path} by {who:?}");
                }
                _ => {
                    let mut told = came.ends(200).json();
                    // What is wrong with the row by itself is told beside.
                    assert!(told["rows"][0]["problems"].take().is_array(), "{path} by {who:?}");
                    let is_pending = path == "/filings" && who == RightProvider;
                    let taken = json!({"taken": 1, "refused": 0, "unknown_columns": [], "rows": [{
                        "line": 2, "taken": true, "standing": is_pending.then_some("pending"),
                        "column": null, "reason": null, "problems": null}]});
                    assert_eq!(told, taken, "{path} by {who:?}");
                }
            }
        }
        for who in BAD.into_iter().filter(|who| callers.keys.contains_key(who)) {
            submit(who, path, &rows).ends(401);
        }
        for kind in ["text/csv", "application/jsonl"] {
            let key = callers.keys[&RightProvider].as_str();
            callers.served.send("POST", path, key, (kind, b"<x/>".to_vec())).ends(422);
        }
    }
}

#[test]
fn nights_are_for_authorities_and_the_machines_numbers_for_the_ministry() {
    let callers = Callers::new();
    let authorities = |bytes: Vec<u8>| {
        move |who: Who| if who.is_authority() { (200, bytes.clone()) } else { not_found() }
    };
    callers.check("GET", "/scans", None, authorities(b"{\"scans\":[]}".to_vec()));
    callers.check("GET", "/scans/1", None, |_| not_found());
    let conflict = json_of(&json!({
        "type": "about:blank", "title": "Conflict", "status": 409,
        "detail": "none of these is a Domain or an address; no night was begun",
    }))
    .1;
    let nobody = json!({"domains": ["no domain"]});
    for who in GOOD {
        let came = callers.call(who, "POST", "/scans", Some(&nobody));
        if who.is_authority() {
            let told: Value = serde_json::from_slice(&conflict).unwrap();
            assert_eq!(came.ends(409).json(), told, "{who:?}");
        } else {
            callers.tells_nothing(who, &came.ends(404), "POST /scans");
        }
    }
    callers.is_closed("POST", "/scans", Some(&nobody));
    for who in GOOD {
        let came = callers.call(who, "GET", "/metrics", None);
        if who == Ministry {
            let text = String::from_utf8(came.ends(200).bytes).unwrap();
            for line in [
                "chabei_findings{kind=\"unfiled\",state=\"open\"} 6",
                "chabei_findings{kind=\"shell\",state=\"open\"} 0",
                "chabei_changes_total 6",
                "chabei_night 0",
            ] {
                assert!(text.lines().any(|told| told == line), "no {line:?} in\n{text}");
            }
        } else {
            callers.tells_nothing(who, &came.ends(404), "/metrics");
        }
    }
    callers.is_closed("GET", "/metrics", None);
    callers.check("GET", "/nothing", None, |_| not_found());
    let wrong = r#"{"type":"about:blank","title":"Method Not Allowed","status":405}"#;
    callers.check("DELETE", "/findings", None, |_| (405, wrong.into()));
    for who in GOOD.into_iter().chain(BAD) {
        let came = callers.call(who, "GET", "/healthz", None);
        assert_eq!((came.status, came.bytes.as_slice()), (200, &b"ok\n"[..]), "{who:?}");
    }
    let Callers { desk, served, .. } = callers;
    assert_eq!(served.stop(), Some(0));
    let log = desk.run(&["keys", "log", "--format", "json"]).json();
    let has = |part: &str| log.iter().any(|entry| entry["what"].as_str().unwrap().contains(part));
    for part in ["GET /api/v1/scans 200", "401 no key", "401 revoked", "401 expired", "404"] {
        assert!(has(part), "no {part} in the log");
    }
}
