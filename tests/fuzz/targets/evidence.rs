//! Evidence as it is read back: WARC records, member by member.
#![no_main]

use chabei::formats::warc;
use chabei::formats::warc::Outcome;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = bytes;
    while let Ok(Outcome::Sound(member)) = warc::read(&mut input) {
        let _ = (member.record.payload(), member.record.head());
    }
    let _ = warc::parse_head(bytes);
});
