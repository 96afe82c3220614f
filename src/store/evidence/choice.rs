//! Which exchanges prove which finding. Pure.

use jiff::Timestamp;
use ulid::Ulid;

use crate::facts::change::ChangeKind;
use crate::facts::checksum::hex;
use crate::facts::dossier::Occasion;
use crate::facts::examination::Examination;
use crate::facts::examination::HostExamination;
use crate::facts::exchange::Exchange;
use crate::facts::finding::ClosedReason;
use crate::facts::finding::Finding;
use crate::facts::finding::FindingState;
use crate::facts::finding::Kind;
use crate::facts::visit::SiteState;
use crate::facts::visit::Visit;
use crate::store::findings::Update;
use crate::store::journal::Outcome;

/// What one finding rests on tonight.
#[derive(Debug)]
pub(super) struct Proof<'a> {
    pub(super) finding: Ulid,
    pub(super) occasion: Occasion,
    pub(super) at: Timestamp,
    /// What the last of the exchanges asked for; of a proof without any, the name asked about.
    pub(super) url: String,
    /// SHA-256 of the last body as it was read, lower-case hex.
    pub(super) body_sha256: String,
    /// The chain of requests, first to last.
    pub(super) exchanges: Vec<&'a Exchange>,
    /// What the name servers said.
    pub(super) hosts: Vec<&'a HostExamination>,
}

impl<'a> Proof<'a> {
    /// The exchange that shows the fault.
    pub(super) fn primary(&self) -> Option<&'a Exchange> {
        self.exchanges.last().copied()
    }

    /// Whether nothing happened to the finding but being seen again.
    pub(super) fn is_routine(&self) -> bool {
        self.occasion == Occasion::Changed
    }
}

/// What is to be kept of `outcome`: for each finding that opened, came back, was seen again, or was
/// closed by a block page.
pub(super) fn proofs(outcome: &Outcome) -> Vec<Proof<'_>> {
    let Outcome { examination, update, exchanges, .. } = outcome;
    let findings = update.findings.iter();
    findings
        .filter_map(|finding| {
            let occasion = occasion(finding, update, examination)?;
            proof(finding, occasion, examination, exchanges)
        })
        .collect()
}

/// What happened to `finding`; `None` where nothing was seen that proves anything.
fn occasion(finding: &Finding, update: &Update, examination: &Examination) -> Option<Occasion> {
    let change = update.changes.iter().find(|change| change.finding == finding.id);
    let was_seen = finding.stands() && finding.last_seen == examination.at;
    match change.map(|change| change.kind) {
        Some(ChangeKind::Opened) => Some(Occasion::Opened),
        Some(ChangeKind::Reopened) => Some(Occasion::Reopened),
        Some(ChangeKind::Closed) => {
            let is_by_page = finding.state == FindingState::Closed(ClosedReason::Stopped);
            is_by_page.then_some(Occasion::Closed)
        }
        Some(ChangeKind::Answered | ChangeKind::Upheld | ChangeKind::Transferred) | None => {
            was_seen.then_some(Occasion::Changed)
        }
    }
}

fn proof<'a>(
    finding: &Finding,
    occasion: Occasion,
    examination: &'a Examination,
    exchanges: &'a [Exchange],
) -> Option<Proof<'a>> {
    let hosts: Vec<_> = examination.hosts.iter().filter(|host| host.resolution.is_some()).collect();
    let at = examination.at;
    let bare = |url, body_sha256, exchanges, hosts| Proof {
        finding: finding.id,
        occasion,
        at,
        url,
        body_sha256,
        exchanges,
        hosts,
    };
    match finding.key.kind {
        // What the register says is no exchange.
        Kind::Shell => None,
        // Where nothing of the Domain leads is what the name servers say, told once.
        Kind::OverReported => {
            let is_told = occasion != Occasion::Changed && !hosts.is_empty();
            is_told.then(|| bare(examination.target.to_string(), String::new(), Vec::new(), hosts))
        }
        Kind::Unfiled | Kind::NotConnected | Kind::WrongNumber | Kind::UnreportedAddress => {
            let visit = visit_of(finding, occasion, examination)?;
            let chain = chain(visit, exchanges);
            let primary = chain.last()?;
            let body_sha256 = visit.body_sha256.clone().unwrap_or_else(|| {
                use sha2::Digest;
                hex(&sha2::Sha256::digest(primary.body.bytes()))
            });
            Some(bare(primary.url.clone(), body_sha256, chain, hosts))
        }
    }
}

/// The visit that shows the fault, or the block page.
fn visit_of<'a>(
    finding: &Finding,
    occasion: Occasion,
    examination: &'a Examination,
) -> Option<&'a Visit> {
    let sightings = examination.hosts.iter().flat_map(|host| &host.sightings);
    if occasion == Occasion::Closed {
        let provider = finding.key.provider.as_ref();
        return sightings
            .filter(|sighting| {
                sighting.placement.mainland().is_some_and(|holding| holding.provider() == provider)
            })
            .flat_map(|sighting| &sighting.visits)
            .find(|visit| visit.state == SiteState::Stopped);
    }
    let evidence = &finding.seen.evidence;
    sightings
        .filter(|sighting| finding.seen.addresses.contains(&sighting.address))
        .flat_map(|sighting| &sighting.visits)
        .find(|visit| {
            evidence.final_url.as_ref() == Some(&visit.final_url)
                && evidence.body_sha256 == visit.body_sha256
                && evidence.status == visit.status
        })
}

/// The exchanges of `visit`, first to last; where robots.txt kept us from asking for anything else,
/// those of robots.txt.
fn chain<'a>(visit: &Visit, exchanges: &'a [Exchange]) -> Vec<&'a Exchange> {
    let is_asked = |url: &str| visit.final_url == url || visit.hops.iter().any(|hop| hop == url);
    let asked: Vec<_> = exchanges.iter().filter(|exchange| is_asked(&exchange.url)).collect();
    let there: Vec<_> =
        asked.iter().copied().filter(|exchange| exchange.address == visit.address).collect();
    let of_visit = |exchange: &&Exchange| {
        // A hop may lead to another address; what was asked at the visit's own is not asked for elsewhere.
        exchange.address == visit.address || there.iter().all(|own| own.url != exchange.url)
    };
    let chain: Vec<_> = asked.into_iter().filter(of_visit).collect();
    if !chain.is_empty() {
        return chain;
    }
    let is_robots = |exchange: &&Exchange| {
        exchange.address == visit.address && exchange.url.ends_with("/robots.txt")
    };
    exchanges.iter().filter(is_robots).collect()
}
