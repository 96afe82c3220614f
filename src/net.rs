//! The network: what strangers may be reached, how often, and by which two protocols.
//!
//! Every packet to a site passes [`pace`] first, by the stage that asks, and [`guard`] last, inside
//! [`http`]; questions to name servers are paced inside [`dns`]. What a stranger answers, or that it
//! does not, is a fact and never an error.

pub mod guard;
pub mod pace;
pub mod dns;
pub mod http;
