//! Rows as JSON lines: an object on each, its keys the names of the columns. Every row has keys of its
//! own, so a column may be there in one row and missing in the next.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::iter;
use std::rc::Rc;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::Number;
use serde_json::Value;

use crate::formats::tables::Aside;
use crate::formats::tables::Column;
use crate::formats::tables::Flaw;
use crate::formats::tables::Input;
use crate::formats::tables::Record;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;
use crate::formats::tables::column_of;
use crate::formats::text::Lines;

/// So many keys are remembered; a file with more has no columns.
const KEYS: usize = 1000;

/// A longer key is cut, in bytes; no column has a name that long.
const LONGEST_KEY: usize = 255;

/// From here on not every whole number is a number of its own (2^53).
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// The rows of `input`.
pub(super) fn rows<T: 'static>(
    input: Input,
    columns: &'static [Column],
    required: &'static [&'static str],
    convert: impl Fn(&Record<'_>) -> Result<T, Flaw> + 'static,
) -> Rows<T> {
    let (unknown_columns, aside) = (Rc::default(), Rc::<Aside>::default());
    let tell = Rc::clone(&aside);
    let mut keys = Keys { columns, known: HashMap::new(), unknown: Rc::clone(&unknown_columns) };
    let rows = Lines::new(input).filter_map(move |line| {
        let (line, text) = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(RowError::Io(error))),
        };
        if text.trim().is_empty() {
            return None;
        }
        tell.at(line);
        let row = keys.cells(&text, required).and_then(|(places, cells)| {
            let record = Record { line, columns, places: &places, cells: &cells };
            record.converted(&convert)
        });
        Some(row.map_err(|flaw| {
            tell.spoil(told(&text, columns));
            RowError::refused(line, flaw)
        }))
    });
    Rows { given: Box::new(rows), unknown_columns, aside }
}

/// What can be told of a line that is refused: the texts of each value by column, as [`Record::told`] does;
/// of what is no object, each piece that could be a text.
fn told(line: &str, columns: &[Column]) -> Vec<(&'static str, String)> {
    let Ok(Object(pairs)) = serde_json::from_str(line) else {
        let pieces = line.split(['"', '\'', '{', '}', '[', ']']).map(str::trim);
        let pieces = pieces.flat_map(|piece| iter::once(piece).chain(piece.split(':').skip(1)));
        let unescaped = |piece: &str| serde_json::from_str(&format!("\"{piece}\"")).ok();
        let text = |piece: &str| unescaped(piece).unwrap_or_else(|| piece.to_owned());
        return pieces.filter(|piece| !piece.is_empty()).map(|piece| ("", text(piece))).collect();
    };
    let mut told = Vec::new();
    for (key, value) in pairs {
        let name = column_of(&key, columns).map_or("", |index| columns[index].name);
        tell_texts(name, value, &mut told);
    }
    told
}

fn tell_texts(name: &'static str, value: Value, told: &mut Vec<(&'static str, String)>) {
    match value {
        Value::Null => {}
        Value::String(text) => told.push((name, text)),
        Value::Array(parts) => parts.into_iter().for_each(|part| tell_texts(name, part, told)),
        Value::Object(pairs) => {
            pairs.into_iter().for_each(|(_, value)| tell_texts(name, value, told));
        }
        value => told.push((name, value.to_string())),
    }
}

/// What the keys of a file mean.
struct Keys {
    columns: &'static [Column],
    known: HashMap<String, Option<usize>>,
    unknown: Rc<RefCell<Vec<String>>>,
}

impl Keys {
    /// The cells of a line, and which of the columns it has.
    fn cells(
        &mut self,
        text: &str,
        required: &[&'static str],
    ) -> Result<(Vec<Option<usize>>, Vec<String>), Flaw> {
        // What is wrong is not quoted: it may be somebody's data.
        let Object(pairs) = serde_json::from_str(text).map_err(|error| Flaw {
            column: None,
            reason: format!("it is no JSON object on one line, from byte {} on", error.column()),
        })?;
        let mut places = vec![None; self.columns.len()];
        let mut cells = Vec::with_capacity(self.columns.len());
        for (key, value) in pairs {
            let Some(index) = self.column(&key) else { continue };
            let name = self.columns[index].name;
            if places[index].replace(cells.len()).is_some() {
                return Err(Flaw::of(name, "the object has it twice"));
            }
            cells.push(cell(value).map_err(|reason| Flaw::of(name, reason))?);
        }
        let has = |name| {
            let index = self.columns.iter().position(|column| column.name == name);
            index.is_some_and(|index| places[index].is_some())
        };
        match required.iter().find(|name| !has(**name)) {
            Some(name) => Err(Flaw::of(name, "the object does not have it; every row needs it")),
            None => Ok((places, cells)),
        }
    }

    /// The column that a key means; a key that means none is told of once.
    fn column(&mut self, key: &str) -> Option<usize> {
        let key = &key[..key.floor_char_boundary(LONGEST_KEY)];
        if let Some(index) = self.known.get(key) {
            return *index;
        }
        let index = column_of(key, self.columns);
        if self.known.len() < KEYS {
            self.known.insert(key.to_owned(), index);
            if index.is_none() && !key.trim().is_empty() {
                self.unknown.borrow_mut().push(key.trim().to_owned());
            }
        }
        index
    }
}

/// A value as the cell of a table would have it: nothing for null, a list's parts separated by `;`.
fn cell(value: Value) -> Result<String, &'static str> {
    match value {
        Value::Array(parts) => {
            let parts: Result<Vec<String>, _> = parts.into_iter().map(scalar).collect();
            let parts = parts?;
            if parts.iter().any(|part| part.contains([';', '；'])) {
                return Err("a part of a list holds `;`, which separates parts");
            }
            Ok(parts.join(";"))
        }
        value => scalar(value),
    }
}

fn scalar(value: Value) -> Result<String, &'static str> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(is_so) => Ok(is_so.to_string()),
        Value::String(text) => Ok(text),
        Value::Number(number) => digits(&number),
        Value::Array(_) | Value::Object(_) => {
            Err("it must be a text, a number, true, false, null, or a list of such")
        }
    }
}

fn digits(number: &Number) -> Result<String, &'static str> {
    match number.as_f64().filter(|_| number.is_f64()) {
        None => Ok(number.to_string()),
        Some(value) if value.abs() < LARGEST_WHOLE => Ok(value.to_string()),
        Some(_) => Err("a number with so many digits is not kept whole; write it as a text"),
    }
}

/// The keys and values of an object, in order, a key that is there twice too.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Object(pairs))
            }
        }

        input.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests;
