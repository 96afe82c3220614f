//! The tree of a page, as far as a budget of time and nodes allows.

use std::time::Instant;

use html5ever::driver;
use html5ever::driver::ParseOpts;
use html5ever::tendril::TendrilSink;
use scraper::Html;
use scraper::HtmlTreeSink;

use crate::formats::html::Budget;

/// The parser takes the page in pieces of at most so many bytes, and at least so many.
const LARGEST_PIECE: usize = 4096;
const SMALLEST_PIECE: usize = 16;

/// The tree, and whether the budget ended before the page did.
///
/// The parser cannot be interrupted inside a piece, takes time that is quadratic in the depth of
/// nesting, and repeats every open formatting element at each paragraph. So pieces get smaller as
/// the tree grows: what one piece can add stays in proportion to the budget.
pub(super) fn parse(html: &str, budget: Budget) -> (Html, bool) {
    let sink = HtmlTreeSink::new(Html::new_document());
    let mut parser = driver::parse_document(sink, ParseOpts::default());
    let started = Instant::now();
    let mut rest = html;
    while !rest.is_empty() {
        let nodes = parser.tokenizer.sink.sink.0.borrow().tree.values().len();
        if nodes > budget.nodes {
            break;
        }
        let size =
            (budget.nodes.saturating_mul(2) / nodes.max(1)).clamp(SMALLEST_PIECE, LARGEST_PIECE);
        let (piece, after) = rest.split_at(rest.floor_char_boundary(size));
        parser.process(piece.into());
        rest = after;
        if started.elapsed() > budget.cpu {
            break;
        }
    }
    (parser.finish(), !rest.is_empty())
}
