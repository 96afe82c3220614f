//! The tasks of the 2009 plan (annex 5), whose progress is told each month (annex 6).

use serde::Deserialize;
use serde::Serialize;

/// One line of annex 5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// 序号, from 1.
    pub number: u8,
    /// 工作任务; several lines may share it.
    pub task: String,
    /// 工作内容和要求
    pub content: String,
    /// 牵头单位
    pub lead: String,
    /// 参加单位
    pub others: String,
    /// 时间要求
    pub due: String,
}
