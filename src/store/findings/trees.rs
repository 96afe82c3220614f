//! What else lies in the same database, each in a tree of its own.

use std::sync::Arc;
use std::sync::Mutex;

use crate::store::StoreError;
use crate::store::branch::Branch;
use crate::store::bulletins::Bulletins;
use crate::store::findings::Findings;
use crate::store::issues::Issues;
use crate::store::keys::Keys;
use crate::store::notices::Outbox;
use crate::store::samples::Samples;
use crate::store::submitted::SubmittedFilings;

impl Findings {
    fn branch(&self, name: &str, alone: &Arc<Mutex<u64>>) -> Result<Branch, StoreError> {
        let tree = self.database.open_tree(name).map_err(self.failed())?;
        Ok(Branch::new(tree, self.path.clone(), Arc::clone(alone)))
    }

    /// The accuracy samples, which lie in the same database.
    pub fn samples(&self) -> Result<Samples, StoreError> {
        self.branch("samples", &self.alone_with_samples).map(Samples::new)
    }

    /// What was listed in messages of the ministry's interface.
    pub fn issues(&self) -> Result<Issues, StoreError> {
        self.branch("issues", &self.alone_with_issues).map(Issues::new)
    }

    /// What bulletins rest on beside the findings, which lies in the same database.
    pub fn bulletins(&self) -> Result<Bulletins, StoreError> {
        self.branch("bulletins", &self.alone_with_bulletins).map(Bulletins::new)
    }

    /// The notices, which lie in the same database.
    pub fn notices(&self) -> Result<Outbox, StoreError> {
        self.branch("notices", &self.alone_with_notices).map(Outbox::new)
    }

    /// Filings that providers submitted and that wait for their record.
    pub fn submitted(&self) -> Result<SubmittedFilings, StoreError> {
        self.branch("submitted", &self.alone_with_submitted).map(SubmittedFilings::new)
    }

    /// The keys of the interface, which lie in the same database.
    pub fn keys(&self) -> Result<Keys, StoreError> {
        let tree = self.database.open_tree("keys").map_err(self.failed())?;
        Ok(Keys::new(tree, self.path.clone(), Arc::clone(&self.alone_with_keys)))
    }
}
