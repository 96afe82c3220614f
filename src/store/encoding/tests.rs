//! Every fact comes back from its bytes, and no other bytes pass for one.

use std::fmt::Debug;

use jiff::Timestamp;
use jiff::civil::Date;
use ulid::Ulid;

use super::*;
use crate::facts::certificate::Certificate;
use crate::facts::certificate::CertificateFault;
use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::change::EndedBy;
use crate::facts::change::FailedNames;
use crate::facts::change::FindingCounts;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::facts::change::Scope;
use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::exemption::Exemption;
use crate::facts::filing::FilingStatus;
use crate::facts::filing::FilingSummary;
use crate::facts::filing::NumberOwner;
use crate::facts::filing::RegisterGap;
use crate::facts::finding::Answer;
use crate::facts::finding::AnswerResult;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Evidence;
use crate::facts::finding::FilingBrief;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::finding::PageText;
use crate::facts::finding::Sightings;
use crate::facts::language::Language;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::placement::Placement;
use crate::facts::reason::Reason;
use crate::facts::resolution::DnsAnswer;
use crate::facts::resolution::Resolution;
use crate::facts::resolution::View;
use crate::facts::visit::Claim;
use crate::facts::visit::Control;
use crate::facts::visit::NumberPlace;
use crate::facts::visit::Page;
use crate::facts::visit::PageNumber;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::facts::visit::Visit;

fn moment() -> Timestamp {
    "2026-11-23T01:02:03.456789012+08:00".parse().unwrap()
}

/// Checks that `value` comes back from its bytes, and from no beginning of them.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let bytes = encode("record", value).unwrap();
    assert_eq!(bytes[0], VERSION);
    assert_eq!(&decode::<T>("record", &bytes).unwrap(), value);
    for length in 0..bytes.len() {
        let got = decode::<T>("record", &bytes[..length]);
        assert!(got.is_err(), "{length} of {} bytes are no {value:?}", bytes.len());
    }
}

fn full_finding(state: FindingState, kind: Kind, answer: Option<AnswerResult>) -> Finding {
    Finding {
        id: Ulid::from_parts(1_763_831_523_000, 77),
        key: FindingKey {
            target: "例子.中国".parse().unwrap(),
            kind,
            provider: Some("P004".parse().unwrap()),
        },
        bureau: "内蒙古".parse().unwrap(),
        channel: "list".to_owned(),
        state,
        reopened: 2,
        first_seen: moment(),
        last_seen: moment(),
        times_seen: u32::MAX,
        due: Date::constant(2026, 12, 13),
        seen: Sightings {
            carrier: Some("P001".parse().unwrap()),
            hosts: vec!["www.example.cn".parse().unwrap()],
            addresses: vec!["1.2.3.4".parse().unwrap(), "2400::1".parse().unwrap()],
            reasons: Reason::ALL.to_vec(),
            filing: Some(FilingBrief {
                is_active: true,
                numbers: vec![
                    "京ICP备05014806号".parse().unwrap(),
                    "京ICP备05014806号-1".parse().unwrap(),
                    "京ICP备05014806号-12A".parse().unwrap(),
                    "粤B2-20090059".parse().unwrap(),
                ],
                providers: vec!["P004".parse().unwrap()],
            }),
            evidence: Evidence {
                status: Some(200),
                title: Some("标题 \u{1f600}".to_owned()),
                numbers: vec!["京ICP证030173号".parse().unwrap()],
                final_url: Some("http://www.example.cn/".to_owned()),
                body_sha256: Some("ab".repeat(32)),
                text: Some(PageText { sha256: "cd".repeat(32), chars: 70_000 }),
            },
            claimants: vec!["P001".parse().unwrap(), "P002".parse().unwrap()],
        },
        answer: answer
            .map(|result| Answer { result, opinion: "已处理".to_owned(), at: moment() }),
        nights_in_row: 1,
        last_night: 12,
        has_lapsed: true,
    }
}

#[test]
fn a_finding_of_every_kind_state_and_answer_comes_back() {
    for kind in Kind::ALL {
        check(&full_finding(FindingState::Open, *kind, None));
    }
    for reason in ClosedReason::ALL {
        check(&full_finding(FindingState::Closed(*reason), Kind::Shell, None));
    }
    for result in AnswerResult::ALL {
        check(&full_finding(FindingState::Answered, Kind::Unfiled, Some(*result)));
    }
    let target = "2400::1".parse().unwrap();
    let bare = Finding {
        key: FindingKey { target, kind: Kind::UnreportedAddress, provider: None },
        seen: Sightings::default(),
        ..full_finding(FindingState::Accruing, Kind::Unfiled, None)
    };
    check(&bare);
}

