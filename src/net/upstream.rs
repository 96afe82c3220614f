//! What another register says of Domains: `[filings] upstream`, asked by
//! [`domains_lookup`](crate::formats::domains_lookup).
//!
//! It is the operator's own choice and no stranger, so that the guard of probes does not apply to it;
//! its certificate is verified. Whoever asks while a request is on its way waits for the next one, which
//! then carries all of their names: a slow register gets fewer and larger requests, never more at a
//! time. What it answers is kept for a while; while it fails, it is left alone and nothing is known.

mod breaker;
mod cache;
mod settings;

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::Url;
use reqwest::header::AUTHORIZATION;
use reqwest::header::CONTENT_TYPE;
use reqwest::header::HeaderValue;
use reqwest::header::RETRY_AFTER;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::facts::filing::UpstreamFailure;
use crate::facts::target::Target;
use crate::formats::domains_lookup::FiledStatus;
use crate::formats::domains_lookup::FilingAnswer;
use crate::formats::domains_lookup::LookupReply;
use crate::formats::domains_lookup::LookupRequest;
use crate::formats::domains_lookup::MOST_DOMAINS;
use crate::formats::domains_lookup::PATH;
use crate::net::pace::gate::Gate;
use crate::net::pace::gate::Rate;
use crate::net::upstream::breaker::Breaker;
use crate::net::upstream::cache::Cache;

pub use crate::net::upstream::settings::Settings;
pub use crate::net::upstream::settings::UpstreamError;

/// An answer has a few hundred bytes; a reply that is longer is none.
const BYTES_PER_ANSWER: usize = 16 * 1024;

/// That it cannot say either is believed for so long.
const UNDECIDED: Duration = Duration::from_mins(1);

/// Asks one register. One for the whole program.
#[derive(Debug)]
pub struct Upstream {
    url: Url,
    register: String,
    key: Option<HeaderValue>,
    client: reqwest::Client,
    timeout: Duration,
    cache_time: Duration,
    clock: Clock,
    gate: Gate,
    cache: Mutex<Cache>,
    breaker: Mutex<Breaker>,
    /// Who waits for the next request.
    waiting: Mutex<Vec<Waiting>>,
    /// Held while a request is on its way.
    turn: tokio::sync::Mutex<()>,
}

/// What became of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When it was answered or given up.
    pub at: Timestamp,
    /// The answer, which nobody has checked yet.
    pub reply: Result<FilingAnswer, UpstreamFailure>,
}

#[derive(Debug)]
struct Waiting {
    target: Target,
    answer: oneshot::Sender<Asked>,
}

