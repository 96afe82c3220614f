//! Pages of web sites: their encoding, their tree under a budget, the numbers in their text.
#![no_main]

use std::time::Duration;

use chabei::formats::charset;
use chabei::formats::html;
use chabei::formats::html::Budget;
use chabei::formats::numbers;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = charset::decode(bytes, None);
    let base = "http://example.cn/".parse().expect("an address");
    let budget = Budget { cpu: Duration::from_millis(100), nodes: 100_000 };
    let _ = html::read(&text, &base, budget);
    let _ = numbers::occurrences(&text);
});
