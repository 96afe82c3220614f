//! `lookup`: who holds an address, and what the filing register says of a domain.

use serde_json::Value;

use crate::desk::Desk;
use crate::town::text;

/// Small registers with chains, disputes and gaps, of both kinds of address.
fn desk() -> Desk {
    let desk = Desk::new();
    let providers = "id,name,aliases,kind,bureau\nC1,Carrier One,One,carrier,部\n\
                     P1,First,Erste,provider,北京\nP2,Second,,provider,上海\n";
    desk.import("providers", "providers.csv", providers);
    let allocations = "start,end,provider,kind,from,to,province,contact\n\
        1.0.0.0,1.0.255.255,C1,source,,,,\n\
        1.0.1.0,1.0.1.99,One,reassigned,,First,,\n\
        1.0.1.0,1.0.1.99,Erste,source,Carrier One,,浙江,李小明\n\
        1.1.0.0,1.1.0.255,P1,source,,,,\n\
        1.1.0.0,1.1.0.255,P2,source,,,,\n\
        1.2.0.0,1.2.0.255,Nemo,source,,,,\n\
        1.3.0.0,1.3.255.255,,registry,,,,\n\
        2400:1::,2400:1:ffff:ffff:ffff:ffff:ffff:ffff,P2,source,,,,\n";
    desk.import("allocations", "allocations.csv", allocations);
    let filings = "domain,site_number,subject_number,providers,subject_name,subject_kind,\
                   responsible_name,mobile_phone\n\
        shop.cn,京ICP备10000001号-1,京ICP备10000001号,P1,张三丰,个人,张三丰,13912345678\n";
    desk.import("filings", "filings.csv", filings);
    desk
}

fn looked_up(desk: &Desk, subjects: &[&str]) -> Vec<Value> {
    desk.run(&[&["lookup", "--format", "json"], subjects].concat()).json()
}

#[test]
fn an_address_is_given_to_the_end_of_its_chain() {
    let desk = desk();
    // Placement, provider, carrier, whether it is reported.
    for (address, placement, provider, carrier, reported) in [
        ("1.0.0.1", "mainland", Some("C1"), Some("C1"), Some(true)),
        ("1.0.1.0", "mainland", Some("P1"), Some("C1"), Some(true)),
        ("1.0.1.99", "mainland", Some("P1"), Some("C1"), Some(true)),
        ("1.0.1.100", "mainland", Some("C1"), Some("C1"), Some(true)),
        ("1.0.255.255", "mainland", Some("C1"), Some("C1"), Some(true)),
        ("0.255.255.255", "special_purpose", None, None, None),
        ("1.3.4.5", "mainland", None, None, Some(false)),
        ("8.8.8.8", "abroad", None, None, None),
        ("2400:1::1", "mainland", Some("P2"), Some("P2"), Some(true)),
        ("::ffff:1.0.1.5", "mainland", Some("P1"), Some("C1"), Some(true)),
        ("2400:2::", "abroad", None, None, None),
        ("127.0.0.1", "special_purpose", None, None, None),
    ] {
        let answer = &looked_up(&desk, &[address])[0];
        assert_eq!(text(answer, "/placement"), Some(placement), "{address}: {answer}");
        assert_eq!(text(answer, "/provider/id"), provider, "{address}: {answer}");
        assert_eq!(text(answer, "/carrier/id"), carrier, "{address}: {answer}");
        assert_eq!(answer["reported"].as_bool(), reported, "{address}: {answer}");
    }
}

#[test]
fn a_disputed_address_names_all_who_claim_it_and_an_unknown_holder_is_named() {
    let desk = desk();
    let answers = looked_up(&desk, &["1.1.0.7", "1.2.0.7"]);
    let claimants = answers[0]["disputed_by"].as_array().unwrap();
    let claimants: Vec<_> = claimants.iter().filter_map(|one| text(one, "/id")).collect();
    assert_eq!(claimants, ["P1", "P2"]);
    assert!(answers[0]["provider"].is_null());
    assert_eq!(text(&answers[1], "/unknown_holder"), Some("Nemo"));
    desk.run(&["lookup", "1.1.0.7"]).ends(0).says("First").says("Second");
}

#[test]
fn every_level_of_an_address_is_told() {
    let desk = desk();
    let ran = desk.run(&["lookup", "1.0.1.5"]);
    ran.ends(0).says("reassigned").says("source").says("Carrier One").says("浙江");
    let rows = &looked_up(&desk, &["1.0.1.5"])[0]["rows"];
    assert_eq!(rows.as_array().unwrap().len(), 3);
}

#[test]
fn people_are_masked_unless_they_are_asked_for() {
    let desk = desk();
    for (subject, secrets) in
        [("shop.cn", &["张三丰", "13912345678"][..]), ("1.0.1.5", &["李小明"][..])]
    {
        for format in ["text", "json"] {
            let masked = desk.run(&["lookup", subject, "--format", format]);
            masked.ends(0);
            let revealed = desk.run(&["lookup", subject, "--format", format, "--reveal"]);
            revealed.ends(0).complains(&["unmasked"]);
            for secret in secrets {
                assert!(!masked.text().contains(secret), "{}", masked.text());
                revealed.says(secret);
            }
        }
    }
    desk.run(&["lookup", "shop.cn"]).ends(0).says("京ICP备10000001号-1").says("张");
}

#[test]
fn subjects_come_from_stdin_too_and_nonsense_fails_without_stopping_the_rest() {
    let desk = desk();
    let ran = desk.run_with("shop.cn\n\n1.0.0.1\n", &["lookup", "-", "--format", "json"]);
    let answers = ran.json();
    assert_eq!(text(&answers[0], "/status"), Some("filed"));
    assert_eq!(text(&answers[1], "/address"), Some("1.0.0.1"));
    let ran = desk.run(&["lookup", "not a name", "shop.cn"]);
    ran.ends(2).complains(&["`not a name`"]).complains(&["1 of"]).says("shop.cn");
    let ran = desk.run(&["lookup", "nonsense", "1.2.3"]);
    ran.ends(2).complains(&["`nonsense`"]).complains(&["2 of"]);
    assert!(ran.out.is_empty());
}

#[test]
fn a_register_that_is_not_whole_says_unknown_and_never_unfiled() {
    let desk = desk();
    assert_eq!(looked_up(&desk, &["other.cn"])[0]["status"], "unfiled");
    desk.write("chabei.toml", "[filings]\ncomplete = false\n");
    let answers = looked_up(&desk, &["other.cn", "shop.cn"]);
    assert_eq!(
        (&answers[0]["status"], &answers[1]["status"]),
        (&"unknown".into(), &"filed".into())
    );
    desk.write("chabei.toml", "[filings]\nmax_age = \"7d\"\n");
    let late =
        desk.run(&["--now", "2099-01-01T00:00:00Z", "lookup", "other.cn", "--format", "json"]);
    assert_eq!(late.json()[0]["status"], "unknown");
}
