//! Keys and their log, for people and for programs. No key is ever in it, nor anything it could be
//! told from.

use std::io;
use std::io::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use ulid::Ulid;

use crate::clock;
use crate::facts::key::Holder;
use crate::facts::key::Key;
use crate::facts::key::KeyState;
use crate::publish::layout::Layout;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;
use crate::publish::view::in_china;

/// A key as the outside sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// Identity.
    pub id: Ulid,
    /// The kind of holder: `provider`, `bureau`, `ministry` or `reader`.
    pub kind: &'static str,
    /// The provider's id, the bureau, or the department's name.
    pub holder: String,
    /// The provider's name; `None` for others, and where the register does not know it.
    pub name: Option<String>,
    /// Where it is in its life.
    pub state: KeyState,
    /// When it was requested.
    #[serde(serialize_with = "in_china")]
    pub requested: Timestamp,
    /// When it was approved.
    pub approved: Option<String>,
    /// When it was issued.
    pub issued: Option<String>,
    /// From when on it is worth nothing.
    pub expires: Option<String>,
    /// When it was revoked, or turned down.
    pub revoked: Option<String>,
    /// What was said at its newest step.
    pub note: Option<String>,
    /// Working days since its request; `None` where nobody waits any more.
    pub working_days: Option<u32>,
    /// The last day to issue it; `None` as above.
    pub due: Option<Date>,
    /// Whether that day is over.
    pub overdue: bool,
}

/// How long somebody has waited for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Working days since the request.
    pub working_days: u32,
    /// The last day to issue the key.
    pub due: Date,
}

impl KeyView {
    /// `key` as it is at `now`; `wait` is how long somebody has waited, where somebody does.
    pub fn of(key: &Key, names: &ProviderNames, now: Timestamp, wait: Wait) -> Self {
        let state = key.state(now);
        let holder = match &key.holder {
            Holder::Provider(id) => id.to_string(),
            Holder::Bureau(bureau) => bureau.to_string(),
            Holder::Reader(name) => name.clone(),
        };
        let name = match &key.holder {
            Holder::Provider(id) => names.name(id).map(ToString::to_string),
            Holder::Bureau(_) | Holder::Reader(_) => None,
        };
        let newest = [
            key.revoked.as_ref(),
            key.issued.as_ref().map(|issue| &issue.step),
            key.approved.as_ref(),
            Some(&key.requested),
        ];
        let wait = Some(wait).filter(|_| state.is_pending());
        Self {
            id: key.id,
            kind: key.holder.kind(),
            holder,
            name,
            state,
            requested: key.requested.at,
            approved: key.approved.as_ref().map(|step| clock::written(step.at)),
            issued: key.issued.as_ref().map(|issue| clock::written(issue.step.at)),
            expires: key.issued.as_ref().map(|issue| clock::written(issue.expires)),
            revoked: key.revoked.as_ref().map(|step| clock::written(step.at)),
            note: newest.into_iter().flatten().find_map(|step| step.note.clone()),
            working_days: wait.map(|wait| wait.working_days),
            due: wait.map(|wait| wait.due),
            overdue: wait.is_some_and(|wait| wait.due < clock::day(now)),
        }
    }
}

/// Writes keys as JSON lines.
pub fn jsonl(rows: &[KeyView], out: &mut impl Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes keys as a table, in the order given.
pub fn table(rows: &[KeyView], layout: Layout, out: &mut impl Write) -> io::Result<()> {
    let mut table = layout.table([
        "编号",
        "类别",
        "持有者",
        "状态",
        "申请",
        "等待(工作日)",
        "期限",
        "有效至",
        "备注",
    ]);
    for row in rows {
        let name = row.name.as_ref().map_or_else(
            || printable(&row.holder),
            |name| format!("{} ({})", printable(name), row.holder),
        );
        let kind = match row.kind {
            "provider" => "接入服务商",
            "bureau" => "通信管理局",
            "ministry" => "部",
            _ => "查询单位",
        };
        let due = row.due.map(|due| due.to_string()).unwrap_or_default();
        table.add_row([
            row.id.to_string(),
            kind.to_owned(),
            name,
            row.state.chinese().to_owned(),
            clock::day(row.requested).to_string(),
            row.working_days.map(|days| days.to_string()).unwrap_or_default(),
            if row.overdue { format!("{due} 逾期") } else { due },
            row.expires.clone().unwrap_or_default(),
            row.note.as_deref().map(printable).unwrap_or_default(),
        ]);
    }
    let pending = rows.iter().filter(|row| row.state.is_pending()).count();
    let overdue = rows.iter().filter(|row| row.overdue).count();
    writeln!(out, "{}", layout.title("电子密钥"))?;
    writeln!(out, "{table}")?;
    writeln!(out, "共 {} 个，待办 {pending}，逾期 {overdue}", rows.len())
}
