//! Chains of reassignment whose rows are not equally wide, ranges that were brought along, circles.

use super::*;

#[test]
fn a_chain_is_followed_to_its_end_however_wide_its_rows_are() {
    let source = "1.2.0.0-1.2.255.255 source A";
    let pieces =
        |row: &str| (4..8).map(|n| format!("1.2.{n}.0-1.2.{n}.255 {row}")).collect::<Vec<String>>();
    let whole = |row: &str| format!("1.2.4.0-1.2.7.255 {row}");
    let mut rows = pieces("reassigned A >B");
    rows.extend([source.to_owned(), whole("source B <A"), whole("reassigned B >C")]);
    rows.extend([whole("source C <B"), whole("reserved C")]);
    let mut sources = pieces("source A");
    sources.extend([whole("reassigned A >B"), whole("source B <A"), whole("reserved B")]);
    for (rows, expected) in [(rows, "C carrier A"), (sources, "B carrier A")] {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        check(&rows, "1.2.5.9", expected);
    }
    // What a holder says to use itself, it did not pass on.
    let own = ["1.2.4.0-1.2.7.255 reassigned A >B", "1.2.5.0-1.2.5.255 own_use A", source];
    check(&own, "1.2.5.9", "A carrier A");
    check(&own, "1.2.6.9", "B carrier A");
}

#[test]
fn what_a_customer_brought_along_is_its_reporters() {
    for others in [
        &["1.2.0.0-1.2.1.255 source A", "1.2.0.0-1.2.0.255 reserved A"][..],
        &["1.2.0.0-1.2.0.127 reserved A"],
        &["1.2.0.9 assigned A"],
    ] {
        for brought in ["1.2.0.0-1.2.0.255 brought B", "1.2.0.0-1.2.0.255 brought B <Z"] {
            let rows = [others, &[brought]].concat();
            let table = placement(&rows, "1.2.0.9", &[]);
            assert!(described(&table).starts_with('B'), "{rows:?}: {}", described(&table));
        }
    }
    let two = ["1.2.0.0-1.2.0.255 brought B", "1.2.0.0-1.2.0.255 brought D"];
    check(&two, "1.2.0.9", "disputed B+D");
}

#[test]
fn a_circle_has_no_first() {
    let rows = [
        "1.2.0.0-1.2.255.255 source A",
        "1.2.0.0-1.2.0.255 reassigned A >B",
        "1.2.0.0-1.2.0.127 reassigned B >A",
    ];
    check(&rows, "1.2.0.70", "A carrier A");
}
