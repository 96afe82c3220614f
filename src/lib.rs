//! `chabei` (查备) finds websites served in mainland China without an ICP filing, tells which access
//! provider serves each, and follows every finding until it is cleaned up.
//!
//! # The way through
//!
//! A name comes in by some channel and walks one straight path; each step asks one question and
//! answers with facts, and only the last two decide:
//! [`scan::frontier`] (which one is next?) → [`net::dns`] (which addresses?) →
//! [`stages::attribute`] (who holds them?) → [`stages::check`] (is it filed, and with whom?) →
//! [`stages::probe`] (what answers?) → [`stages::judge`] (which verdict?) → [`scan::ledger`] (what
//! changed?) → [`store`]. [`scan::examine`] is that line; [`scan::night`] is the loop around it.
//!
//! # The floors
//!
//! Imports run strictly down: 7 `main`; 6 [`commands`]; 5 [`config`], [`cli`]; 4 [`scan`] and
//! [`publish`]; 3 [`stages`]; 2 [`net`] and [`store`]; 1 [`formats`] and [`lab`]; 0 [`facts`] and
//! [`clock`]. Neighbours on one floor are strangers.
//!
//! # Where to change what
//!
//! - a new reason: [`facts::reason`] and a page beside it;
//! - a new block, parking or wall page: `config/*-pages.toml`;
//! - a new column of a file: its reader in [`formats`];
//! - a verdict: [`stages::judge`]; what becomes of a finding: [`scan::ledger`];
//! - a new fault to be tried: a scenario of the [`lab`], with its truth.
//!
//! # Why it is so
//!
//! - *Own sockets for DNS, hickory for the messages.* hickory's resolver opens a socket for each
//!   packet, retries beyond our pace, and loses the CNAME chain of negative answers.
//! - *Sorted files beside sled.* Registers come by the ten million and change as a whole; sled keeps
//!   what is small and changes singly.
//! - *A journal before sled.* One append and one sync make an examination done; sled can be brought
//!   up to the journal after any crash, exactly once.
//! - *Order by checksum.* The same order in every file lets them be merged in constant memory, and
//!   spreads neighbours over providers.
//! - *Unknown closes nothing.* What could not be asked proves neither a fault nor its end.

pub mod facts;
pub mod clock;
pub mod formats;
pub mod lab;
pub mod net;
pub mod store;
pub mod stages;
pub mod scan;
pub mod publish;
pub mod config;
pub mod cli;
pub mod commands;
