//! Notices after a night: counted, kept, and sent until they are taken or worth nothing any more.

use std::collections::HashMap;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use anyhow::Result;
use jiff::Timestamp;
use sha2::Digest;
use sha2::Sha256;
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::clock::Clock;
use crate::clock::day;
use crate::commands::causes::with_causes;
use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::bureau::Bureau;
use crate::facts::change::ChangeKind;
use crate::facts::change::Scan;
use crate::facts::checksum::hex;
use crate::facts::directory::Directory;
use crate::facts::finding::Finding;
use crate::facts::notice::Delivery;
use crate::facts::notice::Notice;
use crate::facts::notice::NoticeCounts;
use crate::facts::notice::Recipient;
use crate::facts::notice::Way;
use crate::net::notices;
use crate::net::notices::Subscriber;
use crate::publish::notices::json;
use crate::publish::notices::letter;
use crate::store::StoreError;

/// The wait before the second attempt; doubled for each further one.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// What a night did to each finding it told of.
type Told = HashMap<Ulid, ChangeKind>;

/// Keeps what `scan`, if it is finished, has to tell, once for each recipient and way.
pub(super) fn keep(session: &Session, data: &Data, scan: &Scan) -> Result<()> {
    let settings = &session.settings.notices;
    if settings.to.is_empty() || !scan.is_finished() {
        return Ok(());
    }
    let told = told(data, scan)?;
    let directory = data.directory()?;
    let mut wanted: Vec<(Recipient, Way, NoticeCounts)> = Vec::new();
    for subscriber in &settings.to {
        if let (Some(recipient), Some(way)) = (recipient(subscriber, &directory), subscriber.way())
        {
            wanted.push((recipient, way, NoticeCounts::default()));
        }
    }
    let today = day(session.clock.now());
    for finding in data.findings.all() {
        let finding = finding?;
        for (recipient, _, counts) in &mut wanted {
            if is_told_of(recipient, &finding) {
                count(counts, &finding, told.get(&finding.id).copied(), today);
            }
        }
    }
    let next = Clock::default().now();
    let notices = wanted.into_iter().filter(|(_, _, counts)| counts.are_news());
    let notices: Vec<Notice> = notices
        .map(|(recipient, way, counts)| Notice {
            key: key(scan, &recipient, &way),
            night: scan.night,
            at: scan.stopped.unwrap_or(scan.started),
            recipient,
            way,
            counts,
            delivery: Delivery::Waiting { attempts: 0, next },
        })
        .collect();
    data.findings.notices()?.add(&notices)?;
    Ok(())
}

/// What the night told of findings, the last word of each.
fn told(data: &Data, scan: &Scan) -> Result<Told, StoreError> {
    let actor = format!("night {}", scan.night);
    let mut told = Told::new();
    for change in data.findings.changes() {
        let change = change?;
        if change.actor == actor {
            told.insert(change.finding, change.kind);
        }
    }
    Ok(told)
}

fn recipient(subscriber: &Subscriber, directory: &Directory) -> Option<Recipient> {
    let Some(name) = &subscriber.provider else { return subscriber.bureau.map(Recipient::Bureau) };
    let found = directory.find(name).map(|provider| Recipient::Provider(provider.id.clone()));
    if found.is_none() {
        tracing::warn!(%name, "[notices] no provider bears this id, name or alias; it is not told");
    }
    found
}

/// Nobody is told of what is not his; the ministry is above all bureaus.
fn is_told_of(recipient: &Recipient, finding: &Finding) -> bool {
    match recipient {
        Recipient::Provider(id) => finding.key.provider.as_ref() == Some(id),
        Recipient::Bureau(bureau) => *bureau == Bureau::MINISTRY || finding.bureau == *bureau,
    }
}

fn count(
    counts: &mut NoticeCounts,
    finding: &Finding,
    told: Option<ChangeKind>,
    today: jiff::civil::Date,
) {
    counts.standing += u64::from(finding.stands());
    counts.overdue += u64::from(finding.stands() && finding.due < today);
    match told {
        Some(ChangeKind::Opened) => counts.opened += 1,
        Some(ChangeKind::Reopened) => counts.reopened += 1,
        Some(ChangeKind::Closed) => counts.closed += 1,
        _ => {}
    }
}

/// The same for the same night of the same data, recipient and way.
fn key(scan: &Scan, recipient: &Recipient, way: &Way) -> String {
    let way = match way {
        Way::Webhook(url) => format!("webhook {url}"),
        Way::Mail(address) => format!("mail {address}"),
    };
    let name = format!("{} {} {recipient} {way}", scan.night, scan.started);
    let digest = hex(&Sha256::digest(name));
    format!("night-{}-{}", scan.night, digest.get(..32).unwrap_or(&digest))
}

