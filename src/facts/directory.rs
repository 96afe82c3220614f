//! The providers register in memory: who bears an id, a name or an alias, and whose CNAME suffix a
//! name leads to. A few thousand rows at the most.

use std::collections::HashMap;

use crate::facts::domain::Host;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::facts::provider::v3_id;

/// Every provider, found by each of its names.
#[derive(Debug, Default)]
pub struct Directory {
    providers: Vec<Provider>,
    by_id: HashMap<String, usize>,
    /// `None` where several bear the name: then it names nobody.
    by_name: HashMap<String, Option<usize>>,
    /// The same for aliases.
    by_alias: HashMap<String, Option<usize>>,
    by_suffix: HashMap<String, usize>,
    by_v3_id: HashMap<u64, usize>,
}

impl Directory {
    /// The directory of `providers`. What two bear names neither of them: better nobody is blamed
    /// than the wrong one.
    pub fn new(providers: Vec<Provider>) -> Self {
        let mut directory = Self::default();
        for (index, provider) in providers.iter().enumerate() {
            directory.by_id.entry(provider.id.as_str().to_owned()).or_insert(index);
            bear(&mut directory.by_name, &provider.name, index);
            for alias in &provider.aliases {
                bear(&mut directory.by_alias, alias, index);
            }
            if let Some(number) = provider.v3_id {
                directory.by_v3_id.entry(number).or_insert(index);
            }
            for suffix in &provider.cname_suffixes {
                directory.by_suffix.entry(suffix.as_str().to_owned()).or_insert(index);
            }
        }
        directory.providers = providers;
        directory
    }

    /// Every provider, in the register's order.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// The provider that a register's cell means: by id, then name, then alias, then by the number
    /// that the ministry's messages use ([`ProviderName::of_v3_id`]).
    pub fn find(&self, name: &ProviderName) -> Option<&Provider> {
        self.find_text(name.as_str())
    }

    /// The same, for the text of a [`ProviderName`].
    pub(crate) fn find_text(&self, text: &str) -> Option<&Provider> {
        let index = self
            .by_id
            .get(text)
            .map(|index| Some(*index))
            .or_else(|| self.by_name.get(text).copied())
            .or_else(|| self.by_alias.get(text).copied())
            .or_else(|| Some(self.by_v3_id.get(&v3_id(text)?).copied()))?;
        self.providers.get(index?)
    }

    /// Names and aliases that several providers bear, and that therefore name nobody, in order.
    pub fn ambiguous(&self) -> Vec<&str> {
        let names = self.by_name.iter().chain(&self.by_alias);
        let mut shared: Vec<&str> =
            names.filter(|(_, index)| index.is_none()).map(|(name, _)| name.as_str()).collect();
        shared.sort_unstable();
        shared
    }

    /// The provider with this id.
    pub fn by_id(&self, id: &ProviderId) -> Option<&Provider> {
        self.by_id.get(id.as_str()).and_then(|index| self.providers.get(*index))
    }

    /// The provider whose CNAME suffix is the longest, on a label boundary, of any name in `chain`.
    pub fn by_cname(&self, chain: &[Host]) -> Option<&Provider> {
        if self.by_suffix.is_empty() {
            return None;
        }
        let mut longest: Option<(usize, usize)> = None;
        for host in chain {
            let mut rest = host.as_str();
            loop {
                if let Some(index) = self.by_suffix.get(rest) {
                    if longest.is_none_or(|(length, _)| rest.len() > length) {
                        longest = Some((rest.len(), *index));
                    }
                    break;
                }
                let Some((_, parent)) = rest.split_once('.') else { break };
                rest = parent;
            }
        }
        longest.and_then(|(_, index)| self.providers.get(index))
    }
}

fn bear(names: &mut HashMap<String, Option<usize>>, name: &ProviderName, index: usize) {
    names
        .entry(name.as_str().to_owned())
        .and_modify(|known| *known = known.filter(|known| *known == index))
        .or_insert(Some(index));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::provider::ProviderKind;

    fn provider(id: &str, name: &str, aliases: &[&str], suffixes: &[&str]) -> Provider {
        Provider {
            id: id.parse().unwrap(),
            name: name.parse().unwrap(),
            aliases: aliases.iter().map(|alias| alias.parse().unwrap()).collect(),
            kind: ProviderKind::Provider,
            bureau: None,
            licence: None,
            is_key: false,
            cname_suffixes: suffixes.iter().map(|suffix| suffix.parse().unwrap()).collect(),
            v3_id: None,
        }
    }

    #[test]
    fn a_name_is_tried_as_id_then_name_then_alias() {
        let directory = Directory::new(vec![
            provider("A", "B", &[], &[]),
            provider("B", "C", &["D", "A"], &[]),
        ]);
        for (text, id) in [("A", "A"), ("B", "B"), ("C", "B"), (" Ｄ ", "B")] {
            let name = text.parse().unwrap();
            assert_eq!(directory.find(&name).unwrap().id.as_str(), id, "{text}");
        }
        assert!(directory.find(&"E".parse().unwrap()).is_none());
    }

    #[test]
    fn what_two_bear_names_neither() {
        let directory = Directory::new(vec![
            provider("A", "甲", &["共同", "甲"], &[]),
            provider("B", "乙", &["共同", "B"], &[]),
            provider("C", "甲", &[], &[]),
        ]);
        let found = |name: &str| directory.find(&name.parse().unwrap()).map(|one| one.id.as_str());
        assert_eq!([found("共同"), found("甲")], [None, None]);
        assert_eq!([found("乙"), found("B"), found("C")], [Some("B"), Some("B"), Some("C")]);
        assert_eq!(directory.ambiguous(), ["共同", "甲"]);
    }

    #[test]
    fn the_ministrys_number_leads_to_its_provider_and_is_no_name() {
        let numbered = Provider { v3_id: Some(9001), ..provider("A", "甲", &[], &[]) };
        let directory = Directory::new(vec![numbered, provider("9001", "乙", &[], &[])]);
        let found = |name: &ProviderName| directory.find(name).map(|found| found.id.as_str());
        assert_eq!(found(&ProviderName::of_v3_id(9001)), Some("A"));
        assert_eq!(found(&ProviderName::of_v3_id(9002)), None);
        assert_eq!(found(&"9001".parse().unwrap()), Some("9001"));
    }

    #[test]
    fn the_longest_suffix_on_a_label_boundary_wins() {
        let directory = Directory::new(vec![
            provider("short", "s", &[], &["cdn.example.com"]),
            provider("long", "l", &[], &["vip.cdn.example.com"]),
        ]);
        let found = |chain: &[&str]| {
            let chain: Vec<Host> = chain.iter().map(|name| name.parse().unwrap()).collect();
            directory.by_cname(&chain).map(|provider| provider.id.as_str().to_owned())
        };
        assert_eq!(found(&["a.cdn.example.com"]).as_deref(), Some("short"));
        assert_eq!(found(&["a.cdn.example.com", "b.vip.cdn.example.com"]).as_deref(), Some("long"));
        assert_eq!(found(&["acdn.example.com", "example.com"]), None);
    }
}
