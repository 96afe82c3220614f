//! One question each, asked of one target in this order. Stages answer with facts; only the judge
//! decides, and what it decides is pure.

pub mod attribute;
pub mod check;
pub mod probe;
pub mod judge;
