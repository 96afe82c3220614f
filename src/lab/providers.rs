//! Who connects the sites of the simulated internet: carriers, their customers, and CDNs.

use crate::facts::bureau::Bureau;
use crate::facts::domain::Host;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;

/// How many carriers there are, before all others in the list.
pub(crate) const CARRIERS: usize = 3;

/// How many CDNs there are, after all others in the list.
pub(crate) const CDNS: usize = 3;

/// How many providers between them a large world has, and a small one.
const MOST: usize = 54;
const FEWEST: usize = 6;

const PROVINCES: [&str; 9] =
    ["北京", "上海", "广东", "浙江", "江苏", "四川", "山东", "贵州", "内蒙古"];
const WORDS: [&str; 6] = ["云帆", "数港", "智联", "恒信", "万维", "星河"];

/// Who there is in a world of so many sites: carriers `C01`…, providers `P01`…, CDNs `D01`….
pub(crate) fn found_providers(sites: usize) -> Vec<Provider> {
    let between = (sites / 18).clamp(FEWEST, MOST);
    let carriers = ["东海", "南岭", "西域"].into_iter().zip(1_u32..).map(|(word, n)| {
        let mut carrier = provider(ProviderKind::Carrier, n, &format!("{word}通信集团有限公司"));
        carrier.aliases = names(&[word]);
        carrier.bureau = Some(Bureau::MINISTRY);
        carrier.is_key = true;
        carrier
    });
    let places = WORDS.iter().flat_map(|word| PROVINCES.iter().map(move |place| (place, word)));
    let providers = places.take(between).zip(1_u32..).map(|((place, word), n)| {
        let name = format!("{place}{word}网络科技有限公司");
        let mut provider = provider(ProviderKind::Provider, n, &name);
        provider.aliases = names(&[&format!("{place}{word}"), &format!("{word}{place}数据中心")]);
        provider.bureau = place.parse().ok();
        provider.is_key = n % 5 == 1;
        provider
    });
    let cdns = PROVINCES.iter().zip(1_u32..).take(CDNS).map(|(place, n)| {
        let mut cdn = provider(ProviderKind::Cdn, n, &format!("{place}飞梭加速科技有限公司"));
        cdn.bureau = place.parse().ok();
        cdn.cname_suffixes = [format!("cdn{n}.lab-cdn.cn"), format!("waf{n}.lab-cdn.cn")]
            .iter()
            .filter_map(|suffix| suffix.parse::<Host>().ok())
            .collect();
        cdn
    });
    carriers.chain(providers).chain(cdns).collect()
}

fn provider(kind: ProviderKind, number: u32, name: &str) -> Provider {
    let (letter, series) = match kind {
        ProviderKind::Carrier => ('C', 1_000),
        ProviderKind::Provider => ('P', 2_000),
        ProviderKind::Cdn => ('D', 3_000),
    };
    let id = format!("{letter}{number:02}");
    Provider {
        id: id.parse().expect("a letter and digits make an id"),
        name: name.parse().expect("the plan's names are short and plain"),
        aliases: Vec::new(),
        kind,
        bureau: None,
        licence: Some(format!("B1-2021{:04}", series + number)),
        is_key: false,
        cname_suffixes: Vec::new(),
        v3_id: Some(u64::from(series + number)),
    }
}

fn names<T: std::str::FromStr>(texts: &[&str]) -> Vec<T> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_providers_share_an_id_a_name_or_an_alias() {
        let providers = found_providers(100_000);
        assert_eq!(providers.len(), CARRIERS + MOST + CDNS);
        let words: Vec<_> = providers
            .iter()
            .flat_map(|one| one.aliases.iter().chain([&one.name]).map(ToString::to_string))
            .chain(providers.iter().map(|one| one.id.to_string()))
            .collect();
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
        assert_eq!(words.len(), providers.len() * 2 + CARRIERS + MOST * 2);
    }

    #[test]
    fn a_small_world_has_few_providers_of_every_kind() {
        let providers = found_providers(5);
        for kind in [ProviderKind::Carrier, ProviderKind::Provider, ProviderKind::Cdn] {
            assert!(providers.iter().filter(|one| one.kind == kind).count() >= 3);
        }
        assert!(
            providers.iter().filter(|one| one.kind == ProviderKind::Cdn).all(|cdn| cdn
                .cname_suffixes
                .len()
                == 2
                && cdn.bureau.is_some())
        );
    }
}