impl Upstream {
    /// The register that `settings` name; answers are dated by `clock`.
    pub fn open(settings: &Settings, clock: Clock) -> Result<Self, UpstreamError> {
        let base = settings.base()?;
        let register = base.host_str().unwrap_or_default().to_owned();
        let key = settings.key()?;
        let mut client = reqwest::Client::builder()
            .timeout(settings.timeout)
            // A redirect would carry the key to whom it was not given.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("chabei/", env!("CARGO_PKG_VERSION")));
        if base.scheme() == "http" {
            client = client.no_proxy();
        }
        let url = base.join(PATH).map_err(|_| UpstreamError::Url(settings.upstream.clone()))?;
        Ok(Self {
            url,
            register,
            key,
            client: client.build()?,
            timeout: settings.timeout,
            cache_time: settings.cache_time,
            clock,
            gate: Gate::new(Rate::strict(settings.per_second, NonZeroU32::MIN)),
            cache: Mutex::new(Cache::new(settings.cache_size)),
            breaker: Mutex::default(),
            waiting: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// The host of the register, as reports name it.
    pub fn register(&self) -> &str {
        &self.register
    }

    /// What it says of `target`. Never fails: that it says nothing is a fact.
    pub async fn ask(&self, target: &Target) -> Asked {
        if let Some(known) = self.known(target) {
            return known;
        }
        let (sender, mut answer) = oneshot::channel();
        held(&self.waiting).push(Waiting { target: target.clone(), answer: sender });
        let silent = || self.failed(UpstreamFailure::Silent);
        let given_up = tokio::time::sleep(self.timeout * 2);
        let _turn = tokio::select! {
            biased;
            asked = &mut answer => return asked.unwrap_or_else(|_| silent()),
            turn = self.turn.lock() => turn,
            () = given_up => return silent(),
        };
        loop {
            if let Ok(asked) = answer.try_recv() {
                return asked;
            }
            let batch = self.next_batch();
            if batch.is_empty() {
                return silent();
            }
            let targets: Vec<Target> = batch.iter().map(|one| one.target.clone()).collect();
            for (one, asked) in batch.into_iter().zip(self.exchange(&targets, 0).await) {
                // Whoever gave up waiting has gone.
                let _gone = one.answer.send(asked);
            }
        }
    }

    /// What it says of each of `targets`, in order. `hops`: so many registers have passed the question on
    /// before this one.
    pub async fn ask_all(&self, targets: &[Target], hops: u8) -> Vec<Asked> {
        let mut all: Vec<Option<Asked>> = targets.iter().map(|target| self.known(target)).collect();
        let missing: Vec<usize> = (0..all.len()).filter(|index| all[*index].is_none()).collect();
        let _turn = self.turn.lock().await;
        for indices in missing.chunks(MOST_DOMAINS) {
            let batch: Vec<Target> = indices.iter().map(|index| targets[*index].clone()).collect();
            for (index, asked) in indices.iter().zip(self.exchange(&batch, hops).await) {
                all[*index] = Some(asked);
            }
        }
        let silent = || self.failed(UpstreamFailure::Silent);
        all.into_iter().map(|asked| asked.unwrap_or_else(silent)).collect()
    }

    fn known(&self, target: &Target) -> Option<Asked> {
        held(&self.cache).get(target, Instant::now())
    }

    fn next_batch(&self) -> Vec<Waiting> {
        let mut waiting = held(&self.waiting);
        waiting.retain(|one| !one.answer.is_closed());
        let length = waiting.len().min(MOST_DOMAINS);
        waiting.drain(..length).collect()
    }

    fn failed(&self, failure: UpstreamFailure) -> Asked {
        Asked { at: self.clock.now(), reply: Err(failure) }
    }

    /// One request for all of `targets`; as many answers in the same order.
    async fn exchange(&self, targets: &[Target], hops: u8) -> Vec<Asked> {
        if held(&self.breaker).rests_at(Instant::now()) {
            return vec![self.failed(UpstreamFailure::Resting); targets.len()];
        }
        self.gate.line_up().await.pass().await;
        let replied = self.post(targets, hops).await;
        let now = Instant::now();
        match replied {
            Ok(answers) => {
                if held(&self.breaker).succeeded() {
                    tracing::info!(register = self.register, "the upstream register answers again");
                }
                let at = self.clock.now();
                let asked = answers.into_iter().map(|answer| Asked { at, reply: Ok(answer) });
                let asked: Vec<Asked> = asked.collect();
                let mut cache = held(&self.cache);
                for (target, asked) in targets.iter().zip(&asked) {
                    let is_decided =
                        asked.reply.as_ref().is_ok_and(|a| a.status != FiledStatus::Unknown);
                    let age = if is_decided { self.cache_time } else { UNDECIDED };
                    cache.put(target.clone(), asked.clone(), now + age.min(self.cache_time));
                }
                asked
            }
            Err((failure, wait)) => {
                let (is_news, rest) = held(&self.breaker).failed(now, wait);
                if is_news {
                    tracing::warn!(
                        register = self.register,
                        failure = ?failure,
                        rest_s = rest.as_secs(),
                        "the upstream register gives no answer that can be used; what it is asked \
                         stays unknown"
                    );
                }
                vec![self.failed(failure); targets.len()]
            }
        }
    }

    /// The answers to one request, or why there are none and for how long it wants to be left alone.
    async fn post(
        &self,
        targets: &[Target],
        hops: u8,
    ) -> Result<Vec<FilingAnswer>, (UpstreamFailure, Option<Duration>)> {
        let fault = |failure| (failure, None);
        let domains: Vec<String> = targets.iter().map(ToString::to_string).collect();
        let request = LookupRequest { domains, hops: hops.saturating_add(1) };
        let body = serde_json::to_vec(&request).map_err(|_| fault(UpstreamFailure::Nonsense))?;
        let mut sent = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
        if let Some(key) = &self.key {
            sent = sent.header(AUTHORIZATION, key);
        }
        let silent = |_: reqwest::Error| fault(UpstreamFailure::Silent);
        let mut response = sent.body(body).send().await.map_err(silent)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(fault(UpstreamFailure::KeyRefused));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let wait = response.headers().get(RETRY_AFTER);
                let wait = wait.and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
                return Err((UpstreamFailure::Busy, wait.map(Duration::from_secs)));
            }
            other => return Err(fault(UpstreamFailure::Status(other.as_u16()))),
        }
        let most = (targets.len() + 1).saturating_mul(BYTES_PER_ANSWER);
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(silent)? {
            if bytes.len() + chunk.len() > most {
                return Err(fault(UpstreamFailure::Nonsense));
            }
            bytes.extend_from_slice(&chunk);
        }
        let reply: LookupReply =
            serde_json::from_slice(&bytes).map_err(|_| fault(UpstreamFailure::Nonsense))?;
        let names = reply.answers.iter().map(|answer| &answer.domain);
        if names.eq(&request.domains) {
            Ok(reply.answers)
        } else {
            Err(fault(UpstreamFailure::Nonsense))
        }
    }
}

/// What a lock holds; a thread that panicked left it whole.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
