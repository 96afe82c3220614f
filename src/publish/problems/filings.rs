//! The problems of filings by annex 3, as they are shown.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::clock;
use crate::facts::bureau::Bureau;
use crate::facts::filing_problem::FilingProblem;
use crate::facts::filing_problem::FilingProblemOutline;
use crate::facts::filing_problem::FilingRule;
use crate::facts::filing_problem::STANDARDS;
use crate::facts::number::FilingNumber;
use crate::facts::provider::ProviderId;
use crate::publish::mask;
use crate::publish::problems::Column;
use crate::publish::problems::Shown;
use crate::publish::problems::Tallied;
use crate::publish::problems::due_told;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::view::in_china;

/// A problem as JSON, CSV and workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilingProblemView {
    /// 域名
    pub domain: String,
    /// The Domain as people write it.
    pub domain_unicode: String,
    /// 网站备案号, or the subject's.
    pub number: Option<FilingNumber>,
    /// The bureau's number of the site.
    pub record_id: Option<String>,
    /// Who must have it mended; empty where no access provider is known.
    pub providers: Vec<ProviderView>,
    /// Whose to follow.
    pub bureau: Bureau,
    /// The rule's code.
    pub rule: FilingRule,
    /// The standard of annex 3 that it belongs to.
    pub standard: &'static str,
    /// The interface's processing result code.
    pub code: Option<u16>,
    /// The column to look at.
    pub column: String,
    /// The same for people.
    pub column_chinese: String,
    /// The reason, as the provider reads it.
    pub reason: String,
    /// The cell at fault; masked, unless revealed.
    pub value: String,
    /// When a check first saw it.
    #[serde(serialize_with = "in_china")]
    pub first_seen: Timestamp,
    /// The day by which it is to be mended.
    pub due: Date,
    /// Whether that day is over.
    pub overdue: bool,
    /// Whether it was mended.
    pub closed: bool,
}

impl Tallied for FilingProblem {
    fn providers(&self) -> &[ProviderId] {
        &self.providers
    }

    fn bureau(&self) -> Bureau {
        self.bureau
    }

    fn kind(&self) -> usize {
        self.key.rule.standard()
    }

    fn stands(&self) -> bool {
        self.stands()
    }

    fn is_overdue(&self, today: Date) -> bool {
        self.is_overdue(today)
    }
}

impl Tallied for FilingProblemOutline {
    fn providers(&self) -> &[ProviderId] {
        &self.providers
    }

    fn bureau(&self) -> Bureau {
        self.bureau
    }

    fn kind(&self) -> usize {
        self.rule.standard()
    }

    fn stands(&self) -> bool {
        self.closed.is_none()
    }

    fn is_overdue(&self, today: Date) -> bool {
        self.closed.is_none() && self.due < today
    }
}

impl Shown for FilingProblem {
    type View = FilingProblemView;

    const TITLE: &'static str = "备案信息填报的问题（附件3）";
    const SHEET: &'static str = "备案信息填报的问题";
    const KINDS: &'static [&'static str] =
        &["总则", "名称", "性质", "证件", "主管", "网站名", "负责人", "地址", "网址", "IP", "电话"];
    const NOBODY: &'static str = "无或未知";
    const SUM: &'static str = "合计（每条一次）";
    const HEADINGS: [&'static str; 8] =
        ["域名", "备案号", "接入服务商", "规则", "项目", "原因", "填报内容", "期限"];
    const COLUMNS: &'static [Column] = &COLUMNS;

    fn view(&self, names: &ProviderNames, today: Date) -> FilingProblemView {
        let key = &self.key;
        let heading = match key.column.as_str() {
            "domain" => "域名",
            "site_number" => "网站备案号",
            "subject_number" => "主体备案号",
            "providers" => "接入服务商",
            column => mask::heading(column),
        };
        FilingProblemView {
            domain: key.domain.to_string(),
            domain_unicode: key.domain.unicode(),
            number: key.number.clone(),
            record_id: key.record_id.clone(),
            providers: self.providers.iter().map(|id| names.view(id)).collect(),
            bureau: self.bureau,
            rule: key.rule,
            standard: STANDARDS.get(key.rule.standard()).copied().unwrap_or_default(),
            code: key.rule.interface_code(),
            column: key.column.clone(),
            column_chinese: heading.to_owned(),
            reason: self.reason(),
            value: self.value.clone(),
            first_seen: self.first_seen,
            due: self.due,
            overdue: self.is_overdue(today),
            closed: !self.stands(),
        }
    }

    fn row(view: &FilingProblemView) -> [String; 8] {
        [
            printable(&view.domain_unicode),
            view.number.as_ref().map(ToString::to_string).unwrap_or_default(),
            printable(&view.provider_names()),
            view.code.map_or(view.rule.code().to_owned(), |code| format!("{} {code}", view.rule)),
            view.column_chinese.clone(),
            printable(&view.reason),
            printable(&view.value),
            due_told(view.due, view.overdue, view.closed),
        ]
    }

    fn cells(view: &FilingProblemView) -> Vec<String> {
        let ids: Vec<&str> = view.providers.iter().map(|provider| provider.id.as_str()).collect();
        let state = match (view.closed, view.overdue) {
            (true, _) => "closed",
            (false, true) => "overdue",
            (false, false) => "open",
        };
        vec![
            view.domain.clone(),
            view.number.as_ref().map(ToString::to_string).unwrap_or_default(),
            view.record_id.clone().unwrap_or_default(),
            ids.join(";"),
            view.provider_names(),
            view.bureau.to_string(),
            view.rule.code().to_owned(),
            view.standard.to_owned(),
            view.code.map(|code| code.to_string()).unwrap_or_default(),
            view.column.clone(),
            view.column_chinese.clone(),
            view.reason.clone(),
            view.value.clone(),
            clock::written(view.first_seen),
            view.due.to_string(),
            state.to_owned(),
        ]
    }
}

impl FilingProblemView {
    fn provider_names(&self) -> String {
        let names: Vec<&str> = self.providers.iter().map(ProviderView::label).collect();
        names.join(";")
    }
}

const COLUMNS: [Column; 16] = [
    ("domain", "域名", 28),
    ("number", "备案号", 26),
    ("record_id", "记录标识", 10),
    ("providers.id", "接入服务商标识", 14),
    ("providers.name", "接入服务商", 28),
    ("bureau", "监督单位", 10),
    ("rule", "规则", 10),
    ("standard", "标准", 18),
    ("code", "接口代码", 10),
    ("column", "字段", 18),
    ("column_chinese", "项目", 18),
    ("reason", "原因", 50),
    ("value", "填报内容", 28),
    ("first_seen", "首次发现", 26),
    ("due", "期限", 12),
    ("state", "状态", 10),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standard_is_counted_apart() {
        assert_eq!(<FilingProblem as Shown>::KINDS.len(), STANDARDS.len());
    }
}
