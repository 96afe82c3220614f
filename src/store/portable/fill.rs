//! Fills an empty folder with what lines tell.

use std::io::BufRead;
use std::path::Path;
use std::path::PathBuf;

use crate::store::StoreError;
use crate::store::findings::Findings;
use crate::store::garbage;
use crate::store::portable::Counts;
use crate::store::portable::Kind;
use crate::store::portable::PortableError;
use crate::store::portable::export::TREES;
use crate::store::portable::kinds::Unread;
use crate::store::portable::lines::LineReader;
use crate::store::portable::lines::RecordLine;
use crate::store::portable::nights;
use crate::store::portable::nights::JournalFilling;
use crate::store::portable::registers;
use crate::store::portable::registers::Filling;
use crate::store::registers::Registers;

/// Records that go to sled together, at the most.
const BATCH: usize = 1000;

/// Fills `folder`, which must hold no data, with what `input` tells, and sees it onto the disk. Where
/// this fails, what lies in the folder is of no use. Tells how many records of each kind there were.
pub fn import(folder: &Path, input: impl BufRead) -> Result<Counts, PortableError> {
    let mut lines = LineReader::begin(input)?;
    let registers = Registers::open(&folder.join("registers"))?;
    let findings = Findings::open(&folder.join("findings"))?;
    let nights = folder.join("nights");
    let mut filler = Filler { registers: &registers, nights, register: None, journal: None };
    let mut trees = Trees::open(&findings)?;
    let mut last = 0;
    while let Some(line) = lines.next()? {
        last = line.number;
        let taken = match trees.take(&line) {
            Ok(false) => filler.take(&line),
            taken => taken,
        };
        match taken {
            Ok(true) => {}
            Ok(false) => {
                let what = format!("a `{}` is not known, or not at this place", line.kind);
                return Err(PortableError::Line { line: line.number, what });
            }
            Err(unread) => return Err(fault(line.number, &line.kind, unread)),
        }
    }
    filler.end().map_err(|unread| fault(last, "last register", unread))?;
    trees.finish()?;
    findings.seal()?;
    findings.close()?;
    Ok(lines.into_counts())
}

fn fault(line: u64, kind: &str, unread: Unread) -> PortableError {
    let what = match unread {
        Unread::Store(error) => return error.into(),
        Unread::Text(column) => format!("column {column}: this is not what a `{kind}` holds"),
        Unread::Key => format!("the key is not that of such a `{kind}`"),
    };
    PortableError::Line { line, what }
}

/// What is filled beside the database.
struct Filler<'a> {
    registers: &'a Registers,
    nights: PathBuf,
    register: Option<Box<dyn Filling + 'a>>,
    journal: Option<JournalFilling>,
}

impl Filler<'_> {
    fn take(&mut self, line: &RecordLine) -> Result<bool, Unread> {
        if line.kind == registers::REGISTER {
            self.end()?;
            self.register = Some(registers::begin(self.registers, line)?);
            return Ok(true);
        }
        if line.kind == nights::JOURNAL {
            self.end()?;
            self.journal = Some(JournalFilling::begin(&self.nights, line)?);
            return Ok(true);
        }
        match (&mut self.register, &mut self.journal) {
            (Some(register), _) => register.take(line),
            (None, Some(journal)) => journal.take(line),
            (None, None) => Ok(false),
        }
    }

    /// Ends what is being filled.
    fn end(&mut self) -> Result<(), Unread> {
        if let Some(register) = self.register.take() {
            register.finish().map_err(Unread::Store)?;
        }
        self.journal.take().map_or(Ok(()), JournalFilling::finish)
    }
}

/// The database that is filled, tree by tree.
struct Trees<'a> {
    findings: &'a Findings,
    opened: Vec<sled::Tree>,
    batches: Vec<(sled::Batch, usize)>,
}

impl<'a> Trees<'a> {
    fn open(findings: &'a Findings) -> Result<Self, StoreError> {
        let opened = TREES.iter().map(|tree| findings.tree_named(tree.name));
        let opened = opened.collect::<Result<Vec<_>, _>>()?;
        let batches = opened.iter().map(|_| (sled::Batch::default(), 0)).collect();
        Ok(Self { findings, opened, batches })
    }

    /// Takes a line; `false` where it is none of the database.
    fn take(&mut self, line: &RecordLine) -> Result<bool, Unread> {
        let Some((place, kind)) = kind_of(&line.kind) else { return Ok(false) };
        let (batch, waiting) = &mut self.batches[place];
        for (key, value) in kind.pairs(&line.text)? {
            batch.insert(key, value);
            *waiting += 1;
        }
        if *waiting >= BATCH {
            self.apply(place).map_err(Unread::Store)?;
        }
        Ok(true)
    }

    fn apply(&mut self, place: usize) -> Result<(), StoreError> {
        let (batch, _) = std::mem::take(&mut self.batches[place]);
        self.opened[place].apply_batch(batch).map_err(self.findings.failed())?;
        self.opened[place].flush().map_err(self.findings.failed())?;
        garbage::free();
        Ok(())
    }

    /// Sees all of it onto the disk, and lets go of the trees.
    fn finish(mut self) -> Result<(), StoreError> {
        (0..self.opened.len()).try_for_each(|place| self.apply(place))
    }
}

fn kind_of(name: &str) -> Option<(usize, &'static Kind)> {
    TREES.iter().enumerate().find_map(|(place, tree)| {
        let kind = tree.kinds.iter().find(|kind| kind.name == name);
        kind.map(|kind| (place, kind))
    })
}
