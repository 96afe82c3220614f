//! The program as its users meet it: the real binary, run as a child, against a simulated internet
//! on 127.0.0.0/8; and its resolver against a real name server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod desk;
mod held;
mod held_night;
mod killed;
mod nginx;
mod nsd;
mod outskirts;
mod quarter;
mod stand_in;
mod submitted;
mod town;
mod web;

mod accused;
mod answering;
mod bombs;
mod bulletins;
mod carrying;
mod command_line;
mod crash;
mod crowding;
mod damage;
mod doubted;
mod evidence;
mod exempting;
mod filings;
mod guarded;
mod import;
mod inside;
mod interface;
mod keys;
mod served;
mod serving;
mod serving_tls;
mod listing;
mod live;
mod lookup;
mod matrix;
mod messages;
mod mail;
mod manners;
mod nights;
mod notices;
mod owner;
mod problems;
mod rates;
mod filing_problems;
mod readme;
mod reaching;
mod real_servers;
mod real_web;
mod refusing;
mod registers;
mod rotation;
mod rejudging;
mod resolving;
mod sampling;
mod together;
mod transferring;
mod prefixes;
mod truth;
mod upstream;
