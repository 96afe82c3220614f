//! Whether a workbook fits into its room, the texts that its cells share above all. The workbook's reader
//! sets aside as much as they claim to need, and the program would end if that were not to be had.

use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek;

use zip::ZipArchive;

use crate::formats::tables::FileError;
use crate::formats::tables::workbook::Room;

/// What the shortest text takes: `<si/>`.
const SHORTEST_TEXT: u64 = 5;

/// The attribute that says how many there are (ECMA-376, part 1, 18.4.9).
const COUNT: &[u8] = b"uniqueCount";

/// How each part begins in the list of them (APPNOTE.TXT 4.3.12).
const MEMBER: &[u8] = b"PK\x01\x02";

/// Refuses a workbook with more than there is room for, or fewer texts than it claims to have.
pub(super) fn check(workbook: &mut File, room: Room) -> Result<(), FileError> {
    let broken = |error: &dyn ToString| FileError::Workbook(error.to_string());
    if room.members < usize::MAX {
        workbook.rewind()?;
        if members(&*workbook, room.members)? > room.members {
            return Err(broken(&"it has too many parts; write it as CSV"));
        }
    }
    let mut archive =
        ZipArchive::new(BufReader::new(&*workbook)).map_err(|error| broken(&error))?;
    let mut left = room.whole;
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(|error| broken(&error))?;
        let name = member.name().map_err(|error| broken(&error))?;
        let has_texts = name.to_lowercase().ends_with("sharedstrings.xml");
        if !has_texts && room.whole == u64::MAX {
            continue;
        }
        let most = if has_texts { room.texts.min(left) } else { left };
        let (size, count) = measured(member, most).map_err(|error| broken(&error))?;
        if size > most {
            let what = if has_texts { "its texts are" } else { "it is" };
            return Err(broken(&format!("{what} too large; write it as CSV")));
        }
        if has_texts && count > size / SHORTEST_TEXT {
            return Err(broken(&"it claims to have more texts than it has"));
        }
        left -= size;
    }
    Ok(())
}

/// How many parts `workbook` lists, or one more than `most`.
fn members(workbook: impl Read, most: usize) -> io::Result<usize> {
    let mut workbook = BufReader::new(workbook);
    let (mut count, mut begun) = (0, 0);
    while count <= most {
        let chunk = workbook.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        for byte in chunk {
            begun =
                if *byte == MEMBER[begun] { begun + 1 } else { usize::from(*byte == MEMBER[0]) };
            if begun == MEMBER.len() {
                (count, begun) = (count + 1, 0);
            }
        }
        let length = chunk.len();
        workbook.consume(length);
    }
    Ok(count)
}

/// How large the texts are, up to one byte more than `most`, and the largest number of them that is
/// claimed.
fn measured(texts: impl Read, most: u64) -> io::Result<(u64, u64)> {
    let mut texts = BufReader::new(texts.take(most.saturating_add(1)));
    let (mut size, mut count) = (0, 0);
    let mut place = Place::Name(0);
    loop {
        let chunk = texts.fill_buf()?;
        if chunk.is_empty() {
            return Ok((size, count));
        }
        // Without its zeros UTF-16 is as good to search as UTF-8.
        for byte in chunk.iter().filter(|byte| **byte != 0) {
            place = place.after(*byte);
            if let Place::Number(number) = place {
                count = count.max(number);
            }
        }
        let length = chunk.len();
        size += length as u64;
        texts.consume(length);
    }
}

/// How far an attribute `COUNT` is read.
#[derive(Clone, Copy)]
enum Place {
    /// So many bytes of its name.
    Name(usize),
    Sign,
    Quote,
    Number(u64),
}

impl Place {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Name(length), _) if COUNT.get(length) == Some(&byte) => Self::Name(length + 1),
            (Self::Name(length), b'=') if length == COUNT.len() => Self::Quote,
            (Self::Name(length), _) if length == COUNT.len() && byte.is_ascii_whitespace() => {
                Self::Sign
            }
            (Self::Sign, b'=') => Self::Quote,
            (Self::Sign | Self::Quote, _) if byte.is_ascii_whitespace() => self,
            (Self::Quote, b'"' | b'\'') => Self::Number(0),
            (Self::Number(number), b'0'..=b'9') => {
                let number = number.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
                Self::Number(number)
            }
            _ => Self::Name(usize::from(byte == COUNT[0])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LARGEST: u64 = 512 << 20;

    #[test]
    fn the_claimed_number_is_found_wherever_it_stands() {
        for (texts, count) in [
            ("<sst count='9' uniqueCount='7'>", 7),
            ("<!-- sst --><x:sst uniqueCount\n = \t\"12\" count=\"99\">", 12),
            ("<sst uniqueuniqueCount uniqueCount='007'>", 7),
            ("<sst uniqueCount='99999999999999999999999999'>", u64::MAX),
            ("<sst uniqueCounts='7' unique='8'><si>uniqueCount</si>", 0),
        ] {
            let utf_16: Vec<u8> = texts.bytes().flat_map(|byte| [0, byte]).collect();
            assert_eq!(
                measured(texts.as_bytes(), LARGEST).unwrap(),
                (texts.len() as u64, count),
                "{texts}"
            );
            assert_eq!(
                measured(&utf_16[..], LARGEST).unwrap(),
                (utf_16.len() as u64, count),
                "{texts}"
            );
        }
    }

    #[test]
    fn endless_texts_are_not_read_to_their_end() {
        assert_eq!(measured(io::repeat(b'x'), 100_000).unwrap(), (100_001, 0));
    }

    #[test]
    fn parts_are_counted_as_they_are_listed() {
        let listed = [b"PK\x03\x04", MEMBER, b"PPK\x01", b"\x02PK\x01", b"PK\x01\x02"].concat();
        assert_eq!(members(&listed[..], 10).unwrap(), 3);
        assert!(members(MEMBER.repeat(100_000).as_slice(), 10).unwrap() > 10);
    }

    proptest! {
        #[test]
        fn a_number_is_found_among_anything(
            (before, after) in ("[ -~]{0,20}", "[!-/:-~][ -~]{0,20}"),
            count: u64,
        ) {
            prop_assume!(!before.contains("uniqueC") && !after.contains("uniqueC"));
            let texts = format!("{before} uniqueCount=\"{count}{after}");
            prop_assert_eq!(measured(texts.as_bytes(), LARGEST).unwrap(), (texts.len() as u64, count));
        }
    }
}
