//! What stands in the register for filings whose row was refused: their Domains are there all the same,
//! and it must not be said that they are not filed.

use crate::facts::filing::Filing;
use crate::facts::target::Target;

/// What separates several names that somebody wrote into one cell.
const SEPARATORS: [char; 9] = [';', '；', ',', '，', '、', ' ', '\n', '|', '"'];

/// A record of which nothing is known for each Domain that `cells` seem to name; `column` is at fault.
/// Where the whole row is, or where the cell of the domain names none, cells may have moved, and the
/// Domain may stand in any of them.
pub(crate) fn standing_for(cells: &[(&'static str, String)], column: Option<&str>) -> Vec<Filing> {
    let number = |name: &str| {
        let cell = cells.iter().find(|(column, _)| *column == name);
        cell.and_then(|(_, text)| text.parse().ok())
    };
    let numbers = [number("site_number"), number("subject_number")];
    let mut targets = named_in(cells.iter().filter(|(name, _)| *name == "domain"));
    if column.is_none() || targets.is_empty() {
        targets = named_in(cells.iter());
    }
    targets.sort();
    targets.dedup();
    let stands = |target| Filing::unreadable(target, numbers.clone(), column.unwrap_or("row"));
    targets.into_iter().map(stands).collect()
}

fn named_in<'a>(cells: impl Iterator<Item = &'a (&'static str, String)>) -> Vec<Target> {
    cells.flat_map(|(_, text)| text.split(SEPARATORS)).filter_map(named).collect()
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

    #[test]
    fn a_domain_that_moved_to_another_cell_is_told_and_one_in_its_place_is_enough() {
        for (domain, column, expected) in [
            (" Ltd", None, &["b.cn", "c.cn"][..]),
            (" Ltd", Some("domain"), &["b.cn", "c.cn"]),
            ("a.cn", None, &["a.cn", "b.cn", "c.cn"]),
            ("a.cn", Some("state"), &["a.cn"]),
        ] {
            let cells = [
                ("subject_name", "Bar Co."),
                ("domain", domain),
                ("state", "\"b.cn\""),
                ("", "http://www.c.cn/"),
            ];
            let cells = cells.map(|(name, text)| (name, text.to_owned()));
            let told = standing_for(&cells, column);
            let names: Vec<String> = told.iter().map(|row| row.domain.to_string()).collect();
            assert_eq!(names, expected, "{domain} {column:?}");
        }
    }
}
