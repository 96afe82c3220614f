//! How much memory a program holds.

use std::fs;
use std::process::Child;
use std::time::Duration;

/// Waits for the end of `child`, whose output must be small; how much of its memory was resident at the
/// most, in bytes. What it takes in its last moment may be missed.
pub(crate) fn most_held(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        most = most.max(kilobytes.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(10));
    }
    most
}
