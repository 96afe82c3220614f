//! What every call is served from: the data, the keys, the settings.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use std::time::Instant;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::clock::Clock;
use crate::facts::allocation::Allocation;
use crate::facts::census::Whose;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::provider::Provider;
use crate::net::guard::Guard;
use crate::publish::rates::RateView;
use crate::publish::view::FindingView;
use crate::publish::view::ProviderNames;
use crate::serve::bulletins::MakeBulletin;
use crate::serve::kept::Kept;
use crate::serve::kept::Rested;
use crate::serve::lists::Lists;
use crate::serve::log::UseLog;
use crate::serve::pace::KeyPace;
use crate::serve::problem::Problem;
use crate::serve::scans::Nights;
use crate::serve::settings::Settings;
use crate::serve::submissions::Submitted;
use crate::serve::turns::Turns;
use crate::stages::attribute::AddressTable;
use crate::stages::check::Filings;
use crate::store::StoreError;
use crate::store::catalogue::Row;
use crate::store::filings::FilingRegister;
use crate::store::findings::Findings;
use crate::store::keys::Keys;
use crate::store::registers::Registers;
use crate::store::submitted::terms::Terms;

/// Opens the filing register with whatever is asked beside it.
type OpenFilings = dyn Fn(Option<FilingRegister>) -> Filings + Send + Sync;

/// Counts what the rates of now are told by; the error is for the log.
type CountRates = dyn Fn() -> Result<CountedRates, String> + Send + Sync;

/// Tells the rates of these.
type TellRates = dyn Fn(&[Whose]) -> Vec<RateView> + Send + Sync;

/// What the rates of some moment are told by.
pub struct CountedRates {
    /// Everybody for whom something is counted.
    pub whose: Vec<Whose>,
    /// Tells the rates of these.
    pub tell: Box<TellRates>,
}

/// What whoever puts the program together hands over.
pub struct Parts {
    /// The registers.
    pub registers: Arc<Registers>,
    /// The findings.
    pub findings: Findings,
    /// `[serve]`
    pub settings: Settings,
    /// How many connections there may be at once.
    pub connections: usize,
    /// Today.
    pub clock: Clock,
    /// Which addresses have a special purpose here.
    pub guard: Guard,
    /// How far a filing register is trusted, and who is asked where it cannot say.
    pub filings: Box<OpenFilings>,
    /// The rates of now.
    pub rates: Box<CountRates>,
    /// Bulletins.
    pub bulletin: Box<MakeBulletin>,
    /// Nights.
    pub nights: Nights,
    /// How long a provider's word counts.
    pub terms: Terms,
    /// Has what follows from rows that were submitted done in time, and comes back at once.
    pub after_import: Box<dyn Fn(Submitted) + Send + Sync>,
    /// Whether the world is a lab's.
    pub is_simulated: bool,
    /// Asks the interface to end; calls that wait come back then.
    pub stop: CancellationToken,
}

/// The desk that calls come to.
pub struct Desk {
    pub(super) registers: Arc<Registers>,
    pub(super) findings: Findings,
    pub(super) keys: Keys,
    pub(super) settings: Settings,
    pub(super) connections: usize,
    pub(super) clock: Clock,
    pub(super) pace: KeyPace,
    /// Calls of each key.
    pub(super) under_way: Turns,
    /// Large bodies, from their first byte until they are dealt with.
    pub(super) bodies: Turns,
    /// Held by whoever deals with a submission.
    pub(super) submitting: Arc<Semaphore>,
    pub(super) log: UseLog,
    pub(super) stop: CancellationToken,
    pub(super) calls: Calls,
    pub(super) bulletin: Box<MakeBulletin>,
    pub(super) nights: Nights,
    pub(super) terms: Terms,
    pub(super) after_import: Box<dyn Fn(Submitted) + Send + Sync>,
    pub(super) is_simulated: bool,
    pub(super) guard: Guard,
    /// Of messages, as long as they are taken away.
    pub(super) lists: Lists,
    filings: Box<OpenFilings>,
    count_rates: Box<CountRates>,
    known: Known,
    /// Why nothing is written any more.
    broken: Mutex<Option<StoreError>>,
}

/// What is read once, until what it rests on has changed.
#[derive(Default)]
struct Known {
    directory: Kept<u64, Directory>,
    names: Kept<u64, ProviderNames>,
    addresses: Kept<(u64, u64, Date), AddressTable>,
    filings: Mutex<Option<(u64, Instant, Arc<Filings>)>>,
    rates: Rested<RatesRestOn, CountedRates>,
}

/// What rates rest on: how often it was changed, and the day.
#[derive(Debug, PartialEq, Eq)]
struct RatesRestOn {
    filings: u64,
    providers: u64,
    findings: u64,
    samples: u64,
    day: Date,
}

/// How long the filing register is not asked again how old it is.
const FRESH: Duration = Duration::from_mins(5);

/// Large bodies of one key at once.
const BODIES_OF_KEY: usize = 2;

