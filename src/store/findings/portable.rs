//! The database's main tree as lines: what kinds of records it has, and how each is keyed.

use ulid::Ulid;

use crate::facts::census::Census;
use crate::facts::census::Divided;
use crate::facts::census::FiledCount;
use crate::facts::census::NightCount;
use crate::facts::change::Change;
use crate::facts::change::Circumstances;
use crate::facts::change::Scan;
use crate::facts::dossier::Dossier;
use crate::facts::dossier::EvidenceFile;
use crate::facts::dossier::Reading;
use crate::facts::exemption::Exemption;
use crate::facts::exemption::ExemptionDeed;
use crate::facts::finding::Answer;
use crate::facts::finding::Finding;
use crate::facts::overseers::Transfer;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::ANSWER;
use crate::store::findings::CENSUS;
use crate::store::findings::CENSUS_DIVIDED;
use crate::store::findings::CHANGE;
use crate::store::findings::CIRCUMSTANCES;
use crate::store::findings::COUNTED;
use crate::store::findings::Done;
use crate::store::findings::EXEMPTION;
use crate::store::findings::EXEMPTION_DEED;
use crate::store::findings::FINDING;
use crate::store::findings::Findings;
use crate::store::findings::GENERATION;
use crate::store::findings::HISTORY;
use crate::store::findings::IDENTITY;
use crate::store::findings::LOCK_PAUSE;
use crate::store::findings::LOCK_TRIES;
use crate::store::findings::NIGHT_COUNT;
use crate::store::findings::NIGHT_DIVIDED;
use crate::store::findings::POSITION;
use crate::store::findings::Position;
use crate::store::findings::SCAN;
use crate::store::findings::evidence::DOSSIER;
use crate::store::findings::evidence::FILE;
use crate::store::findings::evidence::READING;
use crate::store::findings::once::RECEIPT;
use crate::store::findings::transfers::TRANSFER;
use crate::store::findings::with_id;
use crate::store::portable::Kind;
use crate::store::portable::Pairs;
use crate::store::portable::Part;
use crate::store::portable::Tree;

pub(crate) const TREE: Tree = Tree {
    name: "findings",
    kinds: &[
        Kind::of::<Census>("census", &[CENSUS], &[Part::Text]),
        Kind::of::<Divided<FiledCount>>("census_divided", &[CENSUS_DIVIDED], &[Part::Text]),
        Kind::of::<NightCount>("night_count", &[NIGHT_COUNT], &[Part::U32]),
        Kind::of::<Divided<u64>>("night_count_divided", &[NIGHT_DIVIDED], &[Part::U32]),
        Kind::of::<Answer>("answer", &[ANSWER], &[Part::U64]),
        Kind::of::<Change>("change", &[CHANGE], &[Part::U64]).with(history),
        Kind::of::<Dossier>("dossier", &[DOSSIER], &[Part::Ulid]),
        Kind::of::<Finding>("finding", &[FINDING], &[Part::Target, Part::Ulid]).with(identity),
        Kind::of::<Circumstances>("circumstances", &[CIRCUMSTANCES], &[Part::U64]),
        Kind::of::<Transfer>("transfer", &[TRANSFER], &[Part::U64]),
        Kind::of::<Done>("receipt", &[RECEIPT], &[Part::Ulid, Part::Hash]),
        Kind::of::<Position>("position", POSITION, &[]),
        Kind::of::<Reading>("evidence_reading", &[READING], &[Part::Ulid, Part::U64]),
        Kind::of::<Scan>("scan", &[SCAN], &[Part::U32]),
        Kind::of::<EvidenceFile>("evidence_file", &[FILE], &[Part::U32, Part::U32]),
        Kind::of::<Exemption>("exemption", &[EXEMPTION], &[Part::Text]),
        Kind::of::<ExemptionDeed>("exemption_deed", &[EXEMPTION_DEED], &[Part::U64]),
    ],
    derived: &[GENERATION, COUNTED, &[HISTORY], &[IDENTITY]],
};

#[expect(clippy::unnecessary_wraps, reason = "of other kinds the value must be read")]
fn identity(key: &[u8], _value: &[u8]) -> Result<Pairs, StoreError> {
    let id = key.last_chunk::<16>().copied().unwrap_or_default();
    Ok(vec![(with_id(IDENTITY, Ulid::from_bytes(id)), key.to_vec())])
}

fn history(key: &[u8], value: &[u8]) -> Result<Pairs, StoreError> {
    let change: Change = encoding::decode("change", value)?;
    let mut history = with_id(HISTORY, change.finding);
    history.extend_from_slice(&key[1..]);
    Ok(vec![(history, Vec::new())])
}

impl Findings {
    /// The names of all trees that there are.
    pub(crate) fn tree_names(&self) -> Vec<String> {
        let names = self.database.tree_names();
        let names = names.iter().map(|name| String::from_utf8_lossy(name).into_owned());
        // sled's own, which is empty.
        names.filter(|name| name != "__sled__default").collect()
    }

    /// The tree of this name.
    pub(crate) fn tree_named(&self, name: &str) -> Result<sled::Tree, StoreError> {
        self.database.open_tree(name).map_err(self.failed())
    }

    /// Says that the database was written, after records were put into its trees.
    pub(crate) fn seal(&self) -> Result<(), StoreError> {
        let writing = self.writing();
        let sealed = self.write(sled::Batch::default());
        drop(writing);
        sealed
    }

    /// Closes the database, and waits until sled has let go of its folder, which may be moved then.
    pub(crate) fn close(self) -> Result<(), StoreError> {
        let path = self.path.join("db");
        drop(self);
        let file = std::fs::File::open(&path).map_err(StoreError::io(&path))?;
        for _ in 0..LOCK_TRIES {
            if file.try_lock().is_ok() {
                return Ok(());
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        Err(StoreError::InUse(path))
    }
}
