//! Files to take away.

use std::io::Cursor;
use std::io::Read;

use crate::matrix::Callers;
use crate::matrix::GOOD;
use crate::matrix::Who::Ministry;
use crate::matrix::domains;
use crate::matrix::not_found;

#[test]
fn files_hold_what_the_key_may_see_and_nothing_more() {
    let callers = Callers::new();
    for name in ["findings.csv", "findings.jsonl", "findings.csv?encoding=gbk"] {
        let path = format!("/exports/{name}");
        let all = callers.call(Ministry, "GET", &path, None).ends(200).bytes;
        let lines: Vec<&[u8]> = all.split_inclusive(|byte| *byte == b'\n').collect();
        let headings = usize::from(name.contains("csv"));
        assert_eq!(lines.len(), 6 + headings, "{name}");
        callers.check("GET", &path, None, |who| {
            if !who.sees_findings() {
                return not_found();
            }
            let mut own = lines[..headings].concat();
            for number in who.sees() {
                own.extend_from_slice(lines[headings + usize::try_from(*number).unwrap() - 1]);
            }
            (200, own)
        });
    }
    for who in GOOD {
        for sheets in ["", "?per_provider=true"] {
            let path = format!("/exports/findings.xlsx{sheets}");
            let came = callers.call(who, "GET", &path, None);
            if who.sees_findings() {
                let text = unzipped(&came.ends(200).bytes);
                let told = (1..=6).map(|number| format!("d{number}.cn"));
                let told: Vec<String> = told.filter(|domain| text.contains(domain)).collect();
                assert_eq!(told, domains(who), "{who:?}");
                assert_eq!(text.contains("别家云"), who.sees().contains(&4), "{who:?}");
            } else {
                callers.tells_nothing(who, &came.ends(404), &path);
            }
        }
    }
    callers.is_closed("GET", "/exports/findings.xlsx", None);
    for path in ["/exports/findings.pdf", "/evidence", "/evidence/1", "/bulletins/2009-06.pdf"] {
        callers.check("GET", path, None, |_| not_found());
    }
}

/// The text of every part of a workbook.
fn unzipped(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    for index in 0..archive.len() {
        archive.by_index(index).unwrap().read_to_string(&mut text).unwrap();
    }
    text
}
