//! Rates as they are told.

use super::*;
use crate::audit::rates::Settings;
use crate::facts::census::Census;
use crate::facts::census::NightCount;
use crate::facts::census::Scoped;
use crate::publish::view::tests::names;

fn view(filed: u64, unfiled: u64, gap: Option<NoRate>) -> RateView {
    let at: Timestamp = "2009-09-30T15:59:59Z".parse().unwrap();
    let census = Census {
        as_of: at,
        providers_of: None,
        is_complete: true,
        filed: Scoped {
            nation: FiledCount { sites: filed - 1, domains: filed },
            ..Scoped::default()
        },
        unplaced: 0,
    };
    let night = NightCount { night: 3, at, gap: None, examined: 9, unknown: Scoped::default() };
    let basis = Basis { at, census: Some(&census), night: Some(&night) };
    let settings = Settings::default();
    let goal = settings.goal_on("2009-09-30".parse().unwrap());
    let unfiled = UnfiledCount { domains: unfiled, sites: unfiled - 2, exempt: 1 };
    RateView::of(&Whose::Nation, unfiled, (basis, gap), goal, &names())
}

#[test]
fn a_rate_is_filed_of_filed_and_unfiled_and_tells_how_many_are_missing() {
    // 2,054,780 of 2,258,000 is the plan's 91 %; 95 % are 2,145,100.
    let row = view(2_054_780, 203_220, None);
    assert_eq!(row.filing_rate, Some(0.91));
    let of_sites = row.filing_rate_of_sites.unwrap();
    assert!((of_sites - 2_054_779.0 / 2_257_997.0).abs() < 1e-12, "{of_sites}");
    let target = row.target.unwrap();
    assert_eq!((target.reached, target.missing), (Some(false), Some(90_320)));
    let mut out = Vec::new();
    table(&[row], Layout::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    for part in ["91.00 %", "95.00 % 还差 90320 个", "第 3 次", "2009-09-30T23:59:59+08:00"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_rate_that_cannot_be_told_is_no_number_anywhere() {
    let row = view(10, 3, Some(NoRate::Incomplete));
    assert_eq!((row.filing_rate, row.filing_rate_of_sites), (None, None));
    assert_eq!(row.target.unwrap().reached, None);
    let json = serde_json::to_value(&row).unwrap();
    assert!(json["filing_rate"].is_null());
    assert_eq!(json["no_rate"], "the filing register is not complete");
    let mut out = Vec::new();
    table(&[row], Layout::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("未知（备案库不完整）") && !text.contains("76.92"), "{text}");
}
