//! Figures that no crawl can know, as people declare them for a month: how far systems are built, who
//! was punished, what is overdue at a bureau.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::facts::bureau::Bureau;
use crate::facts::finding::words;
use crate::facts::month::Month;
use crate::facts::provider::ProviderId;

words! {
    /// What is declared; the Chinese words are the headings of annexes 4 and 6.
    Figure {
        /// The stages of a provider's own system (annex 4, table three).
        StageProposal = "stage_proposal" "立项",
        /// The study before it is built.
        StageStudy = "stage_study" "可研",
        /// It is being built.
        StageDevelopment = "stage_development" "开发",
        /// It is being tested.
        StageTest = "stage_test" "测试",
        /// It is in use.
        StageOnline = "stage_online" "上线",
        /// Providers below it that are to be cleared of subletting.
        SubletsTotal = "sublets_total" "需要被清理的下级接入服务商总量",
        /// Of these, those that are not cleared yet.
        SubletsLeft = "sublets_left" "尚未被清理的下级接入服务商数量",
        /// Why a provider was punished.
        Punished = "punished" "被查处原因",
        /// How far a task of annex 5 is.
        Progress = "progress" "本月进度",
        /// Applications that the bureau did not examine in time.
        OverdueAtBureau = "overdue_at_bureau" "管局超期未审核的备案申请量",
        /// Applications that providers of the province did not verify in time.
        OverdueAtProviders = "overdue_at_providers" "当地接入服务商超期未核实的自主备案申请量",
        /// Records that are none, for the bureau to deal with.
        Garbage = "garbage" "需管局处理的垃圾数据",
    }
}

words! {
    /// How far a stage is.
    Stage {
        /// Not begun.
        Ahead = "ahead" "未开始",
        /// Begun.
        Ongoing = "ongoing" "进行中",
        /// Done.
        Done = "done" "已完成",
    }
}

/// Whom a figure is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A provider, as a whole or in one province.
    Provider(ProviderId, Option<Bureau>),
    /// A province.
    Bureau(Bureau),
    /// A task of annex 5, by its number.
    Task(u8),
}

/// One cell of a month's tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cell {
    /// Of which month.
    pub month: Month,
    /// What.
    pub figure: Figure,
    /// Of whom.
    pub subject: Subject,
}

/// What was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A number of things.
    Count(u64),
    /// Words.
    Text(String),
    /// How far it is.
    Stage(Stage),
    /// What was declared before is taken back; nothing is known.
    Withdrawn,
}

/// A figure as it was declared. A later one of the same cell takes its place; none is ever forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Where it belongs.
    pub cell: Cell,
    /// What it is.
    pub value: Value,
    /// When it was imported.
    pub at: Timestamp,
    /// By whom, as they named themselves, or the account the program ran under.
    pub by: String,
}

/// What a figure can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A whole number.
    Count,
    /// Words.
    Text,
    /// A [`Stage`].
    Stage,
}

impl Figure {
    /// The stages, in their order.
    pub const STAGES: [Self; 5] = [
        Self::StageProposal,
        Self::StageStudy,
        Self::StageDevelopment,
        Self::StageTest,
        Self::StageOnline,
    ];

    /// What it is measured in.
    pub fn measure(self) -> Measure {
        match self {
            Self::StageProposal
            | Self::StageStudy
            | Self::StageDevelopment
            | Self::StageTest
            | Self::StageOnline => Measure::Stage,
            Self::SubletsTotal
            | Self::SubletsLeft
            | Self::OverdueAtBureau
            | Self::OverdueAtProviders
            | Self::Garbage => Measure::Count,
            Self::Punished | Self::Progress => Measure::Text,
        }
    }

    /// Whether it can be said of `subject`.
    pub fn is_of(self, subject: &Subject) -> bool {
        match (self, subject) {
            (Self::Progress, Subject::Task(_))
            | (
                Self::SubletsTotal
                | Self::SubletsLeft
                | Self::OverdueAtBureau
                | Self::OverdueAtProviders
                | Self::Garbage,
                Subject::Bureau(_),
            )
            | (Self::SubletsTotal | Self::SubletsLeft | Self::Punished, Subject::Provider(..)) => {
                true
            }
            (figure, Subject::Provider(_, None)) => figure.measure() == Measure::Stage,
            _ => false,
        }
    }
}
