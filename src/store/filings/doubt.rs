//! What stands in the register for filings whose row was refused: their Domains are there all the same,
//! and it must not be said that they are not filed.

use crate::facts::filing::Filing;
use crate::facts::target::Target;

/// What separates several names that somebody wrote into one cell.
const SEPARATORS: [char; 8] = [';', '；', ',', '，', '、', ' ', '\n', '|'];

/// A record of which nothing is known for each Domain that `cells` seem to name; `column` is at fault.
pub(crate) fn standing_for(cells: &[(&'static str, String)], column: Option<&str>) -> Vec<Filing> {
    let cell = |name: &str| {
        cells.iter().find(|(column, _)| *column == name).map(|(_, text)| text.as_str())
    };
    let number = |name| cell(name).and_then(|text| text.parse().ok());
    let numbers = [number("site_number"), number("subject_number")];
    let names = cell("domain").into_iter().flat_map(|text| text.split(SEPARATORS));
    let mut targets: Vec<Target> = names.filter_map(named).collect();
    targets.sort();
    targets.dedup();
    let stands = |target| Filing::unreadable(target, numbers.clone(), column.unwrap_or("row"));
    targets.into_iter().map(stands).collect()
}

/// The Domain that `text` seems to name, which may be a URL or a pattern.
fn named(text: &str) -> Option<Target> {
    let host = text.rsplit("://").next().unwrap_or(text).split(['/', '?', '#']).next()?;
    let host = host.trim().trim_start_matches("*.");
    host.parse().ok().or_else(|| host.split(':').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_that_a_cell_seems_to_name_is_told() {
        for (cell, expected) in [
            ("b.cn", &["b.cn"][..]),
            ("www.b.cn; a.cn，b.cn", &["a.cn", "b.cn"]),
            ("http://www.b.cn:8080/index.html", &["b.cn"]),
            ("*.b.cn|1.2.3.4", &["b.cn", "1.2.3.4"]),
            ("2400::1", &["2400::1"]),
            ("无", &[]),
            ("", &[]),
        ] {
            let cells =
                [("domain", cell.to_owned()), ("site_number", "京ICP备05014806号-1".to_owned())];
            let told = standing_for(&cells, Some("state"));
            let names: Vec<String> = told.iter().map(|row| row.domain.to_string()).collect();
            assert_eq!(names, expected, "{cell}");
            assert!(told.iter().all(|row| row.is_unreadable() && row.site_number.is_some()));
        }
        assert_eq!(standing_for(&[], None), []);
    }
}
