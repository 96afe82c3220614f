//! Writes the store as lines.

use std::io::Write;

use crate::store::bulletins;
use crate::store::findings::portable as findings;
use crate::store::issues;
use crate::store::keys;
use crate::store::notices;
use crate::store::portable::Counts;
use crate::store::portable::PortableError;
use crate::store::portable::Store;
use crate::store::portable::Tree;
use crate::store::portable::lines::LineWriter;
use crate::store::portable::nights;
use crate::store::portable::registers;
use crate::store::samples;
use crate::store::submitted;

/// Every tree of the database.
pub(crate) const TREES: [&Tree; 7] = [
    &findings::TREE,
    &bulletins::TREE,
    &issues::TREE,
    &keys::TREE,
    &notices::TREE,
    &samples::TREE,
    &submitted::TREE,
];

/// Writes everything that `store` holds to `out`, while nobody writes to it. Tells how many records of
/// each kind there are.
pub fn export(store: &Store<'_>, out: impl Write) -> Result<Counts, PortableError> {
    let mut out = LineWriter::begin(out)?;
    registers::export(store, &mut out)?;
    nights::export(store.nights, &mut out)?;
    for name in store.findings.tree_names() {
        if !TREES.iter().any(|tree| tree.name == name) {
            return Err(PortableError::Unknown { tree: name });
        }
    }
    for tree in TREES {
        export_tree(store, tree, &mut out)?;
    }
    out.finish()
}

fn export_tree<W: Write>(
    store: &Store<'_>,
    tree: &Tree,
    out: &mut LineWriter<W>,
) -> Result<(), PortableError> {
    for record in &store.findings.tree_named(tree.name)? {
        let (key, value) = record.map_err(store.findings.failed())?;
        if tree.derived.iter().any(|prefix| key.starts_with(prefix)) {
            continue;
        }
        let kind = tree.kinds.iter().find(|kind| key.starts_with(kind.prefix));
        let line = kind.map(|kind| kind.line(&key, &value)).transpose()?.flatten();
        let (Some(kind), Some(line)) = (kind, line) else {
            return Err(PortableError::Unknown { tree: tree.name.to_owned() });
        };
        out.record(kind.name, &line)?;
    }
    Ok(())
}
