//! How far a rate that was counted may lie from the true one: two intervals for a proportion.
//!
//! Wilson's is the shorter one, and holds its confidence on the average; Clopper and Pearson's
//! (exact) never holds less. Neither uses that the population is finite, so that both are a little
//! wide where a good part of it was drawn.

use serde::Deserialize;
use serde::Serialize;
use statrs::distribution::ContinuousCDF;
use statrs::distribution::Normal;
use statrs::function::beta::checked_beta_reg;

/// How sure an interval is, in per cent: above 0, below 100.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Confidence(f64);

/// The number is no confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a confidence is in per cent, from 50 to 99.99, such as 95")]
pub struct NotAConfidence;

/// Where the true rate lies, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// At least.
    pub low: f64,
    /// At most.
    pub high: f64,
}

impl Confidence {
    /// 95 per cent.
    pub const USUAL: Self = Self(95.0);

    /// In per cent.
    pub fn per_cent(self) -> f64 {
        self.0
    }

    /// The part of either tail.
    fn tail(self) -> f64 {
        (1.0 - self.0 / 100.0) / 2.0
    }

    /// How many standard deviations of the normal distribution it takes.
    pub fn deviations(self) -> f64 {
        Normal::standard().inverse_cdf(1.0 - self.tail())
    }
}

impl TryFrom<f64> for Confidence {
    type Error = NotAConfidence;

    fn try_from(per_cent: f64) -> Result<Self, NotAConfidence> {
        if (50.0..=99.99).contains(&per_cent) { Ok(Self(per_cent)) } else { Err(NotAConfidence) }
    }
}

impl From<Confidence> for f64 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

impl std::str::FromStr for Confidence {
    type Err = NotAConfidence;

    fn from_str(text: &str) -> Result<Self, NotAConfidence> {
        text.trim().trim_end_matches('%').parse::<f64>().map_err(|_| NotAConfidence)?.try_into()
    }
}

/// Wilson's score interval (1927), without continuity correction; `None` where nothing was verified.
#[expect(clippy::cast_precision_loss, reason = "counts of sites are far below 2^53")]
pub fn wilson(right: u64, verified: u64, confidence: Confidence) -> Option<Interval> {
    (verified > 0).then(|| wilson_of(right.min(verified) as f64, verified as f64, confidence))
}

/// Clopper and Pearson's exact interval (1934); `None` where nothing was verified.
#[expect(clippy::cast_precision_loss, reason = "counts of sites are far below 2^53")]
pub fn exact(right: u64, verified: u64, confidence: Confidence) -> Option<Interval> {
    (verified > 0).then(|| exact_of(right.min(verified) as f64, verified as f64, confidence))
}

/// Wilson's interval of a number that need not be whole, for effective sizes; `verified` is positive.
pub(crate) fn wilson_of(right: f64, verified: f64, confidence: Confidence) -> Interval {
    let z = confidence.deviations();
    let (p, square) = (right / verified, z * z);
    let middle = (right + square / 2.0) / (verified + square);
    let reach = z / (verified + square) * (verified * p * (1.0 - p) + square / 4.0).sqrt();
    Interval {
        low: if right <= 0.0 { 0.0 } else { (middle - reach).max(0.0) },
        high: if right >= verified { 1.0 } else { (middle + reach).min(1.0) },
    }
}

/// Clopper and Pearson's interval of a number that need not be whole; `verified` is positive.
pub(crate) fn exact_of(right: f64, verified: f64, confidence: Confidence) -> Interval {
    let tail = confidence.tail();
    Interval {
        low: if right <= 0.0 { 0.0 } else { quantile(right, verified - right + 1.0, tail) },
        high: if right >= verified {
            1.0
        } else {
            quantile(right + 1.0, verified - right, 1.0 - tail)
        },
    }
}

/// Where the beta distribution of `a` and `b` reaches `at`, by halving: the library's own inverse is
/// off in the third digit where a few of millions are right, its distribution is not.
fn quantile(a: f64, b: f64, at: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        match checked_beta_reg(a, b, middle) {
            Ok(reached) if reached < at => low = middle,
            _ => high = middle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What scipy and statsmodels say; `tests/fixtures/accuracy/intervals.py` wrote it.
    const TOLD: &str = include_str!("../../../tests/fixtures/accuracy/intervals.csv");

    #[track_caller]
    fn close(ours: f64, theirs: f64, within: f64, what: &str) {
        assert!((ours - theirs).abs() <= within, "{what}: {ours} is not {theirs}");
    }

    #[test]
    fn both_agree_with_a_statistics_package() {
        let mut rows = 0;
        for line in TOLD.lines().skip(2) {
            let numbers: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            let &[right, verified, confidence, low, high, exact_low, exact_high] = &numbers[..]
            else {
                panic!("{line}")
            };
            let confidence = Confidence(confidence);
            let wilson = wilson_of(right, verified, confidence);
            close(wilson.low, low, 1e-12, line);
            close(wilson.high, high, 1e-12, line);
            let exact = exact_of(right, verified, confidence);
            close(exact.low, exact_low, 1e-10, line);
            close(exact.high, exact_high, 1e-10, line);
            rows += 1;
        }
        assert_eq!(rows, 105);
    }

    #[test]
    fn both_agree_with_figures_worked_out_by_hand() {
        // Wilson, 17 of 20, z = 1.959964: z² = 3.841459; middle (17 + 1.920729) / 23.841459 =
        // 0.793606; reach 1.959964 / 23.841459 · √(20 · 0.85 · 0.15 + 0.960365) = 0.154025.
        let wilson = wilson(17, 20, Confidence::USUAL).unwrap();
        close(wilson.low, 0.639_581, 1e-6, "low");
        close(wilson.high, 0.947_631, 1e-6, "high");
        // Clopper and Pearson of all of n: the n-th root of the tail; of none: one less it.
        let all = exact(10, 10, Confidence::USUAL).unwrap();
        close(all.low, 0.025_f64.powf(0.1), 1e-12, "low");
        close(all.high, 1.0, 0.0, "high");
        let none = exact(0, 10, Confidence::USUAL).unwrap();
        close(none.low, 0.0, 0.0, "low");
        close(none.high, 1.0 - 0.025_f64.powf(0.1), 1e-12, "high");
    }

    #[test]
    fn nothing_verified_has_no_interval() {
        assert_eq!(wilson(0, 0, Confidence::USUAL), None);
        assert_eq!(exact(0, 0, Confidence::USUAL), None);
    }

    #[test]
    fn a_confidence_is_in_per_cent() {
        assert_eq!("95%".parse(), Ok(Confidence::USUAL));
        for text in ["0.95", "100", "NaN", "", "-95", "inf"] {
            assert_eq!(text.parse::<Confidence>(), Err(NotAConfidence), "{text}");
        }
    }
}
