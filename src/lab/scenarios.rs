//! Everything that can be the matter with a site: one scenario for each cause, or for its absence.
//!
//! A scenario is one function that tells the whole story: what resolves, what answers, what the
//! registers hold, and what must be found. To add one, write it in the file of its topic and name it
//! in the table below.

mod filed;
mod unfiled;
mod numbers;
mod stopped;
mod undecided;
mod unresolved;
mod placed;
mod sent_on;
mod secure;
mod named;
mod records;
mod changing;
mod lapsing;
mod mannered;
mod readable;
mod combined;

use crate::lab::cast::Cast;
use crate::lab::story::Story;

/// One cause, and the story it makes.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Its name in `truth.jsonl`.
    pub(crate) name: &'static str,
    /// How often it is played, against the sum of all; zero for what is played once a world.
    weight: u32,
    /// What its site must be called.
    pub(crate) naming: Naming,
    /// The story.
    pub(crate) tell: for<'w> fn(Cast<'w>) -> Story<'w>,
}

/// What the site of a scenario must be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// Anything.
    Any,
    /// Anything, but the candidate list must name it in the scenario's own way.
    OwnLine,
    /// A name in Chinese letters.
    Chinese,
    /// The site is an address.
    Address,
}

macro_rules! scenarios {
    ($($topic:ident { $($name:ident $weight:literal $naming:ident,)+ })+) => {
        /// Every scenario; the first is what most of the real internet does.
        pub(crate) const SCENARIOS: &[Scenario] = &[$($(Scenario {
            name: stringify!($name),
            weight: $weight,
            naming: Naming::$naming,
            tell: $topic::$name,
        },)+)+];
    };
}

