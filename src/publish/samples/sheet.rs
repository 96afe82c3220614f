//! What those who verify get: the call sheet, the list of numbers to call, the list of messages.
//!
//! Each row is one drawn site with the id by which its results come back, and the result columns are
//! those that `sample read` reads.

use crate::audit::accuracy::record::detail;
use crate::audit::accuracy::record::phones;
use crate::facts::filing::Filing;
use crate::facts::filing::FilingState;
use crate::facts::finding::Finding;
use crate::facts::sample::Contact;
use crate::facts::sample::DrawnSite;
use crate::facts::sample::Rightness;
use crate::facts::sample::Via;
use crate::formats::results::vocabulary::Vocabulary;
use crate::formats::results::vocabulary::Word;
use crate::publish::mask;
use crate::publish::mask::Personal;
use crate::publish::samples::roster::Roster;
use crate::publish::samples::roster::RosterColumn;
use crate::publish::view::ProviderNames;

/// A drawn site with what is known about it today.
#[derive(Debug, Clone)]
pub struct SheetRow<'a> {
    /// What was drawn.
    pub site: &'a DrawnSite,
    /// Its record today, and whether it is as it was when it was drawn; `None` where the register has
    /// it no more.
    pub record: Option<(&'a Filing, bool)>,
    /// The findings by which the crawl doubts its access record.
    pub crawl: &'a [Finding],
}

impl SheetRow<'_> {
    /// What became of the record since it was drawn; empty where nothing did.
    pub fn standing(&self) -> &'static str {
        match self.record {
            None => "登记已不在库",
            Some((record, _)) if record.state == FilingState::Cancelled => "登记已注销",
            Some((_, false)) => "登记已变更",
            Some((_, true)) => "",
        }
    }

    /// The columns of the record, masked unless revealed.
    fn told(&self, personal: Personal) -> Told {
        let details = self.record.map(|(record, _)| mask::details(&record.details, personal));
        Told(details.unwrap_or_default())
    }

    fn phones(&self, personal: Personal) -> String {
        let numbers = self.record.map(|(record, _)| phones(record)).unwrap_or_default().join(";");
        shown("mobile_phone", &numbers, personal)
    }

    /// What the crawl sees, in words.
    pub fn crawl(&self) -> String {
        let mut kinds: Vec<&str> =
            self.crawl.iter().map(|finding| finding.key.kind.chinese()).collect();
        kinds.dedup();
        kinds.join(";")
    }
}

fn shown(column: &str, value: &str, personal: Personal) -> String {
    match personal {
        Personal::Masked => mask::detail(column, value),
        Personal::Revealed => value.to_owned(),
    }
}

/// The cells of a record, by column.
struct Told(Vec<(String, String)>);

impl Told {
    fn cell(&self, columns: &[&str]) -> String {
        let found = columns.iter().find_map(|column| {
            let cell = self.0.iter().find(|(name, _)| name == column);
            cell.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
        });
        found.unwrap_or_default().to_owned()
    }
}

/// The responsible person's name: the site's, else the subject's.
const RESPONSIBLE: &[&str] = &["responsible_name", "subject_responsible"];

/// The result columns, which those who verify fill in.
fn results() -> Vec<RosterColumn> {
    let choice = |heading, width, choices: Vec<String>| RosterColumn { heading, width, choices };
    let is_right =
        || Rightness::ALL.iter().map(|rightness| rightness.chinese().to_owned()).collect();
    let words = |words: &[Word]| words.iter().map(|word| word.chinese.clone()).collect();
    let vocabulary = Vocabulary::builtin();
    let contacts = Contact::ALL.iter().map(|contact| contact.chinese().to_owned()).collect();
    let ways = Via::ALL.iter().map(|via| via.chinese().to_owned()).collect();
    vec![
        choice("主办者名称是否准确", 11.0, is_right()),
        choice("负责人名称是否准确", 11.0, is_right()),
        choice("联系电话是否准确", 11.0, is_right()),
        choice("通信地址是否准确", 11.0, is_right()),
        choice("接入服务商名称是否准确", 11.0, is_right()),
        choice("联系结果", 11.0, contacts),
        choice("核实方式", 9.0, ways),
        choice("错误类型", 14.0, words(&vocabulary.kinds)),
        choice("错误原因", 18.0, words(&vocabulary.causes)),
        RosterColumn::new("备注", 20.0),
        RosterColumn::new("核实人", 9.0),
        RosterColumn::new("核实时间", 17.0),
    ]
}

fn roster(title: &'static str, columns: &[(&'static str, f64)]) -> Roster {
    let read = columns.iter().map(|(heading, width)| RosterColumn::new(heading, *width));
    Roster { title, columns: read.chain(results()).collect(), rows: Vec::new() }
}

