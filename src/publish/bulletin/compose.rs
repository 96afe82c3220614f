//! From what is known of a month to its bulletin. Pure: the same facts give the same bulletin.

mod declared;
mod remarks;

use std::collections::BTreeSet;

use crate::audit::accuracy::rates::Rate;
use crate::audit::accuracy::rates::Scope;
use crate::audit::accuracy::rates::Turn;
use crate::audit::months::MonthCount;
use crate::audit::months::SiteCount;
use crate::audit::months::Span;
use crate::audit::months::addresses::AddressMonth;
use crate::audit::months::addresses::ProblemMonth;
use crate::audit::sublets;
use crate::clock;
use crate::facts::bureau::Bureau;
use crate::facts::bureau::PROVINCES;
use crate::facts::declared::Figure;
use crate::facts::finding::Kind;
use crate::facts::month::Month;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::facts::task::Task;
use crate::publish::bulletin::Ages;
use crate::publish::bulletin::Bulletin;
use crate::publish::bulletin::CampaignView;
use crate::publish::bulletin::ClueRow;
use crate::publish::bulletin::KindRow;
use crate::publish::bulletin::Named;
use crate::publish::bulletin::Overview;
use crate::publish::bulletin::Problems;
use crate::publish::bulletin::ProviderRow;
use crate::publish::bulletin::ProvinceRow;
use crate::publish::bulletin::Sites;
use crate::publish::bulletin::TargetView;
use crate::publish::bulletin::TaskRow;
pub use crate::publish::bulletin::compose::declared::DeclaredMonth;

/// What a bulletin is made from.
#[derive(Debug)]
pub struct Known<'a> {
    /// Which month.
    pub month: Month,
    /// Whose; `None` for the nation's.
    pub bureau: Option<Bureau>,
    /// When.
    pub span: Span,
    /// The campaign that is over.
    pub campaign: Option<CampaignView>,
    /// The providers register as it was then.
    pub roster: &'a [Provider],
    /// What stood.
    pub count: &'a MonthCount,
    /// Nights that looked for unfiled sites everywhere in the month.
    pub nights: u64,
    /// The accuracy rates as they were known then.
    pub accuracy: &'a [Rate],
    /// The checks of the address register.
    pub addresses: &'a AddressMonth,
    /// What was declared.
    pub declared: &'a DeclaredMonth,
    /// The tasks of annex 5.
    pub tasks: &'a [Task],
    /// How much is filed.
    pub filing: Filing,
}

/// How much is filed of what is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filing {
    /// Filed Domains; `None` where no register was known.
    pub filed: Option<u64>,
    /// The filing rate; `None` where it cannot be told.
    pub rate: Option<f64>,
    /// Why it cannot be told, for people.
    pub no_rate: Option<String>,
    /// What it is to reach, and by when.
    pub target: Option<TargetView>,
}

/// The bulletin of what is `known`.
pub fn compose(known: &Known<'_>) -> Bulletin {
    let mut bulletin = Bulletin {
        month: known.month,
        bureau: known.bureau,
        as_of: clock::written(known.span.until),
        is_over: known.span.is_over,
        campaign: known.campaign.clone(),
        overview: known.overview(),
        providers: known.providers(),
        punished: known.declared.punished(known),
        systems: known.declared.systems(known),
        sublets: known.declared.sublets(known),
        tasks: known.tasks(),
        provinces: known.provinces(),
        clues: known.clues(),
        without_licence: known.without_licence(),
        notes: Vec::new(),
    };
    bulletin.notes = remarks::remarks(known, &bulletin);
    bulletin
}

/// `rate` cut to a millionth, never rounded up: so short a number is the same in JSON and read back.
fn cut(rate: f64) -> f64 {
    // What lies within a ten-thousandth of a millionth is that millionth.
    (rate * 1e6 + 1e-4).floor() / 1e6
}

