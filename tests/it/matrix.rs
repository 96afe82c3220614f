//! Every call by every kind of key: status and body are exactly what they should be, and nobody learns
//! of what is not his, be it by rows, counts, the text of a problem, a header or a file.

mod files;
mod findings;
mod messages;
mod registers;
mod submissions;

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use crate::desk::Desk;
use crate::served::Came;
use crate::served::Served;
use crate::served::key;
use crate::served::office;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
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
pub(crate) const GOOD: [Who; 7] =
    [Reader, OtherProvider, RightProvider, ItsCarrier, OtherBureau, RightBureau, Ministry];

/// Those whose key is none.
pub(crate) const BAD: [Who; 6] =
    [Who::Nobody, Who::Unknown, Who::Nonsense, Who::Expired, Who::Revoked, Who::Requested];

/// Two claim the same addresses, one of them of Beijing, the other of Hebei; and P4, which has others
/// from P1, does not say who uses them.
const ALLOCATIONS: &str = "\
cidr,provider,kind,from,to,province,user_address
1.2.4.0/24,P4,source,,,北京,
1.2.4.0/24,P5,source,,,河北,
1.3.0.0/16,P1,source,,,,
1.3.4.0/24,P1,reassigned,,P4,,
1.3.4.0/24,P4,source,P1,,,
1.3.4.0/24,P4,assigned,,,北京,
";

/// What a call gives whoever may not see what it is about.
const NOT_FOUND: &str = r#"{"type":"about:blank","title":"Not Found","status":404}"#;

impl Who {
    /// The findings of the office that it may see, by number.
    pub(crate) fn sees(self) -> &'static [u128] {
        match self {
            OtherProvider => &[4, 5],
            RightProvider | ItsCarrier => &[1, 2, 3],
            RightBureau => &[1, 2],
            Ministry => &[1, 2, 3, 4, 5, 6],
            _ => &[],
        }
    }

    pub(crate) fn sees_findings(self) -> bool {
        !matches!(self, Reader)
    }

    pub(crate) fn is_authority(self) -> bool {
        matches!(self, OtherBureau | RightBureau | Ministry)
    }
}

/// Keys of every kind, and the office they call at.
pub(crate) struct Callers {
    pub(crate) desk: Desk,
    pub(crate) keys: BTreeMap<Who, String>,
    pub(crate) served: Served,
}

impl Callers {
    pub(crate) fn new() -> Self {
        Self::at(office())
    }

    pub(crate) fn at(desk: Desk) -> Self {
        desk.import("allocations", "allocations.csv", ALLOCATIONS);
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

    pub(crate) fn call(&self, who: Who, method: &str, path: &str, body: Option<&Value>) -> Came {
        self.served.call(method, path, self.keys.get(&who).map(String::as_str), body)
    }

    /// A call by everybody whose key is good; each must get what `expected` says.
    #[track_caller]
    pub(crate) fn check(
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
    pub(crate) fn is_closed(&self, method: &str, path: &str, body: Option<&Value>) {
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
    pub(crate) fn tells_nothing(&self, who: Who, came: &Came, what: &str) {
        let nowhere = self.call(who, "GET", "/nothing/of/this/name", None);
        assert_eq!(undated(came), undated(&nowhere), "{what}");
        assert_eq!(came.bytes, nowhere.bytes, "{what}");
    }

    pub(crate) fn json(&self, who: Who, path: &str) -> Value {
        self.call(who, "GET", path, None).ends(200).json()
    }
}

/// Every header but the time.
pub(crate) fn undated(came: &Came) -> BTreeMap<String, String> {
    let text = |name: &reqwest::header::HeaderName| came.header(name.as_str()).unwrap().to_owned();
    let names = came.headers.keys().filter(|name| *name != "date");
    names.map(|name| (name.to_string(), text(name))).collect()
}

pub(crate) fn not_found() -> (u16, Vec<u8>) {
    (404, NOT_FOUND.into())
}

pub(crate) fn json_of(value: &Value) -> (u16, Vec<u8>) {
    (200, serde_json::to_vec(value).unwrap())
}

/// The domains of the findings that `who` may see.
pub(crate) fn domains(who: Who) -> Vec<String> {
    who.sees().iter().map(|number| format!("d{number}.cn")).collect()
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
    let daily = desk.run(&["keys", "log", "--daily", "--format", "json"]).json();
    let refused = daily.iter().filter(|day| day["what"] == "GET /api/v1/scans 401 revoked");
    let refused: Vec<_> = refused.map(|day| (&day["count"], &day["by"])).collect();
    assert_eq!(refused, [(&json!(1), &json!("127.0.0.1"))]);
}