/// Fills the result columns of a row with nothing, or with how it will have been verified.
fn with_results(mut cells: Vec<String>, via: Option<Via>) -> Vec<String> {
    let at = cells.len();
    cells.extend(results().iter().map(|_| String::new()));
    if let (Some(cell), Some(via)) = (cells.get_mut(at + 6), via) {
        via.chinese().clone_into(cell);
    }
    cells
}

/// The call sheet: all that is to be verified of each site.
pub fn sheet<'a>(
    rows: impl Iterator<Item = SheetRow<'a>>,
    names: &ProviderNames,
    personal: Personal,
) -> Roster {
    let mut roster = roster(
        "抽查核实单",
        &[
            ("行号", 17.0),
            ("域名", 22.0),
            ("新旧", 12.0),
            ("网站备案号", 22.0),
            ("网站名称", 20.0),
            ("主办者名称", 26.0),
            ("主办单位性质", 11.0),
            ("负责人名称", 11.0),
            ("联系电话", 20.0),
            ("通信地址", 30.0),
            ("接入服务商名称", 26.0),
            ("备案日期", 12.0),
            ("登记现状", 12.0),
            ("爬虫所见", 12.0),
        ],
    );
    for row in rows {
        let told = row.told(personal);
        let site = row.site;
        let cells = vec![
            site.id.to_string(),
            site.target.unicode(),
            site.age.chinese().to_owned(),
            site.number.as_ref().map(ToString::to_string).unwrap_or_default(),
            told.cell(&["site_name"]),
            told.cell(&["subject_name"]),
            told.cell(&["subject_kind"]),
            told.cell(RESPONSIBLE),
            row.phones(personal),
            told.cell(&["address"]),
            names.told(&site.provider),
            told.cell(&["filed_on"]),
            row.standing().to_owned(),
            row.crawl(),
        ];
        roster.rows.push(with_results(cells, None));
    }
    roster
}

/// The call list: the numbers of each site, the best first, and what to ask. Returns how many sites
/// have no number too.
pub fn calls<'a>(
    rows: impl Iterator<Item = SheetRow<'a>>,
    names: &ProviderNames,
    personal: Personal,
) -> (Roster, u64) {
    let columns =
        [("行号", 17.0), ("号码", 26.0), ("域名", 22.0), ("网站名称", 20.0), ("询问内容", 80.0)];
    let mut roster = roster("电话核实名单", &columns);
    let mut without = 0;
    for row in rows {
        let (told, numbers) = (row.told(personal), row.phones(personal));
        if numbers.is_empty() {
            without += 1;
            continue;
        }
        let domain = row.site.target.unicode();
        let asked = [
            ("主办者名称", told.cell(&["subject_name"])),
            ("负责人名称", told.cell(RESPONSIBLE)),
            ("通信地址", told.cell(&["address"])),
            ("接入服务商名称", names.told(&row.site.provider)),
        ];
        let asked = asked.into_iter().filter(|(_, value)| !value.is_empty());
        let asked: String = asked
            .map(|(item, value)| format!("{item}是否为“{value}”？"))
            .collect::<Vec<_>>()
            .concat();
        let question = format!("请核实网站 {domain} 的备案信息：{asked}");
        let cells =
            vec![row.site.id.to_string(), numbers, domain, told.cell(&["site_name"]), question];
        roster.rows.push(with_results(cells, Some(Via::Phone)));
    }
    (roster, without)
}

/// The message list: a mobile number and the text for each site. Returns how many sites have no
/// mobile number too.
pub fn messages<'a>(
    rows: impl Iterator<Item = SheetRow<'a>>,
    names: &ProviderNames,
    personal: Personal,
) -> (Roster, u64) {
    let columns = [("行号", 17.0), ("号码", 15.0), ("域名", 22.0), ("短信内容", 80.0)];
    let mut roster = roster("短信核实名单", &columns);
    let mut without = 0;
    for row in rows {
        let Some(number) = row.record.and_then(|(record, _)| mobile(record)) else {
            without += 1;
            continue;
        };
        let site = row.site;
        let (id, domain) = (site.id, site.target.unicode());
        let subject = row.told(personal).cell(&["subject_name"]);
        let provider = names.told(&site.provider);
        let text = format!(
            "【备案核实】网站 {domain} 登记的主办者为“{subject}”，接入服务商为“{provider}”。属实请回复“属实”，\
             不属实请回复“否认主办”。编号 {id}"
        );
        let cells = vec![id.to_string(), shown("mobile_phone", &number, personal), domain, text];
        roster.rows.push(with_results(cells, Some(Via::Message)));
    }
    (roster, without)
}

/// The first mobile number of a record: eleven digits that begin with 1, with or without +86.
fn mobile(record: &Filing) -> Option<String> {
    detail(record, "mobile_phone")?.split([';', '；']).find_map(|number| {
        let number: String = number.chars().filter(char::is_ascii_digit).collect();
        let number = match number.strip_prefix("86") {
            Some(rest) if rest.len() == 11 => rest.to_owned(),
            _ => number,
        };
        (number.len() == 11 && number.starts_with('1')).then_some(number)
    })
}