/// Large bodies at once.
const BODIES: usize = 8;

/// Submissions that are dealt with at once; more wait.
const SUBMISSIONS: usize = 2;

/// For how long it is known what was done for an `Idempotency-Key`; older ones go when serving begins.
const RECEIPTS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Calls so far, by how they ended.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// By the hundred of the status: 2xx, 3xx, 4xx, 5xx.
    pub(super) ended: [AtomicU64; 4],
    /// Microseconds of all of them together.
    pub(super) time: AtomicU64,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CountedRates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CountedRates").field("whose", &self.whose).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Desk {
    /// The desk over `parts`. Reads every finding once, so that it may take a while.
    pub fn new(parts: Parts) -> Result<Self, StoreError> {
        let Parts {
            registers,
            findings,
            settings,
            connections,
            clock,
            guard,
            filings,
            rates,
            bulletin,
            nights,
            terms,
            after_import,
            is_simulated,
            stop,
        } = parts;
        findings.catalogue()?;
        let long_ago = clock.now().checked_sub(RECEIPTS_KEPT).unwrap_or(Timestamp::MIN);
        findings.forget_receipts(long_ago)?;
        Ok(Self {
            keys: findings.keys()?,
            pace: KeyPace::new(&settings),
            under_way: Turns::new(calls_of(&settings), usize::MAX),
            bodies: Turns::new(BODIES_OF_KEY, BODIES),
            submitting: Arc::new(Semaphore::new(SUBMISSIONS)),
            broken: Mutex::default(),
            log: UseLog::default(),
            calls: Calls::default(),
            count_rates: rates,
            bulletin,
            nights,
            terms,
            after_import,
            is_simulated,
            registers,
            findings,
            settings,
            connections,
            clock,
            stop,
            guard,
            lists: Lists::default(),
            filings,
            known: Known::default(),
        })
    }

    /// Where the database has stopped writing, ends the interface for whoever starts it anew.
    pub(super) fn end_if_stuck(&self, error: StoreError) {
        if error.has_stopped_writing() {
            *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            self.stop.cancel();
        }
    }

    /// Why it had to end, if it had.
    pub(super) fn broken(&self) -> Option<StoreError> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn directory(&self) -> Result<Arc<Directory>, Problem> {
        let version = self.registers.version::<Provider>();
        let read = || Ok(Directory::new(self.registers.providers()?));
        self.known.directory.get(version, read)
    }

    pub(super) fn names(&self) -> Result<Arc<ProviderNames>, Problem> {
        let version = self.registers.version::<Provider>();
        let read = || Ok(ProviderNames::new(&self.registers.providers()?));
        self.known.names.get(version, read)
    }

    /// The address register as it is today.
    pub(super) fn addresses(&self) -> Result<Arc<AddressTable>, Problem> {
        let registers = &self.registers;
        let (today, directory) = (clock::day(self.now()), self.directory()?);
        let versions = (registers.version::<Allocation>(), registers.version::<Provider>(), today);
        self.known.addresses.get(versions, || {
            let mut broken = None;
            let rows = registers.allocations()?;
            let rows = rows.map_while(|row| row.map_err(|error| broken = Some(error)).ok());
            let table = AddressTable::new(rows, &directory, today);
            broken.map_or(Ok(table), |error| Err(error.into()))
        })
    }

    /// The rates of now, or of a while ago where they take long to count.
    pub(super) fn rates(&self) -> Result<Arc<CountedRates>, Problem> {
        let state = RatesRestOn {
            filings: self.registers.version::<Filing>(),
            providers: self.registers.version::<Provider>(),
            findings: self.findings.generation()?,
            samples: self.findings.samples()?.turns(),
            day: clock::day(self.now()),
        };
        self.known.rates.get(state, || {
            (self.count_rates)().map_err(|error| {
                tracing::error!("the rates could not be told: {error}");
                Problem::ours()
            })
        })
    }

    /// The filing register as it is now.
    pub(super) fn filings(&self) -> Result<Arc<Filings>, Problem> {
        let version = self.registers.version::<Filing>();
        let mut known = self.known.filings.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((of, since, filings)) if *of == version && since.elapsed() < FRESH => {
                Ok(Arc::clone(filings))
            }
            _ => {
                let filings = Arc::new((self.filings)(self.registers.filings()?));
                *known = Some((version, Instant::now(), Arc::clone(&filings)));
                Ok(filings)
            }
        }
    }

    /// A row as the outside sees it.
    pub(super) fn view(&self, row: &Row, names: &ProviderNames) -> FindingView {
        let mut view = FindingView::of(&row.finding, names, self.now());
        view.evidence.warc = row.place.map(|place| place.to_string());
        view
    }
}

/// Calls that one key may have under way.
fn calls_of(settings: &Settings) -> usize {
    usize::try_from(settings.calls_at_once).unwrap_or(usize::MAX)
}

/// Runs what reads the disk where it holds up nobody.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => {
            tracing::error!(%error, "a call broke off");
            Err(Problem::ours())
        }
    }
}
