//! Replies of the public query as whole documents: an array of rows, or an object that holds one, as
//! `{"params": {"list": […]}}`. Each row becomes a line of JSON, so that they are read like any others;
//! the line of a refusal is then the row's place in the list.

use std::io;
use std::io::Cursor;
use std::io::Read;

use serde_json::Value;

use crate::formats::tables::FileError;
use crate::formats::text::Decoded;

/// A larger document is no reply; a register comes as JSON lines, CSV or a workbook.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Where a reply holds its rows.
const LISTS: [&str; 5] = ["/params/list", "/data/list", "/result/list", "/list", "/rows"];

/// Whether `sample`, the beginning of a file, begins a document and no row on a line.
pub(super) fn is_document(sample: &[u8]) -> bool {
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_row = || match serde_json::from_slice::<Value>(first) {
        Ok(value) => LISTS.iter().all(|list| value.pointer(list).is_none()),
        // A long row ends beyond the sample; a document that is printed over lines ends its first
        // line within an object.
        Err(_) => first.len() == text.len() && !has_list(first),
    };
    text.starts_with(b"[") || (text.starts_with(b"{") && !is_row())
}

/// Whether the beginning of a reply on one line names its list before any row.
fn has_list(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let before = text.split('[').next().unwrap_or_default();
    text.contains('[')
        && ["\"list\"", "\"rows\""]
            .iter()
            .any(|name| before.trim_end_matches([' ', ':']).ends_with(name))
}

/// The rows of a document, a line each.
pub(super) fn lines(input: impl Read + Send + 'static) -> Result<Cursor<Vec<u8>>, FileError> {
    let wrong = |what: &str| FileError::Io(io::Error::new(io::ErrorKind::InvalidData, what));
    let mut text = String::new();
    Decoded::new(input).take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(wrong("it is larger than any reply of the public query; write a row a line"));
    }
    // What is wrong is not quoted: it may be somebody's data.
    let document: Value = serde_json::from_str(&text).map_err(|error| {
        let what = format!("it is no JSON document, from line {} on", error.line());
        FileError::Io(io::Error::new(io::ErrorKind::InvalidData, what))
    })?;
    let list = match &document {
        Value::Array(rows) => Some(rows),
        other => LISTS.iter().find_map(|list| other.pointer(list)?.as_array()),
    };
    let list = list.ok_or_else(|| {
        wrong("it holds no list of rows, at params.list or elsewhere; the query may have failed")
    })?;
    let mut out = Vec::new();
    for row in list {
        serde_json::to_writer(&mut out, row).map_err(io::Error::from)?;
        out.push(b'\n');
    }
    Ok(Cursor::new(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_told_from_rows_on_lines() {
        for text in [
            "[{\"domain\":\"a.cn\"}]",
            "{\"code\":200,\"params\":{\"list\":[{\"domain\":\"a.cn\"}]}}",
            "{\n  \"params\": {\n \"list\": []}}",
            "{\"list\":[]}",
            "\u{feff} [",
        ] {
            assert!(is_document(text.as_bytes()), "{text}");
        }
        for text in [
            "{\"domain\":\"a.cn\"}",
            "{\"domain\":\"a.cn\",\"providers\":[\"x\"]}\n{\"domain\":\"b.cn\"}",
            "{\"domain\":\"a.cn\",\"providers\":[\"x\", \"cut by the sample",
            "domain\na.cn",
            "",
        ] {
            assert!(!is_document(text.as_bytes()), "{text}");
        }
        let long =
            format!("{{\"params\":{{\"list\":[{{\"domain\":\"a.cn\",\"x\":\"{}", "y".repeat(99));
        assert!(is_document(long.as_bytes()));
    }
}
