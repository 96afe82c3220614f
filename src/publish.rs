//! The faces that people and scripts read: lists of findings, the trail of one name, look-ups, the
//! summary of a night. They are handed facts and write text; none of them opens the store.

pub mod text;
pub mod words;
pub mod layout;
pub mod grid;
pub mod view;
pub mod submitted;
pub mod findings;
pub mod place;
pub mod trail;
pub mod evidence;
pub mod lookup;
pub mod mask;
pub mod summary;
pub mod morning;
pub mod notices;
pub mod providers;
pub mod problems;
pub mod rates;
pub mod access;
pub mod samples;
pub mod bulletin;
pub mod provider_clues;
pub mod keys;
pub mod told;
