//! How tables are laid out: one look for all of them, and the word that tells simulated findings
//! from real ones.

use comfy_table::ContentArrangement;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;

/// What tables and workbooks need to know besides their rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// Whether the findings are over a lab's world; titles then say 模拟数据.
    pub is_simulated: bool,
    /// Columns of the terminal; `None` for a pipe or a file, where no line is wrapped.
    pub width: Option<u16>,
}

impl Layout {
    /// `title`, marked where the findings are simulated.
    pub(crate) fn title(self, title: &str) -> String {
        if self.is_simulated { format!("{title}（模拟数据）") } else { title.to_owned() }
    }

    /// An empty table under `headings`.
    pub(crate) fn table(self, headings: impl IntoIterator<Item = &'static str>) -> Table {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED).set_header(headings);
        if let Some(width) = self.width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        table
    }
}
