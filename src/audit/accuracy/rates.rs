//! What the samples say of each provider, each bureau and the nation: the first sample of a provider
//! (首次抽查) and its current one (本次抽查), as annex 4 puts them side by side.
//!
//! The first is the earliest round in which a site of the provider was verified, the current one the
//! latest such; where none was, the latest that was drawn stands as current, without a rate.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::audit::accuracy::Tally;
use crate::audit::accuracy::estimate;
use crate::audit::accuracy::estimate::StratumTally;
use crate::audit::accuracy::interval;
use crate::audit::accuracy::interval::Confidence;
use crate::audit::accuracy::interval::Interval;
use crate::audit::accuracy::outcome::Outcome;
use crate::audit::accuracy::targets::Settings;
use crate::audit::accuracy::targets::Target;
use crate::facts::bureau::Bureau;
use crate::facts::finding::Finding;
use crate::facts::finding::Kind;
use crate::facts::provider::ProviderId;
use crate::facts::sample::Age;
use crate::facts::sample::Contact;
use crate::facts::sample::DrawnSite;
use crate::facts::sample::Rightness;
use crate::facts::sample::Sample;
use crate::store::StoreError;
use crate::store::findings::Findings;
use crate::store::samples::Samples;

/// A sample with what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleTally {
    /// What was drawn.
    pub sample: Sample,
    /// What came of it, by age in the order of [`Age::ALL`].
    pub tallies: [Tally; 3],
    /// Sites that were asked about and where nobody was reached or would speak.
    pub unreached: u64,
    /// What the crawl sees beside it, never mixed in.
    pub crawl: CrawlTally,
}

/// What the crawl says of the access providers of drawn sites.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CrawlTally {
    /// Sites whose access record it holds for wrong: a finding stands that it is over-reported, or
    /// that another provider serves the Domain without a record.
    pub doubted: u64,
    /// Of these, sites whose provider was confirmed by those who were asked.
    pub confirmed: u64,
}

/// Whose rate it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All providers that were sampled.
    Nation,
    /// The providers of a bureau.
    Bureau(Bureau),
    /// One provider.
    Provider(ProviderId),
}

/// Which sample of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// 首次抽查
    First,
    /// 本次抽查
    Current,
}

/// One rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// Whose.
    pub scope: Scope,
    /// Of the first or the current sample.
    pub turn: Turn,
    /// The round; `None` where the providers' rounds differ.
    pub round: Option<u32>,
    /// Of records of which age; `None`: of all, weighted by how many there are.
    pub age: Option<Age>,
    /// Sites there are.
    pub population: u64,
    /// Sites that the rate stands for: those of strata with a verified site.
    pub covered: u64,
    /// Sites drawn.
    pub drawn: u64,
    /// What came of them.
    pub tally: Tally,
    /// 准确率: of one stratum plain, of several weighted; `None` where nothing is verified.
    pub rate: Option<f64>,
    /// Wilson's interval; of a single stratum only.
    pub wilson: Option<Interval>,
    /// The exact interval; of several strata by their effective size.
    pub exact: Option<Interval>,
    /// What is asked for; `None` for records of all ages, for which nothing is.
    pub target: Option<Target>,
    /// What the crawl doubts, over all ages.
    pub crawl: CrawlTally,
}

impl Rate {
    /// Whether the target is reached; `None` where there is no rate or no target.
    pub fn is_reached(&self) -> Option<bool> {
        Some(self.rate? >= self.target?.rate)
    }

    /// Whether the interval leaves no doubt about that.
    pub fn is_certain(&self) -> Option<bool> {
        let (interval, target) = (self.exact?, self.target?.rate);
        Some(interval.low >= target || interval.high < target)
    }
}

/// The samples of every round, or of one, with what came of them, by round and provider.
pub fn tallies(
    samples: &Samples,
    findings: &Findings,
    round: Option<u32>,
) -> Result<Vec<SampleTally>, StoreError> {
    tallies_at(samples, findings, round, Timestamp::MAX)
}

