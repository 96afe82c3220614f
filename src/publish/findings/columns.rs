//! The columns that CSV and workbooks share: the fields of a finding, dotted, lists joined by `;`.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::publish::view::FindingView;

/// One column: how files and people call it, and what it holds of a finding.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    /// The field, dotted.
    pub(crate) name: &'static str,
    /// The heading for people.
    pub(crate) chinese: &'static str,
    /// The width in a workbook, in characters.
    pub(crate) width: u8,
    /// What it holds.
    pub(crate) cell: fn(&FindingView) -> Cell,
}

/// What a cell holds, with its kind, so that only text is ever defused and only dates are dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// `null`
    Empty,
    /// Text, maybe a stranger's.
    Text(String),
    /// A count or a status.
    Number(u32),
    /// A moment.
    Moment(Timestamp),
    /// A day.
    Day(Date),
    /// A claim.
    Truth(bool),
}

/// Every column, in the order of the contract.
pub(crate) const COLUMNS: &[Column] = &[
    column("id", "编号", 28, |row| text(&row.id)),
    column("kind", "类别", 13, |row| text(row.kind.word())),
    column("domain", "域名", 28, |row| text(&row.domain)),
    column("domain_unicode", "域名（中文）", 28, |row| text(&row.domain_unicode)),
    column("hosts", "主机名", 28, |row| list(&row.hosts)),
    column("provider.id", "接入服务商标识", 14, |row| {
        maybe(row.provider.as_ref().map(|provider| &provider.id))
    }),
    column("provider.name", "接入服务商", 28, |row| {
        maybe(row.provider.as_ref().and_then(|provider| provider.name.as_ref()))
    }),
    column("carrier.id", "运营商标识", 14, |row| {
        maybe(row.carrier.as_ref().map(|carrier| &carrier.id))
    }),
    column("carrier.name", "运营商", 20, |row| {
        maybe(row.carrier.as_ref().and_then(|carrier| carrier.name.as_ref()))
    }),
    column("bureau", "监督单位", 10, |row| text(&row.bureau)),
    column("addresses", "IP地址", 18, |row| list(&row.addresses)),
    column("channel", "渠道", 10, |row| text(&row.channel)),
    column("state", "状态", 10, |row| text(row.state.word())),
    column("closed_reason", "关闭原因", 12, |row| maybe(row.closed_reason)),
    column("reopened", "复燃次数", 9, |row| Cell::Number(row.reopened)),
    column("first_seen", "首次发现", 19, |row| Cell::Moment(row.first_seen)),
    column("last_seen", "最近发现", 19, |row| Cell::Moment(row.last_seen)),
    column("times_seen", "次数", 7, |row| Cell::Number(row.times_seen)),
    column("due", "期限", 11, |row| Cell::Day(row.due)),
    column("overdue", "逾期", 7, |row| Cell::Truth(row.overdue)),
    column("reasons", "理由", 12, |row| list(&row.reasons)),
    column("filing.state", "备案状态", 10, |row| {
        maybe(row.filing.as_ref().map(|filing| filing.state))
    }),
    column("filing.numbers", "备案号", 24, |row| {
        row.filing.as_ref().map_or(Cell::Empty, |filing| list(&filing.numbers))
    }),
    column("filing.providers", "备案接入服务商标识", 18, |row| {
        row.filing.as_ref().map_or(Cell::Empty, |filing| list(&filing.providers))
    }),
    column("answer.result", "处理结果", 12, |row| {
        maybe(row.answer.as_ref().map(|answer| answer.result))
    }),
    column("answer.opinion", "处理意见", 28, |row| {
        maybe(row.answer.as_ref().map(|answer| &answer.opinion))
    }),
    column("answer.at", "答复时间", 19, |row| {
        row.answer.as_ref().map_or(Cell::Empty, |answer| Cell::Moment(answer.at))
    }),
    column("evidence.status", "网页状态码", 10, |row| {
        row.evidence.status.map_or(Cell::Empty, |status| Cell::Number(status.into()))
    }),
    column("evidence.title", "网页标题", 28, |row| maybe(row.evidence.title.as_ref())),
    column("evidence.numbers", "网页备案号", 24, |row| list(&row.evidence.numbers)),
    column("evidence.final_url", "最终网址", 28, |row| maybe(row.evidence.final_url.as_ref())),
    column("evidence.body_sha256", "正文SHA-256", 20, |row| {
        maybe(row.evidence.body_sha256.as_ref())
    }),
    column("evidence.warc", "原始记录", 10, |row| maybe(row.evidence.warc.as_ref())),
    column("claimants", "有争议的接入服务商", 24, |row| {
        list(&row.claimants.iter().map(|one| one.id.clone()).collect::<Vec<_>>())
    }),
];

const fn column(
    name: &'static str,
    chinese: &'static str,
    width: u8,
    cell: fn(&FindingView) -> Cell,
) -> Column {
    Column { name, chinese, width, cell }
}

fn text(value: &(impl ToString + ?Sized)) -> Cell {
    Cell::Text(value.to_string())
}

fn maybe(value: Option<impl ToString>) -> Cell {
    value.map_or(Cell::Empty, |value| text(&value))
}

fn list<T: ToString>(items: &[T]) -> Cell {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    Cell::Text(items.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::view::tests::finding;
    use crate::publish::view::tests::view;

    /// The fields of `value`, dotted, in order; `filing` and `answer` must be there.
    fn dotted(value: &serde_json::Value, prefix: &str, names: &mut Vec<String>) {
        match value.as_object() {
            Some(fields) => {
                for (name, value) in fields {
                    let dot = if prefix.is_empty() { "" } else { "." };
                    dotted(value, &format!("{prefix}{dot}{name}"), names);
                }
            }
            None => names.push(prefix.to_owned()),
        }
    }

    #[test]
    fn the_columns_are_the_fields_of_the_json_and_no_others() {
        let mut finding = finding("example.cn");
        finding.seen.filing = Some(crate::facts::finding::FilingBrief {
            is_active: true,
            numbers: vec![],
            providers: vec![],
        });
        finding.answer = Some(crate::facts::finding::Answer {
            result: crate::facts::finding::AnswerResult::Filed,
            opinion: String::new(),
            at: finding.last_seen,
        });
        finding.seen.claimants = vec!["P001".parse().unwrap()];
        let mut names = Vec::new();
        dotted(&serde_json::to_value(view(&finding)).unwrap(), "", &mut names);
        names.sort_unstable();
        let mut columns: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
        columns.sort_unstable();
        assert_eq!(columns, names);
    }
}
