//! A folder of evidence with findings beside it, and nights that bring some.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::*;
use crate::facts::bureau::Bureau;
use crate::facts::certificate::Certificate;
use crate::facts::change::Change;
use crate::facts::change::ChangeKind;
use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::examination::Sighting;
use crate::facts::exchange::Allowance;
use crate::facts::exchange::Exchange;
use crate::facts::exchange::HttpVersion;
use crate::facts::filing::FilingStatus;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Evidence;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingKey;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::finding::Sightings;
use crate::facts::placement::Holder;
use crate::facts::placement::Holding;
use crate::facts::placement::Placement;
use crate::facts::resolution::DnsAnswer;
use crate::facts::resolution::Resolution;
use crate::facts::visit::Sign;
use crate::facts::visit::SiteState;
use crate::facts::visit::Visit;
use crate::store::evidence::members::Entry;
use crate::store::findings::Update;

pub(crate) fn moment(night: u32) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + i64::from(night) * 86_400).unwrap()
}

fn sha256(body: &str) -> String {
    hex(&Sha256::digest(body))
}

fn visit(number: u32, body: &str, state: SiteState) -> Visit {
    Visit {
        address: "1.2.3.4".parse().unwrap(),
        port: 80,
        is_secure: false,
        state,
        sign: Sign::Document,
        status: Some(200),
        final_url: format!("http://site{number}.cn/home"),
        hops: vec![format!("http://site{number}.cn/")],
        page: None,
        body_sha256: Some(sha256(body)),
        claims: vec![],
        control: None,
        certificate: None,
    }
}

fn exchange(number: u32, path: &str, body: &str) -> Exchange {
    let header = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    let certificate = Certificate {
        issuer: "CN=示例".to_owned(),
        subject: "CN=site".to_owned(),
        names: vec!["site.cn".to_owned()],
        name_count: 1,
        not_before: None,
        not_after: Some(moment(9)),
        sha256: sha256("der"),
        fault: None,
    };
    Exchange {
        url: format!("http://site{number}.cn{path}"),
        address: "1.2.3.4".parse().unwrap(),
        port: 80,
        at: moment(1),
        elapsed: Duration::from_millis(5),
        request: format!(
            "GET {path} HTTP/1.1\r\nHost: site{number}.cn\r\nCookie: secret=1\r\n\r\n"
        )
        .into_bytes(),
        version: HttpVersion::Http2,
        status: 200,
        reason: vec![],
        headers: vec![
            header("Content-Type", "text/html; charset=gbk"),
            header("Content-Encoding", "gzip"),
            header("Content-Length", "20"),
            header("Set-Cookie", "secret=1"),
            (b"X-Raw".to_vec(), vec![0xc4, 0xe3]),
        ],
        body: Allowance::new(1 << 20, 1 << 20).keep(body.as_bytes().to_vec(), true),
        certificate: Some(Arc::new(certificate)),
    }
}

fn host(number: u32, visit: Visit) -> HostExamination {
    let holding = Holding {
        holder: Holder::Nobody,
        carrier: None,
        province: None,
        is_redirector: false,
        is_reported: true,
    };
    let addresses = DnsAnswer::Addresses(vec!["1.2.3.4".parse().unwrap()]);
    HostExamination {
        host: Some(format!("site{number}.cn").parse().unwrap()),
        resolution: Some(Resolution {
            v4: addresses,
            v6: DnsAnswer::Empty,
            chain: vec!["x.cdn.cn".parse().unwrap()],
            views: vec![],
        }),
        sightings: vec![Sighting {
            address: "1.2.3.4".parse().unwrap(),
            placement: Placement::Mainland(holding),
            visits: vec![visit],
        }],
        is_invented: false,
    }
}

