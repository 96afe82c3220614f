//! The mail at seven in the morning: one line if all is well, else what is not, and why.

use crate::facts::change::EndedBy;
use crate::facts::change::FindingCounts;
use crate::facts::change::NightCounts;
use crate::facts::change::Scan;
use crate::facts::filing::RegisterGap;
use crate::publish::words;

/// Names of which so many in a hundred get no answer are no longer the names' own fault.
const SERVER_FAILURES: u64 = 20;

/// So many findings closed in one night, and of a hundred that stood so many, are worth a look.
const MANY_CLOSED: u64 = 10;
const UNUSUAL: u64 = 20;

/// What is told of a night, beside what it says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Morning<'a> {
    /// The night.
    pub scan: &'a Scan,
    /// Why the filing register proves no absence; `None` where it does, or another one is asked.
    pub gap: Option<RegisterGap>,
    /// Whether any allocation is imported.
    pub has_allocations: bool,
    /// Findings that stand.
    pub standing: u64,
    /// Of these, those whose day has passed.
    pub overdue: u64,
    /// Whether this is a lab's world.
    pub is_simulated: bool,
}

/// The text: its first line is fit for a subject.
pub fn text(morning: &Morning<'_>) -> String {
    let Morning { scan, standing, overdue, is_simulated, .. } = *morning;
    let mark = if is_simulated { "【模拟数据】" } else { "" };
    let findings = &scan.counts.findings;
    let troubles = troubles(morning);
    let mut news = Vec::new();
    for (what, count) in
        [("死灰复燃", findings.reopened), ("新增", findings.opened), ("超期", overdue)]
    {
        if count > 0 {
            news.push(format!("{what} {count}"));
        }
    }
    if is_unusual(findings, standing) {
        news.push(format!("一夜关闭 {}，现有 {standing}，请核实", findings.closed));
    }
    let night = scan.night;
    let verdict = match (troubles.first(), news.is_empty()) {
        (Some((short, _)), _) => (*short).to_owned(),
        (None, true) => "一切正常".to_owned(),
        (None, false) => news.join("，"),
    };
    let mut text = format!("{mark}查备第 {night} 夜：{verdict}\n");
    if troubles.is_empty() && news.is_empty() {
        return text;
    }
    text.push('\n');
    for (_, long) in &troubles {
        text.push_str("! ");
        text.push_str(long);
        text.push('\n');
    }
    let NightCounts { candidates, probed, .. } = scan.counts;
    let FindingCounts { opened, closed, reopened, .. } = findings;
    text + &format!(
        "发现结果：死灰复燃 {reopened}，新增 {opened}，关闭 {closed}；现有 {standing}，其中超期 {overdue}\n\
         检测域名 {candidates}，访问网页 {probed}\n"
    )
}

/// Whether more findings were closed in one night than providers mend in one.
fn is_unusual(findings: &FindingCounts, standing: u64) -> bool {
    let FindingCounts { opened, closed, reopened, .. } = *findings;
    let before = (standing + closed).saturating_sub(opened + reopened);
    closed >= MANY_CLOSED && closed * 100 > before * UNUSUAL
}

/// The text where there was no night at all, for this reason.
pub fn no_night(why: &str) -> String {
    format!("查备：检测没有完成\n\n! {why}\n")
}

