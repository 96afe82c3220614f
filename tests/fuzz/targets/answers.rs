//! What providers, bureaus and callers hand in: tables of answers and results, messages of interface V3.
#![no_main]

use std::io::Cursor;

use chabei::formats::answers;
use chabei::formats::declared;
use chabei::formats::handled;
use chabei::formats::results;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let input = || Cursor::new(bytes.to_vec());
    if let Ok(rows) = answers::read(input()) {
        rows.for_each(drop);
    }
    if let Ok(rows) = declared::read(input()) {
        rows.for_each(drop);
    }
    if let Ok(rows) = results::read(input(), "2026-11-24T00:00:00Z".parse().expect("a moment")) {
        rows.for_each(drop);
    }
    let _ = handled::read(input());
});
