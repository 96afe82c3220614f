//! The ministry's list, held against its own rules and sample.

use super::*;
use encoding_rs::GBK;
use std::net::IpAddr;

use crate::facts::bureau::Bureau;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::publish::view::tests::finding;
use crate::publish::view::tests::names;
use crate::publish::view::tests::view;

fn written(findings: &[Finding]) -> (String, Listing) {
    let mut out = Vec::new();
    let mut put = |message: &[u8]| {
        out.extend_from_slice(message);
        Ok(())
    };
    let outbox = &mut Outbox { put: &mut put, is_single: true };
    let mut given = 0;
    let mut number = |_: &Issue| {
        given += 1;
        Ok::<_, io::Error>(given)
    };
    let rows = findings.iter().map(|finding| (&finding.key.target, view(finding)));
    let listing = write(rows, &names(), &mut number, outbox).unwrap();
    let (text, _, had_errors) = GBK.decode(&out);
    assert!(!had_errors);
    (text.into_owned(), listing)
}

/// The names of the elements of the first record, in order.
fn elements(xml: &str) -> Vec<String> {
    let record = xml.split("</Wbawz_xx>").next().unwrap().split("<Wbawz_xx>").nth(1).unwrap();
    record.split("</").skip(1).map(|part| part.split('>').next().unwrap().to_owned()).collect()
}

#[test]
fn a_finding_becomes_a_record_in_the_fixed_order() {
    let (xml, listing) = written(&[finding("example.cn")]);
    assert_eq!(listing, Listing { records: 1, left_out: vec![] });
    assert!(xml.starts_with(
        "<?xml version=\"1.0\" encoding=\"GBK\"?>\n<DownloadData version=\"V.3.0\">\n<ICP>\n<WBAWZLB>\n<Wbawz_xx><Id>"
    ));
    assert!(xml.ends_with(
        "<Id>1</Id><Wzym_mc>example.cn</Wzym_mc><IP>2131361793</IP><Dqjcsj>2026-11-25</Dqjcsj><Jccs>3</Jccs>\
         <Sssh>110000</Sssh><Scjcsj>2026-11-23</Scjcsj><Jrs>9002</Jrs><Yys>9001</Yys>\
         <Bz>理由 R01、R03；主机名 www.example.cn</Bz></Wbawz_xx>\n</WBAWZLB>\n</ICP>\n</DownloadData>\n"
    ));
}

#[test]
fn the_order_is_that_of_the_ministrys_sample() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/interface-v3/wbawzlb.xml");
    let Ok(sample) = std::fs::read(path) else {
        println!("skipped: {path} is not there");
        return;
    };
    // The closing tags of the sample's language block are not ours: pages tell no language.
    let mut expected = elements(&GBK.decode(&sample).0);
    expected.retain(|name| !name.starts_with("Yylb"));
    assert_eq!(elements(&written(&[finding("example.cn")]).0), expected);
}

#[test]
fn nobody_as_provider_leaves_the_element_out() {
    let mut nobody = finding("example.cn");
    nobody.key.provider = None;
    nobody.bureau = Bureau::MINISTRY;
    let (xml, listing) = written(&[nobody]);
    assert_eq!(listing.records, 1);
    assert!(!xml.contains("<Jrs>") && !xml.contains("<Sssh>"), "{xml}");
}

#[test]
fn what_the_interface_cannot_say_is_told_and_nothing_is_written() {
    let change = |change: fn(&mut Finding)| {
        let mut finding = finding("example.cn");
        change(&mut finding);
        finding
    };
    let v6: IpAddr = "2400:3200::1".parse().unwrap();
    let cases = [
        (change(|f| f.key.kind = Kind::Shell), Why::OtherKind(Kind::Shell)),
        (change(|f| f.state = FindingState::Closed(ClosedReason::Filed)), Why::Closed),
        (change(|f| f.seen.carrier = None), Why::NoCarrier),
        (change(|f| f.seen.addresses = vec![]), Why::NoAddress),
        (change(|f| f.seen.addresses = vec!["2400:3200::1".parse().unwrap()]), Why::Address(v6)),
        (
            change(|f| f.key.provider = Some("P009".parse().unwrap())),
            Why::NoNumber("P009".parse().unwrap()),
        ),
    ];
    for (finding, why) in cases {
        let (xml, listing) = written(std::slice::from_ref(&finding));
        assert_eq!(xml, "", "{why}");
        let reasons: Vec<_> = listing.left_out.into_iter().map(|left| left.why).collect();
        assert_eq!(reasons, [why]);
    }
}

#[test]
fn a_file_ends_at_a_thousand_records() {
    let findings: Vec<_> = (0..1_002).map(|n| finding(&format!("site{n}.cn"))).collect();
    let (xml, listing) = written(&findings);
    assert_eq!(listing.records, 1_000);
    assert_eq!(xml.matches("<Wbawz_xx>").count(), 1_000);
    let left: Vec<_> =
        listing.left_out.iter().map(|left| (left.domain.as_str(), &left.why)).collect();
    assert_eq!(left, [("site1000.cn", &Why::Full), ("site1001.cn", &Why::Full)]);
}

#[test]
fn every_province_has_its_own_code() {
    let code = |name: &str| name.parse::<Bureau>().unwrap().area_code();
    assert_eq!(code("北京"), Some(110_000));
    assert_eq!(code("重庆"), Some(500_000));
    assert_eq!(code("新疆"), Some(650_000));
    assert_eq!(Bureau::MINISTRY.area_code(), None);
}
