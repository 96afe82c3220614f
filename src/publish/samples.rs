//! What goes out of a sample: sheets for those who verify, rates, and the errors for those who mend
//! them.

pub mod roster;
pub mod sheet;
pub mod accuracy;
pub mod errors;
pub mod rounds;
