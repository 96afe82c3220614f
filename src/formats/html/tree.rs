//! The tree of a page, as far as a budget of time and nodes allows, and the outline of it: for pages
//! that are so tangled that going through them once does not tell what stands in what.

use std::time::Instant;

use ego_tree::iter::Edge;
use html5ever::driver;
use html5ever::driver::ParseOpts;
use html5ever::tendril::TendrilSink;
use scraper::Html;
use scraper::HtmlTreeSink;
use scraper::Node;
use scraper::node::Element;

use crate::formats::html::Budget;
use crate::formats::html::elements::Attributes;
use crate::formats::html::elements::Name;
use crate::formats::html::elements::Shape;
use crate::formats::html::outline::Opened;
use crate::formats::html::outline::Outline;

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

/// The outline of `tree`, without recursion: pages may be nested a hundred thousand deep.
pub(super) fn outline(tree: &Html) -> Outline<'_> {
    let mut outline = Outline::new(0);
    let mut open: Vec<Opened> = Vec::new();
    for edge in tree.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(element) => {
                    let name = Name::of(element.name().as_bytes());
                    open.push(outline.open(&name, &attributes_of(element)));
                    read_raw_text(node, element, &name, &mut outline);
                }
                Node::Text(text) => outline.text(text),
                _ => {}
            },
            Edge::Close(node) => {
                if node.value().is_element()
                    && let Some(opened) = open.pop()
                {
                    outline.close(opened);
                }
            }
        }
    }
    outline.finish();
    outline
}

fn attributes_of(element: &Element) -> Attributes<'_> {
    let mut attributes = Attributes { is_decoded: true, ..Attributes::default() };
    for (name, value) in element.attrs() {
        attributes.take(name, value);
    }
    attributes
}

/// Hands on the texts of elements whose text is not shown on the page.
fn read_raw_text<'a>(
    node: ego_tree::NodeRef<'a, Node>,
    element: &'a Element,
    name: &Name,
    outline: &mut Outline<'a>,
) {
    let is_title = name.shape() == Shape::Title;
    let is_script = name.as_bytes() == b"script" && element.attr("src").is_none();
    if !is_title && !is_script {
        return;
    }
    for child in node.children() {
        if let Node::Text(text) = child.value() {
            if is_script {
                outline.script_text(text, element.attr("type"));
            } else {
                outline.title_text((&**text).into());
            }
        }
    }
}
