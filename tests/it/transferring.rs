//! A finding whose bureau or carrier changes is told to those who have it from then on, and to those
//! who had it.

use std::fs;

use serde_json::Value;

use crate::matrix::undated;
use crate::served::Served;
use crate::served::key;
use crate::town::Town;
use crate::town::text;

/// Imports the allocations with every `from` told as `to` in the rows that `is_meant`.
pub(crate) fn reallot(town: &Town, is_meant: impl Fn(&str) -> bool, words: &[(&str, &str)]) {
    let path = town.path("allocations.csv");
    let told = |line: &str| {
        let mut line = line.to_owned();
        if is_meant(&line) {
            for (from, to) in words {
                line = line.replace(from, to);
            }
        }
        line
    };
    let rows: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(told).collect();
    fs::write(&path, rows.join("\n")).unwrap();
    let args = ["import", "allocations", path.to_str().unwrap(), "--replace", "--strict"];
    town.run(&args).ends(0);
}

/// Every change of the finding `id` that a key is told of after `after`, and where the feed ends.
fn told_of(served: &Served, key: &str, id: &str, after: u64) -> (Vec<Value>, u64) {
    let page = served.get(&format!("/changes?limit=1000&after={after}"), key).ends(200).json();
    let changes = page["changes"].as_array().unwrap();
    let of_it = changes.iter().filter(|change| change["finding"] == id).cloned().collect();
    (of_it, page["next"].as_u64().unwrap())
}

/// Says that `change` tells of the finding as it is now, by its whole.
#[track_caller]
fn is_whole(served: &Served, key: &str, change: &Value, kind: &str) {
    let id = text(change, "/finding").unwrap();
    let mut finding = served.get(&format!("/findings/{id}"), key).ends(200).json();
    finding.as_object_mut().unwrap().remove("changes");
    assert_eq!((text(change, "/kind"), &change["now"]), (Some(kind), &finding));
}

/// Says that the finding `id`, of `domain`, is to this key like one that is not there.
#[track_caller]
fn is_told_no_more(served: &Served, key: &str, (id, domain): (&str, &str)) {
    let nobodys = "01J00000000000000000000000";
    let answer = serde_json::json!({"result": "in_progress", "opinion": "在办"});
    for (method, below, body) in [("GET", "", None), ("POST", "/answers", Some(&answer))] {
        let call = |id: &str| {
            served.call(method, &format!("/findings/{id}{below}"), Some(key), body).ends(404)
        };
        assert_eq!(undated(&call(id)), undated(&call(nobodys)));
        assert_eq!(call(id).bytes, call(nobodys).bytes);
    }
    for path in ["/findings?state=all&limit=1000", "/exports/findings.csv?state=all", "/changes"] {
        let told = served.get(path, key).ends(200).bytes;
        assert!(!String::from_utf8_lossy(&told).contains(domain), "{path} tells of {domain}");
    }
}

/// A finding of Beijing that stands whenever it is looked for, at a provider below the first carrier or
/// the second.
fn one_that_stays(town: &Town) -> Value {
    let steady: Vec<String> = town
        .truth()
        .into_iter()
        .filter(|site| site.scenario == "unfiled")
        .map(|site| site.domain.to_string())
        .collect();
    let findings = town.findings();
    let is_meant = |finding: &&Value| {
        steady.iter().any(|domain| finding["domain"] == domain.as_str())
            && ["C01", "C02"].iter().any(|id| text(finding, "/carrier/id") == Some(id))
            && finding["provider"]["id"] != finding["carrier"]["id"]
            && finding["bureau"] == "北京"
    };
    findings.iter().find(is_meant).expect("such a finding").clone()
}

/// Says that the data are whole, and come out of a file as they went in.
fn is_carried(town: &Town) {
    town.run(&["check-data"]).ends(0);
    let exported = town.run(&["export-data", "-"]).ends(0).text().to_owned();
    let file = town.write("all.jsonl", &exported);
    town.run_over("other", &["import-data", &file]).ends(0).says("transfer: ");
    assert_eq!(town.run_over("other", &["export-data", "-"]).ends(0).text(), exported);
}

