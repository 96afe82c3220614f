//! Each result as the interface has it, and what it cannot say.

use super::*;
use crate::audit::access::tests::examination;
use crate::facts::finding::Finding;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;
use crate::facts::resolution::DnsAnswer;
use crate::facts::visit::SiteState;
use crate::publish::view::tests::finding;
use crate::publish::view::tests::names;
use crate::publish::view::tests::view;
use encoding_rs::GBK;
use std::net::IpAddr;

fn directory() -> Directory {
    let provider = |id: &str, name: &str| Provider {
        id: id.parse().unwrap(),
        name: name.parse().unwrap(),
        aliases: vec![],
        kind: ProviderKind::Provider,
        bureau: None,
        licence: None,
        is_key: false,
        cname_suffixes: vec![],
        v3_id: None,
    };
    Directory::new(vec![provider("P004", "示例接入商"), provider("P009", "无号公司")])
}

fn filing(number: &str, site: &str, providers: &[&str]) -> Filing {
    let details = [("record_id", site), ("home_url", "www.example.cn")];
    Filing {
        domain: "example.cn".parse().unwrap(),
        site_number: number.parse().ok(),
        subject_number: None,
        state: FilingState::Active,
        providers: Some(providers.iter().map(|name| name.parse().unwrap()).collect()),
        details: details.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
    }
}

fn checked(kind: Kind, change: impl Fn(&mut Finding)) -> Checked {
    let mut finding = finding("example.cn");
    finding.key.kind = kind;
    change(&mut finding);
    Checked { finding: view(&finding), records: vec![], examination: None, names_others: true }
}

fn written(rows: Vec<Checked>, is_single: bool) -> (Vec<String>, Listing) {
    let mut messages = Vec::new();
    let mut put = |message: &[u8]| {
        let (text, _, had_errors) = GBK.decode(message);
        assert!(!had_errors);
        messages.push(text.into_owned());
        Ok(())
    };
    let outbox = &mut Outbox { put: &mut put, is_single };
    let rows = rows.into_iter().map(Ok::<_, io::Error>);
    let listing = write(rows, &names(), &directory(), outbox).unwrap();
    (messages, listing)
}

const NUMBER: &str = "京ICP备12345678号-1";

#[test]
fn every_group_is_written_in_its_place() {
    let gone = examination(&["P004"], DnsAnswer::NoSuchName, &[]);
    let live = examination(
        &[],
        DnsAnswer::Addresses(vec!["127.10.0.1".parse().unwrap()]),
        &[("P004", Some(SiteState::Live))],
    );
    let rows = vec![
        Checked {
            records: vec![filing("京ICP备12345678号-3", "60003", &[])],
            examination: Some(live),
            ..checked(Kind::Shell, |one| one.key.provider = None)
        },
        Checked {
            records: vec![
                filing(NUMBER, "60001", &["示例接入商"]),
                filing("京ICP备12345678号-2", "60002", &["无号公司"]),
            ],
            examination: Some(gone),
            ..checked(Kind::OverReported, |one| one.seen.addresses.clear())
        },
        Checked {
            records: vec![filing(NUMBER, "60001", &["P009"])],
            ..checked(Kind::NotConnected, |_| {})
        },
    ];
    let (messages, listing) = written(rows, true);
    assert_eq!(listing, Listing { records: 4, left_out: vec![] });
    let expected = "<?xml version=\"1.0\" encoding=\"GBK\"?>\n<DownloadData version=\"V.3.0\">\n<ICP>\n\
        <HCJG>\n<Jgxx>\n\
        <Jrhc><Wzid>60001</Wzid><Wz_Baxh>京ICP备12345678号-1</Wz_Baxh><Bbisp>9002</Bbisp>\
        <Hcjg>1</Hcjg><Hcsj>2026-11-25</Hcsj><Bz>域名无解析</Bz></Jrhc>\n\
        <Jrhc><Wzid>60001</Wzid><Wz_Baxh>京ICP备12345678号-1</Wz_Baxh><Ym>example.cn</Ym>\
        <Jxip>2131361793</Jxip><Hcjg>2</Hcjg><Hcsj>2026-11-25</Hcsj><Bz>原因不明</Bz></Jrhc>\n\
        <Kkwzhc><Wzid>60003</Wzid><Wz_Baxh>京ICP备12345678号-3</Wz_Baxh><Hcjg>0</Hcjg>\
        <Hcsj>2026-11-25</Hcsj><Syurl>www.example.cn</Syurl></Kkwzhc>\n\
        <Wzch><Wzid>60001</Wzid><Wz_Baxh>京ICP备12345678号-1</Wz_Baxh><Syurl>www.example.cn</Syurl>\
        <Hcsj>2026-11-25</Hcsj><Bz>域名无解析</Bz></Wzch>\n\
        </Jgxx>\n</HCJG>\n</ICP>\n</DownloadData>\n";
    assert_eq!(messages, [expected]);
}

#[test]
fn what_the_interface_cannot_say_is_told_and_nothing_is_invented() {
    let v6: IpAddr = "2400:3200::1".parse().unwrap();
    let whole = || vec![filing(NUMBER, "60001", &["P004"])];
    let p009 = || "P009".parse::<ProviderId>().unwrap();
    let of = |records: Vec<Filing>, kind| Checked { records, ..checked(kind, |_| {}) };
    let cases = [
        (of(vec![], Kind::NotConnected), Why::NoRecord),
        (of(vec![filing(NUMBER, "x", &[])], Kind::NotConnected), Why::NoSiteId),
        (of(vec![filing("", "60001", &[])], Kind::NotConnected), Why::NoSiteNumber),
        (of(vec![filing(NUMBER, "60001", &["P009"])], Kind::OverReported), Why::NoRecord),
        (of(whole(), Kind::Shell), Why::UnknownLife),
        (of(whole(), Kind::WrongNumber), Why::OtherKind(Kind::WrongNumber)),
        (
            Checked {
                records: whole(),
                ..checked(Kind::NotConnected, |one| one.seen.addresses = vec![v6])
            },
            Why::Address(v6),
        ),
        (
            Checked {
                records: whole(),
                ..checked(Kind::OverReported, |one| one.key.provider = Some(p009()))
            },
            Why::NoNumber(p009()),
        ),
    ];
    for (row, why) in cases {
        let (messages, listing) = written(vec![row], true);
        assert!(messages.is_empty(), "{why}");
        assert_eq!(listing.left_out.into_iter().map(|left| left.why).collect::<Vec<_>>(), [why]);
    }
}

#[test]
fn a_thousand_records_fill_a_file_and_the_rest_goes_on_in_the_next() {
    let rows = || -> Vec<Checked> {
        let row = Checked {
            records: vec![filing(NUMBER, "60001", &[])],
            ..checked(Kind::NotConnected, |_| {})
        };
        vec![row; 1_001]
    };
    let (messages, listing) = written(rows(), true);
    assert_eq!((messages.len(), listing.records), (1, 1_000));
    assert_eq!(listing.left_out[0].why, Why::Full);
    let (messages, listing) = written(rows(), false);
    assert_eq!((messages.len(), listing.records, listing.left_out.len()), (2, 1_001, 0));
    let records: Vec<_> =
        messages.iter().map(|message| message.matches("<Jrhc>").count()).collect();
    assert_eq!(records, [1_000, 1]);
}
