//! How many sites must be verified for a rate that is known to within a margin.

use crate::audit::accuracy::interval::Confidence;

/// What a sample is to show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// How sure.
    pub confidence: Confidence,
    /// How far off at most, either way, from 0 to 1.
    pub margin: f64,
    /// The rate that is expected, from 0 to 1; 0.5 needs the most, and is right where nothing is
    /// known.
    pub expected: f64,
}

/// The sites needed where the population is endless: z² · p · (1 − p) / margin², rounded up.
pub fn most(wanted: Wanted) -> u64 {
    rounded_up(endless(wanted))
}

/// The sites needed of `population`, by the finite population correction n / (1 + (n − 1) /
/// population), rounded up, never more than there are. Those who cannot be reached are not counted
/// in: draw more where many cannot.
#[expect(clippy::cast_precision_loss, reason = "counts of sites are far below 2^53")]
pub fn needed(wanted: Wanted, population: u64) -> u64 {
    if population == 0 {
        return 0;
    }
    let endless = endless(wanted);
    rounded_up(endless / (1.0 + (endless - 1.0) / population as f64)).clamp(1, population)
}

fn endless(Wanted { confidence, margin, expected }: Wanted) -> f64 {
    let z = confidence.deviations();
    z * z * expected * (1.0 - expected) / (margin * margin)
}

/// Of what is no number, none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that does not fit becomes the nearest number that does"
)]
fn rounded_up(sites: f64) -> u64 {
    sites.ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What statsmodels says; `tests/fixtures/accuracy/intervals.py` wrote it.
    const TOLD: &str = include_str!("../../../tests/fixtures/accuracy/sizes.csv");

    #[test]
    fn sizes_agree_with_a_statistics_package() {
        let mut rows = 0;
        for line in TOLD.lines().skip(2) {
            let cells: Vec<&str> = line.split(',').collect();
            let &[confidence, margin, expected, population, infinite, size] = &cells[..] else {
                panic!("{line}")
            };
            let wanted = Wanted {
                confidence: confidence.parse().unwrap(),
                margin: margin.parse::<f64>().unwrap() / 100.0,
                expected: expected.parse().unwrap(),
            };
            let theirs: f64 = infinite.parse().unwrap();
            assert!((endless(wanted) - theirs).abs() < 1e-6 * theirs, "{line}");
            assert_eq!(needed(wanted, population.parse().unwrap()).to_string(), size, "{line}");
            rows += 1;
        }
        assert_eq!(rows, 288);
    }

    #[test]
    fn sizes_agree_with_figures_worked_out_by_hand() {
        // 1.96² · 0.25 / 0.05² = 384.1; of 1000: 384.1 / (1 + 383.1 / 1000) = 277.7.
        let wanted = Wanted { confidence: Confidence::USUAL, margin: 0.05, expected: 0.5 };
        assert_eq!(most(wanted), 385);
        assert_eq!(needed(wanted, 1000), 278);
        assert_eq!([0, 1, 2].map(|population| needed(wanted, population)), [0, 1, 2]);
    }
}