#[test]
fn a_finding_that_goes_to_another_bureau_or_carrier_is_told_to_both_sides() {
    let town = Town::new(60, 4);
    town.import_all();
    town.scan(&[]);
    let finding = one_that_stays(&town);
    let of = |pointer: &str| text(&finding, pointer).unwrap();
    let (id, provider, carrier) = (of("/id"), of("/provider/id"), of("/carrier/id"));
    let other = if carrier == "C01" { "C02" } else { "C01" };
    let holders: [&[&str]; 6] = [
        &["--bureau", "北京"],
        &["--bureau", "河北"],
        &["--provider", provider],
        &["--provider", carrier],
        &["--provider", other],
        &["--ministry"],
    ];
    let [had, has, own, above, newly_above, ministry] = holders.map(|holder| key(&town, holder).0);
    let served = Served::start(&town);
    let first = told_of(&served, &had, id, 0);
    assert_eq!((first.0.len(), text(&first.0[0], "/kind")), (1, Some("opened")));
    assert_eq!(told_of(&served, &has, id, 0).0, [Value::Null; 0]);
    let begun = told_of(&served, &ministry, id, 0).1;

    // Reported as of another province, the address gives it to another bureau.
    let mark = format!(",{provider},");
    reallot(
        &town,
        |row| row.contains(&mark),
        &[(",false,,", ",false,河北,"), (",false,北京,", ",false,河北,")],
    );
    town.scan(&["--all"]);
    let (left, _) = told_of(&served, &had, id, begun);
    let told = left[0].as_object().unwrap();
    assert_eq!(told.keys().collect::<Vec<_>>(), ["at", "finding", "kind", "sequence"]);
    assert_eq!((left.len(), text(&left[0], "/kind")), (1, Some("left")));
    is_told_no_more(&served, &had, (id, of("/domain")));
    // Whoever had not asked before it went is not told what it was.
    assert_eq!(told_of(&served, &had, id, 0).0, left);
    let mut night = begun;
    for key in [&has, &own, &above, &ministry] {
        let (came, next) = told_of(&served, key, id, begun);
        assert_eq!((came.len(), &came[0]["sequence"]), (1, &left[0]["sequence"]));
        is_whole(&served, key, &came[0], "transferred");
        assert_eq!(came[0]["note"], "监督单位由北京改为河北");
        night = night.max(next);
    }
    assert_eq!(told_of(&served, &newly_above, id, 0).0, [Value::Null; 0]);

    // The two carriers change their ranges, and the province is mended; nobody is asked for it.
    let swap = [("C01", "C0X"), ("C02", "C01"), ("C0X", "C02")];
    let names = [("东海", "某海"), ("南岭", "东海"), ("某海", "南岭")];
    reallot(&town, |_| true, &[&swap[..], &names, &[(",false,河北,", ",false,北京,")]].concat());
    town.run(&["scan", "--rejudge"]).ends(0);
    let feeds = |served: &Served| {
        let mut words = Vec::new();
        for key in [&had, &has, &own, &above, &newly_above, &ministry] {
            let (came, _) = told_of(served, key, id, night);
            assert_eq!(came.len(), 1, "{came:?}");
            if came[0]["kind"] == "transferred" {
                is_whole(served, key, &came[0], "transferred");
            }
            words.push(text(&came[0], "/kind").unwrap().to_owned());
        }
        words
    };
    let words = ["transferred", "left", "transferred", "left", "transferred", "transferred"];
    assert_eq!(feeds(&served), words);
    let (came, _) = told_of(&served, &newly_above, id, night);
    assert_eq!(came[0]["note"], "监督单位由河北改为北京，运营商有变");
    // What was told stays what was told when the program begins anew.
    let all = |served: &Served| {
        let feed = |key: &String| told_of(served, key, id, 0).0;
        [&had, &has, &own, &above, &newly_above, &ministry].map(feed)
    };
    let before = all(&served);
    assert_eq!(served.stop(), Some(0));
    let served = Served::start(&town);
    assert_eq!(all(&served), before);
    assert_eq!(feeds(&served), words);
    town.run(&["explain", of("/domain")]).ends(0).says("移交");
    assert_eq!(served.stop(), Some(0));
    is_carried(&town);
}