fn certificate(fault: CertificateFault) -> Certificate {
    Certificate {
        issuer: "CN=某某 CA".to_owned(),
        subject: String::new(),
        names: vec!["www.example.cn".to_owned(), "1.2.3.4".to_owned()],
        name_count: 10_000,
        not_before: Some(moment()),
        not_after: None,
        sha256: "ef".repeat(32),
        fault: Some(fault),
    }
}

#[test]
fn a_certificate_with_any_fault_comes_back() {
    use CertificateFault::*;
    for fault in [Unreadable, Expired, NotYetValid, WrongName, SelfSigned, UnknownIssuer] {
        check(&certificate(fault));
    }
}

fn visit(state: SiteState, sign: Sign) -> Visit {
    let places = [NumberPlace::Own, NumberPlace::Quoted, NumberPlace::Unsure];
    let numbers = places.map(|place| PageNumber {
        number: "京ICP备05014806号-1".parse().unwrap(),
        place,
        link: Some("beian.miit.gov.cn".parse().unwrap()),
    });
    let owners =
        [NumberOwner::Own, NumberOwner::Another, NumberOwner::Nobody, NumberOwner::Unknown];
    Visit {
        address: "1.2.3.4".parse().unwrap(),
        port: 443,
        is_secure: true,
        state,
        sign,
        status: Some(503),
        final_url: "https://www.example.cn/".to_owned(),
        hops: vec!["http://www.example.cn/".to_owned()],
        page: Some(Page {
            title: Some("标题".to_owned()),
            numbers: numbers.to_vec(),
            language: Language::SimplifiedChinese,
            text_chars: 1234,
            text_sha256: Some("0".repeat(64)),
            links: vec![],
        }),
        body_sha256: Some("cd".repeat(32)),
        claims: owners
            .map(|owner| Claim { number: "粤B2-20090059".parse().unwrap(), owner })
            .to_vec(),
        certificate: Some(certificate(CertificateFault::WrongName)),
        control: Some(Control::Filter),
    }
}

/// A visit of every sign and every state.
fn visits() -> Vec<Visit> {
    use SiteState::*;
    let text = || "名".to_owned();
    let signs = [
        Sign::Document,
        Sign::RobotsForbid,
        Sign::RobotsUnavailable(503),
        Sign::LeadsTo("example.com".parse().unwrap()),
        Sign::LeadsNowhere(text()),
        Sign::BlockPage(text()),
        Sign::BlockPageFlaps,
        Sign::ParkingPage(text()),
        Sign::Wall(text()),
        Sign::ScriptOnly,
        Sign::Status(404),
        Sign::RedirectLoop,
        Sign::TooLarge,
        Sign::Malformed,
        Sign::HopUnreachable(text()),
        Sign::NoConnection,
        Sign::Reset,
        Sign::TimedOut,
        Sign::TlsFailure,
        Sign::NotAllowed,
        Sign::NotAsked,
        Sign::TlsTooOld,
        Sign::PutOff,
        Sign::Deserted,
        Sign::DocumentAt("10.0.0.1".parse().unwrap()),
        Sign::DocumentInPart(None),
        Sign::DocumentInPart(Some("10.0.0.1".parse().unwrap())),
        Sign::AnothersCertificate { domain: "example.com".parse().unwrap(), at: None },
        Sign::TlsNameUnknown,
    ];
    let states = [Silent, Stopped, Parked, Unknown, Redirected, Live].into_iter().cycle();
    signs.into_iter().zip(states).map(|(sign, state)| visit(state, sign)).collect()
}

/// An address at every placement, the first of them visited.
fn sightings() -> Vec<Sighting> {
    let mainland = |holder| {
        Placement::Mainland(Holding {
            holder,
            carrier: Some("P001".parse().unwrap()),
            province: Some("北京".parse().unwrap()),
            is_redirector: true,
            is_reported: true,
        })
    };
    let placements = [
        mainland(Holder::Provider { id: "P1".parse().unwrap(), is_cdn: true }),
        mainland(Holder::Disputed(vec!["P1".parse().unwrap(), "P2".parse().unwrap()])),
        mainland(Holder::Unknown("无名公司".parse().unwrap())),
        mainland(Holder::Nobody),
        Placement::Abroad,
        Placement::SpecialPurpose,
    ];
    let mut sightings = placements.map(|placement| Sighting {
        address: "2400::1".parse().unwrap(),
        placement,
        visits: vec![],
    });
    sightings[0].visits = visits();
    sightings.to_vec()
}

