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

/// What is looked at to tell UTF-8 from GBK, in bytes.
const SAMPLE: usize = 64 * 1024;

/// A longer line is cut; no honest row comes near it.
const LONGEST_LINE: usize = 1024 * 1024;

/// The lines of a file, decoded, with their numbers from 1.
pub(crate) struct Lines {
    input: BufReader<Decoded>,
    number: u64,
}

impl Lines {
    pub(crate) fn new(input: impl Read + Send + 'static) -> io::Result<Self> {
        let mut input: Box<dyn Read + Send> = Box::new(input);
        let mut sample = Vec::with_capacity(SAMPLE);
        (&mut input).take(SAMPLE as u64).read_to_end(&mut sample)?;
        // A character that the end of the sample cuts is no sign of another encoding.
        let is_utf8 = match std::str::from_utf8(&sample) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none() && sample.len() == SAMPLE,
        };
        let encoding = if is_utf8 { UTF_8 } else { GB18030 };
        let decoded = Decoded {
            input: Box::new(io::Cursor::new(sample).chain(input)),
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: Vec::new(),
            text: Vec::new(),
            at: 0,
            is_over: false,
        };
        Ok(Self { input: BufReader::new(decoded), number: 0 })
    }
}

impl Iterator for Lines {
    type Item = io::Result<(u64, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
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
            }
            self.input.consume(length);
            if end.is_some() {
                break;
            }
        }
        self.number += 1;
        let text = String::from_utf8_lossy(&line);
        Some(Ok((self.number, text.trim_end_matches(['\n', '\r']).to_owned())))
    }
}

/// UTF-8 out of any encoding; what cannot be decoded becomes U+FFFD.
struct Decoded {
    input: Box<dyn Read + Send>,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    is_over: bool,
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

impl Decoded {
    fn fill(&mut self) -> io::Result<()> {
        let mut raw = [0; 16 * 1024];
        let read = self.input.read(&mut raw)?;
        self.raw.extend_from_slice(&raw[..read]);
        self.text.resize(64 * 1024, 0);
        let is_last = read == 0;
        let (result, used, written, _) =
            self.decoder.decode_to_utf8(&self.raw, &mut self.text, is_last);
        self.raw.drain(..used);
        self.text.truncate(written);
        self.at = 0;
        self.is_over = is_last && result == CoderResult::InputEmpty;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(bytes: &[u8]) -> Vec<(u64, String)> {
        Lines::new(io::Cursor::new(bytes.to_vec())).unwrap().map(Result::unwrap).collect()
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
