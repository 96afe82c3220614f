//! What the samples of several strata say together: each counts by how many sites it stands for, not
//! by how many were drawn.
//!
//! The estimate is the stratified mean (Cochran, *Sampling Techniques*, 5.2 and 5.6): the rate of each
//! stratum weighted by its population, its variance `Σ W² (1 − n / N) p (1 − p) / (n − 1)`. The
//! interval is Clopper and Pearson's of the effective size `p (1 − p) / variance` (Korn and Graubard,
//! 1998), which stays within 0 and 1. Where no variance shows, because every stratum is all right or
//! all wrong, the effective size is that of the weights alone, `1 / Σ W² / n`. A stratum with a single
//! verified site shows no spread of its own; the estimate's own takes its place.

use serde::Serialize;

use crate::audit::accuracy::Tally;
use crate::audit::accuracy::interval::Confidence;
use crate::audit::accuracy::interval::Interval;
use crate::audit::accuracy::interval::exact_of;

/// The sites of one provider and age: how many there are, and what came of those drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StratumTally {
    /// Sites that could be drawn.
    pub population: u64,
    /// What came of those that were.
    pub tally: Tally,
}

/// What several strata say together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The rate of the sites that the verified strata stand for.
    pub rate: f64,
    /// Where the true rate lies.
    pub interval: Interval,
    /// How many sites the verified strata stand for.
    pub covered: u64,
    /// How many sites there are in all; what is not covered is not known.
    pub population: u64,
}

/// The estimate over `strata`; `None` where none of them has a verified site.
#[expect(clippy::cast_precision_loss, reason = "counts of sites are far below 2^53")]
pub fn stratified(
    strata: impl IntoIterator<Item = StratumTally>,
    confidence: Confidence,
) -> Option<Estimate> {
    let strata: Vec<StratumTally> = strata.into_iter().collect();
    let population = strata.iter().map(|stratum| stratum.population).sum();
    // What was drawn can be no more than there was.
    let verified: Vec<(f64, f64, f64)> = strata
        .iter()
        .filter_map(|stratum| {
            let size = stratum.tally.verified();
            let rate = stratum.tally.rate()?;
            Some((stratum.population.max(size) as f64, size as f64, rate))
        })
        .collect();
    let covered: f64 = verified.iter().map(|(population, ..)| population).sum();
    if verified.is_empty() || covered <= 0.0 {
        return None;
    }
    let weighted = verified.iter().map(|(population, _, rate)| population / covered * rate);
    let rate = weighted.sum::<f64>().clamp(0.0, 1.0);
    let spread = rate * (1.0 - rate);
    let (mut variance, mut of_weights) = (0.0, 0.0);
    for (population, size, rate) in &verified {
        let weight = population / covered;
        let left = 1.0 - size / population;
        let own = if *size > 1.0 { rate * (1.0 - rate) / (size - 1.0) } else { spread };
        variance += weight * weight * left * own;
        of_weights += weight * weight / size;
    }
    let size = if variance > 0.0 { spread / variance } else { 1.0 / of_weights };
    let interval = exact_of(rate * size, size, confidence);
    let is_known = |stratum: &&StratumTally| stratum.tally.verified() > 0;
    let covered = strata.iter().filter(is_known).map(|stratum| stratum.population).sum();
    Some(Estimate { rate, interval, covered, population })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stratum(population: u64, right: u64, wrong: u64) -> StratumTally {
        StratumTally { population, tally: Tally { right, wrong, unverified: 0 } }
    }

    #[track_caller]
    fn close(ours: f64, theirs: f64) {
        assert!((ours - theirs).abs() < 1e-9, "{ours} is not {theirs}");
    }

    #[test]
    fn strata_count_by_what_they_stand_for() {
        // 1000 new sites, 45 of 50 right; 9000 older ones, 60 of 100 right, worked out by hand:
        // 0.1 · 0.9 + 0.9 · 0.6 = 0.63; pooling would say 105 / 150 = 0.7.
        let estimate =
            stratified([stratum(1000, 45, 5), stratum(9000, 60, 40)], Confidence::USUAL).unwrap();
        close(estimate.rate, 0.63);
        // 0.01 · 0.95 · 0.09 / 49 + 0.81 · (1 − 1 / 90) · 0.24 / 99, and 0.2331 over it.
        let variance = 0.01 * 0.95 * 0.09 / 49.0 + 0.81 * (89.0 / 90.0) * 0.24 / 99.0;
        close(variance, 0.001_959_267_161_410_018_5);
        let size = 0.2331 / variance;
        let expected = exact_of(0.63 * size, size, Confidence::USUAL);
        close(estimate.interval.low, expected.low);
        close(estimate.interval.high, expected.high);
        assert!(estimate.interval.low < 0.55 && estimate.interval.high > 0.71, "{estimate:?}");
        assert_eq!((estimate.covered, estimate.population), (10_000, 10_000));
    }

    #[test]
    fn what_nobody_verified_is_told_and_not_guessed() {
        let estimate =
            stratified([stratum(100, 8, 2), stratum(900, 0, 0)], Confidence::USUAL).unwrap();
        close(estimate.rate, 0.8);
        assert_eq!((estimate.covered, estimate.population), (100, 1000));
        assert_eq!(stratified([stratum(100, 0, 0)], Confidence::USUAL), None);
        assert_eq!(stratified([], Confidence::USUAL), None);
    }

    #[test]
    fn without_any_spread_the_interval_is_that_of_the_weights() {
        let all = stratified([stratum(500, 10, 0)], Confidence::USUAL).unwrap();
        close(all.rate, 1.0);
        close(all.interval.low, 0.025_f64.powf(0.1));
        close(all.interval.high, 1.0);
        // Two equal halves of five have the effective size of ten.
        let halves =
            stratified([stratum(500, 5, 0), stratum(500, 5, 0)], Confidence::USUAL).unwrap();
        close(halves.interval.low, all.interval.low);
        // One site alone shows no spread of its own.
        let single =
            stratified([stratum(500, 1, 0), stratum(500, 5, 5)], Confidence::USUAL).unwrap();
        close(single.rate, 0.75);
        assert!(single.interval.low > 0.0 && single.interval.high < 1.0, "{single:?}");
    }
}
