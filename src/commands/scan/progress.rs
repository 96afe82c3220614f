//! How far the night is, for whoever sits at a terminal.

use indicatif::HumanCount;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::candidate::Candidate;
use crate::facts::change::NightCounts;

/// Shown on a terminal only; its length is a guess, since filed Domains may be candidates too.
pub(super) fn bar(session: &Session, data: &Data) -> ProgressBar {
    let length = Some(data.registers.rows::<Candidate>());
    let bar = ProgressBar::with_draw_target(length, session.terminal.progress());
    let template = "{bar:30} {human_pos}/{human_len} {per_sec} {msg} {elapsed}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

pub(super) fn show(bar: &ProgressBar, counts: &NightCounts) {
    if bar.is_hidden() {
        return;
    }
    bar.set_length(bar.length().unwrap_or(0).max(counts.candidates));
    bar.set_position(counts.candidates);
    let probed = HumanCount(counts.probed);
    bar.set_message(format!("probed {probed}, opened {}", counts.findings.opened));
}
