//! One name told whole.

use super::*;
use crate::facts::certificate::CertificateFault;
use crate::facts::change::ChangeKind;
use crate::facts::filing::NumberOwner;
use crate::facts::filing::RegisterGap;
use crate::facts::finding::FindingState;
use crate::facts::language::Language;
use crate::facts::number::FilingNumber;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::placement::Placement;
use crate::facts::resolution::DnsAnswer;
use crate::facts::resolution::Resolution;
use crate::facts::visit::Claim;
use crate::facts::visit::NumberPlace;
use crate::facts::visit::Page;
use crate::facts::visit::PageNumber;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::net::guard::OptOut;
use crate::publish::view::tests::finding;
use crate::publish::view::tests::moment;
use crate::publish::view::tests::names;
use crate::publish::view::tests::view;

fn visit() -> Visit {
    let number = "粤B2-20090059".parse::<FilingNumber>().unwrap();
    Visit {
        address: "127.10.0.1".parse().unwrap(),
        port: 80,
        is_secure: false,
        state: SiteState::Live,
        sign: Sign::Document,
        status: Some(200),
        final_url: "http://www.example.cn/index.html".to_owned(),
        hops: vec!["http://www.example.cn/".to_owned()],
        page: Some(Page {
            title: Some("示例\u{1b}[2J".to_owned()),
            numbers: vec![PageNumber {
                number: number.clone(),
                place: NumberPlace::Own,
                link: None,
            }],
            language: Language::SimplifiedChinese,
            text_chars: 1234,
            ..Page::default()
        }),
        body_sha256: Some("ab".repeat(32)),
        claims: vec![Claim { number, owner: NumberOwner::Unknown }],
        certificate: None,
        control: None,
    }
}

fn certificate() -> Certificate {
    Certificate {
        issuer: "CN=Example CA".to_owned(),
        subject: "CN=other.example.cn".to_owned(),
        names: vec!["other.example.cn".to_owned()],
        name_count: 3,
        not_before: Some(moment("2026-01-01T00:00:00Z")),
        not_after: Some(moment("2026-04-01T00:00:00Z")),
        sha256: "ef".repeat(32),
        fault: Some(CertificateFault::Expired),
    }
}

fn examination() -> Examination {
    let blocked = Visit {
        port: 443,
        is_secure: true,
        state: SiteState::Stopped,
        sign: Sign::BlockPage("aliyun".to_owned()),
        status: None,
        page: None,
        hops: vec![],
        body_sha256: None,
        claims: vec![],
        certificate: Some(certificate()),
        control: None,
        ..visit()
    };
    let placement = Placement::Mainland(Holding {
        holder: Holder::Provider { id: "P004".parse().unwrap(), is_cdn: false },
        carrier: None,
        province: Some("北京".parse().unwrap()),
        is_redirector: false,
        is_reported: true,
    });
    Examination {
        target: "example.cn".parse().unwrap(),
        night: 3,
        at: moment("2026-11-24T17:02:03Z"),
        channel: "list".to_owned(),
        names: 2,
        filing: FilingStatus::None,
        upstream: None,
        steady_since: 0,
        hosts: vec![HostExamination {
            host: Some("www.example.cn".parse().unwrap()),
            resolution: Some(Resolution {
                v4: DnsAnswer::Addresses(vec!["127.10.0.1".parse().unwrap()]),
                v6: DnsAnswer::Timeout,
                chain: vec!["edge.example.com".parse().unwrap()],
                views: vec![],
            }),
            is_invented: false,
            sightings: vec![
                Sighting {
                    address: "127.10.0.1".parse().unwrap(),
                    placement,
                    visits: vec![visit(), blocked],
                },
                Sighting {
                    address: "8.8.8.8".parse().unwrap(),
                    placement: Placement::Abroad,
                    visits: vec![],
                },
            ],
        }],
    }
}

fn history() -> Vec<(FindingView, Vec<Change>)> {
    let finding = finding("example.cn");
    let change = Change {
        finding: finding.id,
        kind: ChangeKind::Opened,
        state: FindingState::Open,
        at: finding.first_seen,
        reasons: vec![Reason::NotFiled],
        actor: "night 1".to_owned(),
        note: None,
    };
    vec![(view(&finding), vec![change])]
}

