//! Whom rows name.

use std::collections::HashMap;

use crate::facts::directory::Directory;
use crate::facts::placement::OUT_OF_BOUNDS;
use crate::facts::placement::UNREAD;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderKind;
use crate::facts::provider::ProviderName;

/// A provider that a row names: one of the register's, or a name that nobody bears.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Party {
    Known { id: ProviderId, is_cdn: bool },
    Unknown(ProviderName),
}

/// The number of a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Who(u32);

/// Every party that rows name, each once: a million rows name a few thousand, and a number is
/// cheaper to keep and to compare than a name.
#[derive(Debug)]
pub(super) struct Parties<'a> {
    directory: &'a Directory,
    all: Vec<Party>,
    by_name: HashMap<ProviderName, Who>,
    by_party: HashMap<Party, Who>,
}

impl<'a> Parties<'a> {
    pub(super) fn new(directory: &'a Directory) -> Self {
        Self { directory, all: Vec::new(), by_name: HashMap::new(), by_party: HashMap::new() }
    }

    /// Names that no provider bears, in order of appearance; those that stand in for what cannot be
    /// read or believed are none.
    pub(super) fn unknown_names(&self) -> impl Iterator<Item = &ProviderName> {
        self.all.iter().filter_map(|party| match party {
            Party::Unknown(name) if ![UNREAD, OUT_OF_BOUNDS].contains(&name.as_str()) => Some(name),
            Party::Known { .. } | Party::Unknown(_) => None,
        })
    }

    pub(super) fn number(&mut self, name: &ProviderName) -> Who {
        if let Some(who) = self.by_name.get(name) {
            return *who;
        }
        let party = match self.directory.find(name) {
            Some(provider) => {
                Party::Known { id: provider.id.clone(), is_cdn: provider.kind == ProviderKind::Cdn }
            }
            None => Party::Unknown(name.clone()),
        };
        let who = *self.by_party.entry(party).or_insert_with_key(|party| {
            self.all.push(party.clone());
            Who(u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX))
        });
        self.by_name.insert(name.clone(), who);
        who
    }

    /// Whoever has what a row out of bounds reports.
    pub(super) fn nobody_in_bounds(&mut self) -> Option<Who> {
        OUT_OF_BOUNDS.parse().ok().map(|name| self.number(&name))
    }

    pub(super) fn party(&self, who: Who) -> Option<&Party> {
        usize::try_from(who.0).ok().and_then(|index| self.all.get(index))
    }

    pub(super) fn known(&self, who: Who) -> Option<ProviderId> {
        match self.party(who)? {
            Party::Known { id, .. } => Some(id.clone()),
            Party::Unknown(_) => None,
        }
    }
}
