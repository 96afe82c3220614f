//! Which columns the heading of a table names, and where.

use unicode_normalization::UnicodeNormalization;

use crate::formats::tables::Column;
use crate::formats::tables::FileError;

/// Where each of `columns` stands in the heading, and what else is there.
pub(super) fn places(
    heading: &[String],
    columns: &[Column],
) -> Result<(Vec<Option<usize>>, Vec<String>), FileError> {
    let mut places = vec![None; columns.len()];
    let mut unknown = Vec::new();
    for (place, cell) in heading.iter().enumerate() {
        let Some(index) = column_of(cell, columns) else {
            if !cell.trim().is_empty() {
                unknown.push(cell.trim().to_owned());
            }
            continue;
        };
        if places[index].replace(place).is_some() {
            return Err(FileError::TwiceColumn(columns[index].name));
        }
    }
    Ok((places, unknown))
}

/// The column that a heading means.
pub(crate) fn column_of(heading: &str, columns: &[Column]) -> Option<usize> {
    let folded = |text: &str| text.nfkc().collect::<String>().trim().to_lowercase();
    let heading = folded(heading);
    columns.iter().position(|column| {
        column.name == heading || column.chinese.iter().any(|name| folded(name) == heading)
    })
}