/// Sends what waits, again and again where it is not taken, until `patience` is at its end or `stop`
/// is asked for; the rest waits for the next time. Failures are told, and are no failure of whoever
/// calls.
pub(super) fn send(session: &Session, data: &Data, patience: Duration, stop: &CancellationToken) {
    // What is being sent by another thread must not be sent by this one too.
    let _alone = data.sending();
    let until = Instant::now() + patience;
    if let Err(error) = send_until(session, data, until, stop) {
        tracing::error!("notices cannot be sent: {}", with_causes(&error));
    }
}

fn send_until(
    session: &Session,
    data: &Data,
    until: Instant,
    stop: &CancellationToken,
) -> Result<()> {
    let outbox = data.findings.notices()?;
    if outbox.waiting()?.is_empty() {
        return Ok(());
    }
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let directory = data.directory()?;
    loop {
        let mut soonest: Option<Timestamp> = None;
        for notice in outbox.waiting()? {
            if stop.is_cancelled() {
                return Ok(());
            }
            let Delivery::Waiting { attempts, next } = notice.delivery else { continue };
            let now = Clock::default().now();
            let notice = if next <= now {
                let tried = runtime.block_on(attempt(session, &directory, &notice, now));
                let delivery = delivery(session, &notice, attempts, tried);
                let notice = Notice { delivery, ..notice };
                outbox.put(&notice)?;
                notice
            } else {
                notice
            };
            if let Delivery::Waiting { next, .. } = notice.delivery {
                soonest = Some(soonest.map_or(next, |soonest| soonest.min(next)));
            }
        }
        let Some(soonest) = soonest else { return Ok(()) };
        let wait = Duration::try_from(soonest.duration_since(Clock::default().now()));
        let wake = Instant::now() + wait.unwrap_or_default();
        if wake >= until {
            return Ok(());
        }
        let slept = async {
            tokio::select! {
                () = tokio::time::sleep_until(wake.into()) => {}
                () = stop.cancelled() => {}
                () = session.terminal.asked_to_stop() => stop.cancel(),
            }
        };
        runtime.block_on(slept);
    }
}

/// One attempt; the error is what went wrong, for the log.
async fn attempt(
    session: &Session,
    directory: &Directory,
    notice: &Notice,
    now: Timestamp,
) -> Result<(), String> {
    let settings = &session.settings.notices;
    let link = settings.link.as_deref();
    let is_simulated = session.settings.simulated;
    // Several may be told at one place, each under a secret of its own.
    let is_meant = |one: &&Subscriber| {
        one.way().as_ref() == Some(&notice.way)
            && recipient(one, directory).as_ref() == Some(&notice.recipient)
    };
    let Some(subscriber) = settings.to.iter().find(is_meant) else {
        return Err("the configuration names it no more".to_owned());
    };
    let sent = match &notice.way {
        Way::Webhook(url) => {
            let body = json(notice, link, is_simulated).map_err(|error| error.to_string())?;
            notices::post(url, subscriber.secret_file.as_deref(), &notice.key, body, now).await
        }
        Way::Mail(address) => {
            let letter = letter(notice, link, is_simulated);
            let text = (letter.subject.as_str(), letter.text.as_str());
            notices::mail(&settings.smtp, address, &notice.key, text)
        }
    };
    sent.map_err(|error| error.to_string())
}

/// How far the notice is after an attempt.
fn delivery(
    session: &Session,
    notice: &Notice,
    attempts: u32,
    tried: Result<(), String>,
) -> Delivery {
    let (now, recipient, key) = (Clock::default().now(), &notice.recipient, &notice.key);
    let Err(why) = tried else {
        tracing::info!(%recipient, key, "a notice was sent");
        return Delivery::Sent { at: now };
    };
    let age = Duration::try_from(now.duration_since(begun(notice))).unwrap_or_default();
    if age >= session.settings.notices.keep_trying {
        tracing::error!(%recipient, key, why, "a notice is given up");
        return Delivery::GivenUp { at: now, why };
    }
    let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempts)).min(LONGEST_WAIT);
    tracing::warn!(%recipient, key, why, ?wait, "a notice could not be sent; it is tried again");
    let next = now.saturating_add(wait).unwrap_or(now);
    Delivery::Waiting { attempts: attempts.saturating_add(1), next }
}

/// When the notice was kept: by its waits so far, since `--now` may have replaced the night's time.
fn begun(notice: &Notice) -> Timestamp {
    let Delivery::Waiting { attempts, next } = notice.delivery else { return notice.at };
    let waited = (0..attempts)
        .map(|attempt| FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST_WAIT));
    next.saturating_sub(waited.sum::<Duration>()).unwrap_or(next)
}
