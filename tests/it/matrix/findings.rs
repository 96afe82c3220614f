//! Findings and their changes, in lists and one by one.

use serde_json::json;

use crate::matrix::Callers;
use crate::matrix::GOOD;
use crate::matrix::Who;
use crate::matrix::Who::Ministry;
use crate::matrix::Who::RightProvider;
use crate::matrix::domains;
use crate::matrix::not_found;
use crate::served::id;

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
