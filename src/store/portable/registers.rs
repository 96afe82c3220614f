//! Registers as lines: when each was imported, then its rows; before the filings, what only earlier
//! registers had.

use std::io::Write;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::facts::allocation::Allocation;
use crate::facts::candidate::Candidate;
use crate::facts::candidate::LinkedName;
use crate::facts::examination::Examination;
use crate::facts::filing::Filing;
use crate::facts::filing_problem::FilingProblem;
use crate::facts::problem::Problem;
use crate::facts::provider::Provider;
use crate::store::StoreError;
use crate::store::filings::FORMER;
use crate::store::filings::text::OwnedBrief;
use crate::store::filings::text::TextBrief;
use crate::store::import::Import;
use crate::store::portable::PortableError;
use crate::store::portable::Store;
use crate::store::portable::key;
use crate::store::portable::key::Part;
use crate::store::portable::kinds::Unread;
use crate::store::portable::kinds::line_of;
use crate::store::portable::kinds::record_of;
use crate::store::portable::lines::LineWriter;
use crate::store::portable::lines::RecordLine;
use crate::store::registers::Living;
use crate::store::registers::Registers;
use crate::store::rows::Row;
use crate::store::sorted::SortedFile;
use crate::store::sorted::SortedWriter;

/// The kind of the line that begins a register.
pub(crate) const REGISTER: &str = "register";

/// The kind of what only earlier registers had.
const FORMER_FILING: &str = "former_filing";

/// How its rows are keyed.
const FORMER_KEY: &[Part] = &[Part::Target, Part::Texts];

/// What is said of a register before its rows.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Generation {
    name: String,
    imported_at: Timestamp,
}

/// A row that can be told.
trait Told: Row + Serialize + DeserializeOwned {
    /// What lines call it.
    const KIND: &'static str;

    /// What is kept with it beside its record.
    fn said(&self) -> Vec<Value> {
        Vec::new()
    }

    /// The same with what was kept; `None` where that is nothing of the kind.
    fn with(self, said: &[Value]) -> Option<Self> {
        said.is_empty().then_some(self)
    }
}

macro_rules! told {
    ($($row:ty: $kind:literal),*) => {
        $(impl Told for $row {
            const KIND: &'static str = $kind;
        })*
    };
}

told!(
    Provider: "provider", Allocation: "allocation", Filing: "filing", Candidate: "candidate",
    LinkedName: "linked_name", Problem: "problem", FilingProblem: "filing_problem"
);

impl Told for Examination {
    const KIND: &'static str = "examination";

    fn said(&self) -> Vec<Value> {
        vec![self.steady_since.into()]
    }

    fn with(self, said: &[Value]) -> Option<Self> {
        let [since] = said else { return None };
        let steady_since = u32::try_from(since.as_u64()?).ok()?;
        Some(Self { steady_since, ..self })
    }
}

/// Writes every register.
pub(crate) fn export<W: Write>(
    store: &Store<'_>,
    out: &mut LineWriter<W>,
) -> Result<(), PortableError> {
    let registers = store.registers;
    rows::<Provider, W>(registers, out)?;
    rows::<Allocation, W>(registers, out)?;
    rows::<Problem, W>(registers, out)?;
    rows::<Filing, W>(registers, out)?;
    rows::<FilingProblem, W>(registers, out)?;
    rows::<Candidate, W>(registers, out)?;
    rows::<LinkedName, W>(registers, out)?;
    rows::<Examination, W>(registers, out)
}

fn rows<R: Told, W: Write>(
    registers: &Registers,
    out: &mut LineWriter<W>,
) -> Result<(), PortableError> {
    let Some((files, imported_at)) = registers.generation(R::REGISTER)? else { return Ok(()) };
    let generation = Generation { name: R::REGISTER.to_owned(), imported_at };
    out.record(REGISTER, &line_of(REGISTER, &[], &generation)?)?;
    if R::REGISTER == Filing::REGISTER
        && let Some(former) = files.get(FORMER)
    {
        for record in former.all() {
            let (key, bytes) = record?;
            let said = key::read(FORMER_KEY, &key)
                .ok_or(PortableError::Unknown { tree: FORMER_FILING.to_owned() })?;
            let line = line_of(FORMER_FILING, &said, &TextBrief::decode(&bytes)?)?;
            out.record(FORMER_FILING, &line)?;
        }
    }
    for record in files.first().into_iter().flat_map(SortedFile::all) {
        let row = R::decode(&record?.1)?;
        out.record(R::KIND, &line_of(R::KIND, &row.said(), &row)?)?;
    }
    Ok(())
}

