//! `keys`: electronic keys, from request to end, and what was done with them.

use std::io::Write;

use anyhow::Result;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::civil::Time;
use rand::RngExt;
use serde::Serialize;
use ulid::Ulid;

use crate::cli::Format;
use crate::cli::Keys as Request;
use crate::cli::RequestKey;
use crate::clock;
use crate::commands::Ended;
use crate::commands::data::Data;
use crate::commands::sample::doer;
use crate::commands::session::Session;
use crate::commands::usage;
use crate::facts::bureau::Bureau;
use crate::facts::key::Holder;
use crate::facts::key::Key;
use crate::facts::key::RANDOM;
use crate::facts::key::Secret;
use crate::facts::key::Step;
use crate::facts::key::Unready;
use crate::publish::keys;
use crate::publish::keys::KeyView;
use crate::publish::keys::Wait;
use crate::publish::text::printable;
use crate::store::keys::Count;
use crate::store::keys::Entry;
use crate::store::keys::Tallied;

/// The longest note or name, in characters.
const LONGEST: usize = 200;

/// How long a key is good where nothing is said.
const GOOD_FOR_DAYS: i64 = 365;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let data = session.data()?;
    let now = session.clock.now();
    let out = &mut session.terminal.out();
    match request {
        Request::Request(request) => {
            let key = ask(&data, request, (now, doer(session, request.by.as_ref())))?;
            tracing::info!(
                holder = %key.holder,
                due = %session.settings.deadlines.due_of_key(now),
                "requested; it is to be issued by then"
            );
            writeln!(out, "{}", key.id)?;
        }
        Request::Approve { id, by } => {
            let at = (now, doer(session, by.as_ref()));
            let key = step(&data, *id, ("approved", None), at, Key::approve)?;
            writeln!(out, "approved: {} {}", key.id, key.holder)?;
        }
        Request::Issue { id, until, by } => {
            let secret = Secret::new(rand::rng().random::<[u8; RANDOM]>());
            let expires = expires(now, *until)?;
            let at = (now, doer(session, by.as_ref()));
            let key = step(&data, *id, ("issued", None), at, |key, step| {
                key.issue(step, secret.hash(), expires)
            })?;
            tracing::info!(
                id = %key.id,
                holder = %key.holder,
                expires = clock::written(expires),
                "issued; it is shown this once and kept nowhere"
            );
            writeln!(out, "{}", secret.reveal())?;
        }
        Request::Revoke { id, reason, by } => {
            let note = note(Some(reason), "--reason")?;
            if note.is_none() {
                return Err(usage("--reason must say why the key is revoked"));
            }
            let at = (now, doer(session, by.as_ref()));
            let key = step(&data, *id, ("revoked", note), at, Key::revoke)?;
            writeln!(out, "revoked: {} {}", key.id, key.holder)?;
        }
        Request::List { format } => list(session, &data, *format, out)?,
        Request::Log { id, daily: false, format } => log(session, &data, *id, *format, out)?,
        Request::Log { id, daily: true, format } => daily(session, &data, *id, *format, out)?,
    }
    Ok(Ended::Done)
}

fn ask(data: &Data, request: &RequestKey, (now, by): (Timestamp, String)) -> Result<Key> {
    let holder = match (&request.holder.provider, request.holder.bureau, &request.holder.reader) {
        (Some(name), ..) => {
            let directory = data.directory()?;
            let found = directory.find(name);
            let id = found.map(|provider| provider.id.clone());
            Holder::Provider(id.ok_or_else(|| {
                usage(format!("no provider bears the id, name or alias `{name}`"))
            })?)
        }
        (None, Some(bureau), _) => Holder::Bureau(bureau),
        (None, None, Some(name)) => Holder::Reader(
            note(Some(name), "--reader")?.ok_or_else(|| usage("--reader must name somebody"))?,
        ),
        (None, None, None) => Holder::Bureau(Bureau::MINISTRY),
    };
    let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let id = Ulid::from_parts(milliseconds, Ulid::new().random());
    let note = note(request.note.as_ref(), "--note")?;
    let step = Step { at: now, by, note };
    data.findings.keys()?.change(None, |_| {
        let entry = entry(id, "requested", &step);
        Ok((Key::requested(id, holder, step), entry))
    })
}

/// Takes the key one step further.
fn step(
    data: &Data,
    id: Ulid,
    (word, note): (&str, Option<String>),
    (now, by): (Timestamp, String),
    go: impl FnOnce(&Key, Step) -> std::result::Result<Key, Unready>,
) -> Result<Key> {
    data.findings.keys()?.change(Some(id), |key| {
        let key =
            key.ok_or_else(|| usage(format!("there is no key {id}; `keys list` shows them")))?;
        let step = Step { at: now, by, note };
        let entry = entry(id, word, &step);
        let key = go(key, step).map_err(|unready| usage(format!("{id}: {unready}")))?;
        Ok((key, entry))
    })
}

