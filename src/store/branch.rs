//! A tree of its own in the database of the findings: what lies beside them is kept in such, each
//! written by one at a time, and read as values of one kind after the other.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::StoreError;
use crate::store::encoding;

/// The tree. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    tree: sled::Tree,
    path: PathBuf,
    alone: Arc<Mutex<u64>>,
}

impl Branch {
    /// `tree` of the database at `path`; whoever writes holds `alone`, which counts them.
    pub(crate) fn new(tree: sled::Tree, path: PathBuf, alone: Arc<Mutex<u64>>) -> Self {
        Self { tree, path, alone }
    }

    /// Held from looking to writing, where what is written follows from what was there.
    pub(crate) fn alone(&self) -> MutexGuard<'_, u64> {
        let mut turns = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        *turns += 1;
        turns
    }

    /// How often somebody wrote, or was about to; waits for whoever does.
    pub(crate) fn turns(&self) -> u64 {
        *self.alone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says where an error of the database happened.
    pub(crate) fn failed(&self) -> impl Fn(sled::Error) -> StoreError + use<> {
        let path = self.path.clone();
        move |source| StoreError::Findings { path: path.clone(), source }
    }

    /// Every value whose key begins with `prefix`, by key; `what` names one in errors.
    pub(crate) fn values<T: DeserializeOwned>(
        &self,
        what: &'static str,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<T, StoreError>> + use<T> {
        let failed = self.failed();
        self.tree.scan_prefix(prefix).map(move |record| {
            let (_, bytes) = record.map_err(&failed)?;
            encoding::decode(what, &bytes)
        })
    }

    /// Keeps one value, on the disk when this comes back. Waits for whoever is [`Self::alone`].
    pub(crate) fn put<T: Serialize>(
        &self,
        key: impl AsRef<[u8]>,
        what: &'static str,
        value: &T,
    ) -> Result<(), StoreError> {
        let _alone = self.alone();
        self.tree.insert(key, encoding::encode(what, value)?).map_err(self.failed())?;
        self.tree.flush().map_err(self.failed())?;
        Ok(())
    }
}

impl Deref for Branch {
    type Target = sled::Tree;

    fn deref(&self) -> &sled::Tree {
        &self.tree
    }
}
