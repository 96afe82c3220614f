//! Address registers of every make: tables, messages, statistics, dumps, lists.
#![no_main]

use std::io::Cursor;

use chabei::facts::allocation::AllocationKind;
use chabei::formats::compressed;
use chabei::formats::sources;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let holder = bytes.first().is_some_and(|byte| byte & 1 == 1);
    let holder = holder.then(|| ("P".parse().expect("a fit name"), AllocationKind::Source));
    if let Ok(input) = compressed::opened(Cursor::new(bytes.to_vec()))
        && let Ok(rows) = sources::read(input, holder)
    {
        rows.for_each(drop);
    }
});
