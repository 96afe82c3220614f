//! Names that are not reported.

use crate::facts::exemption::Exemption;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::findings::EXEMPTION;
use crate::store::findings::Findings;
use crate::store::findings::exemption_key;

impl Findings {
    /// The exemption of one target.
    pub fn exemption(&self, target: &Target) -> Result<Option<Exemption>, StoreError> {
        self.value("exemption", &exemption_key(target))
    }

    /// Every exemption, by name.
    pub fn exemptions(&self) -> Result<Vec<Exemption>, StoreError> {
        self.values("exemption", &[EXEMPTION]).collect()
    }

    /// Keeps an exemption, in place of an older one of its target.
    pub fn put_exemption(&self, exemption: &Exemption) -> Result<(), StoreError> {
        let value = encoding::encode("exemption", exemption)?;
        let writing = self.writing();
        writing.put(&exemption_key(&exemption.target), value)?;
        writing.turn();
        Ok(())
    }

    /// Removes an exemption; `false` when there was none.
    pub fn remove_exemption(&self, target: &Target) -> Result<bool, StoreError> {
        let writing = self.writing();
        let was_there = self.exemption(target)?.is_some();
        if was_there {
            writing.remove(exemption_key(target))?;
            writing.turn();
        }
        Ok(was_there)
    }
}