/// The same as it was known at `moment`: without rounds that were drawn and results that came later.
/// What the crawl doubts is that of today.
pub fn tallies_at(
    samples: &Samples,
    findings: &Findings,
    round: Option<u32>,
    moment: Timestamp,
) -> Result<Vec<SampleTally>, StoreError> {
    let rounds = samples.rounds()?.into_iter().filter(|round| round.drawn_at <= moment);
    let rounds: BTreeSet<u32> = rounds.map(|round| round.number).collect();
    let drawn = match round {
        Some(round) => samples.of_round(round)?,
        None => samples.all()?,
    };
    let mut tallies: BTreeMap<(u32, ProviderId), SampleTally> = BTreeMap::new();
    for sample in drawn.into_iter().filter(|sample| rounds.contains(&sample.round)) {
        let key = (sample.round, sample.provider.clone());
        let (unreached, crawl) = (0, CrawlTally::default());
        let none = SampleTally { sample, tallies: [Tally::default(); 3], unreached, crawl };
        tallies.insert(key, none);
    }
    let mut rounds: Vec<u32> = tallies.keys().map(|(round, _)| *round).collect();
    rounds.dedup();
    for round in rounds {
        for site in samples.sites(round) {
            let site = site?;
            let Some(tally) = tallies.get_mut(&(round, site.provider.clone())) else { continue };
            let mut readings = samples.readings(site.id)?;
            readings.retain(|reading| reading.at <= moment);
            let outcome = Outcome::of(&site, &readings);
            let is_doubted =
                findings.of_target(&site.target)?.iter().any(|finding| doubts(finding, &site));
            tally.add(&site, &outcome, is_doubted);
        }
    }
    Ok(tallies.into_values().collect())
}

/// Whether a finding says that the access record of `site` is wrong, or that one is missing beside it.
pub fn doubts(finding: &Finding, site: &DrawnSite) -> bool {
    let is_own = finding.key.provider.as_ref() == Some(&site.provider);
    finding.stands()
        && match finding.key.kind {
            Kind::OverReported => is_own,
            Kind::NotConnected => !is_own,
            _ => false,
        }
}

impl SampleTally {
    fn add(&mut self, site: &DrawnSite, outcome: &Outcome, is_doubted: bool) {
        let accuracy = outcome.accuracy(site);
        for (age, tally) in Age::ALL.iter().zip(&mut self.tallies) {
            if *age == site.age {
                tally.add(accuracy);
            }
        }
        let was_unreached =
            matches!(outcome.contact, Some(Contact::Unreachable | Contact::Refused));
        self.unreached += u64::from(accuracy == Rightness::Unknown && was_unreached);
        if is_doubted {
            self.crawl.doubted += 1;
            self.crawl.confirmed += u64::from(outcome.verified.access() == Rightness::Right);
        }
    }

    fn is_verified(&self) -> bool {
        self.tallies.iter().any(|tally| tally.verified() > 0)
    }
}

/// The rates of `tallies`: of the nation, of bureaus, of providers, each of the first and the current
/// sample, of each age that there is and of all together.
pub fn rates(
    tallies: &[SampleTally],
    settings: &Settings,
    confidence: Confidence,
    today: Date,
) -> Vec<Rate> {
    let mut by_provider: BTreeMap<&ProviderId, Vec<&SampleTally>> = BTreeMap::new();
    for tally in tallies {
        by_provider.entry(&tally.sample.provider).or_default().push(tally);
    }
    let mut groups: BTreeMap<(Scope, Turn), Vec<&SampleTally>> = BTreeMap::new();
    for (provider, mut samples) in by_provider {
        samples.sort_by_key(|tally| tally.sample.round);
        let first = samples.iter().find(|tally| tally.is_verified());
        let current = samples.iter().rev().find(|tally| tally.is_verified());
        let current = current.or(samples.last());
        for (turn, tally) in [(Turn::First, first), (Turn::Current, current)] {
            let Some(tally) = tally else { continue };
            let bureau = tally.sample.bureau;
            for scope in [Scope::Nation, Scope::Bureau(bureau), Scope::Provider(provider.clone())] {
                groups.entry((scope, turn)).or_default().push(tally);
            }
        }
    }
    let ages = || Age::ALL.iter().copied().map(Some).chain([None]);
    let mut rates = Vec::new();
    for ((scope, turn), group) in groups {
        for age in ages() {
            let mut rate = rate(&group, age, confidence);
            if rate.population == 0 && age.is_some() {
                continue;
            }
            (rate.scope, rate.turn) = (scope.clone(), turn);
            rate.target = age.and_then(|age| settings.target(age, today));
            rates.push(rate);
        }
    }
    rates
}