scenarios! {
    filed {
        filed_and_connected 610 Any,
        filed_at_two_providers 10 Any,
        filed_behind_cdn 20 Any,
        not_connected 6 Any,
        not_connected_at_one_of_two 3 Any,
    }
    unfiled {
        unfiled 40 Any,
        unfiled_on_www_only 5 Any,
        unfiled_at_two_providers 5 Any,
        unfiled_gbk_page 5 Any,
        unfiled_by_cdn_name 5 Any,
        unfiled_at_cdn_address 4 Any,
        unfiled_with_nested_page 1 Any,
        unfiled_with_robots_forbidden 4 Any,
        unfiled_answered_over_tcp 3 Any,
        unfiled_with_documentation_ipv6 3 Any,
        unfiled_in_wildcard_zone 3 Any,
        unfiled_each_way 2 Any,
        filing_cancelled 6 Any,
    }
    numbers {
        number_of_another 4 Any,
        number_of_sibling 6 Any,
        number_of_nobody 5 Any,
        number_of_nobody_in_gbk 2 Any,
        number_quoted_in_article 5 Any,
        licence_instead 6 Any,
        filed_with_robots_forbidden 5 Any,
        unfiled_claims_another 4 Any,
    }
    stopped {
        stopped_403 6 Any,
        stopped_302 6 Any,
        stopped_at_one_of_two 2 Any,
        parked 15 Any,
        default_page 8 Any,
    }
    undecided {
        not_found_404 5 Any,
        forbidden_403 3 Any,
        server_error_500 4 Any,
        robots_unavailable 2 Any,
        endless_page 1 Any,
        login_wall 4 Any,
        captcha 3 Any,
        script_only 3 Any,
        redirect_loop 2 Any,
        not_http 1 Any,
        drip 1 Any,
        silent_address 2 Any,
        closed_address 5 Any,
        reset 3 Any,
    }
    unresolved {
        nxdomain 30 Any,
        no_address 8 Any,
        servfail 3 Any,
        refused 2 Any,
        dns_timeout 1 Any,
        private_address 3 Any,
        abroad 80 Any,
    }
    placed {
        unreported 4 Any,
        unreported_filed 3 Any,
        disputed_address 3 Any,
        reported_redirector 3 Any,
        address_reported 2 Any,
    }
    sent_on {
        redirect_by_status 5 Any,
        redirect_by_meta_refresh 3 Any,
        redirect_by_script 3 Any,
        redirect_of_everything 2 Any,
        redirect_within_domain 4 Any,
    }
    secure {
        unfiled_with_self_signed_certificate 2 Any,
        unfiled_with_expired_certificate 2 Any,
        unfiled_with_certificate_of_the_future 1 Any,
        unfiled_with_wrong_certificate 2 Any,
        unfiled_with_certificate_by_nobody 1 Any,
        stopped_over_tls 2 Any,
        reset_at_the_name 2 Any,
        tls_too_old 2 Any,
        certificate_of_ten_thousand_names 1 Any,
        shown_another_site_over_tls 2 Any,
        unfiled_under_anothers_certificate 1 Any,
    }
    named {
        named_by_url 2 OwnLine,
        named_in_upper_case 2 OwnLine,
        named_by_subdomain 2 OwnLine,
        named_with_trailing_dot 2 OwnLine,
        subdomain_only 2 OwnLine,
        invented_host 2 OwnLine,
        unfiled_on_www_of_wildcard_zone 2 Any,
        idn_name 2 Chinese,
        bare_address 0 Address,
        bare_address_filed 0 Address,
    }
    records {
        over_reported 4 Any,
        over_reported_served_again 1 Any,
        over_reported_corrected 1 Any,
        over_reported_cancelled 1 Any,
        shell_dead 3 Any,
        shell_live 2 Any,
        shell_gains_access 1 Any,
    }
    changing {
        becomes_filed 4 Any,
        becomes_filed_elsewhere 2 Any,
        becomes_connected 2 Any,
        number_corrected 2 Any,
        gets_stopped 3 Any,
        comes_back 2 Any,
        moves 2 Any,
        moves_abroad 2 Any,
    }
    lapsing {
        goes_away 2 Any,
        falls_silent 2 Any,
        misses_one_night 2 Any,
        flaps_unknown 2 Any,
        flaps_dns 2 Any,
        filing_lapses 2 Any,
        filing_lapses_unconnected 1 Any,
    }
    mannered {
        served_over_http_1_0 1 Any,
        served_in_chunks 1 Any,
        served_in_pieces 1 Any,
        served_packed 1 Any,
        served_after_early_hints 1 Any,
        served_with_bare_newlines 1 Any,
        served_with_old_headers 1 Any,
        served_with_bad_header 1 Any,
        redirect_in_gbk 1 Any,
        served_with_wrong_length 1 Any,
        chunk_broken 1 Any,
        served_packed_by_name_only 1 Any,
        gzip_cut 1 Any,
        gzip_bomb 1 Any,
        gzip_bomb_in_gzip 1 Any,
        headers_endless 1 Any,
        header_flood 1 Any,
        title_endless 1 Any,
        reset_within_page 1 Any,
        closes_at_once 1 Any,
        cookie_never_taken 1 Any,
        redirects_for_ever 1 Any,
        redirect_nowhere 1 Any,
        redirect_to_address 1 Any,
        redirect_without_location 1 Any,
        too_many_requests_429 1 Any,
        come_later_503 1 Any,
        empty_200 1 Any,
        no_content_204 1 Any,
        unauthorized_401 1 Any,
        gone_410 1 Any,
        legal_reasons_451 1 Any,
        status_999 1 Any,
        firewall_418 1 Any,
        parked_by_redirect 1 Any,
        stopped_by_frame 1 Any,
        stopped_in_words 1 Any,
        block_page_flaps 1 Any,
        gets_stopped_by_filter 1 Any,
    }
    readable {
        number_in_image_text 1 Any,
        number_in_meta 1 Any,
        number_written_by_script 1 Any,
        number_in_script_escapes 1 Any,
        number_in_references 1 Any,
        number_in_full_width 1 Any,
        number_in_parts 1 Any,
        number_in_unclosed_link 1 Any,
        charset_unlabelled 1 Any,
        charset_of_header_wrong 1 Any,
        charset_of_page_wrong 1 Any,
        charset_told_late 1 Any,
        charset_gb18030 1 Any,
        charset_marked_utf_8 1 Any,
        charset_utf_16 1 Any,
        charset_utf_16_unmarked 1 Any,
        charset_big5 1 Any,
        number_of_friend 1 Any,
        numbers_in_directory 1 Any,
        page_without_title 1 Any,
        page_of_frames 1 Any,
        page_unclosed 1 Any,
        page_with_huge_attribute 1 Any,
        page_with_many_attributes 1 Any,
        page_with_many_references 1 Any,
        page_with_repeated_formats 1 Any,
        page_of_nested_tags 1 Any,
        page_about_filing 1 Any,
        page_with_login_button 1 Any,
        page_with_slow_refresh 1 Any,
        refresh_within_domain 1 Any,
        script_within_domain 1 Any,
        parked_by_panel 1 Any,
        parked_expired 1 Any,
        default_page_of_iis 1 Any,
        region_wall 1 Any,
        browser_challenge 1 Any,
        too_often_wall 1 Any,
    }
    combined {
        served_in_brotli 1 Any,
        served_in_zstandard 1 Any,
        served_packed_twice 1 Any,
        gbk_mislabelled_in_brotli_chunks 1 Any,
        gbk_after_redirect_in_gbk 1 Any,
        gbk_behind_expired_certificate 1 Any,
        number_of_nobody_in_gbk_behind_certificate_by_nobody 1 Any,
        sent_on_behind_broken_certificate 1 Any,
        parked_behind_broken_certificate 1 Any,
        login_behind_broken_certificate 1 Any,
        stopped_but_for_tls 1 Any,
        stopped_by_notice 1 Any,
        stopped_by_notice_of_expiry 1 Any,
        parked_by_offer 1 Any,
        parked_by_panel_over_tls 1 Any,
    }
}

