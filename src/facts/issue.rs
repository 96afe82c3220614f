//! An unfiled site as a list of the ministry's interface names it: one address of one finding, under a
//! number of its own (`Id`) that stays the same however often it is listed.

use std::net::Ipv4Addr;

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use ulid::Ulid;

use crate::facts::target::Target;

/// One address of one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Which finding.
    pub finding: Ulid,
    /// Which address of it.
    pub address: Ipv4Addr,
    /// The domain it is listed under (`Wzym_mc`, and `Ym` of what comes back).
    pub domain: Target,
    /// The ministry's number of the access provider (`Jrs`); `None` where nobody can be named.
    pub access: Option<u64>,
    /// The ministry's number of the carrier (`Yys`).
    pub carrier: u64,
    /// The last day to deal with it (`Clsx` of what comes back).
    pub due: Date,
}

/// An issue with what the store knows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// What was listed.
    pub issue: Issue,
    /// The number of the record (`Id`), from 1.
    pub number: u64,
    /// The day on which it was first listed (`Rbsj` of what comes back).
    pub listed_on: Date,
}