/// A night's outcome for site `number`, whose page is `body`; `change` is what happened to its finding.
pub(crate) fn outcome(number: u32, night: u32, body: &str, change: Option<ChangeKind>) -> Outcome {
    let is_closed = change == Some(ChangeKind::Closed);
    let state =
        if is_closed { FindingState::Closed(ClosedReason::Stopped) } else { FindingState::Open };
    let site = if is_closed { SiteState::Stopped } else { SiteState::Live };
    let visit = visit(number, body, site);
    let id = Ulid::from(u128::from(number));
    let finding = Finding {
        id,
        key: FindingKey {
            target: format!("site{number}.cn").parse().unwrap(),
            kind: Kind::Unfiled,
            provider: None,
        },
        bureau: Bureau::MINISTRY,
        channel: "list".to_owned(),
        state,
        reopened: 0,
        first_seen: moment(1),
        last_seen: moment(night),
        times_seen: 1,
        due: Date::constant(2026, 1, 1),
        seen: Sightings {
            addresses: vec!["1.2.3.4".parse().unwrap()],
            evidence: Evidence {
                status: Some(200),
                final_url: Some(visit.final_url.clone()),
                body_sha256: visit.body_sha256.clone(),
                ..Evidence::default()
            },
            ..Sightings::default()
        },
        answer: None,
        nights_in_row: 0,
        last_night: night,
        has_lapsed: false,
    };
    let change = change.map(|kind| Change {
        finding: id,
        kind,
        state,
        at: moment(night),
        reasons: vec![],
        actor: String::new(),
        note: None,
    });
    Outcome {
        examination: Examination {
            target: finding.key.target.clone(),
            night,
            at: moment(night),
            channel: "list".to_owned(),
            names: 1,
            filing: FilingStatus::None,
            upstream: None,
            steady_since: 0,
            hosts: vec![host(number, visit)],
        },
        update: Update {
            findings: vec![finding],
            changes: change.into_iter().collect(),
            ..Update::default()
        },
        judged: crate::store::journal::Judged::Whole,
        exchanges: vec![
            exchange(number, "/robots.txt", ""),
            exchange(number, "/", ""),
            exchange(number, "/home", body),
        ],
        turns: 0,
    }
}

pub(crate) struct Office {
    dir: tempfile::TempDir,
    pub(crate) findings: Findings,
    pub(crate) settings: Settings,
}

impl Office {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let findings = Findings::open(&dir.path().join("findings")).unwrap();
        Self { dir, findings, settings: Settings::default() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("evidence")
    }

    pub(crate) fn open(&self, night: u32) -> EvidenceWriter {
        EvidenceWriter::open(&self.path(), &self.settings, night, &self.findings).unwrap()
    }

    /// A whole night, as the writer does it.
    pub(crate) fn night(&self, night: u32, mut batch: Vec<Outcome>) {
        let mut writer = self.open(night);
        writer.keep(&mut batch, &self.findings).unwrap();
        let files = writer.sync().unwrap();
        let updates = batch.iter().map(|outcome| &outcome.update);
        self.findings.writing().apply_with(updates, None, &files).unwrap();
    }

    pub(crate) fn dossier(&self, number: u32) -> Option<Dossier> {
        self.findings.dossier(Ulid::from(u128::from(number))).unwrap()
    }

    pub(crate) fn entries(&self, name: &str) -> Vec<Entry> {
        Members::open(&self.path().join(name))
            .unwrap()
            .map(|entry| entry.unwrap().unwrap())
            .collect()
    }

    pub(crate) fn kinds(&self, name: &str) -> Vec<String> {
        let entries = self.entries(name).into_iter();
        entries.map(|entry| entry.member.record.field("WARC-Type").unwrap().to_owned()).collect()
    }

    /// The body that the newest whole exchange of a finding holds now.
    pub(crate) fn body(&self, number: u32) -> Option<Vec<u8>> {
        let place = self.dossier(number)?.newest()?.place;
        let entry = members::find(&self.path(), place).unwrap()?;
        (!entry.is_removed).then(|| entry.member.record.payload().to_vec())
    }
}

impl Office {
    /// The folder that holds everything, for reading; with a night that is over.
    pub(crate) fn data(&self) -> &Path {
        self.dir.path()
    }
}