/// What an operator must see to, short and at length.
fn troubles(morning: &Morning<'_>) -> Vec<(&'static str, String)> {
    let counts = &morning.scan.counts;
    let mut troubles = Vec::new();
    let mut trouble = |short, long: String| troubles.push((short, long));
    match morning.scan.ended_by {
        Some(EndedBy::Done) => {}
        Some(EndedBy::Window) => trouble(
            "未完成（到点收工）",
            "时间到，余下的留到下次；若每夜如此，请放宽时段或 [pace]".to_owned(),
        ),
        Some(EndedBy::Signal) => {
            trouble("未完成（被要求停止）", "收到停止信号，余下的留到下次".to_owned());
        }
        Some(EndedBy::Limit) => {
            trouble("未完成（有范围限制）", "只检测了所要求的部分".to_owned());
        }
        None => trouble("未完成（异常中断）", "上次运行没有正常结束，见日志".to_owned()),
    }
    if counts.candidates == 0 && morning.scan.ended_by == Some(EndedBy::Done) {
        trouble("没有检测任何域名", "名单为空或均已检测；见 import candidates".to_owned());
    }
    if !morning.has_allocations {
        trouble("没有 IP 报备记录", "没有导入 IP 报备记录，所有地址都算境外".to_owned());
    }
    match morning.gap {
        // A register that is said to be incomplete is no news.
        None | Some(RegisterGap::Incomplete | RegisterGap::Unreadable) => {}
        Some(RegisterGap::Stale) => {
            trouble(
                "备案库过期",
                "备案库超过 [filings] max_age，未备案无法判定；请重新导入".to_owned(),
            );
        }
        Some(RegisterGap::NotImported) => {
            trouble("没有备案库", "没有导入备案，未备案无法判定；见 import filings".to_owned());
        }
    }
    if let Some(doubt) = counts.doubt {
        let (short, long) = words::doubt(doubt);
        trouble(short, long.to_owned());
    }
    let unanswered = counts.failed.servfail + counts.failed.refused + counts.failed.timeout;
    if unanswered * 100 > counts.candidates * SERVER_FAILURES {
        trouble(
            "域名服务器故障",
            format!(
                "{} 个域名中 {unanswered} 个没有得到解析结果；请检查 [resolve] servers",
                counts.candidates
            ),
        );
    }
    if counts.lost > 0 {
        trouble("有检测中断", format!("{} 个域名因本程序故障未完成，见日志", counts.lost));
    }
    troubles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::change::Doubt;
    use crate::facts::change::Scope;
    use jiff::Timestamp;

    fn scan() -> Scan {
        Scan {
            night: 12,
            scope: Scope::default(),
            everything: false,
            started: Timestamp::UNIX_EPOCH,
            stopped: Some(Timestamp::UNIX_EPOCH),
            ended_by: Some(EndedBy::Done),
            counts: NightCounts { candidates: 100, probed: 9, ..NightCounts::default() },
        }
    }

    fn morning(scan: &Scan) -> Morning<'_> {
        let (standing, overdue) = (5, 0);
        Morning { scan, gap: None, has_allocations: true, standing, overdue, is_simulated: false }
    }

    #[test]
    fn one_line_is_enough_where_all_is_well() {
        assert_eq!(text(&morning(&scan())), "查备第 12 夜：一切正常\n");
    }

    #[test]
    fn a_night_that_is_not_to_be_believed_is_a_trouble_and_many_closed_are_news() {
        let mut scan = scan();
        for (doubt, expected) in
            [(Doubt::Names, "大量域名突然没有地址"), (Doubt::Sites, "大量网站突然连不上")]
        {
            scan.counts.doubt = Some(doubt);
            let told = text(&morning(&scan));
            assert!(told.starts_with(&format!("查备第 12 夜：{expected}\n\n! ")), "{told}");
            assert!(told.contains("不计缺席"), "{told}");
        }
        scan.counts.doubt = None;
        for (closed, standing, is_news) in
            [(12, 0, true), (12, 40, true), (12, 60, false), (9, 0, false)]
        {
            scan.counts.findings.closed = closed;
            let told = text(&Morning { standing, ..morning(&scan) });
            let news = format!("查备第 12 夜：一夜关闭 {closed}，现有 {standing}，请核实\n");
            assert_eq!(told.starts_with(&news), is_news, "{told}");
        }
    }

    #[test]
    fn what_came_back_is_told_first_and_troubles_before_everything() {
        let mut scan = scan();
        scan.counts.findings.opened = 2;
        scan.counts.findings.reopened = 1;
        let told = text(&Morning { overdue: 3, ..morning(&scan) });
        assert!(
            told.starts_with("查备第 12 夜：死灰复燃 1，新增 2，超期 3\n\n发现结果："),
            "{told}"
        );
        scan.ended_by = Some(EndedBy::Window);
        scan.counts.failed.servfail = 21;
        let gap = Some(RegisterGap::Stale);
        let told = text(&Morning { gap, is_simulated: true, ..morning(&scan) });
        assert!(
            told.starts_with("【模拟数据】查备第 12 夜：未完成（到点收工）\n\n! 时间到"),
            "{told}"
        );
        for part in ["! 备案库超过", "! 100 个域名中 21 个"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}
