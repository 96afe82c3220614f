//! What providers hand in.

use serde_json::json;

use crate::matrix::BAD;
use crate::matrix::Callers;
use crate::matrix::GOOD;
use crate::matrix::Who;
use crate::matrix::Who::ItsCarrier;
use crate::matrix::Who::OtherBureau;
use crate::matrix::Who::OtherProvider;
use crate::matrix::Who::Reader;
use crate::matrix::Who::RightBureau;
use crate::matrix::Who::RightProvider;

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
                    // What nobody gave it waits, for a provider only.
                    let is_pending = who == RightProvider;
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