/// A register that is being filled.
pub(crate) trait Filling {
    /// Takes a line; `false` where it is none of this register.
    fn take(&mut self, line: &RecordLine) -> Result<bool, Unread>;

    /// Ends the register.
    fn finish(self: Box<Self>) -> Result<(), StoreError>;
}

/// Begins the register that `line` tells of.
pub(crate) fn begin<'a>(
    registers: &'a Registers,
    line: &RecordLine,
) -> Result<Box<dyn Filling + 'a>, Unread> {
    let (_, Generation { name, imported_at: at }) = record_of(&line.text)?;
    match name.as_str() {
        Provider::REGISTER => Ok(filling::<Provider>(registers, at)),
        Allocation::REGISTER => Ok(filling::<Allocation>(registers, at)),
        Problem::REGISTER => Ok(filling::<Problem>(registers, at)),
        Filing::REGISTER => Ok(filling::<Filing>(registers, at)),
        FilingProblem::REGISTER => Ok(filling::<FilingProblem>(registers, at)),
        Candidate::REGISTER => Ok(filling::<Candidate>(registers, at)),
        LinkedName::REGISTER => Ok(filling::<LinkedName>(registers, at)),
        Examination::REGISTER => Ok(filling::<Examination>(registers, at)),
        _ => Err(Unread::Key),
    }
}

fn filling<'a, R: Told + 'a>(registers: &'a Registers, at: Timestamp) -> Box<dyn Filling + 'a> {
    Box::new(Rows { registers, import: registers.begin::<R>(true), former: None, at })
}

struct Rows<'a, R> {
    registers: &'a Registers,
    import: Import<'a, R>,
    /// What only earlier registers had, as far as it has come.
    former: Option<SortedWriter>,
    at: Timestamp,
}

impl<R: Told> Filling for Rows<'_, R> {
    fn take(&mut self, line: &RecordLine) -> Result<bool, Unread> {
        if line.kind == FORMER_FILING && R::REGISTER == Filing::REGISTER {
            let (said, brief) = record_of::<OwnedBrief>(&line.text)?;
            let key = key::write(FORMER_KEY, &said).ok_or(Unread::Key)?;
            let value = brief.brief().encode().map_err(Unread::Store)?;
            let former = match &mut self.former {
                Some(former) => former,
                None => self.former.insert(self.file("former").map_err(Unread::Store)?),
            };
            former.push(&key, &value).map_err(Unread::Store)?;
            return Ok(true);
        }
        if line.kind != R::KIND {
            return Ok(false);
        }
        let (said, row) = record_of::<R>(&line.text)?;
        let row = row.with(&said).ok_or(Unread::Key)?;
        self.import.push(&row).map_err(Unread::Store)?;
        Ok(true)
    }

    fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        if let Some(former) = self.former.take() {
            // As a register without a row, whose former rows the next generation takes over.
            former.finish()?;
            for name in [R::REGISTER, "briefs", "subjects"] {
                self.file(name)?.finish()?;
            }
            let files = [R::REGISTER, "briefs", "subjects", "former"].map(file_name).into();
            let living = Living { generation: 1, rows: 0, imported_at: self.at, files };
            let writing = self.registers.writing();
            self.registers.switch(R::REGISTER, living)?;
            drop(writing);
        }
        self.import.finish(self.at).map(|_| ())
    }
}

impl<R> Rows<'_, R> {
    fn file(&self, name: &str) -> Result<SortedWriter, StoreError> {
        SortedWriter::create(&self.registers.dir.join(file_name(name)))
    }
}

fn file_name(name: &str) -> String {
    format!("{name}.1.sorted")
}
