//! Messages for the ministry over the interface: one provider each, a thousand records at the most, and
//! nothing of a list left behind.

use crate::desk::Desk;
use crate::served::Served;
use crate::served::finding;
use crate::served::id;
use crate::served::key;
use crate::served::write;

const PROVIDERS: &str = "\
id,name,kind,bureau,v3_id
P1,运营商甲,carrier,北京,1001
P4,示例云,provider,北京,2004
甲,别家云,provider,河北,2005
";

/// Each message of the list at `path` with its file's name, as `Link` leads from one to the next.
pub(crate) fn parts(served: &Served, path: &str, key: &str) -> Vec<(String, Vec<u8>)> {
    let (mut parts, mut query) = (Vec::new(), String::new());
    loop {
        let came = served.get(&format!("{path}{query}"), key).ends(200);
        let name = came.header("content-disposition").unwrap();
        let name = name.strip_prefix("attachment; filename*=UTF-8''").unwrap().to_owned();
        let count: usize = came.header("x-parts").unwrap().parse().unwrap();
        let next = came.header("link").map(|link| {
            let end = ">; rel=\"next\"";
            link.strip_prefix('<').and_then(|link| link.strip_suffix(end)).unwrap().to_owned()
        });
        parts.push((name, came.bytes));
        let Some(next) = next else {
            assert_eq!(parts.len(), count);
            return parts;
        };
        query = next;
    }
}

/// The records of a message: name, and the number of the access provider.
fn records(message: &[u8]) -> Vec<(String, Option<String>)> {
    let text = String::from_utf8_lossy(message).into_owned();
    let field = |record: &str, name: &str| {
        let (_, rest) = record.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    let records = text.split("<Wbawz_xx>").skip(1);
    records.map(|one| (field(one, "Wzym_mc").unwrap(), field(one, "Jrs"))).collect()
}

#[test]
fn a_list_of_any_length_is_taken_away_whole_a_message_for_each_thousand_of_a_provider() {
    let desk = Desk::new();
    desk.import("providers", "providers.csv", PROVIDERS);
    let of = |number: u128, provider: &str| {
        let mut finding = finding(number, provider, "P1", "北京");
        finding.seen.addresses = vec!["1.2.3.4".parse().unwrap()];
        finding
    };
    let mut all: Vec<_> = (1..=1001).map(|number| of(number, "P4")).collect();
    all.extend([of(2001, "甲"), of(2002, "甲"), of(3001, "")]);
    // V3 has no place for it.
    let mut left_out = of(4001, "P4");
    left_out.seen.addresses = vec!["2001:db8::1".parse().unwrap()];
    all.push(left_out);
    write(&desk, &all);
    let (ministry, _) = key(&desk, &["--ministry"]);
    let (provider, _) = key(&desk, &["--provider", "甲"]);
    let served = Served::start(&desk);
    let path = "/exports/findings.xml";
    let messages = parts(&served, path, &ministry);
    let told: Vec<_> = messages
        .iter()
        .map(|(name, message)| {
            let records = records(message);
            let unit = records[0].1.clone();
            assert!(records.iter().all(|(_, of)| *of == unit), "{name}");
            (name.as_str(), records.len(), unit)
        })
        .collect();
    let unit = |number: &str| Some(number.to_owned());
    let expected = [
        ("wbawzlb-P4.xml", 1000, unit("2004")),
        ("wbawzlb-P4-2.xml", 1, unit("2004")),
        ("wbawzlb-%E7%94%B2.xml", 2, unit("2005")),
        ("wbawzlb-nobody.xml", 1, None),
    ];
    assert_eq!(told, expected);
    let mut names: Vec<_> = messages.iter().flat_map(|(_, message)| records(message)).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 1004, "each once");
    let first = served.get(path, &ministry).ends(200);
    assert_eq!(first.header("x-left-out"), Some("1"));
    served.get(&format!("{path}?part=5"), &ministry).ends(404);
    served.get(&format!("{path}?part=0"), &ministry).ends(400);
    let narrowed = served.get(&format!("{path}?provider=P4"), &ministry).ends(200);
    assert_eq!(narrowed.header("x-parts"), Some("2"));
    let next = narrowed.header("link").unwrap();
    assert!(next.starts_with("<?provider=P4&part=2&list="), "{next}");
    let own = parts(&served, path, &provider);
    assert_eq!((own.len(), &own[0].1), (1, &messages[2].1));

    // What follows is of the list that was begun, or of none.
    let link = first.header("link").unwrap().to_owned();
    let next = link.split(['<', '>']).nth(1).unwrap();
    served.get(&format!("{path}{next}"), &ministry).ends(200);
    desk.run(&["withdraw", &id(1), "--reason", "误报"]).ends(0);
    served.get(&format!("{path}{next}"), &ministry).ends(409);
    let again = parts(&served, path, &ministry);
    assert_eq!(again.iter().map(|(_, message)| records(message).len()).sum::<usize>(), 1003);
}