fn rate(group: &[&SampleTally], age: Option<Age>, confidence: Confidence) -> Rate {
    let strata: Vec<(u64, StratumTally)> = group
        .iter()
        .flat_map(|tally| Age::ALL.iter().zip(tally.sample.strata).zip(tally.tallies))
        .filter(|((this, _), _)| age.is_none_or(|age| **this == age))
        .map(|((_, stratum), tally)| {
            (stratum.drawn, StratumTally { population: stratum.population, tally })
        })
        .filter(|(_, stratum)| stratum.population > 0)
        .collect();
    let tally = strata.iter().fold(Tally::default(), |sum, (_, stratum)| sum.plus(stratum.tally));
    let estimate = estimate::stratified(strata.iter().map(|(_, stratum)| *stratum), confidence);
    let single = (strata.len() == 1).then_some((tally.right, tally.verified()));
    let plain = |of: fn(u64, u64, Confidence) -> Option<Interval>| {
        single.and_then(|(right, verified)| of(right, verified, confidence))
    };
    let rounds = group.iter().map(|tally| tally.sample.round);
    let round = rounds.clone().next().filter(|first| rounds.clone().all(|round| round == *first));
    let crawl = group.iter().fold(CrawlTally::default(), |sum, tally| CrawlTally {
        doubted: sum.doubted + tally.crawl.doubted,
        confirmed: sum.confirmed + tally.crawl.confirmed,
    });
    Rate {
        scope: Scope::Nation,
        turn: Turn::Current,
        round,
        age,
        population: strata.iter().map(|(_, stratum)| stratum.population).sum(),
        covered: estimate.map_or(0, |estimate| estimate.covered),
        drawn: strata.iter().map(|(drawn, _)| drawn).sum(),
        tally,
        rate: estimate.map(|estimate| estimate.rate),
        wilson: plain(interval::wilson),
        exact: plain(interval::exact).or(estimate.map(|estimate| estimate.interval)),
        target: None,
        crawl,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::sample::Stratum;

    fn sample(round: u32, provider: &str, counts: [(u64, u64, u64); 2]) -> SampleTally {
        let [new, older] = counts.map(|(population, right, wrong)| {
            let stratum = Stratum { population, drawn: right + wrong + 1 };
            (stratum, Tally { right, wrong, unverified: 1 })
        });
        let bureau = if provider == "C" { "上海" } else { "北京" };
        SampleTally {
            sample: Sample {
                round,
                provider: provider.parse().unwrap(),
                bureau: bureau.parse().unwrap(),
                strata: [new.0, older.0, Stratum::default()],
            },
            tallies: [new.1, older.1, Tally::default()],
            unreached: 0,
            crawl: CrawlTally::default(),
        }
    }

    fn found<'r>(
        rates: &'r [Rate],
        scope: &Scope,
        turn: Turn,
        age: Option<Age>,
    ) -> Option<&'r Rate> {
        rates.iter().find(|rate| rate.scope == *scope && rate.turn == turn && rate.age == age)
    }

    #[test]
    fn first_and_current_samples_stay_apart() {
        let tallies = [
            sample(1, "A", [(100, 8, 2), (900, 6, 4)]),
            sample(2, "A", [(100, 9, 1), (900, 9, 1)]),
            sample(3, "A", [(100, 0, 0), (900, 0, 0)]),
            sample(2, "B", [(1000, 5, 5), (8000, 5, 5)]),
            sample(3, "C", [(10, 0, 0), (0, 0, 0)]),
        ];
        let day = jiff::civil::date(2026, 11, 24);
        let rates = rates(&tallies, &Settings::default(), Confidence::USUAL, day);
        let rate = |scope: &Scope, turn, age| found(&rates, scope, turn, age).unwrap();
        let a = Scope::Provider("A".parse().unwrap());
        let first = rate(&a, Turn::First, Some(Age::New));
        assert_eq!(
            (first.round, first.rate, first.is_reached()),
            (Some(1), Some(0.8), Some(false))
        );
        let current = rate(&a, Turn::Current, Some(Age::New));
        assert_eq!((current.round, current.rate), (Some(2), Some(0.9)));
        assert_eq!((current.is_reached(), current.is_certain()), (Some(true), Some(false)));
        let close = |rate: Option<f64>, expected: f64| {
            assert!((rate.unwrap() - expected).abs() < 1e-12, "{rate:?} is not {expected}");
        };
        // Weighted by population: (100 · 0.8 + 900 · 0.6) / 1000.
        close(rate(&a, Turn::First, None).rate, 0.62);
        // New records of Beijing, A's first and B's: (100 · 0.8 + 1000 · 0.5) / 1100.
        let beijing = Scope::Bureau("北京".parse().unwrap());
        let new = rate(&beijing, Turn::First, Some(Age::New));
        close(new.rate, 580.0 / 1100.0);
        assert_eq!((new.round, new.wilson), (None, None));
        // What was drawn and not verified has no rate, and no first sample yet.
        let c = Scope::Provider("C".parse().unwrap());
        assert_eq!(found(&rates, &c, Turn::First, None), None);
        assert_eq!(rate(&c, Turn::Current, None).rate, None);
        let nation = rate(&Scope::Nation, Turn::Current, None);
        assert_eq!((nation.population, nation.covered), (10_010, 10_000));
    }
}
