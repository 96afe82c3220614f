//! Which pages are no site of their own: block pages of providers, parking and default pages, and
//! walls before a site. The patterns are data, in `config/*-pages.toml`.

mod pattern;

use url::Url;

use crate::facts::visit::Sign;
use crate::formats::signatures::pattern::Needed;
use crate::formats::signatures::pattern::Pattern;
pub use crate::formats::signatures::pattern::SignatureError;

const BLOCK_PAGES: &str = include_str!("../../config/block-pages.toml");
const PARKING_PAGES: &str = include_str!("../../config/parking-pages.toml");
const WALL_PAGES: &str = include_str!("../../config/wall-pages.toml");

/// A block page closes findings, so one signal, which anybody may show by chance, is too few.
const FOR_A_BLOCK_PAGE: Needed = Needed::Two;

/// What is no site is accused of nothing, so that a site is not to be taken for it by a word alone.
const FOR_ANY_OTHER: Needed = Needed::TwoOrWhole;

/// The wall that is known by its field for a password, and not by a pattern.
pub const PASSWORD: &str = "password";

/// All patterns.
#[derive(Debug, Clone)]
pub struct Signatures {
    block: Vec<Pattern>,
    parking: Vec<Pattern>,
    walls: Vec<Pattern>,
}

/// One answer of a site, as far as patterns look at it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The `Server` header.
    pub server: Option<&'a str>,
    /// Where the answer redirects to.
    pub location: Option<&'a Url>,
    /// The frames of the page.
    pub frames: &'a [Url],
    /// The title.
    pub title: Option<&'a str>,
    /// The visible text with white space folded; of long texts a part.
    pub text: &'a str,
    /// How many characters the whole visible text has.
    pub text_chars: usize,
    /// How many links the page has.
    pub links: usize,
}

/// What a page was recognised as, by the name of its pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognised {
    /// Access is stopped.
    Block(String),
    /// Nothing is there yet, or no more.
    Parking(String),
    /// Something is there, and is not shown.
    Wall(String),
}

impl Signatures {
    /// The patterns that come with the program.
    ///
    /// # Panics
    /// Never: a test parses the files that are built in.
    pub fn builtin() -> Self {
        Self::parse(BLOCK_PAGES, PARKING_PAGES, WALL_PAGES)
            .expect("the built-in patterns are parsed by a test")
    }

    /// Patterns from the texts of `block-pages.toml`, `parking-pages.toml` and `wall-pages.toml`.
    ///
    /// # Errors
    /// Where a text is no TOML of this shape, or a pattern could never match or would match every
    /// site.
    pub fn parse(block: &str, parking: &str, walls: &str) -> Result<Self, SignatureError> {
        Ok(Self {
            block: pattern::parse("block-pages.toml", block, FOR_A_BLOCK_PAGE)?,
            parking: pattern::parse("parking-pages.toml", parking, FOR_ANY_OTHER)?,
            walls: pattern::parse("wall-pages.toml", walls, FOR_ANY_OTHER)?,
        })
    }

    /// What `seen` is; `None` where no pattern knows it. Block pages come before parking pages, and
    /// those before walls.
    pub fn recognise(&self, seen: &Seen<'_>) -> Option<Recognised> {
        let lowered = pattern::Lowered::of(seen);
        let known = |patterns: &[Pattern], needed: Needed| {
            let pattern =
                patterns.iter().find(|pattern| pattern.matches(seen, &lowered, needed))?;
            Some(pattern.name.clone())
        };
        known(&self.block, FOR_A_BLOCK_PAGE)
            .map(Recognised::Block)
            .or_else(|| known(&self.parking, FOR_ANY_OTHER).map(Recognised::Parking))
            .or_else(|| known(&self.walls, FOR_ANY_OTHER).map(Recognised::Wall))
    }

    /// Whether what was seen once rests on no pattern, or on one that there still is.
    pub fn support(&self, sign: &Sign) -> bool {
        let has =
            |patterns: &[Pattern], name: &str| patterns.iter().any(|pattern| pattern.name == name);
        match sign {
            Sign::BlockPage(name) => has(&self.block, name),
            Sign::ParkingPage(name) => has(&self.parking, name),
            Sign::Wall(name) => name == PASSWORD || has(&self.walls, name),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
