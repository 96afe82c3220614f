//! What else lies in the same database, each in a tree of its own.

use std::sync::Arc;

use crate::store::StoreError;
use crate::store::bulletins::Bulletins;
use crate::store::findings::Findings;
use crate::store::issues::Issues;
use crate::store::keys::Keys;
use crate::store::notices::Outbox;
use crate::store::samples::Samples;

impl Findings {
    /// The accuracy samples, which lie in the same database.
    pub fn samples(&self) -> Result<Samples, StoreError> {
        let tree = self.database.open_tree("samples").map_err(self.failed())?;
        Ok(Samples::new(tree, self.path.clone(), Arc::clone(&self.alone_with_samples)))
    }

    /// What was listed in messages of the ministry's interface.
    pub fn issues(&self) -> Result<Issues, StoreError> {
        let tree = self.database.open_tree("issues").map_err(self.failed())?;
        Ok(Issues::new(tree, self.path.clone(), Arc::clone(&self.alone_with_issues)))
    }

    /// What bulletins rest on beside the findings, which lies in the same database.
    pub fn bulletins(&self) -> Result<Bulletins, StoreError> {
        let tree = self.database.open_tree("bulletins").map_err(self.failed())?;
        Ok(Bulletins::new(tree, self.path.clone(), Arc::clone(&self.alone_with_bulletins)))
    }

    /// The notices, which lie in the same database.
    pub fn notices(&self) -> Result<Outbox, StoreError> {
        let tree = self.database.open_tree("notices").map_err(self.failed())?;
        Ok(Outbox::new(tree, self.path.clone(), Arc::clone(&self.alone_with_notices)))
    }

    /// The keys of the interface, which lie in the same database.
    pub fn keys(&self) -> Result<Keys, StoreError> {
        let tree = self.database.open_tree("keys").map_err(self.failed())?;
        Ok(Keys::new(tree, self.path.clone(), Arc::clone(&self.alone_with_keys)))
    }
}
