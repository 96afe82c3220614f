//! `chabei` (查备) finds websites served in mainland China without an ICP filing, and tells which
//! access provider serves each.

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
