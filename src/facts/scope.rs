//! What the holder of a key may see and do. Pure; whatever it may not see is as if it were not there.

use crate::facts::bureau::Bureau;
use crate::facts::census::Whose;
use crate::facts::finding::Finding;
use crate::facts::key::Holder;
use crate::facts::provider::ProviderId;

/// What a key may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyScope {
    /// Filings only, by looking them up (查询单位).
    Reader,
    /// What lies at this provider, and what it carries: a Carrier must supervise those below it.
    Provider(ProviderId),
    /// What this province follows.
    Bureau(Bureau),
    /// Everything.
    Ministry,
}

/// Where a finding lies, as far as scopes ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whereabouts<'a> {
    /// At whom; `None` when nobody can be named.
    pub provider: Option<&'a ProviderId>,
    /// The first-level holder of its address; `None` when unknown.
    pub carrier: Option<&'a ProviderId>,
    /// Who follows it.
    pub bureau: Bureau,
}

impl KeyScope {
    /// The scope of a key of `holder`.
    pub fn of(holder: &Holder) -> Self {
        match holder {
            Holder::Provider(id) => Self::Provider(id.clone()),
            Holder::Bureau(Bureau::MINISTRY) => Self::Ministry,
            Holder::Bureau(bureau) => Self::Bureau(*bureau),
            Holder::Reader(_) => Self::Reader,
        }
    }

    /// Whether what lies there may be seen.
    pub fn sees(&self, place: Whereabouts<'_>) -> bool {
        match self {
            Self::Reader => false,
            Self::Provider(id) => place.provider == Some(id) || place.carrier == Some(id),
            Self::Bureau(bureau) => place.bureau == *bureau,
            Self::Ministry => true,
        }
    }

    /// Whether the finding may be seen.
    pub fn sees_finding(&self, finding: &Finding) -> bool {
        self.sees(Whereabouts::of(finding))
    }

    /// Whether it may know of what is counted for `whose`: no count holds more than what it may see.
    pub fn sees_count(&self, whose: &Whose) -> bool {
        match (self, whose) {
            (Self::Provider(own), Whose::Provider(id) | Whose::Carried(id, _)) => id == own,
            (Self::Bureau(own), Whose::Bureau(bureau) | Whose::InBureau(bureau, _)) => {
                bureau == own
            }
            (Self::Ministry, _) => true,
            (Self::Reader | Self::Provider(_) | Self::Bureau(_), _) => false,
        }
    }

    /// Whether it may answer what it sees: only the provider itself, and the Carrier where no provider
    /// can be named.
    pub fn may_answer(&self, finding: &Finding) -> bool {
        match (self, &finding.key.provider) {
            (Self::Provider(id), Some(provider)) => id == provider,
            (Self::Provider(id), None) => finding.seen.carrier.as_ref() == Some(id),
            (Self::Reader | Self::Bureau(_) | Self::Ministry, _) => false,
        }
    }

    /// Whether findings are shown to it at all.
    pub fn sees_findings(&self) -> bool {
        *self != Self::Reader
    }

    /// Whether it may see nights and rates, and begin a night: an authority.
    pub fn is_authority(&self) -> bool {
        matches!(self, Self::Bureau(_) | Self::Ministry)
    }

    /// The bureau whose part it may have of what is told by bureaus; `None` for all of them.
    pub fn bureau(&self) -> Option<Bureau> {
        match self {
            Self::Bureau(bureau) => Some(*bureau),
            Self::Reader | Self::Provider(_) | Self::Ministry => None,
        }
    }

    /// Whether it may see what `provider` submitted, which concerns `bureaus`.
    pub fn sees_submitted(&self, provider: &ProviderId, bureaus: &[Bureau]) -> bool {
        match self {
            Self::Reader => false,
            Self::Provider(id) => id == provider,
            Self::Bureau(bureau) => bureaus.contains(bureau),
            Self::Ministry => true,
        }
    }

    /// The provider for whom it submits.
    pub fn provider(&self) -> Option<&ProviderId> {
        match self {
            Self::Provider(id) => Some(id),
            Self::Reader | Self::Bureau(_) | Self::Ministry => None,
        }
    }
}

impl<'a> Whereabouts<'a> {
    /// Where `finding` lies.
    pub fn of(finding: &'a Finding) -> Self {
        Self {
            provider: finding.key.provider.as_ref(),
            carrier: finding.seen.carrier.as_ref(),
            bureau: finding.bureau,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ProviderId {
        text.parse().unwrap()
    }

    #[test]
    fn each_scope_sees_its_own_and_nothing_else() {
        let (own, carrier, other) = (id("P4"), id("P1"), id("P5"));
        let (beijing, hebei): (Bureau, Bureau) = ("北京".parse().unwrap(), "河北".parse().unwrap());
        let place = Whereabouts { provider: Some(&own), carrier: Some(&carrier), bureau: beijing };
        let nobodys = Whereabouts { provider: None, carrier: None, bureau: Bureau::MINISTRY };
        for (holder, sees, sees_nobodys) in [
            (Holder::Provider(own.clone()), true, false),
            (Holder::Provider(carrier.clone()), true, false),
            (Holder::Provider(other.clone()), false, false),
            (Holder::Bureau(beijing), true, false),
            (Holder::Bureau(hebei), false, false),
            (Holder::Bureau(Bureau::MINISTRY), true, true),
            (Holder::Reader("公安".to_owned()), false, false),
        ] {
            let scope = KeyScope::of(&holder);
            assert_eq!((scope.sees(place), scope.sees(nobodys)), (sees, sees_nobodys), "{holder}");
        }
    }
}
