//! A file that may be compressed with gzip, as the registries' dumps are, by its content and not by its
//! name.

use std::io;
use std::io::Read;

use flate2::read::MultiGzDecoder;

/// What every gzip file begins with (RFC 1952).
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The bytes of `input`, decompressed where it is a gzip file: all members of it, one after another.
pub fn opened(mut input: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut start = Vec::with_capacity(MAGIC.len());
    input.by_ref().take(MAGIC.len() as u64).read_to_end(&mut start)?;
    let is_gzip = start == MAGIC;
    let whole = io::Cursor::new(start).chain(input);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write;

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn read(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        opened(io::Cursor::new(bytes))?.take(1 << 20).read_to_end(&mut all)?;
        Ok(all)
    }

    #[test]
    fn all_members_are_read() {
        let bytes = [compressed(b"route: "), compressed(b"1.2.3.0/24")].concat();
        assert_eq!(read(bytes).unwrap(), b"route: 1.2.3.0/24");
    }

    #[test]
    fn a_file_that_is_cut_or_broken_is_an_error() {
        let bytes = compressed(&b"apnic|CN|ipv4|1.0.1.0|256|20110414|allocated\n".repeat(100));
        assert!(read(bytes[..bytes.len() - 1].to_vec()).is_err());
        assert!(read(bytes[..2].to_vec()).is_err());
        assert!(read(b"\x1f\x8bno gzip".to_vec()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = read([&MAGIC[..], &[8, 0], &bytes].concat());
            let _ = read(bytes);
        }

        #[test]
        fn compressed_or_not_the_bytes_are_the_same(bytes: Vec<u8>) {
            prop_assert_eq!(&read(compressed(&bytes)).unwrap(), &bytes);
            if !bytes.starts_with(&MAGIC) {
                prop_assert_eq!(&read(bytes.clone()).unwrap(), &bytes);
            }
        }
    }
}
