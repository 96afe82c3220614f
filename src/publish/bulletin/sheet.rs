//! A table as a spreadsheet has it: merged headings above rows of figures, remarks below.

use crate::publish::grid::Figure;

/// One table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sheet {
    /// What the tab is called: at most 31 characters.
    pub(super) tab: &'static str,
    /// The annex that it is of; `None` for what the plan does not have.
    pub(super) annex: Option<&'static str>,
    /// The heading above it.
    pub(super) title: &'static str,
    /// The headings of its columns.
    pub(super) head: Vec<Head>,
    /// Its rows.
    pub(super) rows: Vec<Vec<Figure>>,
    /// The column in which equal neighbours are one merged cell.
    pub(super) merged: Option<usize>,
    /// Remarks below it.
    pub(super) notes: Vec<String>,
}

/// The heading of a column, or of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Head {
    /// One column, and its width in characters.
    Column(&'static str, u8),
    /// What stands above several.
    Group(&'static str, Vec<Self>),
}

/// Where a piece of the heading stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) text: &'static str,
    /// The first and last row, from 0.
    pub(super) rows: (u32, u32),
    /// The first and last column, from 0.
    pub(super) columns: (u16, u16),
}

impl Head {
    fn depth(&self) -> u32 {
        match self {
            Self::Column(..) => 1,
            Self::Group(_, parts) => 1 + parts.iter().map(Self::depth).max().unwrap_or(0),
        }
    }

    fn place(&self, row: u32, depth: u32, next: &mut u16, placed: &mut Vec<Placed>) {
        let first = *next;
        match self {
            Self::Column(text, _) => {
                *next += 1;
                let rows = (row, row + depth.saturating_sub(1));
                placed.push(Placed { text, rows, columns: (first, first) });
            }
            Self::Group(text, parts) => {
                for part in parts {
                    part.place(row + 1, depth.saturating_sub(1), next, placed);
                }
                let columns = (first, next.saturating_sub(1));
                placed.push(Placed { text, rows: (row, row), columns });
            }
        }
    }

    fn columns(&self, above: &str, columns: &mut Vec<(String, u8)>) {
        let path = |text: &str| {
            if above.is_empty() { text.to_owned() } else { format!("{above}·{text}") }
        };
        match self {
            Self::Column(text, width) => columns.push((path(text), *width)),
            Self::Group(text, parts) => {
                for part in parts {
                    part.columns(&path(text), columns);
                }
            }
        }
    }
}

impl Sheet {
    /// The rows of its heading.
    pub(super) fn depth(&self) -> u32 {
        self.head.iter().map(Head::depth).max().unwrap_or(0)
    }

    /// The pieces of its heading, row by row.
    pub(super) fn placed(&self) -> Vec<Placed> {
        let (mut next, mut placed) = (0, Vec::new());
        let depth = self.depth();
        for head in &self.head {
            head.place(0, depth, &mut next, &mut placed);
        }
        placed.sort_by_key(|piece| (piece.rows, piece.columns));
        placed
    }

    /// Each column with what stands above it, and its width.
    pub(super) fn columns(&self) -> Vec<(String, u8)> {
        let mut columns = Vec::new();
        for head in &self.head {
            head.columns("", &mut columns);
        }
        columns
    }

    /// The title with the annex.
    pub(super) fn full_title(&self) -> String {
        self.annex.map_or(self.title.to_owned(), |annex| format!("{annex} {}", self.title))
    }

    /// The rows as they are shown without merged cells: what repeats is left out.
    pub(super) fn shown(&self) -> Vec<Vec<Figure>> {
        let mut rows = self.rows.clone();
        if let Some(column) = self.merged {
            for (row, above) in rows.iter_mut().skip(1).zip(&self.rows) {
                if let (Some(cell), Some(above)) = (row.get_mut(column), above.get(column))
                    && cell == above
                {
                    *cell = Figure::Text(String::new());
                }
            }
        }
        rows
    }

    /// Runs of rows, first and last, that are one in the merged column.
    pub(super) fn runs(&self) -> Vec<(usize, usize)> {
        let Some(column) = self.merged else { return Vec::new() };
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (place, row) in self.rows.iter().enumerate() {
            match runs.last_mut() {
                Some((first, last))
                    if self.rows.get(*first).and_then(|row| row.get(column)) == row.get(column) =>
                {
                    *last = place;
                }
                _ => runs.push((place, place)),
            }
        }
        runs
    }

    /// The cells in which `other`, the same table at another time, differs.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        if self.rows.len() != other.rows.len() {
            let (ours, theirs) = (self.rows.len(), other.rows.len());
            return vec![format!("{}: {ours} -> {theirs} 行", self.title)];
        }
        let columns = self.columns();
        let mut told = Vec::new();
        for ((ours, theirs), number) in self.rows.iter().zip(&other.rows).zip(1..) {
            for ((ours, theirs), (heading, _)) in ours.iter().zip(theirs).zip(&columns) {
                if ours != theirs {
                    let (ours, theirs) = (ours.clone().told(), theirs.clone().told());
                    told.push(format!("{} 第{number}行 {heading}: {ours} -> {theirs}", self.title));
                }
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        Sheet {
            tab: "x",
            annex: None,
            title: "表",
            head: vec![
                Head::Column("序号", 5),
                Head::Group(
                    "建设进度",
                    vec![
                        Head::Group(
                            "立项",
                            vec![Head::Column("总量", 9), Head::Column("已完成", 9)],
                        ),
                        Head::Column("说明", 9),
                    ],
                ),
            ],
            rows: vec![
                vec![Figure::Count(1), Figure::Text("甲".to_owned())],
                vec![Figure::Count(2), Figure::Text("甲".to_owned())],
                vec![Figure::Count(3), Figure::Empty],
            ],
            merged: Some(1),
            notes: vec![],
        }
    }

    #[test]
    fn headings_are_merged_down_and_across() {
        let sheet = sheet();
        let placed: Vec<_> =
            sheet.placed().iter().map(|one| (one.text, one.rows, one.columns)).collect();
        assert_eq!(
            placed,
            [
                ("建设进度", (0, 0), (1, 3)),
                ("序号", (0, 2), (0, 0)),
                ("立项", (1, 1), (1, 2)),
                ("说明", (1, 2), (3, 3)),
                ("总量", (2, 2), (1, 1)),
                ("已完成", (2, 2), (2, 2)),
            ]
        );
        let columns: Vec<_> = sheet.columns().into_iter().map(|(heading, _)| heading).collect();
        assert_eq!(
            columns,
            ["序号", "建设进度·立项·总量", "建设进度·立项·已完成", "建设进度·说明"]
        );
    }

    #[test]
    fn what_repeats_is_one_cell() {
        assert_eq!(sheet().runs(), [(0, 1), (2, 2)]);
        let shown = sheet().shown();
        assert_eq!(shown[1][1], Figure::Text(String::new()));
        assert_eq!((&shown[0][1], &shown[2][1]), (&Figure::Text("甲".to_owned()), &Figure::Empty));
    }

    #[test]
    fn a_cell_that_differs_is_named() {
        let mut other = sheet();
        other.rows[2][0] = Figure::Count(4);
        assert_eq!(sheet().differences(&other), ["表 第3行 序号: 3 -> 4"]);
        assert_eq!(sheet().differences(&sheet()), [""; 0]);
    }
}
