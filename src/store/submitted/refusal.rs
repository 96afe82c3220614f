//! A bureau or the ministry does not take a provider's word for its access to a Domain, and may take it again.

use crate::facts::joined::AccessDeed;
use crate::facts::joined::AccessDeedKind;
use crate::facts::joined::AccessRefusal;
use crate::facts::provider::ProviderId;
use crate::facts::target::Target;
use crate::store::StoreError;
use crate::store::encoding;
use crate::store::submitted::Doer;
use crate::store::submitted::Ending;
use crate::store::submitted::REFUSAL;
use crate::store::submitted::REFUSALS;
use crate::store::submitted::SubmittedFilings;
use crate::store::submitted::prefix_of;

impl SubmittedFilings {
    /// The refusal of whatever `provider` says of its access to `target`.
    pub fn refusal(
        &self,
        target: &Target,
        provider: &ProviderId,
    ) -> Result<Option<AccessRefusal>, StoreError> {
        let bytes = self.tree.get(refusal_key(target, provider)).map_err(self.tree.failed())?;
        bytes.map(|bytes| encoding::decode(REFUSALS, &bytes)).transpose()
    }

    /// Refuses it, and ends what was submitted: an access leaves the register when it is joined next. Tells
    /// how much ended.
    pub fn refuse(
        &self,
        (target, provider): (&Target, &ProviderId),
        doer: Doer<'_>,
        reason: &str,
    ) -> Result<usize, StoreError> {
        let _alone = self.tree.alone();
        let (at, by, reason) = (doer.at, doer.by.to_owned(), reason.to_owned());
        let kind = AccessDeedKind::Refused { reason: reason.clone() };
        let mut ending = Ending::of(self, doer)?;
        for own in self.of(target)?.iter().filter(|own| own.row.provider == *provider) {
            ending.end(own)?;
        }
        let ended = ending.ended.len();
        ending.keep(&deed((target, provider), doer, kind))?;
        let refusal = AccessRefusal { at, by, reason };
        ending.batch.insert(refusal_key(target, provider), encoding::encode(REFUSALS, &refusal)?);
        ending.finish()?;
        Ok(ended)
    }

    /// Takes its word again; `false` where it was not refused.
    pub fn allow(
        &self,
        (target, provider): (&Target, &ProviderId),
        doer: Doer<'_>,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let _alone = self.tree.alone();
        if self.refusal(target, provider)?.is_none() {
            return Ok(false);
        }
        let mut ending = Ending::of(self, doer)?;
        let kind = AccessDeedKind::Allowed { reason: reason.to_owned() };
        ending.keep(&deed((target, provider), doer, kind))?;
        ending.batch.remove(refusal_key(target, provider));
        ending.finish()?;
        Ok(true)
    }
}

/// What is decided about all that a provider says of one name.
fn deed(
    (target, provider): (&Target, &ProviderId),
    doer: Doer<'_>,
    kind: AccessDeedKind,
) -> AccessDeed {
    AccessDeed {
        at: doer.at,
        by: doer.by.to_owned(),
        target: target.clone(),
        provider: provider.clone(),
        site_number: None,
        subject_number: None,
        kind,
    }
}

fn refusal_key(target: &Target, provider: &ProviderId) -> Vec<u8> {
    [&prefix_of(REFUSAL, target)[..], provider.as_str().as_bytes()].concat()
}
