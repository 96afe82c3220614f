//! Rows that reach beyond whatever anybody may have.

use super::*;

/// Ten rows of A within what the registry gave, which is `1.0.0.0/16`.
fn whole_registry() -> Vec<String> {
    let rows = (0..10).map(|n| format!("1.0.{n}.0-1.0.{n}.255 source A @上海"));
    rows.chain(["1.0.0.0-1.0.255.255 registry".to_owned()]).collect()
}

#[test]
fn a_row_that_reaches_beyond_a_whole_registry_names_nobody_and_no_place() {
    let nobody_s = "unknown 超出境内地址空间的报备记录";
    let good = whole_registry();
    for (row, inside) in [
        ("1.0.9.0-1.99.255.255 assigned B @北京 redirector", nobody_s),
        ("1.0.9.0-1.99.255.255 reassigned A >B @北京", nobody_s),
        ("1.0.9.0-1.99.255.255 brought B", nobody_s),
        ("1.0.9.0-1.99.255.255 assigned B listed", "B carrier B"),
    ] {
        let rows: Vec<&str> = good.iter().map(String::as_str).chain([row]).collect();
        check(&rows, "1.0.200.1", inside);
        check(&rows, "1.0.9.1", "A carrier A @上海");
        check(&rows, "1.0.8.1", "A carrier A @上海");
        let beyond = if row.ends_with("listed") { "abroad" } else { "out of bounds" };
        check(&rows, "1.50.0.1", beyond);
        // Where its server is, a CDN's name does not say.
        check_chain(&rows, "1.50.0.1", &["www.example.cn.w.e-cdn.com"], beyond);
    }
    // What is meant of a row that overlaps another's is not known.
    let across: Vec<&str> =
        good.iter().map(String::as_str).chain(["1.0.9.9-1.99.255.255 assigned B"]).collect();
    check(&across, "1.0.9.10", "disputed A @上海");
    check(&across, "1.0.9.1", "A carrier A @上海");
    // Some rows of the registry are not all.
    let some = ["1.0.0.0-1.0.255.255 registry", "1.0.9.0-1.99.255.255 assigned B"];
    check(&some, "1.50.0.1", "B carrier B");
    check(&some, "1.0.200.1", "B carrier B");
}

#[test]
fn a_row_over_addresses_of_a_special_purpose_and_others_names_nobody_and_no_place() {
    let all = "0.0.0.0-255.255.255.255 assigned B";
    check(&[all], "8.8.8.8", "out of bounds");
    check(&[all, "1.0.0.0-1.0.0.9 registry"], "1.0.0.1", "unknown 超出境内地址空间的报备记录");
    // It is nobody's Carrier either.
    check(
        &[all, "1.0.0.0-1.0.0.9 own_use A", "1.0.0.0-1.0.9.9 own_use C"],
        "1.0.0.1",
        "A carrier C",
    );
    check(&["0.0.0.0-255.255.255.255 source B listed"], "8.8.8.8", "out of bounds");
    check(&["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff source B"], "2400::1", "out of bounds");
}
