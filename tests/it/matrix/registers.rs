//! What the registers say, how much of it is filed, and what is told of it each month.

use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::matrix::ALLOCATIONS;
use crate::matrix::Callers;
use crate::matrix::GOOD;
use crate::matrix::Who;
use crate::matrix::Who::ItsCarrier;
use crate::matrix::Who::Ministry;
use crate::matrix::Who::OtherBureau;
use crate::matrix::Who::OtherProvider;
use crate::matrix::Who::Reader;
use crate::matrix::Who::RightBureau;
use crate::matrix::Who::RightProvider;
use crate::matrix::not_found;
use crate::served::Served;
use crate::served::finding;
use crate::served::id;
use crate::served::key;
use crate::served::office;
use crate::served::write;

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
fn problems_and_rates_are_told_to_those_whom_they_are_about() {
    let callers = Callers::new();
    let parts = |path: &str, list: &str| -> Vec<Value> {
        callers.json(Ministry, path)[list].as_array().unwrap().clone()
    };
    let problems = parts("/allocations/problems", "problems");
    let is_of = |problem: &Value, provider: &str, range: &str| {
        problem["provider"]["id"] == provider
            && problem["range"].as_str().is_some_and(|told| told.starts_with(range))
    };
    for (provider, range) in [("P4", "1.2."), ("P5", "1.2."), ("P4", "1.3.")] {
        assert!(problems.iter().any(|one| is_of(one, provider, range)), "{problems:?}");
    }
    let rates = parts("/rates", "rates");
    for who in GOOD {
        let is_problem = |row: &&Value| match who {
            OtherProvider => row["provider"]["id"] == "P5",
            RightProvider => row["provider"]["id"] == "P4",
            // A Carrier supervises whoever has addresses from it, as far as these reach.
            ItsCarrier => is_of(row, "P1", "") || is_of(row, "P4", "1.3."),
            RightBureau => row["bureau"] == "北京",
            _ => who == Ministry,
        };
        let rates_of: &[&str] = match who {
            OtherProvider => &["P5"],
            RightProvider => &["P4"],
            ItsCarrier => &["P1", "P4 of P1"],
            OtherBureau => &["天津"],
            RightBureau => &["北京", "P1 in 北京", "P4 in 北京"],
            // Of whom nothing is known, the ministry is told nothing.
            _ => &["nation", "部", "北京", "河北", "P4", "P5"],
        };
        for path in ["/allocations/problems", "/rates"] {
            let came = callers.call(who, "GET", path, None);
            if !who.sees_findings() {
                callers.tells_nothing(who, &came.ends(404), path);
            } else if path == "/rates" {
                let told = came.ends(200).json()["rates"].as_array().unwrap().clone();
                assert_eq!(told.iter().map(told_as).collect::<Vec<_>>(), rates_of, "{who:?}");
                for rate in &told {
                    is_as_the_ministry_has_it(who, rate, &rates);
                }
            } else {
                let own: Vec<_> = problems.iter().filter(is_problem).collect();
                let expected = json!({"problems": own, "next": null});
                assert_eq!(came.ends(200).json(), expected, "{who:?}");
            }
        }
    }
    callers.is_closed("GET", "/allocations/problems", None);
    callers.is_closed("GET", "/rates", None);
}

/// Whose rate it is: of a provider whole, in a bureau, or of a Carrier.
fn told_as(rate: &Value) -> String {
    let name = |pointer: &str| rate.pointer(pointer).and_then(Value::as_str);
    let Some(provider) = name("/provider/id") else {
        return name("/bureau").or(name("/of")).unwrap().to_owned();
    };
    match (name("/bureau"), name("/carrier/id")) {
        (None, None) => provider.to_owned(),
        (Some(bureau), None) => format!("{provider} in {bureau}"),
        (None, Some(carrier)) => format!("{provider} of {carrier}"),
        (Some(_), Some(_)) => panic!("{rate}"),
    }
}

/// What is told of one whole is what the ministry is told of it, but for what is of the whole register; what is
/// told of a part holds no more than the findings that the key may see.
#[track_caller]
fn is_as_the_ministry_has_it(who: Who, rate: &Value, of_ministry: &[Value]) {
    assert_eq!(rate["register"]["unplaced"].is_null(), who != Ministry, "{rate} to {who:?}");
    let whole = of_ministry.iter().find(|one| told_as(one) == told_as(rate));
    let seen = || findings_of(who, rate["provider"]["id"].as_str());
    match whole {
        Some(whole) => {
            let mut whole = whole.clone();
            whole["register"]["unplaced"] = rate["register"]["unplaced"].clone();
            assert_eq!(*rate, whole, "to {who:?}");
        }
        None => assert_eq!(rate["unfiled"]["domains"], seen(), "{rate} to {who:?}"),
    }
}

/// How many of the findings that `who` sees are at `provider`, or at whomever.
fn findings_of(who: Who, provider: Option<&str>) -> usize {
    let at = |number: &u128| match number {
        1..=3 => Some("P4"),
        4 | 5 => Some("P5"),
        _ => None,
    };
    who.sees().iter().filter(|number| provider.is_none() || at(number) == provider).count()
}