/// Scenarios that keep whoever asks waiting, for an answer that never comes or because they say so: a
/// night over any of them takes seconds, however few sites there are.
const SLOW: [&str; 9] = [
    "robots_unavailable",
    "drip",
    "silent_address",
    "servfail",
    "refused",
    "dns_timeout",
    "flaps_dns",
    "too_many_requests_429",
    "come_later_503",
];

impl Scenario {
    /// Whether it keeps nobody waiting.
    pub(crate) fn is_brisk(&self) -> bool {
        !SLOW.contains(&self.name)
    }
}

/// The place in [`SCENARIOS`] of one that `may_play`, drawn by weight with the random number `roll`.
pub(crate) fn choose(roll: u32, may_play: impl Fn(&Scenario) -> bool) -> u16 {
    let eligible = || (0..).zip(SCENARIOS).filter(|(_, scenario)| may_play(scenario));
    let sum: u32 = eligible().map(|(_, scenario)| scenario.weight).sum();
    let mut left = roll % sum.max(1);
    for (index, scenario) in eligible() {
        if left < scenario.weight {
            return index;
        }
        left -= scenario.weight;
    }
    0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_scenario_has_a_name_of_its_own() {
        let names: BTreeSet<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        assert_eq!(names.len(), SCENARIOS.len());
        assert!(SLOW.iter().all(|name| names.contains(name)));
    }

    #[test]
    fn scenarios_are_drawn_by_weight() {
        let sum: u32 = SCENARIOS.iter().map(|scenario| scenario.weight).sum();
        let mut counts = vec![0; SCENARIOS.len()];
        for roll in 0..sum {
            counts[usize::from(choose(roll, |_| true))] += 1;
        }
        let weights: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.weight).collect();
        assert_eq!(counts, weights);
        let drawn = choose(7, |scenario| scenario.name == "servfail");
        assert_eq!(SCENARIOS[usize::from(drawn)].name, "servfail");
    }
}
