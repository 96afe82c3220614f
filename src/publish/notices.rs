//! What a notice says: numbers and a link, as JSON for programs and as a mail for people.

use serde::Serialize;

use crate::clock;
use crate::facts::notice::Notice;
use crate::facts::notice::NoticeCounts;
use crate::facts::notice::Recipient;

/// A notice as it is posted.
#[derive(Debug, Serialize)]
struct Posted<'a> {
    key: &'a str,
    scan: u32,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bureau: Option<&'a str>,
    findings: NoticeCounts,
    link: Option<&'a str>,
    simulated: bool,
}

/// A notice as it is mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// The JSON of `notice`, which points to `link`.
pub fn json(
    notice: &Notice,
    link: Option<&str>,
    is_simulated: bool,
) -> serde_json::Result<Vec<u8>> {
    let (provider, bureau) = match &notice.recipient {
        Recipient::Provider(id) => (Some(id.as_str()), None),
        Recipient::Bureau(bureau) => (None, Some(bureau.name())),
    };
    serde_json::to_vec(&Posted {
        key: &notice.key,
        scan: notice.night,
        at: clock::written(notice.at),
        provider,
        bureau,
        findings: notice.counts,
        link,
        simulated: is_simulated,
    })
}

/// The mail of `notice`, which points to `link`. What came back is told first.
pub fn letter(notice: &Notice, link: Option<&str>, is_simulated: bool) -> Letter {
    let NoticeCounts { reopened, opened, closed, standing, overdue } = notice.counts;
    let mark = if is_simulated { "【模拟数据】" } else { "" };
    let mut heads = Vec::new();
    for (what, count) in [("死灰复燃", reopened), ("新增", opened), ("超期", overdue)] {
        if count > 0 {
            heads.push(format!("{what} {count}"));
        }
    }
    if heads.is_empty() {
        heads.push(format!("关闭 {closed}"));
    }
    let mut text = format!(
        "第 {} 夜检测（{} 结束）：\n\n死灰复燃 {reopened}\n新增 {opened}\n关闭 {closed}\n现有 {standing}，其中超期 {overdue}\n",
        notice.night,
        clock::written(notice.at)
    );
    if let Some(link) = link {
        text.push_str("\n详情：");
        text.push_str(link);
        text.push('\n');
    }
    text += "\n通知编号：";
    text += &notice.key;
    text += "（编号相同即为同一通知）\n";
    Letter { subject: format!("{mark}查备：{}", heads.join("，")), text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::notice::Delivery;
    use crate::facts::notice::Way;
    use jiff::Timestamp;

    fn notice() -> Notice {
        Notice {
            key: "night-3-ab".to_owned(),
            night: 3,
            at: Timestamp::UNIX_EPOCH,
            recipient: Recipient::Provider("P004".parse().unwrap()),
            way: Way::Webhook("https://example.cn/".to_owned()),
            counts: NoticeCounts { reopened: 1, opened: 2, closed: 3, standing: 4, overdue: 0 },
            delivery: Delivery::Sent { at: Timestamp::UNIX_EPOCH },
        }
    }

    #[test]
    fn only_numbers_and_a_link_are_told() {
        let posted =
            String::from_utf8(json(&notice(), Some("https://c.cn/"), false).unwrap()).unwrap();
        assert_eq!(
            posted,
            r#"{"key":"night-3-ab","scan":3,"at":"1970-01-01T08:00:00+08:00","provider":"P004","findings":{"reopened":1,"opened":2,"closed":3,"standing":4,"overdue":0},"link":"https://c.cn/","simulated":false}"#
        );
        let letter = letter(&notice(), Some("https://c.cn/"), true);
        assert_eq!(letter.subject, "【模拟数据】查备：死灰复燃 1，新增 2");
        assert!(letter.text.contains("现有 4，其中超期 0\n\n详情：https://c.cn/\n"));
    }
}
