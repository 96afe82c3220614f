//! The network: what strangers may be reached, how often, and by which two protocols.
//!
//! Every request to a site needs the leave of [`pace`], which the stage that asks waits for, and passes
//! [`guard`] last, inside [`http`]; questions to name servers are paced inside [`dns`]. [`upstream`] asks
//! no stranger but the register that the operator named. What a stranger answers, or that it
//! does not, is a fact and never an error.

pub mod guard;
pub mod pace;
pub mod dns;
pub mod http;
pub mod upstream;
pub mod notices;
