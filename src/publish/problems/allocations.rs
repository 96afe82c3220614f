//! The problems of the address register, as they are shown.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::clock;
use crate::facts::bureau::Bureau;
use crate::facts::problem::Fault;
use crate::facts::problem::Problem;
use crate::facts::provider::ProviderId;
use crate::publish::problems::Column;
use crate::publish::problems::Shown;
use crate::publish::problems::Tallied;
use crate::publish::problems::due_told;
use crate::publish::text::printable;
use crate::publish::view::ProviderNames;
use crate::publish::view::ProviderView;
use crate::publish::view::in_china;

/// A problem as JSON and CSV.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProblemView {
    /// Who must mend it; `None` where nobody reported what the registry gave.
    pub provider: Option<ProviderView>,
    /// Whose to follow.
    pub bureau: Bureau,
    /// What is wrong.
    pub fault: Fault,
    /// The same for people.
    pub fault_chinese: &'static str,
    /// `source` or `assignment`.
    pub level: &'static str,
    /// The interface's processing result code.
    pub code: Option<u16>,
    /// What the interface's check result calls it.
    pub check_code: Option<&'static str>,
    /// The row's range, as `first - last`.
    pub range: String,
    /// The addresses at fault.
    pub part: String,
    /// The other unit.
    pub other: Option<ProviderView>,
    /// The column to look at.
    pub column: &'static str,
    /// The value at fault, or the other row's range.
    pub detail: String,
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

impl Tallied for Problem {
    fn providers(&self) -> &[ProviderId] {
        self.key.provider.as_slice()
    }

    fn bureau(&self) -> Bureau {
        self.bureau
    }

    fn kind(&self) -> usize {
        match self.key.fault {
            Fault::OutOfBounds | Fault::NoSource => 0,
            Fault::Conflict => 1,
            Fault::Unreported => 2,
            _ => 3,
        }
    }

    fn stands(&self) -> bool {
        self.stands()
    }

    fn is_overdue(&self, today: Date) -> bool {
        self.is_overdue(today)
    }
}

impl Shown for Problem {
    type View = ProblemView;

    const TITLE: &'static str = "IP 地址报备的问题";
    const SHEET: &'static str = "IP 地址报备的问题";
    const KINDS: &'static [&'static str] = &["越界", "冲突", "未报", "其他"];
    const NOBODY: &'static str = "无法确定";
    const SUM: &'static str = "合计";
    const HEADINGS: [&'static str; 8] =
        ["接入服务商", "问题", "代码", "地址段", "有问题的部分", "相关", "首次发现", "期限"];
    const COLUMNS: &'static [Column] = &COLUMNS;

    fn view(&self, names: &ProviderNames, today: Date) -> ProblemView {
        let key = &self.key;
        ProblemView {
            provider: key.provider.as_ref().map(|id| names.view(id)),
            bureau: self.bureau,
            fault: key.fault,
            fault_chinese: key.fault.chinese(),
            level: key.level.word(),
            code: key.fault.code(),
            check_code: key.check_code(),
            range: key.range.to_string(),
            part: key.part.to_string(),
            other: key.other.as_ref().map(|id| names.view(id)),
            column: key.fault.column(),
            detail: self.detail.clone(),
            first_seen: self.first_seen,
            due: self.due,
            overdue: self.is_overdue(today),
            closed: !self.stands(),
        }
    }

    fn row(view: &ProblemView) -> [String; 8] {
        let codes = [view.check_code.map(str::to_owned), view.code.map(|code| code.to_string())];
        let other = view.other.as_ref().map(ProviderView::label);
        let detail = Some(view.detail.as_str()).filter(|text| !text.is_empty());
        let related: Vec<&str> = other.into_iter().chain(detail).collect();
        [
            view.provider.as_ref().map_or("—", ProviderView::label).to_owned(),
            view.fault_chinese.to_owned(),
            codes.into_iter().flatten().collect::<Vec<_>>().join(" "),
            view.range.clone(),
            if view.part == view.range { "全部".to_owned() } else { view.part.clone() },
            printable(&related.join(" ")),
            clock::day(view.first_seen).to_string(),
            due_told(view.due, view.overdue, view.closed),
        ]
    }

    fn cells(view: &ProblemView) -> Vec<String> {
        let id = |provider: &Option<ProviderView>| {
            provider.as_ref().map(|provider| provider.id.to_string()).unwrap_or_default()
        };
        let name = view.provider.as_ref().and_then(|provider| provider.name.as_ref());
        vec![
            id(&view.provider),
            name.map(ToString::to_string).unwrap_or_default(),
            view.bureau.to_string(),
            view.fault.word().to_owned(),
            view.fault_chinese.to_owned(),
            view.level.to_owned(),
            view.code.map(|code| code.to_string()).unwrap_or_default(),
            view.check_code.unwrap_or_default().to_owned(),
            view.range.clone(),
            view.part.clone(),
            id(&view.other),
            view.column.to_owned(),
            view.detail.clone(),
            clock::written(view.first_seen),
            view.due.to_string(),
            view.overdue.to_string(),
            view.closed.to_string(),
        ]
    }
}

const COLUMNS: [Column; 17] = [
    ("provider.id", "接入服务商标识", 14),
    ("provider.name", "接入服务商", 28),
    ("bureau", "监督单位", 10),
    ("fault", "问题标识", 18),
    ("fault_chinese", "问题", 18),
    ("level", "层级", 12),
    ("code", "接口代码", 10),
    ("check_code", "核查代码", 10),
    ("range", "地址段", 34),
    ("part", "有问题的部分", 34),
    ("other.id", "相关单位标识", 14),
    ("column", "字段", 18),
    ("detail", "相关内容", 34),
    ("first_seen", "首次发现", 26),
    ("due", "期限", 12),
    ("overdue", "逾期", 8),
    ("closed", "已改正", 8),
];
