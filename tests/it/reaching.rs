//! How far the allocations of a provider's key reach.

use serde_json::Value;
use serde_json::json;

use crate::desk::Desk;
use crate::served::Served;
use crate::served::key;
use crate::served::office;

/// P1 has a block of what the registry gave, and passed some of it on to P4.
const ALLOCATIONS: &str = "\
cidr,provider,kind,from,to
1.0.0.0/8,,registry,,
1.3.0.0/16,P1,source,,
1.3.4.0/24,P1,reassigned,,P4
1.3.4.0/24,P4,source,P1,
1.3.4.0/25,P4,assigned,,
1.4.0.0/24,P4,assigned,,
";

const HEAD: &str = "start,end,provider,kind,from,to,allocated_on\n";

/// Who holds `address`, and from whom.
fn holder(desk: &Desk, address: &str) -> (Value, Value) {
    let told = desk.run(&["lookup", address, "--format", "json"]).json();
    (told[0]["provider"]["id"].clone(), told[0]["carrier"]["id"].clone())
}

fn post(served: &Served, key: &str, rows: &str) -> Value {
    let body = ("text/csv", format!("{HEAD}{rows}").into_bytes());
    served.send("POST", "/allocations", key, body).ends(200).json()
}

/// What became of each row: the column at fault, or its standing.
fn became(told: &Value) -> Vec<String> {
    let row = |row: &Value| {
        let word = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        if row["taken"] == true { format!("taken {}", word("standing")) } else { word("column") }
    };
    told["rows"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn a_provider_reports_no_addresses_that_the_registry_did_not_give_nor_others_have() {
    let desk = office();
    desk.import("allocations", "allocations.csv", ALLOCATIONS);
    let (own, _) = key(&desk, &["--provider", "P5"]);
    let (carrier, _) = key(&desk, &["--provider", "P1"]);
    let served = Served::start(&desk);
    for (row, expected) in [
        ("0.0.0.0,255.255.255.255,P5,assigned,,,", "start"),
        ("1.9.0.0,2.9.255.255,P5,assigned,,,", "end"),
        ("9.9.9.0,9.9.9.9,P5,source,,,", "start"),
        ("10.0.0.0,10.0.0.9,P5,source,,,", "start"),
        ("2400::,2400::9,P5,source,,,", "taken pending"),
        ("1.5.0.0,1.5.0.9,P5,assigned,,,2099-01-01", "allocated_on"),
        ("1.5.0.0,1.5.0.9,P5,assigned,,,", "taken "),
        ("1.3.4.9,1.3.4.9,P5,assigned,,,", "taken pending"),
        ("1.3.4.9,1.3.4.9,P5,brought,,,", "taken pending"),
        ("1.3.4.8,1.3.4.9,P5,source,P4,,", "taken pending"),
        ("1.3.4.0,1.3.4.255,P5,reserved,P4,,", "taken pending"),
        ("1.3.9.0,1.3.9.255,P5,source,P1,,", "taken pending"),
        ("1.3.9.0,1.3.9.127,P5,assigned,,,", "taken pending"),
        // Above others it would be their Carrier.
        ("1.0.0.0,1.255.255.255,P5,source,,,", "taken pending"),
    ] {
        let told = post(&served, &own, &format!("{row}\n"));
        assert_eq!(became(&told), [expected], "{row}: {told}");
        assert_eq!(holder(&desk, "1.3.4.9"), (json!("P4"), json!("P1")), "{row}");
        assert_eq!(holder(&desk, "1.3.9.9"), (json!("P1"), json!("P1")), "{row}");
        assert_eq!(holder(&desk, "9.9.9.9"), (json!(null), json!(null)), "{row}");
    }
    assert_eq!(holder(&desk, "1.5.0.1"), (json!("P5"), json!("P5")));

    // Its word and the giver's are a link, whoever says so first.
    let told = post(&served, &carrier, "1.3.9.0,1.3.9.255,P1,reassigned,,P5,\n");
    assert_eq!(became(&told), ["taken "], "{told}");
    assert_eq!(holder(&desk, "1.3.9.9"), (json!("P5"), json!("P1")));
    desk.run(&["check", "allocations"]).ends(0);
    let problems = served.get("/allocations/problems", &own).ends(200).json();
    let of_the_range = |problem: &&Value| {
        problem["range"] == "1.3.9.0 - 1.3.9.255" && problem["level"] == "source"
    };
    let problems = problems["problems"].as_array().unwrap();
    let words: Vec<&Value> =
        problems.iter().filter(of_the_range).map(|problem| &problem["fault"]).collect();
    assert!(!words.contains(&&json!("unreported")), "{words:?}");
    let told = post(&served, &own, "1.3.9.0,1.3.9.127,P5,assigned,,,\n");
    assert_eq!(became(&told), ["taken "], "it holds, and waits no more: {told}");

    // Two claims to one range blame nobody.
    let told = post(&served, &own, "1.3.4.0,1.3.4.127,P5,assigned,,,\n");
    assert_eq!(became(&told), ["taken "], "{told}");
    let told = desk.run(&["lookup", "1.3.4.9", "--format", "json"]).json();
    assert_eq!(told[0]["provider"], json!(null), "{told:?}");
    assert_eq!(told[0]["disputed_by"].as_array().unwrap().len(), 2, "{told:?}");
    // What the register has is not displaced by what waits.
    let told = post(&served, &own, "1.3.4.0,1.3.4.127,P5,assigned,P4,,\n");
    assert_eq!(became(&told), ["provider"], "{told}");
    assert_eq!(served.stop(), Some(0));
}

#[test]
fn rows_that_together_take_anothers_addresses_wait_together() {
    let desk = office();
    desk.import("allocations", "allocations.csv", ALLOCATIONS);
    let (own, _) = key(&desk, &["--provider", "P5"]);
    let served = Served::start(&desk);
    // Each of them alone is a dispute or nothing at all.
    let both = "1.4.0.0,1.4.0.255,P5,assigned,,,\n1.4.0.0,1.4.255.255,P5,source,P4,,\n";
    let told = post(&served, &own, both);
    assert_eq!(became(&told), ["taken pending", "taken "], "{told}");
    assert_eq!(holder(&desk, "1.4.0.9").0, json!("P4"));
    assert_eq!(served.stop(), Some(0));
}
