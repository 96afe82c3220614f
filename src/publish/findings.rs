//! Lists of findings in each format, a row a finding. All but the table and the ministry's list
//! write row by row and keep none.

use std::io;
use std::io::Write;

use crate::publish::view::FindingView;

mod columns;
pub mod csv;
pub mod table;
pub mod v3;
pub mod workbook;

/// Writes `rows` as JSON lines.
pub fn jsonl(rows: impl Iterator<Item = FindingView>, out: &mut impl Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, &row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::view::tests::finding;
    use crate::publish::view::tests::view;

    #[test]
    fn each_finding_is_a_line_of_json() {
        let mut out = Vec::new();
        let rows = ["a.cn", "b.cn"].map(|domain| view(&finding(domain)));
        jsonl(rows.into_iter(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let domains: Vec<String> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|value| value["domain"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(domains, ["a.cn", "b.cn"]);
        assert!(text.ends_with("}\n"));
    }
}
