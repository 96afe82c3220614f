//! chabei (查备) finds websites that are served in mainland China without an ICP filing (备案), tells
//! which access provider serves each, and follows every finding until it is cleaned up. It compares
//! what a name resolves to and what answers there with three registers: who holds which addresses,
//! which Domains are filed and with whom, and who the providers are. It reports only what it knows:
//! where a register, a name server or a page leaves a doubt, the verdict is `unknown`, and nothing
//! opens or closes.
//!
//! `cargo run --release -- demo` shows all of it on a simulated internet; `README.md` is for those who
//! use the program, this page for those who change it.
//!
//! # The way through
//!
//! A name comes in by some channel and walks one straight path ([`scan::examine`]). Each step asks one
//! question and answers with facts; only the judge and the ledger decide, and both are pure.
//!
//! ```text
//! candidates ─▶ frontier ─▶ resolve ─▶ attribute ─▶ check ─▶ probe ─▶ judge ─▶ ledger ─▶ store ─▶ publish
//!  which names   which one   which      who holds    is it    what     what      what      keep     tables,
//!  are there?    is next?    addresses? them?        filed?   answers? follows?  changed?  it       trails
//! ```
//!
//! | step | where | what it gives |
//! |---|---|---|
//! | candidates | [`formats::candidates`], [`store::registers`] | [`facts::candidate::Candidate`]: a target, and the hosts that lists named under it |
//! | frontier | [`scan::frontier`], [`scan::due`] | candidates, filed Domains, targets with findings and names found in links, each once, less what tonight has done and what is not due |
//! | resolve | [`net::dns`] | [`facts::resolution::Resolution`]: addresses and the chain of names, or one of five ways to fail |
//! | attribute | [`stages::attribute`] | [`facts::placement::Placement`]: abroad, special-purpose, or on the mainland with provider and carrier |
//! | check | [`stages::check`], [`net::upstream`] | [`facts::filing::FilingStatus`]: active, cancelled, none, or unknown |
//! | probe | [`stages::probe`] | [`facts::visit::Visit`]: the state of the site at one address, and what its page claims |
//! | judge | [`stages::judge`] | a [`stages::judge::Ruling`] for each kind of fault and each provider |
//! | ledger | [`scan::ledger`] | the transition of the finding: opened, seen again, closed and why, reopened |
//! | store | [`store::evidence`], [`store::journal`], [`store::findings`] | the outcome on the disk, in the order it was learnt |
//! | publish | [`publish`] | tables, files for others, the trail of a name |
//!
//! Between check and probe lies a wait: politeness is what bounds a night. Targets are surveyed up to
//! there; those that need a page wait on the disk, in queues by provider and by address, until both may
//! be spoken to, and the most worthy goes first ([`scan::examine::worth`], [`net::pace`]).
//!
//! The order is what makes a night cheap. Most names are filed and connected or lie abroad, so they
//! never cost a page: probed is only that whose verdict depends on what answers, what has a finding
//! to verify, and filed names in rotation.
//!
//! Beside the path, [`audit::rates`] tells how much is filed of what is there, from counts and changes
//! that [`store`] keeps; [`audit`] holds the address register against itself and the registry, on every
//! import and by `check`; [`store::problems`] keeps each problem from the first check that saw it to
//! the first that does not. [`audit::filings`] holds filings against annex 3, by `check filings`.
//! [`audit`] also holds what the accuracy of filings is ([`audit::accuracy`]): annex
//! 2's standards, rates with their intervals, and the targets.
//!
//! What goes out each month is [`publish::bulletin`]: [`audit::months`] counts changes as they were told,
//! and [`store::bulletins`] keeps what else a past month rests on, so that it stays what it was.
//!
//! # The floors
//!
//! Imports run strictly down, and modules on one floor are strangers to each other.
//!
//! | floor | modules | |
//! |---|---|---|
//! | 8 | `main` | the door: command line, log, exit status |
//! | 7 | [`commands`] | the only place that puts things together |
//! | 6 | [`config`], [`cli`] | what the user asked |
//! | 5 | [`serve`] | the interface: who calls, what he may see, what he is told |
//! | 4 | [`scan`], [`publish`] | the loop that writes; the faces that are handed facts and write text |
//! | 3 | [`stages`], [`audit`] | one question each about one target; what is wrong with the registers themselves |
//! | 2 | [`net`], [`store`] | strangers' machines, at a pace; our disk, and how nothing of it gets lost |
//! | 1 | [`formats`], [`lab`] | strangers' bytes into facts; the simulated internet, which knows facts only |
//! | 0 | [`facts`], [`clock`] | the nouns of the field; today's date, or what `--now` put in its place |
//!
//! `Err` means that we failed: a disk, a bound port, a wrong configuration. What a stranger's machine
//! or a bad row did is a fact, an arm of an enum.
//!
//! # Where to change what
//!
//! * A new reason: a line in [`facts::reason`], its page `src/facts/reasons/R….md`, and the ruling that
//!   gives it in [`stages::judge`]. A code is never given a second meaning.
//! * A new kind of fault: [`facts::finding::Kind`], its ruling in `stages/judge/`, its deadline in
//!   [`scan::ledger::deadlines`], its Chinese word in [`publish::words`]; the compiler names the rest.
//! * A new block, parking or wall page: `config/block-pages.toml`, `parking-pages.toml`,
//!   `wall-pages.toml`. They are built into the program, so build again; the head of the first says
//!   what the signals mean.
//! * A new make of address register: its reader in `formats/`, and how it begins in
//!   [`formats::sources`]. Its fuzz target is there already: `tests/fuzz`.
//! * A new problem of the address register: a line in [`facts::problem`], what sees it in
//!   `audit/allocations/`, and a block in `lab/problems.rs` that has it.
//! * A new rule of annex 3: a line in [`facts::filing_problem`], what sees it in the file of its standard
//!   under `audit/filings/`, its cases in `audit/filings/tests/cases.rs`, and a way to break it in
//!   `lab/filings/plants.rs`. Only the words: `config/filing-*.toml`, `surnames.toml`, `area-codes.toml`.
//! * A new column of a register: `COLUMNS` in `formats/providers.rs`, `allocations.rs` or `filings.rs`.
//!   Without a line there it is reported as unknown.
//! * A new way of writing a number: `facts/number/grammar.rs`, and a line in `facts/number/written.txt`,
//!   which says by hand what it means.
//! * A new field of what registers ask each other: [`formats::domains_lookup`], which is its document.
//! * A new column of the findings: [`publish::view`] for JSON, `publish/findings/columns.rs` for CSV and
//!   XLSX.
//! * A new format of findings: a file under `publish/findings/`, an arm in [`cli::FindingsFormat`].
//! * A new table of bulletins: its rows in [`publish::bulletin`], its headings in
//!   `publish/bulletin/sheets.rs`; a figure that people declare: [`facts::declared`], and its column in
//!   [`formats::declared`].
//! * A new state a page can show: `stages/probe/answer.rs` reads it, `stages/judge/presence.rs` folds it.
//! * A new kind or cause of errors in filings: `config/error-words.toml`; sheets offer it at once. A new
//!   column of call sheets: `COLUMNS` in `formats/results.rs`, and [`publish::samples`].
//! * A new key of the configuration: the `Settings` of the part that uses it, and its line in
//!   `config/chabei.toml`, which a test holds against the defaults.
//! * A new scenario of the simulated internet: one function in `lab/scenarios/`, one line in the table
//!   of `lab/scenarios.rs`. It states its truth itself; nothing computes it.
//! * A new cause for a name to be examined again: [`scan::due`].
//! * A new command: [`cli`], and a file in `commands/`. It talks to its session's terminal and never to
//!   the process's own streams, because whoever has the data does it for others too
//!   (`commands/terminal.rs`, `commands/owner.rs`); what it reads, changes and writes back of findings, it
//!   does under [`store::findings::Findings::writing`].
//! * A new way for notices to go: [`facts::notice::Way`], its settings and sender in [`net::notices`].
//! * A new kind of record in the database: its line in the `TREE` of its file under `store/`, without
//!   which `export-data` refuses to leave it out; a new register, in `store/portable/registers.rs`.
//! * A new form in which names to examine come: its reader in `formats/candidates/`, and how it begins in
//!   [`formats::candidates`].
//! * A new call of the interface: its file in `serve/`, a line in `calls()` of `serve.rs`, which puts it
//!   into the document too, and its line in the matrix of `tests/it/serving.rs`: every call, every key.
//! * What a key may see: [`facts::scope`]. What people may do to a finding: [`facts::lifecycle`].
//!
//! # Questions that newcomers ask
//!
//! **Why own sockets for DNS and not hickory's resolver?** Its resolver opens a socket for each packet,
//! sends again beyond any pace, and drops the chain of names of a negative answer. Packets are read and
//! written by hickory all the same; sockets, retries and pace are in [`net::dns`].
//!
//! **Why own HTTP/1 and not reqwest's?** A finding shows headers as they came, in order and case; a
//! broken certificate is a fact beside the page; robots.txt and the page share a connection that is
//! pinned to the attributed address; and sloppy servers are read as browsers read them. Heads are parsed
//! by httparse, HTTP/2 is h2's, TLS is rustls's ([`net::http`]). reqwest asks the servers that we trust.
//!
//! **Why sorted files beside sled?** Registers and candidates come by the ten million and are replaced
//! as a whole. A sorted file costs memory for its index alone, one read for a look-up, and one rename to
//! replace; sled costs several times the disk and the time, and grows when rows are replaced. Findings
//! are few and change one by one: they live in sled ([`store`]).
//!
//! **Why are filings kept twice?** A night asks of millions of names whether they are filed and with
//! whom, and needs no more of a record than numbers, state, providers and days. These lie in small
//! blocks by Domain ([`store::filings`]), without personal data; the rows as they were imported are read
//! for people and for the checks of annex 3.
//!
//! **Why a journal before sled?** A night learns something of every name, far more than it changes. The
//! journal takes all of it in one sequential write that is flushed before anything counts as done; sled
//! follows with the changes and the journal's position in one atomic batch. After a crash the rest of
//! the journal is applied from that position, so nothing is lost and nothing is told twice.
//!
//! **Why is everything sorted by a checksum?** One order in every file lets the frontier merge them with
//! one record of each in memory. The order of the checksum scatters names that lie side by side in a
//! list, and often at one provider, so that a night does not run into that provider's pace all at once.
//!
//! **Why is a made-up name asked for?** Where a zone answers for everything, a name under it proves
//! nothing: anybody can think of one. And where a server answers for names that cannot exist, its
//! addresses are lies, whatever name they are told for ([`net::dns::wildcards`], [`net::dns::lies`]).
//!
//! **Why must a block page be seen twice?** It closes a finding. Block pages flap, and an error page may
//! look like one by chance; so it takes two signals, a second chain of requests that agrees, and every
//! address at the provider.
//!
//! **Why does unknown close nothing?** A closed finding says that the fault has ended. A timeout, a wall
//! or an old register says nothing about that; a finding that was closed in error is not looked for
//! again by anybody, one that stays open a night longer is.
//!
//! **Why is a night doubted?** A server that denies every name, or a line that is down, looks like the end
//! of everything, three nights in a row too. Sites do not vanish together; where too many do, it is us,
//! and nothing that vanished counts ([`scan::witness`]).
//!
//! **Why does a partial register never say "not filed"?** It cannot know. With `[filings] complete =
//! false`, with none imported or with one older than `max_age`, absence means unknown.
//!
//! **Why a catalogue beside the findings?** Who asks the interface asks for hundreds of findings at once,
//! and sled reads each from the disk while a night writes there. [`store::catalogue`] has in memory what
//! is asked for, and the rows in one file that follows every write; it is built anew by each `serve`.
//!
//! **Why is what a key may not see "not found"?** "Forbidden" would say that it is there.
//!
//! **Why is a provider's answer not enough?** Whoever says that a fault is mended may be mistaken. The
//! next night verifies it; where the fault still stands, the finding is open again, with R36.

use tikv_jemallocator::Jemalloc;

pub mod facts;
pub mod clock;
pub mod formats;
pub mod lab;
pub mod net;
pub mod store;
pub mod stages;
pub mod audit;
pub mod scan;
pub mod publish;
pub mod serve;
pub mod config;
pub mod cli;
pub mod commands;

/// A night holds thousands of pages of all sizes for a moment each. What they leave behind is given
/// back, as the settings in `.cargo/config.toml` say, so that memory hardly grows with the names.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;
