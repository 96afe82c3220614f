//! What a night did: the JSON of `scan --summary`, and a few lines for the terminal.

use std::io;
use std::io::Write;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock;
use crate::facts::change::EndedBy;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::publish::view::in_china;
use crate::publish::words;

/// A night as `scan --summary` writes it (contract, section 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NightSummary {
    /// The number of the night.
    pub scan: u32,
    /// When it began.
    #[serde(serialize_with = "in_china")]
    pub started: Timestamp,
    /// When it last stopped, as written; `None` while it runs, or after a crash.
    pub finished: Option<String>,
    /// How it last stopped; `None` as above.
    pub ended_by: Option<EndedBy>,
    /// What it did.
    #[serde(flatten)]
    pub counts: NightCounts,
}

impl NightSummary {
    /// The summary of `scan`, as of its last stop.
    pub fn of(scan: &Scan) -> Self {
        Self {
            scan: scan.night,
            started: scan.started,
            finished: scan.stopped.map(clock::written),
            ended_by: scan.ended_by,
            counts: scan.counts,
        }
    }
}

/// Writes the summary of `scan` as one line of JSON.
pub fn json(scan: &Scan, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &NightSummary::of(scan))?;
    out.write_all(b"\n")
}

/// What judging again did, as `scan --rejudge --summary` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RejudgeSummary {
    /// Examinations that were judged again.
    pub examinations: u64,
    /// Of these, those that the registers say something else of now.
    pub changed: u64,
    /// Of all, those that rest on a pattern of pages that there is no more, and wait for the next night.
    pub outdated: u64,
    /// Findings that opened.
    pub opened: u64,
    /// That came back.
    pub reopened: u64,
    /// That were closed.
    pub closed: u64,
    /// Of which something else is told now.
    pub restated: u64,
    /// Whether that was everything.
    pub is_over: bool,
}

/// Writes what judging again did as one line of JSON.
pub fn rejudged_json(summary: &RejudgeSummary, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, summary)?;
    out.write_all(b"\n")
}

/// Writes it for people.
pub fn rejudged_text(summary: &RejudgeSummary, out: &mut impl Write) -> io::Result<()> {
    let RejudgeSummary {
        examinations,
        changed,
        outdated,
        opened,
        reopened,
        closed,
        restated,
        is_over,
    } = summary;
    let ended = if *is_over { "完成" } else { "中途停止" };
    writeln!(out, "重新判定：{ended}（未访问任何网站）")?;
    writeln!(out, "  检测记录 {examinations} 条，其中 {changed} 条的登记信息有变")?;
    if *outdated > 0 {
        writeln!(
            out,
            "  其中 {outdated} 条的网页状态出自已不存在的规则，视为无法判断，下一夜优先检测"
        )?;
    }
    writeln!(out, "  新发现 {opened}，死灰复燃 {reopened}，关闭 {closed}，更正 {restated}")
}

/// Writes a few lines on `scan` for people.
pub fn text(scan: &Scan, out: &mut impl Write) -> io::Result<()> {
    let counts = &scan.counts;
    let ended = scan.ended_by.map_or("未结束", |ended| words::ended_by(ended).1);
    let elapsed = scan.stopped.map(|stopped| elapsed(scan.started, stopped)).unwrap_or_default();
    writeln!(
        out,
        "第 {} 夜：{ended}（{} 开始{elapsed}）",
        scan.night,
        clock::written(scan.started)
    )?;
    writeln!(
        out,
        "  待查域名 {}（名单 {} 条），有地址 {}，境外 {}，已备案且已接入 {}",
        counts.candidates, counts.lines, counts.resolved, counts.abroad, counts.filed_and_connected
    )?;
    if counts.not_due > 0 {
        writeln!(out, "  长期无变化、今夜未轮到 {}", counts.not_due)?;
    }
    let failed = &counts.failed;
    writeln!(
        out,
        "  无地址：不存在 {}，无记录 {}，服务器故障 {}，拒绝 {}，无应答 {}",
        failed.nxdomain, failed.empty, failed.servfail, failed.refused, failed.timeout
    )?;
    writeln!(
        out,
        "  访问网页 {}，可访问 {}，因本程序故障未完成 {}",
        counts.probed, counts.live, counts.lost
    )?;
    if let Some(doubt) = counts.doubt {
        writeln!(out, "  ! {}", words::doubt(doubt).1)?;
    }
    let findings = &counts.findings;
    writeln!(
        out,
        "  发现结果：新增 {}，仍在 {}，关闭 {}，复燃 {}",
        findings.opened, findings.seen, findings.closed, findings.reopened
    )
}

/// `，历时 1:02:03`; nothing where the clock stood still, as it does under `--now`.
fn elapsed(started: Timestamp, stopped: Timestamp) -> String {
    if started == stopped {
        return String::new();
    }
    let seconds = stopped.duration_since(started).as_secs().max(0);
    format!("，历时 {}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::change::FailedNames;
    use crate::facts::change::FindingCounts;
    use crate::facts::change::Scope;

    fn scan() -> Scan {
        let failed = FailedNames { nxdomain: 1, empty: 2, servfail: 3, refused: 4, timeout: 5 };
        Scan {
            night: 3,
            scope: Scope::default(),
            everything: false,
            started: "2026-11-22T17:00:00Z".parse().unwrap(),
            stopped: Some("2026-11-22T18:02:03.5Z".parse().unwrap()),
            ended_by: Some(EndedBy::Window),
            counts: NightCounts {
                lines: 130,
                candidates: 100,
                resolved: 85,
                failed,
                abroad: 20,
                filed_and_connected: 50,
                probed: 15,
                live: 10,
                lost: 0,
                not_due: 0,
                doubt: None,
                findings: FindingCounts { opened: 6, seen: 7, closed: 8, reopened: 9 },
            },
        }
    }

    fn written(write: impl Fn(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_summary_is_the_contracts_json() {
        let expected = concat!(
            r#"{"scan":3,"started":"2026-11-23T01:00:00+08:00","#,
            r#""finished":"2026-11-23T02:02:03+08:00","ended_by":"window","lines":130,"#,
            r#""candidates":100,"resolved":85,"failed":{"nxdomain":1,"empty":2,"servfail":3,"#,
            r#""refused":4,"timeout":5},"abroad":20,"filed_and_connected":50,"probed":15,"#,
            r#""live":10,"lost":0,"findings":{"opened":6,"seen":7,"closed":8,"reopened":9}}"#,
            "\n"
        );
        assert_eq!(written(|out| json(&scan(), out)), expected);
    }

    #[test]
    fn a_night_that_crashed_has_no_end() {
        let crashed = Scan { stopped: None, ended_by: None, ..scan() };
        assert!(written(|out| json(&crashed, out)).contains(r#""finished":null,"ended_by":null,"#));
        assert!(
            written(|out| text(&crashed, out))
                .starts_with("第 3 夜：未结束（2026-11-23T01:00:00+08:00 开始）\n")
        );
    }

    #[test]
    fn people_read_how_long_it_took_and_what_it_found() {
        let text = written(|out| text(&scan(), out));
        assert!(text.starts_with(
            "第 3 夜：到点收工，余下的留到下次（2026-11-23T01:00:00+08:00 开始，历时 1:02:03）"
        ));
        assert!(text.ends_with("发现结果：新增 6，仍在 7，关闭 8，复燃 9\n"));
    }
}
