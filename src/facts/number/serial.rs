//! The running number of a subject, held where it stands: numbers come by the million, and a text of
//! its own for each would cost more than all the rest of reading it.

use std::fmt;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Error;
use serde::de::Visitor;

/// The most digits that a serial has.
pub(super) const LONGEST: usize = 14;

/// Digits, with their zeros in front; stored as text. It sorts as its text does, since what is left
/// of the room is below any digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Serial {
    digits: [u8; LONGEST],
    length: u8,
}

impl Serial {
    /// The serial of `text`; `None` where it is longer than any, or is no digits.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut digits = [0; LONGEST];
        digits.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let length = u8::try_from(text.len()).ok().filter(|_| is_number)?;
        Some(Self { digits, length })
    }

    pub(super) fn as_str(&self) -> &str {
        let digits = self.digits.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl Serialize for Serial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Serial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Digits)
    }
}

struct Digits;

impl Visitor<'_> for Digits {
    type Value = Serial;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {LONGEST} digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Serial, E> {
        Serial::of(text).ok_or_else(|| E::custom("no serial"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_its_text(one in "[0-9]{0,14}", other in "[0-9]{0,14}") {
            let [a, b] = [&one, &other].map(|text| Serial::of(text).unwrap());
            prop_assert_eq!(a.as_str(), &one);
            prop_assert_eq!(a.cmp(&b), one.cmp(&other));
            let bytes = postcard::to_stdvec(&a).unwrap();
            prop_assert_eq!(&bytes, &postcard::to_stdvec(&one).unwrap());
            prop_assert_eq!(postcard::from_bytes::<Serial>(&bytes).unwrap(), a);
        }
    }

    #[test]
    fn what_is_no_serial_is_none() {
        for text in ["123456789012345", "12a4", "１２３４", "-123"] {
            assert_eq!(Serial::of(text), None, "{text}");
            let bytes = postcard::to_stdvec(text).unwrap();
            assert!(postcard::from_bytes::<Serial>(&bytes).is_err(), "{text}");
        }
    }
}
