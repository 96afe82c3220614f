//! What a provider says of addresses that others have.

use super::*;

#[test]
fn a_row_that_waits_counts_when_others_gave_its_reporter_the_range() {
    let source = "1.0.0.0-1.0.255.255 source A";
    for own in [
        "1.0.0.0-1.0.0.9 assigned B waiting @北京 redirector",
        "1.0.0.0-1.0.0.9 source B <A waiting @北京 redirector",
        "1.0.0.0-1.0.0.9 brought B waiting @北京 redirector",
    ] {
        check(&[source, own], "1.0.0.1", "A carrier A");
        check(&[source, "1.0.0.0-1.0.0.9 source C", own], "1.0.0.1", "C carrier C");
        check(&[source, "1.0.0.0-1.0.0.99 own_use A", own], "1.0.0.1", "A carrier A");
        let passed_on = "1.0.0.0-1.0.0.99 reassigned A >B";
        check(&[source, passed_on, own], "1.0.0.1", "B carrier A @北京 redirector");
        check(&[source, "1.0.0.0-1.0.0.99 reassigned A >C", own], "1.0.0.1", "C carrier A");
    }
}

#[test]
fn a_row_that_waits_places_nothing_and_has_what_nobody_has() {
    let own = "1.0.0.0-1.0.0.9 assigned B waiting";
    check(&[own], "1.0.0.1", "abroad");
    check(&[own, "1.0.0.0-1.0.255.255 registry"], "1.0.0.1", "B carrier B");
    check(&[own, "1.0.0.0-1.0.255.255 registry"], "1.0.0.10", "nobody unreported");
    check(&[own, "1.0.0.0-1.0.0.9 source A listed"], "1.0.0.1", "A carrier A");
    // One that waits as well is no less right for being wider.
    let other = "1.0.0.0-1.0.0.99 assigned C waiting";
    check(&[own, other, "1.0.0.0-1.0.255.255 registry"], "1.0.0.1", "disputed B+C");
    check(&[own, other, "1.0.0.0-1.0.255.255 registry"], "1.0.0.50", "C carrier C");
}