fn filings() -> [FilingStatus; 6] {
    let summary = FilingSummary {
        numbers: ["京ICP备05014806号-1".parse().unwrap()].into(),
        former: ["粤A2-20044005号-70".parse().unwrap()].into(),
        subjects: ["京ICP备05014806号".parse().unwrap()].into(),
        are_subjects_known: true,
        providers: ["P1".parse().unwrap()].into(),
        are_providers_known: true,
        filed_on: Some(Date::constant(2005, 5, 1)),
        changed_on: None,
        as_of: moment(),
    };
    [
        FilingStatus::Active(summary.clone()),
        FilingStatus::Cancelled(summary),
        FilingStatus::None,
        FilingStatus::Unknown(RegisterGap::NotImported),
        FilingStatus::Unknown(RegisterGap::Incomplete),
        FilingStatus::Unknown(RegisterGap::Stale),
    ]
}

#[test]
fn an_examination_with_every_arm_comes_back() {
    let answers = [
        DnsAnswer::Addresses(vec!["1.2.3.4".parse().unwrap(), "2400::1".parse().unwrap()]),
        DnsAnswer::Empty,
        DnsAnswer::NoSuchName,
        DnsAnswer::ServerFailure,
        DnsAnswer::Refused,
        DnsAnswer::Timeout,
    ];
    for (filing, answer) in filings().into_iter().zip(answers) {
        let named = HostExamination {
            host: Some("www.example.cn".parse().unwrap()),
            resolution: Some(Resolution {
                v4: answer.clone(),
                v6: answer,
                chain: vec!["a.cdn.example.com".parse().unwrap()],
                views: vec![View {
                    vantage: "电信".to_owned(),
                    v4: DnsAnswer::Refused,
                    v6: DnsAnswer::Empty,
                    chain: vec![],
                }],
            }),
            is_invented: filing != FilingStatus::None,
            sightings: if filing == FilingStatus::None { sightings() } else { vec![] },
        };
        let bare =
            HostExamination { host: None, resolution: None, sightings: vec![], is_invented: false };
        check(&Examination {
            target: "example.cn".parse().unwrap(),
            night: 12,
            at: moment(),
            channel: "list".to_owned(),
            names: u64::MAX,
            filing,
            upstream: None,
            steady_since: 0,
            hosts: vec![named, bare],
        });
    }
}

#[test]
fn scans_exemptions_and_changes_come_back() {
    let ends = [EndedBy::Done, EndedBy::Window, EndedBy::Limit, EndedBy::Signal];
    for ended_by in ends.into_iter().map(Some).chain([None]) {
        check(&Scan {
            night: 12,
            scope: Scope {
                targets: vec!["example.cn".parse().unwrap(), "1.2.3.4".parse().unwrap()],
                bureau: Some("部".parse().unwrap()),
                provider: Some("P1".parse().unwrap()),
            },
            everything: true,
            started: moment(),
            stopped: ended_by.map(|_| moment()),
            ended_by,
            counts: NightCounts {
                lines: 1,
                candidates: 2,
                resolved: 3,
                failed: FailedNames { nxdomain: 4, empty: 5, servfail: 6, refused: 7, timeout: 8 },
                abroad: 9,
                filed_and_connected: 10,
                probed: 11,
                live: 12,
                lost: 13,
                findings: FindingCounts { opened: 14, seen: 15, closed: 16, reopened: 17 },
                ..NightCounts::default()
            },
        });
    }
    for until in [None, Some(Date::constant(2026, 12, 31))] {
        check(&Exemption {
            target: "example.cn".parse().unwrap(),
            reason: "政府网站".to_owned(),
            until,
            since: moment(),
        });
    }
    let kinds = [
        ChangeKind::Opened,
        ChangeKind::Reopened,
        ChangeKind::Closed,
        ChangeKind::Answered,
        ChangeKind::Upheld,
        ChangeKind::Transferred,
    ];
    for kind in kinds {
        check(&Change {
            finding: Ulid::from(7),
            kind,
            state: FindingState::Closed(ClosedReason::Gone),
            at: moment(),
            reasons: vec![Reason::GoneForNights],
            actor: "night 12".to_owned(),
            note: Some("说明".to_owned()),
        });
    }
}

#[test]
fn a_version_that_is_not_known_is_named_and_not_read() {
    let mut bytes = encode("exemption", &7_u32).unwrap();
    for version in [0, VERSION + 1, u8::MAX] {
        bytes[0] = version;
        let error = decode::<u32>("exemption", &bytes).unwrap_err();
        let StoreError::Format { what: "exemption", version: told } = error else {
            panic!("{error}")
        };
        assert_eq!(told, version);
    }
    assert!(matches!(decode::<u32>("exemption", &[]), Err(StoreError::Format { .. })));
}
