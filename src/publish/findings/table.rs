//! Findings as a table for a terminal or a pipe, a row a finding.

use std::io;
use std::io::Write;

use comfy_table::ColumnConstraint;

use crate::clock;
use crate::facts::finding::FindingState;
use crate::publish::layout::Layout;
use crate::publish::text::listed;
use crate::publish::text::printable;
use crate::publish::view::FindingView;
use crate::publish::view::ProviderView;
use crate::publish::view::state_in_chinese;

const HEADINGS: [&str; 9] =
    ["域名", "类别", "接入服务商", "状态", "首次发现", "最近发现", "次数", "期限", "理由"];

/// The columns that are never wrapped where the terminal has room: kind, days and count.
const SHORT: [usize; 5] = [1, 4, 5, 6, 7];

/// The width of a terminal that has room for them.
const ROOMY: u16 = 110;

/// Writes `rows` as a table with a title above and the count below. The widths of the columns
/// depend on all rows, so that all of them are in memory, about 1 KiB each.
pub fn write(
    rows: impl Iterator<Item = FindingView>,
    layout: Layout,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut table = layout.table(HEADINGS);
    if layout.width.is_some_and(|width| width >= ROOMY) {
        for (index, column) in table.column_iter_mut().enumerate() {
            if SHORT.contains(&index) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
    }
    let mut count = 0_u64;
    for row in rows {
        table.add_row(cells(&row));
        count += 1;
    }
    writeln!(out, "{}", layout.title("发现结果"))?;
    writeln!(out, "{table}")?;
    writeln!(out, "共 {count} 条")
}

fn cells(row: &FindingView) -> [String; 9] {
    let reasons: Vec<_> = row.reasons.iter().map(|reason| reason.code()).collect();
    [
        printable(&row.domain_unicode),
        row.kind.chinese().to_owned(),
        provider(row),
        state(row),
        clock::day(row.first_seen).to_string(),
        clock::day(row.last_seen).to_string(),
        row.times_seen.to_string(),
        row.due.to_string(),
        reasons.join(" "),
    ]
}

/// The provider, or why none is named.
fn provider(row: &FindingView) -> String {
    match (&row.provider, row.claimants.as_slice()) {
        (Some(provider), _) => provider.label().to_owned(),
        (None, []) => "未知".to_owned(),
        (None, claimants) => {
            format!("有争议：{}", listed(claimants.iter().map(ProviderView::label)))
        }
    }
}

/// The state with all that qualifies it: `待处理·逾期`, `已关闭·已备案`, `待处理·复燃1次`.
fn state(row: &FindingView) -> String {
    let mut words = vec![state_in_chinese(row.state).to_owned()];
    words.extend(row.closed_reason.map(|reason| reason.chinese().to_owned()));
    let answer = row.answer.as_ref().filter(|_| row.state == FindingState::Answered);
    words.extend(answer.map(|answer| answer.result.chinese().to_owned()));
    words.extend(row.overdue.then(|| "逾期".to_owned()));
    words.extend((row.reopened > 0).then(|| format!("复燃{}次", row.reopened)));
    words.join("·")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::finding::ClosedReason;
    use crate::publish::view::tests::finding;
    use crate::publish::view::tests::view;

    fn printed(rows: Vec<FindingView>, layout: Layout) -> String {
        let mut out = Vec::new();
        write(rows.into_iter(), layout, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_is_one_row_with_chinese_headings() {
        let mut closed = finding("例子.中国");
        closed.key.provider = None;
        closed.state = FindingState::Closed(ClosedReason::Filed);
        closed.reopened = 1;
        let text = printed(vec![view(&finding("example.cn")), view(&closed)], Layout::default());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "发现结果");
        for heading in HEADINGS {
            assert!(lines[2].contains(heading), "{heading}");
        }
        let row = "example.cn ┆ 未备案 ┆ 示例接入商 ┆ 待处理";
        assert_eq!(lines[4].matches(row).count(), 1, "{text}");
        assert!(
            lines[4].contains("2026-11-23 ┆ 2026-11-25 ┆ 3    ┆ 2026-12-13 ┆ R01 R03"),
            "{text}"
        );
        assert!(lines[5].contains("未知       ┆ 已关闭·已备案·复燃1次"), "{text}");
        assert_eq!(lines.last(), Some(&"共 2 条"));
    }

    #[test]
    fn wide_characters_keep_the_columns_straight() {
        let text = printed(vec![view(&finding("例子.中国"))], Layout::default());
        let width =
            |line: &str| line.chars().map(|c| if c < '\u{2e80}' { 1 } else { 2 }).sum::<i32>();
        let widths: Vec<i32> = text.lines().skip(1).take(4).map(width).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}\n{text}");
    }

    #[test]
    fn a_terminal_is_not_overrun_and_a_simulation_says_so() {
        let layout = Layout { is_simulated: true, width: Some(80) };
        let text = printed(vec![view(&finding("a-rather-long-name-of-a-site.cn"))], layout);
        assert!(text.starts_with("发现结果（模拟数据）\n"));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let layout = Layout { width: Some(ROOMY), ..layout };
        let text = printed(vec![view(&finding("a-rather-long-name-of-a-site.cn"))], layout);
        assert!(text.contains("2026-11-23 ┆ 2026-11-25 ┆ 3    ┆ 2026-12-13"), "{text}");
    }
}