impl Known<'_> {
    fn overview(&self) -> Overview {
        let count = |kind: &Kind| self.count.kinds.get(kind).copied().unwrap_or_default();
        let kinds = Kind::ALL.iter().map(|kind| (*kind, count(kind)));
        let kinds = kinds.filter(|(_, count)| count.total > 0 || self.nights > 0);
        Overview {
            nights: self.nights,
            filed: self.filing.filed,
            filing_rate: self.filing.rate.map(cut),
            no_rate: self.filing.no_rate.clone(),
            target: self.filing.target.clone(),
            unfiled: self.sites(Some(self.count.unfiled())),
            kinds: kinds
                .map(|(kind, count)| KindRow { kind, total: count.total, left: count.left })
                .collect(),
        }
    }

    /// `count` as it is told: where no night looked, nothing found is not known to be nothing.
    fn sites(&self, count: Option<SiteCount>) -> Option<Sites> {
        let count = count.unwrap_or_default();
        if count.total == 0 && self.nights == 0 {
            return None;
        }
        let SiteCount { total, left, new_total, new_left, .. } = count;
        Some(Sites {
            total,
            left,
            ages: self.campaign.as_ref().map(|_| Ages {
                stock_total: total - new_total,
                stock_left: left - new_left,
                new_total,
                new_left,
            }),
            disputed: count.disputed,
            unanswered: count.unanswered,
            overdue: count.overdue,
            reopened: count.reopened,
        })
    }

    fn problems(
        &self,
        is_wanted: impl Fn(Option<&ProviderId>, Bureau) -> bool,
    ) -> Option<Problems> {
        let ProblemMonth { total, left } = self.addresses.sum(is_wanted);
        self.addresses.is_known.then_some(Problems { total, left })
    }

    fn rate(&self, scope: &Scope, turn: Turn) -> Option<f64> {
        let is_it = |rate: &&Rate| rate.scope == *scope && rate.turn == turn && rate.age.is_none();
        self.accuracy.iter().find(is_it)?.rate.map(cut)
    }

    /// Whether the bulletin is of `bureau` too.
    fn covers(&self, bureau: Bureau) -> bool {
        self.bureau.is_none_or(|own| own == bureau)
    }

    fn provider(&self, id: &ProviderId) -> Option<&Provider> {
        self.roster.iter().find(|provider| provider.id == *id)
    }

    fn named(&self, id: Option<&ProviderId>) -> Named {
        let provider = id.and_then(|id| self.provider(id));
        let name = provider.map(|provider| provider.name.to_string());
        Named {
            id: id.cloned(),
            name: name
                .or_else(|| id.map(ToString::to_string))
                .unwrap_or_else(|| "无法确定".to_owned()),
            bureau: provider.and_then(|provider| provider.bureau),
        }
    }

    /// Key providers in scope in the order of the register, then `others` that are not among them,
    /// in the order of the register, those that it does not know after them, and nobody last.
    fn listed(&self, others: BTreeSet<Option<ProviderId>>) -> Vec<Option<ProviderId>> {
        let is_key = |provider: &&Provider| {
            provider.is_key && provider.bureau.is_none_or(|bureau| self.covers(bureau))
        };
        let mut listed: Vec<_> =
            self.roster.iter().filter(is_key).map(|provider| Some(provider.id.clone())).collect();
        let mut others: Vec<_> = others.into_iter().filter(|id| !listed.contains(id)).collect();
        let place = |id: &Option<ProviderId>| {
            let id = id.as_ref()?;
            self.roster.iter().position(|provider| provider.id == *id)
        };
        others.sort_by_cached_key(|id| (id.is_none(), place(id).unwrap_or(usize::MAX)));
        listed.extend(others);
        listed
    }

    fn providers(&self) -> Vec<ProviderRow> {
        let problems = self.addresses.problems.keys();
        let problems =
            problems.filter(|(_, bureau)| self.covers(*bureau)).map(|(id, _)| id.clone());
        let sampled = self.accuracy.iter().filter_map(|rate| match &rate.scope {
            Scope::Provider(id) => Some(id),
            Scope::Nation | Scope::Bureau(_) => None,
        });
        let sampled = sampled
            .filter(|id| {
                let bureau = self.provider(id).and_then(|provider| provider.bureau);
                bureau.is_some_and(|bureau| self.covers(bureau))
            })
            .map(|id| Some(id.clone()));
        let others = self.count.providers.keys().cloned().chain(problems).chain(sampled).collect();
        let row = |id: Option<ProviderId>| ProviderRow {
            provider: self.named(id.as_ref()),
            is_key: id.as_ref().and_then(|id| self.provider(id)).is_some_and(|one| one.is_key),
            unfiled: self.sites(self.count.providers.get(&id).copied()),
            accuracy_first: self.rate_of(id.as_ref(), Turn::First),
            accuracy_current: self.rate_of(id.as_ref(), Turn::Current),
            problems: self.problems(|one, bureau| one == id.as_ref() && self.covers(bureau)),
        };
        self.listed(others).into_iter().map(row).collect()
    }

    /// A provider is sampled as a whole, so that only the bureau which supervises it is told the rate.
    fn rate_of(&self, id: Option<&ProviderId>, turn: Turn) -> Option<f64> {
        let id = id?;
        let supervisor = self.provider(id).and_then(|provider| provider.bureau);
        let is_told = self.bureau.is_none() || self.bureau == supervisor;
        is_told.then(|| self.rate(&Scope::Provider(id.clone()), turn)).flatten()
    }

    fn tasks(&self) -> Vec<TaskRow> {
        let row = |task: &Task| TaskRow {
            task: task.clone(),
            progress: self.declared.progress(task.number),
        };
        self.tasks.iter().map(row).collect()
    }

    /// The provinces in the ministry's order, and the ministry last where it has anything.
    fn provinces(&self) -> Vec<ProvinceRow> {
        let provinces = PROVINCES.iter().filter_map(|name| name.parse().ok());
        let rows = provinces.chain([Bureau::MINISTRY]).filter(|bureau| self.covers(*bureau));
        rows.map(|bureau| self.province(bureau))
            .filter(|row| {
                let has_sites = row.unfiled.is_some_and(|sites| sites.total > 0);
                let has_problems = row.problems.is_some_and(|problems| problems.total > 0);
                row.bureau != Bureau::MINISTRY || has_sites || has_problems || row.key_providers > 0
            })
            .collect()
    }

    fn province(&self, bureau: Bureau) -> ProvinceRow {
        let of_bureau = Scope::Bureau(bureau);
        let declared = self.declared;
        let key = self.roster.iter().filter(|one| one.is_key && one.bureau == Some(bureau));
        let key: Vec<&ProviderId> = key.map(|provider| &provider.id).collect();
        let (sublets_total, sublets_left) = declared.sublets_of(self, bureau);
        ProvinceRow {
            bureau,
            unfiled: self.sites(self.count.bureaus.get(&bureau).copied()),
            accuracy_first: self.rate(&of_bureau, Turn::First),
            accuracy_current: self.rate(&of_bureau, Turn::Current),
            problems: self.problems(|_, one| one == bureau),
            key_providers: key.len() as u64,
            stages_done: declared.stages_done(&key),
            sublets_total,
            sublets_left,
            overdue_at_bureau: declared.of_bureau(Figure::OverdueAtBureau, bureau),
            garbage: declared.of_bureau(Figure::Garbage, bureau),
            overdue_at_providers: declared.of_bureau(Figure::OverdueAtProviders, bureau),
        }
    }

    fn clues(&self) -> Option<Vec<ClueRow>> {
        let clues = self.addresses.clues.iter().filter(|clue| {
            let bureau = self.provider(&clue.lessee).and_then(|provider| provider.bureau);
            self.covers(bureau.unwrap_or(Bureau::MINISTRY))
        });
        let row = |clue: &crate::facts::address_census::SubletClue| ClueRow {
            lessee: self.named(Some(&clue.lessee)),
            lessor: self.named(Some(&clue.lessor)),
            ranges: clue.ranges,
            example: clue.example.to_string(),
        };
        self.addresses.is_known.then(|| clues.map(row).collect())
    }

    fn without_licence(&self) -> Vec<Named> {
        let without = sublets::without_licence(self.roster);
        without
            .filter(|one| self.covers(one.bureau.unwrap_or(Bureau::MINISTRY)))
            .map(|one| self.named(Some(&one.id)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_cut_and_reads_back_as_it_was_written() {
        for (rate, short) in [(0.949_999_9, 0.949_999), (18.0 / 19.0, 0.947_368), (0.95, 0.95)] {
            assert!((cut(rate) - short).abs() < f64::EPSILON, "{rate}");
        }
        for part in 0..=997_u32 {
            let rate = cut(f64::from(part) / 997.0);
            let text = serde_json::to_string(&rate).unwrap();
            let back: f64 = serde_json::from_str(&text).unwrap();
            assert_eq!(back.to_bits(), rate.to_bits(), "{text}");
        }
    }
}
