//! How far the night is, for whoever sits at a terminal, and for whoever asks the interface.

use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use indicatif::HumanCount;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use tokio::sync::watch;

use crate::commands::data::Data;
use crate::commands::session::Session;
use crate::facts::candidate::Candidate;
use crate::facts::change::NightCounts;

/// How often it is said, at the most.
const EVERY: Duration = Duration::from_millis(200);

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

/// Tells of one night.
pub(super) struct Shown<'a> {
    night: u32,
    bar: &'a ProgressBar,
    tonight: &'a watch::Sender<Option<(u32, NightCounts)>>,
    last: Mutex<Instant>,
}

impl<'a> Shown<'a> {
    /// Says that `night` has begun.
    pub(super) fn new(
        night: u32,
        bar: &'a ProgressBar,
        tonight: &'a watch::Sender<Option<(u32, NightCounts)>>,
    ) -> Self {
        tonight.send_replace(Some((night, NightCounts::default())));
        Self { night, bar, tonight, last: Mutex::new(Instant::now()) }
    }

    /// Says how far it is, now and then.
    pub(super) fn show(&self, counts: &NightCounts) {
        show(self.bar, counts);
        let Ok(mut last) = self.last.try_lock() else { return };
        if last.elapsed() >= EVERY {
            *last = Instant::now();
            self.tonight.send_replace(Some((self.night, *counts)));
        }
    }
}

fn show(bar: &ProgressBar, counts: &NightCounts) {
    if bar.is_hidden() {
        return;
    }
    bar.set_length(bar.length().unwrap_or(0).max(counts.candidates));
    bar.set_position(counts.candidates);
    let probed = HumanCount(counts.probed);
    bar.set_message(format!("probed {probed}, opened {}", counts.findings.opened));
}
