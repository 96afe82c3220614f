//! A month's bulletin (通报): annexes 4 and 6 of the 2009 plan. What is here is its model, which is also
//! its JSON; Markdown, CSV and workbook are faces of the same sheets.
//!
//! `None` is a figure that nobody knows: it was not declared, not sampled, or not looked for. It is
//! shown as a dash and never as 0.

pub mod compose;
pub mod csv;
pub mod edition;
pub mod markdown;
mod sheet;
mod sheets;
pub mod workbook;

use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::finding::Kind;
use crate::facts::month::Month;
use crate::facts::provider::ProviderId;

/// One month, of the nation or of one bureau.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bulletin {
    /// Which month.
    pub month: Month,
    /// Whose; `None` for the nation's.
    pub bureau: Option<Bureau>,
    /// The moment that it is told of: the month's end, or when it was made before that; RFC 3339.
    pub as_of: String,
    /// Whether the month was over.
    pub is_over: bool,
    /// The campaign whose day parts stock (存量) from new (新增); `None` where none was over.
    pub campaign: Option<CampaignView>,
    /// Figures of the whole.
    pub overview: Overview,
    /// Annex 4, table one: key providers, then others of whom there is something to tell.
    pub providers: Vec<ProviderRow>,
    /// Annex 4, table two, and annex 6, province table two.
    pub punished: Vec<PunishedRow>,
    /// Annex 4, table three.
    pub systems: Vec<SystemRow>,
    /// Annex 4, table four.
    pub sublets: Vec<SubletRow>,
    /// Annex 6, the progress of all tasks.
    pub tasks: Vec<TaskRow>,
    /// Annex 6, province tables one and three to seven.
    pub provinces: Vec<ProvinceRow>,
    /// Clues to subletting that the address register gives, never counted in `sublets`; `None` where
    /// no check was made.
    pub clues: Option<Vec<ClueRow>>,
    /// Providers of whom the register has no licence number.
    pub without_licence: Vec<Named>,
    /// What readers must know, each beside its table.
    pub notes: Vec<Note>,
}

/// A campaign (集中清理).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignView {
    /// What people call it.
    pub name: String,
    /// Its day.
    pub due: String,
}

/// Figures of the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// Nights over everything that ended in the month and could tell who is filed.
    pub nights: u64,
    /// Filed Domains by the newest register; `None` where none was known.
    pub filed: Option<u64>,
    /// 网站备案率 at the end, each Domain counted; `None` where it cannot be told.
    pub filing_rate: Option<f64>,
    /// Why it cannot be told.
    pub no_rate: Option<String>,
    /// What it is to reach, and by when.
    pub target: Option<TargetView>,
    /// Unfiled sites.
    pub unfiled: Option<Sites>,
    /// Faults of every kind.
    pub kinds: Vec<KindRow>,
}

/// What a rate is to reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetView {
    /// The rate.
    pub rate: f64,
    /// The day by which.
    pub due: String,
}

/// Sites at fault of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindRow {
    /// The kind.
    pub kind: Kind,
    /// Sites that stood at any time in the month.
    pub total: u64,
    /// Sites that stand at its end.
    pub left: u64,
}

/// Unfiled sites (接入未备案网站).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sites {
    /// 总量: sites that stood at any time in the month.
    pub total: u64,
    /// 尚未处理: of these, sites that stand at its end.
    pub left: u64,
    /// 存量 and 新增 apart; `None` where no campaign parts them.
    pub ages: Option<Ages>,
    /// Of those left, sites whose provider disputes it (有异议), or says that it is not its own.
    pub disputed: u64,
    /// Of those left, sites that the provider has not answered (未答复).
    pub unanswered: u64,
    /// Of those left, sites whose day is over (逾期).
    pub overdue: u64,
    /// Sites that came back in the month (死灰复燃).
    pub reopened: u64,
}

