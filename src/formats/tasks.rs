//! The 27 tasks of the plan's annex 5: `config/tasks.csv`, built in.

use std::sync::LazyLock;

use crate::facts::task::Task;

const TASKS: &str = include_str!("../../config/tasks.csv");

/// The tasks in their order.
///
/// # Panics
/// Never: a test reads them.
pub fn builtin() -> &'static [Task] {
    static TASKS_READ: LazyLock<Vec<Task>> = LazyLock::new(|| {
        let mut reader = csv::ReaderBuilder::new().from_reader(TASKS.as_bytes());
        let rows = reader.records().map(|row| {
            let row = row.ok()?;
            let text = |place: usize| row.get(place).map(str::to_owned);
            Some(Task {
                number: row.get(0)?.parse().ok()?,
                task: text(1)?,
                content: text(2)?,
                lead: text(3)?,
                others: text(4)?,
                due: text(5)?,
            })
        });
        rows.collect::<Option<_>>().expect("the built-in tasks are read by a test")
    });
    &TASKS_READ
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annex_5_has_27_tasks_in_order() {
        let tasks = builtin();
        let numbers: Vec<u8> = tasks.iter().map(|task| task.number).collect();
        assert_eq!(numbers, (1..=27).collect::<Vec<u8>>());
        let groups: std::collections::BTreeSet<_> = tasks.iter().map(|task| &task.task).collect();
        assert_eq!(groups.len(), 10);
        assert_eq!(tasks[8].others, "通信保障局、各省（区、市）通信管理局、电信研究院");
        assert!(tasks.iter().all(|task| !task.due.is_empty() && !task.lead.is_empty()));
    }
}