/// Whose, how many are filed, how many are not.
type Counts = (&'static str, Value, u32);

/// P4 has addresses of two, and lies in two provinces.
#[test]
fn nobody_is_told_a_count_of_what_he_may_not_see() {
    let desk = office();
    write(&desk, &[finding(7, "P4", "P5", "河北")]);
    desk.import(
        "filings",
        "of-two.csv",
        "域名,网站备案号,状态,接入服务商\n\
         a.cn,京ICP备05014806号-1,active,P4\nb.cn,冀ICP备05014806号-1,active,P4\n\
         c.cn,冀ICP备05014806号-2,active,P4\nd.cn,京ICP备05014806号-2,active,P5;谁\n",
    );
    let told = |rates: &[Value]| -> Vec<(String, Value, Value)> {
        let counts = |rate: &Value| {
            (told_as(rate), rate["filed"]["domains"].clone(), rate["unfiled"]["domains"].clone())
        };
        rates.iter().map(counts).collect()
    };
    let of_part = ["rates", "--provider", "P4", "--bureau", "河北", "--format", "json"];
    let of_part = told(&desk.run(&of_part).json());
    assert_eq!(of_part, [("P4 in 河北".to_owned(), json!(2), json!(2))]);
    let holders: [(&[&str], &[Counts]); 5] = [
        (&["--provider", "P1"], &[("P1", json!(0), 0), ("P4 of P1", json!(null), 3)]),
        (&["--provider", "P5"], &[("P5", json!(1), 2), ("P4 of P5", json!(null), 1)]),
        (&["--provider", "P4"], &[("P4", json!(3), 4)]),
        (
            &["--bureau", "北京"],
            &[
                ("北京", json!(2), 2),
                ("P1 in 北京", json!(0), 0),
                ("P4 in 北京", json!(1), 2),
                ("P5 in 北京", json!(1), 0),
            ],
        ),
        (
            &["--bureau", "河北"],
            &[("河北", json!(2), 4), ("P4 in 河北", json!(2), 2), ("P5 in 河北", json!(0), 2)],
        ),
    ];
    let keys = holders.map(|(holder, expected)| (key(&desk, holder).0, holder, expected.to_vec()));
    let served = Served::start(&desk);
    for (key, holder, expected) in keys {
        let rates = served.get("/rates", &key).ends(200).json()["rates"].clone();
        let rates = rates.as_array().unwrap();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(whose, filed, unfiled)| (whose.to_owned(), filed, json!(unfiled)))
            .collect();
        assert_eq!(told(rates), expected, "{holder:?}");
        for rate in rates.iter().filter(|rate| rate["filed"].is_null()) {
            assert!(rate["filing_rate"].is_null() && rate["no_rate"].is_string(), "{rate}");
        }
    }
}

#[test]
fn bulletins_are_told_to_authorities_each_its_own() {
    let callers = Callers::new();
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
    // The ministry may have each province's.
    let of_beijing = callers.call(RightBureau, "GET", "/bulletins/2009-06.json", None).ends(200);
    callers.check(
        "GET",
        "/bulletins/2009-06.json?bureau=%E5%8C%97%E4%BA%AC",
        None,
        |who| match who {
            Ministry | RightBureau => (200, of_beijing.bytes.clone()),
            _ => not_found(),
        },
    );
    for path in ["/bulletins/2009-13.csv", "/bulletins/2999-01.csv", "/bulletins/x.csv"] {
        callers.check("GET", path, None, |_| not_found());
    }
}

#[test]
fn pages_of_problems_go_on_where_they_were_whatever_was_mended_meanwhile() {
    let callers = Callers::new();
    let pages = |mut after: String| {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let page = callers.json(Ministry, &format!("/allocations/problems?limit=2{after}"));
            all.extend(page["problems"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { return all };
            after = format!("&after={next}");
        }
    };
    let before = pages(String::new());
    assert_eq!(
        Value::from(before.clone()),
        callers.json(Ministry, "/allocations/problems")["problems"]
    );
    assert!(before.len() > 6, "{before:?}");
    let first = callers.json(Ministry, "/allocations/problems?limit=2");
    let after = format!("&after={}", first["next"].as_str().unwrap());
    // P1 has no more than it passed on, and P4 says where its user is.
    let rows = ALLOCATIONS
        .replace("1.3.0.0/16,P1,source", "1.3.4.0/24,P1,source")
        .replace("P4,assigned,,,北京,", "P4,assigned,,,北京,示例路1号");
    let file = callers.desk.write("fewer.csv", rows);
    callers.desk.run(&["import", "allocations", &file, "--replace", "--strict"]).ends(0);
    callers.desk.run(&["check", "allocations"]).ends(0);
    let now = pages(String::new());
    assert!(now.iter().all(|one| !first["problems"].as_array().unwrap().contains(one)), "{first}");
    assert_eq!(pages(after), now, "what was mended lies before the cursor");
    for wrong in ["x", "0", &"00".repeat(2000)] {
        let path = format!("/allocations/problems?after={wrong}");
        callers.call(Ministry, "GET", &path, None).ends(400);
    }
}

#[test]
fn rates_follow_what_they_rest_on() {
    let callers = Callers::new();
    let counts = || {
        let unfiled = &callers.json(RightProvider, "/rates")["rates"][0]["unfiled"]["domains"];
        let filed = &callers.json(Ministry, "/rates")["rates"][0]["filed"]["domains"];
        (unfiled.as_u64().unwrap(), filed.as_u64().unwrap())
    };
    // On a slow machine what was counted rests a while.
    let comes_to = |expected| {
        let since = Instant::now();
        while counts() != expected {
            assert!(since.elapsed() < Duration::from_mins(1), "not {expected:?}: {:?}", counts());
        }
    };
    comes_to((3, 1));
    callers.desk.run(&["withdraw", &id(1), "--reason", "误报"]).ends(0);
    comes_to((2, 1));
    callers.desk.import(
        "filings",
        "more.csv",
        "域名,网站备案号,状态\nb.cn,京ICP备05014806号-2,active\n",
    );
    comes_to((2, 2));
}