/// Sites that were first seen by the campaign's day, and after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ages {
    /// 存量, all.
    pub stock_total: u64,
    /// 存量, left.
    pub stock_left: u64,
    /// 新增, all.
    pub new_total: u64,
    /// 新增, left.
    pub new_left: u64,
}

/// Problems of the address register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problems {
    /// 总量
    pub total: u64,
    /// 尚未处理
    pub left: u64,
}

/// A provider as tables name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// 标识; `None` where nobody can be named.
    pub id: Option<ProviderId>,
    /// 名称, or the id where the register does not know it.
    pub name: String,
    /// 监督单位
    pub bureau: Option<Bureau>,
}

/// 集中清理期间接入服务商工作落实情况
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderRow {
    /// Who.
    pub provider: Named,
    /// 重点接入服务商
    pub is_key: bool,
    /// 未备案网站接入情况
    pub unfiled: Option<Sites>,
    /// 首次抽查的ICP备案信息准确率
    pub accuracy_first: Option<f64>,
    /// 本次抽查的ICP备案信息准确率
    pub accuracy_current: Option<f64>,
    /// 系统提示的IP地址报备问题
    pub problems: Option<Problems>,
}

/// 新增问题查处情况
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PunishedRow {
    /// Who was punished.
    pub provider: Named,
    /// 省份: where; the provider's own bureau where nothing else was declared.
    pub bureau: Option<Bureau>,
    /// 被查处原因
    pub reason: String,
}

/// 接入服务商技术手段落实情况; each stage as it was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemRow {
    /// Who.
    pub provider: Named,
    /// 立项、可研、开发、测试、上线
    pub stages: [Option<crate::facts::declared::Stage>; 5],
}

/// 接入服务商违规转租行为清理情况, as declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubletRow {
    /// Whose lower providers.
    pub provider: Named,
    /// 需要被清理的下级接入服务商总量
    pub total: Option<u64>,
    /// 尚未被清理的下级接入服务商数量
    pub left: Option<u64>,
}

/// One line of the progress of all tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRow {
    /// The task.
    #[serde(flatten)]
    pub task: crate::facts::task::Task,
    /// 本月进度; `None` where nobody declared it.
    pub progress: Option<String>,
}

/// What annex 6 tells of one province.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvinceRow {
    /// 省份; 部 is what lies in no known province.
    pub bureau: Bureau,
    /// 未备案网站接入情况
    pub unfiled: Option<Sites>,
    /// 首次抽查的ICP备案信息准确率
    pub accuracy_first: Option<f64>,
    /// 本次抽查的ICP备案信息准确率
    pub accuracy_current: Option<f64>,
    /// 系统提示的IP地址报备问题
    pub problems: Option<Problems>,
    /// 重点接入服务商总量, of the register.
    pub key_providers: u64,
    /// Of these, how many were declared to be done with each stage; `None` where none of them was
    /// declared at all.
    pub stages_done: [Option<u64>; 5],
    /// 需要被清理的下级接入服务商总量
    pub sublets_total: Option<u64>,
    /// 尚未被清理的下级接入服务商数量
    pub sublets_left: Option<u64>,
    /// 管局超期未审核的备案申请量
    pub overdue_at_bureau: Option<u64>,
    /// 需管局处理的垃圾数据
    pub garbage: Option<u64>,
    /// 当地接入服务商超期未核实的自主备案申请量
    pub overdue_at_providers: Option<u64>,
}

/// A clue to subletting (违规转租线索).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClueRow {
    /// Who has the ranges.
    pub lessee: Named,
    /// From whom, who is no carrier.
    pub lessor: Named,
    /// How many ranges.
    pub ranges: u64,
    /// The first of them.
    pub example: String,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The table: `4.1` to `4.4`, `6.1`, `6.2.1` to `6.2.7`, `overview`, `ages`, `clues`.
    pub table: String,
    /// What is to be known.
    pub text: String,
}
