//! The kinds of records that lie in sled: how each is keyed, told and read again, and what follows
//! from it.

use std::io;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::store::StoreError;
use crate::store::encoding;
use crate::store::portable::PortableError;
use crate::store::portable::key;
use crate::store::portable::key::Part;

/// Keys with their values.
pub(crate) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// A tree and everything in it.
#[derive(Debug)]
pub(crate) struct Tree {
    /// What sled knows it by.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kinds: &'static [Kind],
    /// What keys begin with whose records follow from others.
    pub(crate) derived: &'static [&'static [u8]],
}

/// Tells a record of this kind: of what its key says, and its value.
type Tell = fn(&'static str, &[Value], &[u8]) -> Result<String, PortableError>;

/// Reads what the key says and the value back from a line.
type ReadBack = fn(&'static str, &str) -> Result<Said, Unread>;

/// What follows from a key and its value.
type Follow = fn(&[u8], &[u8]) -> Result<Pairs, StoreError>;

/// What a key says, and a value.
type Said = (Vec<Value>, Vec<u8>);

/// A kind of record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// What lines call it.
    pub(crate) name: &'static str,
    /// What its keys begin with.
    pub(crate) prefix: &'static [u8],
    key: &'static [Part],
    told: Tell,
    read: ReadBack,
    beside: Follow,
}

/// Why a line is no record of its kind.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It does not hold what such a line holds; from this column on.
    Text(usize),
    /// Its key is none of this kind.
    Key,
    /// The store failed.
    Store(StoreError),
}

impl Kind {
    /// A kind whose values are records of type `T`.
    pub(crate) const fn of<T: Serialize + DeserializeOwned>(
        name: &'static str,
        prefix: &'static [u8],
        key: &'static [Part],
    ) -> Self {
        Self { name, prefix, key, told: told::<T>, read: read::<T>, beside: |_, _| Ok(Vec::new()) }
    }

    /// A number that lies under `prefix` alone.
    pub(crate) const fn number(name: &'static str, prefix: &'static [u8]) -> Self {
        let (told, read) = (told_number, read_number);
        Self { name, prefix, key: &[], told, read, beside: |_, _| Ok(Vec::new()) }
    }

    /// The same, of whose records others follow: `beside` tells which, of a key and its value.
    pub(crate) const fn with(self, beside: Follow) -> Self {
        Self { beside, ..self }
    }

    /// The line of a record; `None` where the key is none of this kind.
    pub(crate) fn line(&self, key: &[u8], value: &[u8]) -> Result<Option<String>, PortableError> {
        let said = key.strip_prefix(self.prefix).and_then(|rest| key::read(self.key, rest));
        said.map(|said| (self.told)(self.name, &said, value)).transpose()
    }

    /// The record of a line, and what follows from it.
    pub(crate) fn pairs(&self, line: &str) -> Result<Pairs, Unread> {
        let (said, value) = (self.read)(self.name, line)?;
        let rest = key::write(self.key, &said).ok_or(Unread::Key)?;
        let key = [self.prefix, &rest].concat();
        let mut pairs = (self.beside)(&key, &value).map_err(Unread::Store)?;
        pairs.push((key, value));
        Ok(pairs)
    }
}

#[derive(Serialize)]
struct Written<'a, T> {
    kind: &'static str,
    #[serde(skip_serializing_if = "<[Value]>::is_empty")]
    key: &'a [Value],
    record: &'a T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read<T> {
    #[serde(rename = "kind")]
    _kind: String,
    #[serde(default)]
    key: Vec<Value>,
    record: T,
}

/// The line of a record.
pub(crate) fn line_of<T: Serialize>(
    kind: &'static str,
    key: &[Value],
    record: &T,
) -> Result<String, PortableError> {
    let line = serde_json::to_string(&Written { kind, key, record });
    line.map_err(|source| PortableError::Text { kind, source })
}

/// The key and the record of a line.
pub(crate) fn record_of<T: DeserializeOwned>(line: &str) -> Result<(Vec<Value>, T), Unread> {
    let Read { key, record, .. } = serde_json::from_str(line)
        .map_err(|error: serde_json::Error| Unread::Text(error.column()))?;
    Ok((key, record))
}

fn told<T: Serialize + DeserializeOwned>(
    kind: &'static str,
    key: &[Value],
    value: &[u8],
) -> Result<String, PortableError> {
    line_of(kind, key, &encoding::decode::<T>(kind, value)?)
}

fn read<T: Serialize + DeserializeOwned>(kind: &'static str, line: &str) -> Result<Said, Unread> {
    let (key, record) = record_of::<T>(line)?;
    Ok((key, encoding::encode(kind, &record).map_err(Unread::Store)?))
}

fn told_number(kind: &'static str, key: &[Value], value: &[u8]) -> Result<String, PortableError> {
    let number = <[u8; 8]>::try_from(value).map_err(io::Error::other)?;
    line_of(kind, key, &u64::from_be_bytes(number))
}

fn read_number(_kind: &'static str, line: &str) -> Result<Said, Unread> {
    let (key, number) = record_of::<u64>(line)?;
    Ok((key, number.to_be_bytes().to_vec()))
}