fn entry(id: Ulid, what: &str, step: &Step) -> Entry {
    Entry { at: step.at, key: Some(id), what: what.to_owned(), by: step.by.clone() }
}

/// The end of the day `until` in China, or a year from now.
fn expires(now: Timestamp, until: Option<Date>) -> Result<Timestamp> {
    let last = match until {
        Some(until) if until < clock::day(now) => {
            return Err(usage(format!("--until lies before today, {}", clock::day(now))));
        }
        Some(until) => until,
        None => clock::day(now).saturating_add(GOOD_FOR_DAYS.days()),
    };
    let end = last.tomorrow();
    let end = end.and_then(|day| clock::zone().to_timestamp(day.to_datetime(Time::midnight())));
    end.map_err(|_| usage("--until is no day that comes"))
}

/// A text of people, trimmed; `None` where it is empty.
fn note(text: Option<&String>, flag: &str) -> Result<Option<String>> {
    let text = text.map(|text| text.trim()).unwrap_or_default();
    if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(usage(format!("{flag} is at most {LONGEST} characters on one line")));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

fn list(session: &Session, data: &Data, format: Format, out: &mut impl Write) -> Result<()> {
    let now = session.clock.now();
    let names = data.names()?;
    let deadlines = &session.settings.deadlines;
    let view = |key: &Key| {
        let requested = key.requested.at;
        let wait = Wait {
            working_days: deadlines.days.between(clock::day(requested), clock::day(now)),
            due: deadlines.due_of_key(requested),
        };
        KeyView::of(key, &names, now, wait)
    };
    let mut rows: Vec<KeyView> = data.findings.keys()?.all()?.iter().map(view).collect();
    rows.sort_by_key(|row| (!row.state.is_pending(), row.requested, row.id));
    match format {
        Format::Text => keys::table(&rows, session.layout(), out)?,
        Format::Json => {
            session.mark_in_log();
            keys::jsonl(&rows, out)?;
        }
    }
    Ok(())
}

/// One entry of the log as JSON.
#[derive(Serialize)]
struct LogLine<'a> {
    at: String,
    key: Option<Ulid>,
    what: &'a str,
    by: &'a str,
}

fn log(
    session: &Session,
    data: &Data,
    id: Option<Ulid>,
    format: Format,
    out: &mut impl Write,
) -> Result<()> {
    let mut entries = data.findings.keys()?.entries()?;
    entries.retain(|entry| id.is_none() || entry.key == id);
    entries.sort_by_key(|entry| entry.at);
    match format {
        Format::Text => session.mark(out)?,
        Format::Json => session.mark_in_log(),
    }
    for entry in &entries {
        let Entry { at, key, what, by } = entry;
        let at = clock::written(*at);
        match format {
            Format::Text => {
                let key = key.map_or_else(|| "-".to_owned(), |key| key.to_string());
                writeln!(out, "{at} {key} {} {}", printable(what), printable(by))?;
            }
            Format::Json => {
                serde_json::to_writer(&mut *out, &LogLine { at, key: *key, what, by })?;
                out.write_all(b"\n")?;
            }
        }
    }
    Ok(())
}

/// How often a key was used or refused on a day, as JSON.
#[derive(Serialize)]
struct DayLine<'a> {
    day: String,
    key: Option<Ulid>,
    what: &'a str,
    by: Option<&'a str>,
    count: u64,
    first: String,
    last: String,
}

fn daily(
    session: &Session,
    data: &Data,
    id: Option<Ulid>,
    format: Format,
    out: &mut impl Write,
) -> Result<()> {
    match format {
        Format::Text => session.mark(out)?,
        Format::Json => session.mark_in_log(),
    }
    for (of, told) in data.findings.keys()?.tallies()? {
        let Tallied { day, key, what, by } = &of;
        if id.is_some() && *key != id {
            continue;
        }
        let Count { count, first, last } = told;
        let (first, last) = (clock::written(first), clock::written(last));
        match format {
            Format::Text => {
                let key = key.map_or_else(|| "-".to_owned(), |key| key.to_string());
                let by = by.as_deref().map_or_else(|| "-".to_owned(), printable);
                writeln!(out, "{day} {key} {} {by} {count} {first} {last}", printable(what))?;
            }
            Format::Json => {
                let (day, by) = (day.to_string(), by.as_deref());
                let line = DayLine { day, key: *key, what, by, count, first, last };
                serde_json::to_writer(&mut *out, &line)?;
                out.write_all(b"\n")?;
            }
        }
    }
    Ok(())
}
