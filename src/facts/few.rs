//! A list that nearly always holds one thing, which then takes no memory beside the list itself.
//!
//! A night asks of ten million names whose records, numbers and providers they have, and nearly every
//! name has one of each: a [`Vec`] would take and give back a piece of memory for every one of them.

use std::fmt;
use std::iter::Chain;
use std::marker::PhantomData;
use std::ops::Deref;
use std::option;
use std::slice;
use std::vec;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::SeqAccess;
use serde::de::Visitor;

/// A list, read as a slice; stored as a [`Vec`] is.
#[derive(Clone)]
pub enum Few<T> {
    /// One thing.
    One(T),
    /// Any number of things.
    Many(Vec<T>),
}

impl<T> Few<T> {
    /// An empty list.
    pub const fn new() -> Self {
        Self::Many(Vec::new())
    }

    /// Adds `value` at the end.
    pub fn push(&mut self, value: T) {
        *self = match std::mem::take(self) {
            Self::Many(list) if list.is_empty() => Self::One(value),
            Self::Many(mut list) => {
                list.push(value);
                Self::Many(list)
            }
            Self::One(first) => Self::Many(vec![first, value]),
        };
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::One(value) => slice::from_ref(value),
            Self::Many(list) => list,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Few<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Few<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Few<T> {}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut few = Self::new();
        values.into_iter().for_each(|value| few.push(value));
        few
    }
}

impl<T> From<Vec<T>> for Few<T> {
    fn from(list: Vec<T>) -> Self {
        if list.len() == 1 { list.into_iter().collect() } else { Self::Many(list) }
    }
}

impl<T, const N: usize> From<[T; N]> for Few<T> {
    fn from(list: [T; N]) -> Self {
        list.into_iter().collect()
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = Chain<option::IntoIter<T>, vec::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        let (one, many) = match self {
            Self::One(value) => (Some(value), Vec::new()),
            Self::Many(list) => (None, list),
        };
        one.into_iter().chain(many)
    }
}

impl<'a, T> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Serialize> Serialize for Few<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.deref().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Listed(PhantomData))
    }
}

struct Listed<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Listed<T> {
    type Value = Few<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Few<T>, A::Error> {
        let mut few = Few::new();
        while let Some(value) = values.next_element()? {
            few.push(value);
        }
        Ok(few)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_same_list_as_a_vec(list in prop::collection::vec(any::<u16>(), 0..5)) {
            let few: Few<u16> = list.iter().copied().collect();
            prop_assert_eq!(&*few, list.as_slice());
            prop_assert_eq!(&few, &Few::from(list.clone()));
            prop_assert!(few.iter().eq(&list));
            prop_assert!(few.clone().into_iter().eq(list.clone()));
            let bytes = postcard::to_stdvec(&few).unwrap();
            prop_assert_eq!(&bytes, &postcard::to_stdvec(&list).unwrap());
            prop_assert_eq!(postcard::from_bytes::<Few<u16>>(&bytes).unwrap(), few);
        }
    }

    #[test]
    fn one_thing_takes_no_room_beside() {
        let mut few = Few::new();
        few.push(1);
        assert!(matches!(few, Few::One(1)));
        assert!(matches!(Few::from(vec![1]), Few::One(1)));
    }
}
