//! The other registers: providers, filings and candidates, as CSV, XLSX or JSON lines.
#![no_main]

use std::io::Cursor;

use chabei::formats::candidates;
use chabei::formats::filings;
use chabei::formats::providers;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let input = || Cursor::new(bytes.to_vec());
    if let Ok(rows) = providers::read(input()) {
        rows.for_each(drop);
    }
    if let Ok(rows) = filings::read(input()) {
        rows.for_each(drop);
    }
    if let Ok((_, rows)) = candidates::read(input(), "fuzz") {
        rows.for_each(drop);
    }
});
