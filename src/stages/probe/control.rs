//! Who answers with a block page: the provider's filter, or whatever is at the address. Asked once for
//! an address and night, and only when an answer already looked like a block page.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::OnceCell;
use url::Url;

use crate::facts::visit::Control;
use crate::net::http::Line;
use crate::net::http::Reply;
use crate::stages::probe::Door;
use crate::stages::probe::PAGE_BUDGET;
use crate::stages::probe::Prober;
use crate::stages::probe::answer;

/// At so many places, with TLS and without, who answers is found out in a night. They are held in
/// memory; what a block page beyond them came from stays open.
const MOST_ASKED: usize = 100_000;

/// A name that nobody can have (RFC 6761, section 6.4), always the same one.
pub(super) const NOBODY: &str = "chabei-control.invalid";

/// What an address answered to the two control requests: whether each got a block page; `None` where
/// nothing came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answers {
    /// With the address itself as the host.
    pub(super) by_address: Option<bool>,
    /// With [`NOBODY`] as the host.
    pub(super) by_nobody: Option<bool>,
}

/// Where something was asked: over TLS, an address may have another filter.
type Place = (IpAddr, bool);

/// Who answers at the address of `door`, where a block page was seen twice.
pub(super) async fn test(prober: &Prober, door: Door<'_>) -> Control {
    let ask = async {
        let by_address = is_blocked(prober, door, &literal(door.address)).await;
        let by_nobody = is_blocked(prober, door, NOBODY).await;
        Answers { by_address, by_nobody }
    };
    prober.controls.answers(door.address, door.is_secure, ask).await.verdict()
}

/// Whether `host` gets a block page at the address of `door`; `None` where nothing answers, or only that
/// it is too much. It is asked for robots.txt, which may always be asked for: a filter answers before it
/// sees any path.
async fn is_blocked(prober: &Prober, door: Door<'_>, host: &str) -> Option<bool> {
    let scheme = if door.is_secure { "https" } else { "http" };
    let url = Url::parse(&format!("{scheme}://{host}/robots.txt")).ok()?;
    let leave = prober.pace.turn(door.address, door.parties).await.ok()?;
    let mut line = Line::default();
    let fetched = Box::pin(prober.client.fetch(&url, &leave, "", &mut line)).await;
    match fetched.reply {
        Reply::Answer(answer) => {
            let is_too_much = prober.hear(door.address, door.parties, &answer);
            let is_block = answer::is_block_page(&answer, &url, &prober.signatures, PAGE_BUDGET);
            (is_block || !is_too_much).then_some(is_block)
        }
        Reply::Failed(_) => None,
    }
}

/// An address as the host of a URL.
fn literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// What was asked tonight.
#[derive(Debug, Default)]
pub(super) struct Controls {
    /// One for each address at which block pages were seen, at most [`MOST_ASKED`].
    asked: Mutex<HashMap<Place, Arc<OnceCell<Answers>>>>,
}

impl Controls {
    /// What `address` answered, found out by `ask` unless it was asked before; whoever comes while it
    /// is being asked waits for the same answers. Nothing where too many others were asked.
    pub(super) async fn answers(
        &self,
        address: IpAddr,
        is_secure: bool,
        ask: impl Future<Output = Answers>,
    ) -> Answers {
        let cell = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let is_full = asked.len() >= MOST_ASKED;
            match asked.entry((address, is_secure)) {
                Entry::Occupied(known) => Arc::clone(known.get()),
                // To forget others would be to ask them again.
                Entry::Vacant(_) if is_full => return Answers::NOT_ASKED,
                Entry::Vacant(unknown) => Arc::clone(unknown.insert(Arc::default())),
            }
        };
        *cell.get_or_init(|| ask).await
    }
}

impl Answers {
    /// Nothing came of either.
    const NOT_ASKED: Self = Self { by_address: None, by_nobody: None };

    /// What they say of a block page that one name got.
    pub(super) fn verdict(self) -> Control {
        match (self.by_address, self.by_nobody) {
            (Some(false), Some(true)) => Control::Filter,
            (Some(false), Some(false)) => Control::ThisName,
            (Some(true), Some(true)) => Control::Everybody,
            (Some(true), Some(false)) => Control::BareAddress,
            (None, _) | (_, None) => Control::NoAnswer,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering;

    use super::*;

    #[tokio::test]
    async fn an_address_is_asked_once_however_many_names_are_blocked_there() {
        let controls = Controls::default();
        let times = AtomicU32::new(0);
        let answers = Answers { by_address: Some(false), by_nobody: Some(true) };
        let ask = async || {
            times.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            answers
        };
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let both = tokio::join!(
            controls.answers(address, false, ask()),
            controls.answers(address, false, ask()),
        );
        assert_eq!(both, (answers, answers));
        assert_eq!(times.load(Ordering::Relaxed), 1);
        controls.answers("192.0.2.2".parse().unwrap(), false, ask()).await;
        controls.answers(address, true, ask()).await;
        assert_eq!(times.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn beyond_a_bound_nobody_else_is_asked_and_those_that_were_are_not_forgotten() {
        let controls = Controls::default();
        let answers = Answers { by_address: Some(true), by_nobody: Some(true) };
        let address = |number: usize| {
            let number = u32::try_from(number).unwrap();
            IpAddr::from(std::net::Ipv4Addr::from(0x0a00_0000 + number))
        };
        for number in 0..MOST_ASKED {
            assert_eq!(controls.answers(address(number), false, async { answers }).await, answers);
        }
        let never = || async { panic!("it is asked all the same") };
        let beyond = controls.answers(address(MOST_ASKED), false, never()).await;
        assert_eq!(beyond.verdict(), Control::NoAnswer);
        assert_eq!(controls.answers(address(0), false, never()).await, answers);
        assert_eq!(controls.asked.lock().unwrap().len(), MOST_ASKED);
    }

    #[test]
    fn only_what_stops_strangers_and_lets_the_address_pass_is_a_filter() {
        let verdict = |by_address, by_nobody| Answers { by_address, by_nobody }.verdict();
        assert_eq!(verdict(Some(false), Some(true)), Control::Filter);
        assert_eq!(verdict(Some(false), Some(false)), Control::ThisName);
        assert_eq!(verdict(Some(true), Some(true)), Control::Everybody);
        assert_eq!(verdict(Some(true), Some(false)), Control::BareAddress);
        for unknown in [Some(true), Some(false), None] {
            assert_eq!(verdict(None, unknown), Control::NoAnswer);
            assert_eq!(verdict(unknown, None), Control::NoAnswer);
        }
        assert!(NOBODY.ends_with(".invalid"));
    }
}
