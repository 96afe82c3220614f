//! The text of a file of unknown encoding, line by line: UTF-8 with or without a byte order mark, or
//! GBK. Streams in bounded memory.

use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;

use encoding_rs::CoderResult;
use encoding_rs::Decoder;
use encoding_rs::GB18030;
use encoding_rs::UTF_8;

/// What is looked at to tell UTF-8 from GBK, in bytes from the first that is not ASCII on.
const SAMPLE: usize = 64 * 1024;

/// A longer line is cut; no honest row comes near it.
const LONGEST_LINE: usize = 1024 * 1024;

/// The lines of a file, decoded, with their numbers from 1.
pub(crate) struct Lines {
    input: BufReader<Decoded>,
    number: u64,
}

impl Lines {
    pub(crate) fn new(input: impl Read + Send + 'static) -> Self {
        Self { input: BufReader::new(Decoded::new(input)), number: 0 }
    }
}

impl Iterator for Lines {
    type Item = io::Result<(u64, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        let mut is_cut = false;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) => return Some(Err(error)),
            };
            if chunk.is_empty() {
                if line.is_empty() {
                    return None;
                }
                break;
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(chunk.len(), |end| end + 1);
            if line.len() < LONGEST_LINE {
                line.extend_from_slice(&chunk[..length]);
            } else {
                is_cut = true;
            }
            self.input.consume(length);
            if end.is_some() {
                break;
            }
        }
        self.number += 1;
        let mut text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
        if is_cut {
            // Half a row must not pass for a whole one.
            text.push(char::REPLACEMENT_CHARACTER);
        }
        Some(Ok((self.number, text)))
    }
}

/// UTF-8 out of any encoding; what cannot be decoded becomes U+FFFD.
///
/// Plain ASCII goes through as it is until something else comes, however late; what follows then
/// tells the encoding.
pub(crate) struct Decoded {
    input: Box<dyn Read + Send>,
    /// `None` as long as there was nothing but ASCII.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    is_over: bool,
}

impl Decoded {
    pub(crate) fn new(input: impl Read + Send + 'static) -> Self {
        Self {
            input: Box::new(input),
            decoder: None,
            raw: Vec::new(),
            text: Vec::new(),
            at: 0,
            is_over: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut raw = [0; 16 * 1024];
        let read = self.input.read(&mut raw)?;
        self.raw.extend_from_slice(&raw[..read]);
        let mut is_last = read == 0;
        if self.decoder.is_none() {
            if self.raw.is_ascii() {
                self.text = std::mem::take(&mut self.raw);
                self.at = 0;
                self.is_over = is_last;
                return Ok(());
            }
            let wanted = SAMPLE.saturating_sub(self.raw.len()) as u64;
            (&mut self.input).take(wanted).read_to_end(&mut self.raw)?;
            is_last = self.raw.len() < SAMPLE;
            let encoding = if is_utf8(&self.raw) { UTF_8 } else { GB18030 };
            self.decoder = Some(encoding.new_decoder_with_bom_removal());
        }
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        // Two bytes of GBK may become three, and a lone one the three of U+FFFD.
        self.text.resize(self.raw.len() * 3 + 16, 0);
        let (result, used, written, _) = decoder.decode_to_utf8(&self.raw, &mut self.text, is_last);
        self.raw.drain(..used);
        self.text.truncate(written);
        self.at = 0;
        self.is_over = is_last && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl Read for Decoded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.text.len() && !self.is_over {
            self.fill()?;
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.len().min(out.len());
        out[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }
}

/// Whether `sample` is UTF-8 with a few bad bytes at the most. GBK that is read as UTF-8 has more bad
/// sequences than good ones.
fn is_utf8(sample: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in sample.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    // The end of the sample may cut a character.
    bad <= 1 && good > 0 || good >= 4 * bad
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(bytes: &[u8]) -> Vec<(u64, String)> {
        Lines::new(io::Cursor::new(bytes.to_vec())).map(Result::unwrap).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_lines() {
        let text = "域名,状态\r\n例子.cn,有效\n\nlast";
        let (gbk, ..) = GB18030.encode(text);
        let marked = format!("\u{feff}{text}");
        let expected = [(1, "域名,状态"), (2, "例子.cn,有效"), (3, ""), (4, "last")]
            .map(|(number, line)| (number, line.to_owned()));
        for bytes in [text.as_bytes(), marked.as_bytes(), &gbk] {
            assert_eq!(lines(bytes), expected);
        }
    }

    #[test]
    fn a_character_cut_by_the_sample_is_no_sign_of_gbk() {
        let text = format!("{}例子\n", "a".repeat(SAMPLE - 1));
        assert!(lines(text.as_bytes())[0].1.ends_with("例子"));
    }

    #[test]
    fn the_encoding_shows_however_late_and_a_bad_byte_does_not_change_it() {
        let ascii = "a.cn,x\n".repeat(20_000);
        for encoding in [GB18030, UTF_8] {
            let (name, ..) = encoding.encode("b.cn,某某公司\nc.cn,张三\n");
            let bytes = [ascii.as_bytes(), &name].concat();
            let last: Vec<_> = lines(&bytes).into_iter().skip(20_000).collect();
            let expected = [(20_001, "b.cn,某某公司"), (20_002, "c.cn,张三")];
            assert_eq!(last, expected.map(|(number, line)| (number, line.to_owned())));
        }
        let spoilt =
            [b"a.cn,\xe5\xbc\xa0\xe4\xb8\x89\xe5\x85\xac\xe5\x8f\xb8\n".as_slice(), b"c.cn,\xff\n"];
        let texts = lines(&spoilt.concat());
        assert_eq!([&texts[0].1, &texts[1].1], ["a.cn,张三公司", "c.cn,\u{fffd}"]);
    }

    #[test]
    fn half_of_an_endless_line_does_not_pass_for_a_row() {
        let text = format!("a.cn,{}\nb.cn,x\n", "x".repeat(3 * LONGEST_LINE));
        let lines = lines(text.as_bytes());
        assert!(lines[0].1.len() < 2 * LONGEST_LINE && lines[0].1.ends_with('\u{fffd}'));
        assert_eq!(lines[1].1, "b.cn,x");
    }

    #[test]
    fn long_files_are_decoded_whole() {
        let (gbk, ..) = GB18030.encode("备案\n");
        let lines = lines(&gbk.repeat(50_000));
        assert_eq!(lines.len(), 50_000);
        assert!(lines.iter().all(|(_, line)| line == "备案"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            lines(&bytes);
        }

        #[test]
        fn what_is_written_is_read_again(
            texts in proptest::collection::vec("[ -~]{0,9}[ -~例子]{0,9}", 0..9),
        ) {
            let text: String = texts.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect();
            let got = lines(text.as_bytes()).into_iter().map(|(_, line)| line);
            prop_assert_eq!(got.collect::<Vec<String>>(), texts);
        }
    }
}
