//! What a stored key says, as values of JSON: the same bytes again, and readable.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde_json::Value;
use ulid::Ulid;

use crate::facts::checksum::hex;
use crate::facts::checksum::of_hex;

/// A part of a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// A number of four bytes.
    U32,
    /// A number of eight bytes.
    U64,
    /// An id.
    Ulid,
    /// A SHA-256.
    Hash,
    /// A moment, to the microsecond.
    Moment,
    /// A month, `2026-11`.
    Month,
    /// An IPv4 address.
    Address,
    /// A name behind its checksum, and a zero.
    Target,
    /// Texts with zeros between them, to the end.
    Texts,
    /// A text, to the end.
    Text,
}

/// What the key `bytes` says; `None` where it is not made of `parts`.
pub(crate) fn read(parts: &[Part], bytes: &[u8]) -> Option<Vec<Value>> {
    let mut rest = bytes;
    let values = parts.iter().map(|part| part.read(&mut rest)).collect::<Option<Vec<_>>>()?;
    rest.is_empty().then_some(values)
}

/// The key that says `values`; `None` where they are not `parts`.
pub(crate) fn write(parts: &[Part], values: &[Value]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    if parts.len() != values.len() {
        return None;
    }
    for (part, value) in parts.iter().zip(values) {
        part.write(value, &mut bytes)?;
    }
    Some(bytes)
}

impl Part {
    fn read(self, rest: &mut &[u8]) -> Option<Value> {
        Some(match self {
            Self::U32 => u32::from_be_bytes(taken(rest)?).into(),
            Self::U64 => u64::from_be_bytes(taken(rest)?).into(),
            Self::Ulid => Ulid::from_bytes(taken(rest)?).to_string().into(),
            Self::Hash => hex(&taken::<32>(rest)?).into(),
            Self::Moment => {
                let ordered = u64::from_be_bytes(taken(rest)?) ^ (1 << 63);
                Timestamp::from_microsecond(ordered.cast_signed()).ok()?.to_string().into()
            }
            Self::Month => text(&taken::<7>(rest)?)?.into(),
            Self::Address => Ipv4Addr::from(taken::<4>(rest)?).to_string().into(),
            Self::Target => {
                let checksum = taken::<4>(rest)?;
                let end = rest.iter().position(|byte| *byte == 0)?;
                let name = text(&rest[..end])?;
                *rest = &rest[end + 1..];
                let is_own = crc32fast::hash(name.as_bytes()).to_be_bytes() == checksum;
                is_own.then_some(name)?.into()
            }
            Self::Texts => {
                let texts = std::mem::take(rest).split(|byte| *byte == 0);
                texts.map(|part| text(part).map(Value::from)).collect::<Option<Vec<_>>>()?.into()
            }
            Self::Text => text(std::mem::take(rest))?.into(),
        })
    }

    fn write(self, value: &Value, bytes: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::U32 => {
                let number = u32::try_from(value.as_u64()?).ok()?;
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            Self::U64 => bytes.extend_from_slice(&value.as_u64()?.to_be_bytes()),
            Self::Ulid => {
                let id: Ulid = value.as_str()?.parse().ok()?;
                bytes.extend_from_slice(&id.to_bytes());
            }
            Self::Hash => bytes.extend_from_slice(&of_hex(value.as_str()?)?),
            Self::Moment => {
                let at: Timestamp = value.as_str()?.parse().ok()?;
                let ordered = at.as_microsecond().cast_unsigned() ^ (1 << 63);
                bytes.extend_from_slice(&ordered.to_be_bytes());
            }
            Self::Month => {
                let month = value.as_str().filter(|month| month.len() == 7)?;
                bytes.extend_from_slice(month.as_bytes());
            }
            Self::Address => {
                let address: Ipv4Addr = value.as_str()?.parse().ok()?;
                bytes.extend_from_slice(&address.octets());
            }
            Self::Target => {
                let name = value.as_str().filter(|name| !name.contains('\0'))?;
                bytes.extend_from_slice(&crc32fast::hash(name.as_bytes()).to_be_bytes());
                bytes.extend_from_slice(name.as_bytes());
                bytes.push(0);
            }
            Self::Texts => {
                for (place, text) in value.as_array()?.iter().enumerate() {
                    if place > 0 {
                        bytes.push(0);
                    }
                    bytes.extend_from_slice(text.as_str()?.as_bytes());
                }
            }
            Self::Text => bytes.extend_from_slice(value.as_str()?.as_bytes()),
        }
        Some(())
    }
}

fn taken<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, others) = rest.split_first_chunk::<N>()?;
    *rest = others;
    Some(*first)
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&[Part]; 8] = [
        &[Part::U32, Part::U64],
        &[Part::Ulid, Part::Hash],
        &[Part::Moment],
        &[Part::Month, Part::U64],
        &[Part::Ulid, Part::Address],
        &[Part::Target, Part::Ulid],
        &[Part::Target, Part::Texts],
        &[Part::U32, Part::Text],
    ];

    #[test]
    fn a_key_is_told_and_made_again() {
        let target = crate::facts::target::Target::from(
            "a.cn".parse::<crate::facts::domain::Domain>().unwrap(),
        );
        let mut key = target.sort_key();
        key.extend_from_slice("\0京ICP备12345678号-1\0id".as_bytes());
        let told = read(ALL[6], &key).unwrap();
        assert_eq!(
            serde_json::to_string(&told).unwrap(),
            r#"["a.cn",["京ICP备12345678号-1","id"]]"#
        );
        assert_eq!(write(ALL[6], &told), Some(key));
        let moment = (-5_i64).cast_unsigned() ^ (1 << 63);
        let told = read(ALL[2], &moment.to_be_bytes()).unwrap();
        assert_eq!(told, ["1969-12-31T23:59:59.999995Z"]);
        assert_eq!(write(ALL[2], &told).unwrap(), moment.to_be_bytes());
    }

    proptest::proptest! {
        #[test]
        fn what_is_told_of_a_key_makes_it_again(bytes in proptest::collection::vec(0_u8.., 0..60)) {
            for parts in ALL {
                if let Some(told) = read(parts, &bytes) {
                    proptest::prop_assert_eq!(write(parts, &told), Some(bytes.clone()));
                }
            }
        }
    }
}
