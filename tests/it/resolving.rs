//! Name servers that lie, zones that answer for everything, and sites that are served otherwise in
//! each part of the net.

use std::collections::BTreeSet;

use chabei::lab::VANTAGES;
use serde_json::Value;

use crate::town::Town;
use crate::town::text;

/// Changes `[resolve]` of the town's configuration.
fn resolve(town: &Town, line: &str) {
    let configured = std::fs::read_to_string(town.path("chabei.toml")).unwrap();
    town.write("chabei.toml", configured.replacen("[resolve]", &format!("[resolve]\n{line}"), 1));
}

/// Every finding as kind, domain and provider.
fn keys(findings: &[Value]) -> BTreeSet<[String; 3]> {
    let key = |finding: &Value| {
        ["/kind", "/domain", "/provider/id"]
            .map(|pointer| text(finding, pointer).unwrap_or_default().to_owned())
    };
    findings.iter().map(key).collect()
}

#[test]
fn a_name_server_that_lies_makes_no_finding() {
    let town = Town::new(120, 5);
    town.import_all();
    town.import_into("whole");
    town.run_over("whole", &["scan"]).ends(0);
    let liar = format!("[\"{}\"]", town.lab().lying_dns());
    // Patience for the answers that only TCP tells, where the liar does not listen.
    town.configure(&[("servers", &liar), ("attempts", "1")]);
    town.scan(&[]).complains(&["answers for names that do not exist", "127.20.1.99"]);
    let tcp_only = town.site("unfiled_answered_over_tcp").0;
    let mut honest = keys(&town.findings_in("whole"));
    honest.retain(|[_, domain, _]| *domain != tcp_only);
    assert_eq!(keys(&town.findings()), honest);
    let gone = town.site("nxdomain").0;
    town.run(&["explain", &gone]).says("域名不存在");
}

#[test]
fn a_name_that_anybody_could_make_up_is_no_finding_and_explain_says_why() {
    let town = Town::new(150, 5);
    town.import_all();
    town.scan(&[]);
    let (invented, _) = town.site("invented_host");
    let findings = town.findings();
    assert!(findings.iter().all(|finding| text(finding, "/domain") != Some(&invented)));
    town.run(&["explain", &invented]).says("泛解析");
    let trail = town.run(&["explain", &invented, "--format", "json"]).json();
    let hosts = trail[0]["examination"]["hosts"].as_array().unwrap();
    assert!(hosts.iter().any(|host| host["invented"] == true), "{hosts:#?}");
    let (served, provider) = town.site("unfiled_in_wildcard_zone");
    assert!(keys(&findings).contains(&["unfiled".to_owned(), served, provider.unwrap()]));
}

#[test]
fn three_vantages_show_the_three_providers_of_a_site() {
    let town = Town::new(150, 5);
    town.import_all();
    let (split, first) = town.site("unfiled_each_way");
    town.scan(&["--domain", &split]);
    assert_eq!(keys(&town.findings()).len(), 1);
    let names = ["电信", "联通", "移动"];
    let vantages: Vec<String> = names
        .iter()
        .zip(VANTAGES)
        .map(|(name, subnet)| format!("{{ name = \"{name}\", subnet = \"{subnet}\" }}"))
        .collect();
    resolve(&town, &format!("vantages = [{}]", vantages.join(", ")));
    town.scan(&["--domain", &split]);
    let found = keys(&town.findings());
    let providers: BTreeSet<_> = found.iter().map(|[_, _, provider]| provider.as_str()).collect();
    assert_eq!((found.len(), providers.len()), (3, 3), "{found:?}");
    assert!(providers.contains(first.unwrap().as_str()));
    for name in names {
        town.run(&["explain", &split]).says(&format!("从 {name} 看"));
    }
}
