//! Who takes part in one site's story: its name, where it is served, whose numbers it knows.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use crate::facts::bureau::PROVINCES;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderKind;
use crate::facts::target::Target;
use crate::lab::providers::CDNS;
use crate::lab::ranges;
use crate::lab::story::Claim;
use crate::lab::story::Place;
use crate::lab::story::Story;
use crate::lab::world::Site;
use crate::lab::world::World;

/// The letters that filing numbers begin with, in the order of the provinces.
const PREFIXES: [char; 31] = [
    '京', '津', '冀', '晋', '蒙', '辽', '吉', '黑', '沪', '苏', '浙', '皖', '闽', '赣', '鲁', '豫',
    '鄂', '湘', '粤', '桂', '琼', '渝', '蜀', '黔', '滇', '藏', '陕', '陇', '青', '宁', '新',
];

/// One site with the world around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cast<'w> {
    world: &'w World,
    site: &'w Site,
    index: usize,
}

impl<'w> Cast<'w> {
    /// The cast of `site`, which stands at `index` in the plan.
    pub(crate) fn new(world: &'w World, site: &'w Site, index: usize) -> Self {
        Self { world, site, index }
    }

    /// The site.
    pub(crate) fn target(self) -> &'w Target {
        &self.site.target
    }

    /// Where the site stands in the plan.
    pub(crate) fn index(self) -> usize {
        self.index
    }

    /// A number of its own, the same in every world of that seed.
    pub(crate) fn salt(self) -> u32 {
        self.site.salt
    }

    /// The name of what it plays.
    pub(crate) fn scenario(self) -> &'static str {
        self.site.scenario().name
    }

    /// What the site plays, told in full.
    pub(crate) fn story(self) -> Story<'w> {
        (self.site.scenario().tell)(self)
    }

    /// How lists name the site, unless its story says otherwise.
    pub(crate) fn usual_line(self) -> String {
        let front = if self.salt().is_multiple_of(4) { "www." } else { "" };
        format!("{front}{}", self.target())
    }

    fn place(self, index: usize) -> Place<'w> {
        let addresses = self.world.web_addresses(index);
        let address = addresses[(self.salt() >> 8) as usize % addresses.len()];
        Place { provider: Some(&self.world.providers()[index]), address }
    }

    /// How many providers serve sites as their access provider.
    fn access_providers(self) -> usize {
        self.world.providers().len() - CDNS
    }

    fn home_index(self) -> usize {
        self.salt() as usize % self.access_providers()
    }

    /// Where it is served, as a rule.
    pub(crate) fn home(self) -> Place<'w> {
        self.place(self.home_index())
    }

    /// Another provider than the one at home.
    pub(crate) fn other(self) -> Place<'w> {
        let count = self.access_providers();
        let step = 1 + (self.salt() >> 16) as usize % (count - 1);
        self.place((self.home_index() + step) % count)
    }

    /// A CDN, at an address of its own.
    pub(crate) fn cdn(self) -> Place<'w> {
        self.place(self.access_providers() + self.salt() as usize % CDNS)
    }

    /// The CDN itself.
    pub(crate) fn cdn_provider(self) -> &'w Provider {
        &self.world.providers()[self.access_providers() + self.salt() as usize % CDNS]
    }

    /// The address that the site is, held at home; home itself where the site has a name.
    pub(crate) fn bare(self) -> Place<'w> {
        match self.site.target {
            Target::Address(IpAddr::V4(address)) => Place { address, ..self.home() },
            Target::Address(IpAddr::V6(_)) | Target::Domain(_) => self.home(),
        }
    }

    /// An address at home where nothing listens.
    pub(crate) fn closed(self) -> Place<'w> {
        let address = ranges::closed_address(self.world.providers(), self.home_index());
        Place { address, ..self.home() }
    }

    fn nobodys(self, addresses: &[Ipv4Addr]) -> Place<'w> {
        Place { provider: None, address: addresses[self.salt() as usize % addresses.len()] }
    }

    /// Outside the mainland.
    pub(crate) fn abroad(self) -> Place<'w> {
        self.nobodys(&ranges::ABROAD)
    }

    /// On the mainland, at an address that nobody reports.
    pub(crate) fn unreported(self) -> Place<'w> {
        self.nobodys(&ranges::UNREPORTED)
    }

    /// At an address that two providers claim.
    pub(crate) fn disputed(self) -> Place<'w> {
        self.nobodys(&ranges::DISPUTED)
    }

    /// At an address that nobody reports until the second night.
    pub(crate) fn reported_late(self) -> Place<'w> {
        self.nobodys(&ranges::REPORTED_LATE)
    }

    /// Who reports it then.
    pub(crate) fn late_reporter(self) -> &'w Provider {
        &self.world.providers()[ranges::REPORTER]
    }

    /// At an address that is reported as one that only sends visitors on.
    pub(crate) fn redirector(self) -> Place<'w> {
        Place {
            provider: Some(self.late_reporter()),
            address: ranges::redirector(self.world.providers()),
        }
    }

    /// The province of its subject, as it begins a filing number.
    fn prefix(self) -> char {
        PREFIXES[self.index % PREFIXES.len()]
    }

    /// The number of its subject: ten digits for one half, eight for the other, as in the register.
    pub(crate) fn subject_number(self) -> String {
        // The multiplier shares no factor with a million, so that no serial comes twice.
        let serial = (self.index * 7_919 + 104_729) % 1_000_000;
        let round = self.index / 1_000_000;
        let year = if self.index.is_multiple_of(2) { 2015 + round % 10 } else { 15 + round % 10 };
        format!("{}ICP备{year}{serial:06}号", self.prefix())
    }

    /// The number of its own record.
    pub(crate) fn site_number(self) -> String {
        format!("{}-1", self.subject_number())
    }

    /// What a document claims; `None` where it claims nothing.
    pub(crate) fn claimed(self, claim: Claim) -> Option<String> {
        match claim {
            Claim::Nothing => None,
            Claim::Own => Some(self.site_number()),
            Claim::Sibling => Some(format!("{}-{}", self.subject_number(), 2 + self.index % 7)),
            Claim::Another => Some(self.number_of_another()),
            Claim::Nobody => Some(self.number_of_nobody()),
            Claim::Licence => Some(format!("粤B2-2009{:04}", 59 + self.index % 9_000)),
        }
    }

    /// The number of a site whose record holds throughout.
    pub(crate) fn number_of_another(self) -> String {
        self.world.landmark().site_number()
    }

    /// The next site of the plan, which this one links to.
    pub(crate) fn friend(self) -> &'w Target {
        self.world.after(self.index).unwrap_or(self.target())
    }

    /// A number that is in no register: its year comes before all of the plan's.
    pub(crate) fn number_of_nobody(self) -> String {
        format!("{}ICP备08{:06}号-1", self.prefix(), (self.index * 6_007 + 31_337) % 1_000_000)
    }

    /// Who the subject is, for the register and the page's footer.
    pub(crate) fn subject_name(self) -> String {
        const TRADES: [&str; 8] =
            ["机械", "文化传媒", "食品", "建材", "电子商务", "教育咨询", "旅行社", "化工"];
        format!("模拟{:05}号{}有限公司", self.index, TRADES[self.index % TRADES.len()])
    }

    /// The province of the subject, by its full short name.
    pub(crate) fn province(self) -> &'static str {
        PROVINCES[self.index % PREFIXES.len()]
    }

    /// The CNAME target that `cdn` gives the site.
    pub(crate) fn cdn_name(self, cdn: &Provider) -> String {
        debug_assert_eq!(cdn.kind, ProviderKind::Cdn, "only CDNs have suffixes");
        let suffixes = &cdn.cname_suffixes;
        let suffix = &suffixes[(self.salt() >> 4) as usize % suffixes.len()];
        format!("{}.{suffix}", self.target())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::lab::cast::Cast;
    use crate::lab::story::Claim;
    use crate::lab::story::Place;
    use crate::lab::world::WorldSettings;
    use crate::lab::world::plan;

    #[test]
    fn no_two_subjects_share_a_number_and_nobodys_is_nobodys() {
        let world = plan(&WorldSettings { sites: 3_000, ..WorldSettings::default() });
        let subjects: BTreeSet<_> = world.casts().map(Cast::subject_number).collect();
        assert_eq!(subjects.len(), 3_000);
        for cast in world.casts() {
            let claimed = |claim| cast.claimed(claim).unwrap_or_default();
            assert!(claimed(Claim::Own).starts_with(&cast.subject_number()));
            assert!(claimed(Claim::Sibling).starts_with(&cast.subject_number()));
            let nobody = claimed(Claim::Nobody);
            assert!(!subjects.iter().any(|subject| nobody.starts_with(subject)), "{nobody}");
        }
    }

    #[test]
    fn home_and_other_are_different_providers() {
        let world = plan(&WorldSettings { sites: 500, ..WorldSettings::default() });
        for cast in world.casts() {
            let id = |place: Place<'_>| place.provider.unwrap().id.clone();
            assert_ne!(id(cast.home()), id(cast.other()));
            assert_eq!(id(cast.cdn()), cast.cdn_provider().id);
        }
    }
}
