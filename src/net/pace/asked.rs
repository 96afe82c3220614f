//! Which addresses asked to be left alone, for whoever keeps that for the next run: it is kept as soon as it
//! is heard, since whoever asked may be waited for, and a run may be killed meanwhile.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::net::pace::strangers::locked;

/// Those that nobody took yet.
#[derive(Debug, Default)]
pub(super) struct Asked {
    addresses: Mutex<HashSet<IpAddr>>,
    news: Notify,
}

impl Asked {
    /// Notes that `address` asked.
    pub(super) fn note(&self, address: IpAddr) {
        locked(&self.addresses).insert(address);
        self.news.notify_one();
    }

    /// Waits until one has asked.
    pub(super) async fn hears(&self) {
        self.news.notified().await;
    }

    /// Takes those that asked.
    pub(super) fn take(&self) -> Vec<IpAddr> {
        locked(&self.addresses).drain().collect()
    }
}
