//! The registers' own faults: what is wrong with what was reported, whatever the net says. Pure
//! functions of rows; who must mend what by when is kept by the store.

pub mod allocations;
pub mod access;
pub mod accuracy;
pub mod rates;
pub mod filings;
pub mod months;
pub mod sublets;
