//! Which elements are open beyond the deepest that is kept: how many of each name, so that their end
//! tags end them and nothing else.

use crate::formats::html::elements::Name;

/// Elements of more different names are not counted.
const MOST_NAMES: usize = 16;

/// The elements, by name.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    counts: Vec<(Name, usize)>,
}

impl Beyond {
    /// One more is open.
    pub(super) fn add(&mut self, name: Name) {
        if let Some((_, count)) = self.counts.iter_mut().find(|(known, _)| *known == name) {
            *count += 1;
        } else if self.counts.len() < MOST_NAMES {
            self.counts.push((name, 1));
        }
    }

    /// Ends one of this name; tells whether there is any.
    pub(super) fn take(&mut self, name: &Name) -> bool {
        let Some(at) = self.counts.iter().position(|(known, _)| known == name) else {
            return false;
        };
        let Some((_, count)) = self.counts.get_mut(at) else { return false };
        *count -= 1;
        if *count == 0 {
            self.counts.swap_remove(at);
        }
        true
    }

    /// What they stand in has ended, and they with it.
    pub(super) fn clear(&mut self) {
        self.counts.clear();
    }
}