fn texted(trail: &Trail<'_>) -> String {
    let mut out = Vec::new();
    text(trail, &names(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_trail_tells_every_step() {
    let (target, examination, findings) = ("example.cn".parse().unwrap(), examination(), history());
    let exemption = Exemption { reason: "测试", until: Some("2026-12-31".parse().unwrap()) };
    let trail = Trail {
        target: &target,
        examination: Some(&examination),
        findings: &findings,
        submitted: &[],
        deeds: &[],
        exemption: Some(exemption),
        guard: &Guard::default(),
    };
    let expected = format!(
        "\
example.cn
已豁免 exempt：测试，至 2026-12-31

检测
  第 3 夜，2026-11-25T01:02:03+08:00，渠道 list，名单 2 条

备案
  未备案 none：备案库完整，查无记录

主机 www.example.cn
  A    127.10.0.1
  AAAA 无应答 timeout
  CNAME edge.example.com
  127.10.0.1　境内，接入服务商 示例接入商 (P004)；运营商 未知；省份 北京
    http 端口 80：可访问 live，网页文档 document
      经过 http://www.example.cn/
      网址 http://www.example.cn/index.html 200
      标题 示例 [2J
      备案号 粤B2-20090059：标为本站，归属无法判断 unknown
      语言 简体中文 zh-Hans，文字 1234 字
      正文 SHA-256 {}
    https 端口 443：已停止接入 stopped，停止接入提示页 block_page（aliyun）
      网址 http://www.example.cn/index.html 无状态码
      证书 已过期 expired；名字 other.example.cn等 3 个；签发者 CN=Example CA；2026-01-01T08:00:00+08:00 至 2026-04-01T08:00:00+08:00；SHA-256 {}
  8.8.8.8　境外 abroad
    未访问：结论不取决于它

发现结果
  未备案 unfiled　编号 {}
    状态 open
    接入服务商 示例接入商 (P004)；运营商 示例电信 (P001)；监督单位 北京
    首次 2026-11-23T01:02:03+08:00；最近 2026-11-25T01:02:03+08:00；3 次；复燃 0 次；期限 2026-12-13
    理由 R01 未备案 · not filed
    理由 R03 有自己的网页 · serves a document
    经过 2026-11-23T01:02:03+08:00 立为发现结果 opened，理由 R01，night 1
",
        "ab".repeat(32),
        "ef".repeat(32),
        findings[0].0.id
    );
    assert_eq!(texted(&trail), expected);
}

#[test]
fn a_name_that_was_never_examined_has_a_short_trail() {
    let target = "例子.中国".parse().unwrap();
    let trail = Trail {
        target: &target,
        examination: None,
        findings: &[],
        submitted: &[],
        deeds: &[],
        exemption: None,
        guard: &Guard::default(),
    };
    let expected = "例子.中国（xn--fsqu00a.xn--fiqs8s）\n\n尚未检测过\n\n发现结果\n  无\n";
    assert_eq!(texted(&trail), expected);
}

#[test]
fn what_the_register_could_not_say_is_told_with_its_cause() {
    let gap = FilingStatus::Unknown(RegisterGap::Stale);
    assert_eq!(
        filing_told(&gap, false, &names()),
        "无法判断 unknown：备案库已过期，请重新导入 stale"
    );
    let summary = FilingSummary {
        numbers: [].into(),
        subjects: [].into(),
        providers: [].into(),
        are_providers_known: true,
        ..FilingSummary::empty(moment("2026-11-22T16:00:00Z"))
    };
    assert_eq!(
        filing_told(&FilingStatus::Active(summary), false, &names()),
        "已备案 active：备案号 无；接入服务商 无；备案库截至 2026-11-23T00:00:00+08:00"
    );
}

#[test]
fn the_trail_as_json_has_the_same_facts() {
    let (target, examination, findings) = ("example.cn".parse().unwrap(), examination(), history());
    let trail = Trail {
        target: &target,
        examination: Some(&examination),
        findings: &findings,
        submitted: &[],
        deeds: &[],
        exemption: None,
        guard: &Guard::default(),
    };
    let mut out = Vec::new();
    json(&trail, &names(), &mut out).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["exemption"], serde_json::Value::Null);
    let seen = &value["examination"];
    assert_eq!(seen["night"], 3);
    assert_eq!(seen["filing"]["status"], "none");
    let host = &seen["hosts"][0];
    assert_eq!(host["dns"]["aaaa"]["answer"], "timeout");
    assert_eq!(host["addresses"][0]["provider"]["id"], "P004");
    let visit = &host["addresses"][0]["visits"][0];
    assert_eq!(visit["sign"], "document");
    assert_eq!(visit["numbers"][0]["owner"], "unknown");
    assert_eq!(host["addresses"][0]["visits"][1]["detail"], "aliyun");
    assert_eq!(value["findings"][0]["kind"], "unfiled");
    assert_eq!(value["findings"][0]["changes"][0]["kind"], "opened");
    assert_eq!(value["findings"][0]["changes"][0]["at"], "2026-11-23T01:02:03+08:00");
}

#[test]
fn a_name_that_nobody_may_ask_is_said_to_be_on_the_opt_out_list() {
    let (target, mut examination) = ("example.cn".parse().unwrap(), examination());
    examination.hosts[0].sightings[0].visits.clear();
    for (list, is_opted_out) in
        [("example.cn", true), ("127.10.0.0/24", true), ("other.cn\n127.10.1.0/24", false)]
    {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()], OptOut::parse(list).0);
        let (submitted, deeds, exemption) = (&[][..], &[][..], None);
        let examination = Some(&examination);
        let (target, guard) = (&target, &guard);
        let trail =
            Trail { target, examination, findings: &[], submitted, deeds, exemption, guard };
        let told = texted(&trail);
        assert_eq!(told.contains("\n免访 opted out：免访名单"), is_opted_out, "{list}: {told}");
        assert_eq!(told.contains("    未访问：在免访名单上\n"), is_opted_out, "{list}: {told}");
        let mut out = Vec::new();
        json(&trail, &names(), &mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["opted_out"], is_opted_out, "{list}");
    }
}

#[test]
fn every_reason_has_a_page_that_opens_with_its_code_and_tells_enough() {
    for reason in Reason::ALL {
        let page = reason.page();
        let head = page.lines().next().unwrap_or_default();
        assert!(head.starts_with(&format!("# {} ", reason.code())), "{reason}: {head}");
        assert_eq!(head.matches(" · ").count(), 1, "{reason}: {head}");
        let lines = page.lines().count();
        assert!((8..=20).contains(&lines), "{reason}: {lines} lines");
        assert!(page.chars().count() > 250, "{reason}: {}", page.chars().count());
        for section in ["含义", "依据", "怎么办", "何时不成立", "English"] {
            assert!(page.contains(&format!("**{section}**")), "{reason}: {section}");
        }
    }
}

#[test]
fn a_reason_is_told_by_its_page() {
    let mut out = Vec::new();
    reason(Reason::NotFiled, &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().starts_with("# R01 未备案 · not filed\n"));
}

#[test]
fn behind_a_cdn_the_origin_is_told_as_far_as_it_is_known() {
    let mut examination = examination();
    assert!(origins(&examination, &names()).is_empty(), "there is no CDN");
    let Placement::Mainland(holding) = &mut examination.hosts[0].sightings[0].placement else {
        panic!("it is on the mainland")
    };
    holding.holder = Holder::Provider { id: "P009".parse().unwrap(), is_cdn: true };
    assert!(origins(&examination, &names()).is_empty(), "nothing is known");
    examination.filing = FilingStatus::Active(FilingSummary {
        numbers: [].into(),
        subjects: [].into(),
        providers: ["P004".parse().unwrap(), "P009".parse().unwrap()].into(),
        are_providers_known: true,
        ..FilingSummary::empty(examination.at)
    });
    assert_eq!(origins(&examination, &names()), ["据备案：示例接入商 (P004)"]);
}
