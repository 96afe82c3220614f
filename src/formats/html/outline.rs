//! One walk over the tree of a page: its visible text with the places it came from, and the few
//! elements that say something else.

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::Html;
use scraper::Node;
use scraper::node::Element;

/// Text with white space folded.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// The text.
    pub(super) folded: String,
    /// How many characters it has.
    pub(super) chars: usize,
    is_space_due: bool,
}

/// What a part of the page seems to be, by its own element alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Anything.
    Plain,
    /// A footer, or named like one.
    Footer,
    /// A link to the ministry's filing system.
    Ministry,
}

/// A part of the page that matters for what stands in it: a block of text, or a claim.
#[derive(Debug)]
pub(super) struct Region {
    /// The region around it; the first region is around itself.
    pub(super) parent: usize,
    /// How many characters of text came before its end and before its start.
    pub(super) chars: std::ops::Range<usize>,
    /// Whether text in it is set apart from the text around it.
    pub(super) is_block: bool,
    /// What it seems to be.
    pub(super) role: Role,
    node: Option<NodeId>,
}

/// A run of text in one region.
#[derive(Debug)]
pub(super) struct Span {
    /// The byte of the text at which it begins.
    pub(super) start: usize,
    /// The innermost region it is in.
    pub(super) region: usize,
}

/// What the walk gathers.
#[derive(Debug, Default)]
pub(super) struct Outline<'a> {
    pub(super) text: Text,
    pub(super) regions: Vec<Region>,
    pub(super) spans: Vec<Span>,
    pub(super) title: Option<String>,
    pub(super) base: Option<&'a str>,
    /// The contents of `<meta http-equiv=refresh>`.
    pub(super) refreshes: Vec<&'a str>,
    /// The contents of `<meta name=icp>`.
    pub(super) number_metas: Vec<&'a str>,
    /// The addresses of frames.
    pub(super) frames: Vec<&'a str>,
    pub(super) has_empty_frame: bool,
    /// The texts of inline scripts.
    pub(super) scripts: Vec<&'a str>,
    pub(super) has_script: bool,
    pub(super) pictures: usize,
    pub(super) links: usize,
    current: usize,
    hidden: usize,
}

impl Text {
    /// Adds text, with every run of white space and control characters as one space.
    pub(super) fn push(&mut self, text: &str) {
        for character in text.chars() {
            if character.is_whitespace() || character.is_control() {
                self.is_space_due = true;
            } else {
                if self.is_space_due && !self.folded.is_empty() {
                    self.folded.push(' ');
                    self.chars += 1;
                }
                self.is_space_due = false;
                self.folded.push(character);
                self.chars += 1;
            }
        }
    }
}

impl<'a> Outline<'a> {
    /// Walks over the tree, without recursion: pages may be nested a hundred thousand deep.
    pub(super) fn of(tree: &'a Html) -> Self {
        let page = Region { parent: 0, chars: 0..0, is_block: true, role: Role::Plain, node: None };
        let mut outline = Self { regions: vec![page], ..Self::default() };
        for edge in tree.tree.root().traverse() {
            match edge {
                Edge::Open(node) => match node.value() {
                    Node::Element(element) => {
                        outline.open(node.id(), element);
                        outline.read_raw_text(node, element);
                    }
                    Node::Text(text) if outline.hidden == 0 => {
                        let region = outline.current;
                        outline.spans.push(Span { start: outline.text.folded.len(), region });
                        outline.text.push(text);
                    }
                    _ => {}
                },
                Edge::Close(node) => {
                    if let Node::Element(element) = node.value() {
                        outline.close(node.id(), element);
                    }
                }
            }
        }
        let end = outline.text.chars;
        if let Some(page) = outline.regions.first_mut() {
            page.chars.end = end;
        }
        outline
    }

    fn open(&mut self, node: NodeId, element: &'a Element) {
        let name = element.name();
        self.hidden += usize::from(is_hidden(name));
        self.note(name, element);
        let is_block = is_block(name);
        if is_block || name == "br" {
            self.text.is_space_due = true;
        }
        let role = role(name, element);
        if is_block || role != Role::Plain {
            let chars = self.text.chars..self.text.chars;
            let parent = self.current;
            self.current = self.regions.len();
            self.regions.push(Region { parent, chars, is_block, role, node: Some(node) });
        }
    }

    fn close(&mut self, node: NodeId, element: &Element) {
        let name = element.name();
        self.hidden -= usize::from(is_hidden(name));
        if is_block(name) {
            self.text.is_space_due = true;
        }
        if let Some(region) = self.regions.get_mut(self.current)
            && region.node == Some(node)
        {
            region.chars.end = self.text.chars;
            self.current = region.parent;
        }
    }

    /// Notes elements that say something besides text.
    fn note(&mut self, name: &str, element: &'a Element) {
        match name {
            "meta" => {
                let is = |key: &str, word: &str| {
                    element.attr(key).is_some_and(|value| value.trim().eq_ignore_ascii_case(word))
                };
                let content = element.attr("content");
                if is("http-equiv", "refresh") {
                    self.refreshes.extend(content);
                } else if is("name", "icp") || is("property", "icp") {
                    self.number_metas.extend(content);
                }
            }
            "base" if self.base.is_none() => self.base = element.attr("href"),
            "iframe" | "frame" => match element.attr("src").map(str::trim) {
                None | Some("" | "about:blank") => self.has_empty_frame = true,
                Some(source) => self.frames.push(source),
            },
            "script" => self.has_script = true,
            "img" | "image" | "video" | "object" | "embed" => self.pictures += 1,
            "a" => self.links += 1,
            _ => {}
        }
    }

    /// Keeps the texts of elements whose text is not shown on the page.
    fn read_raw_text(&mut self, node: ego_tree::NodeRef<'a, Node>, element: &'a Element) {
        let is_title = element.name() == "title" && self.title.is_none();
        let is_script = element.name() == "script" && element.attr("src").is_none();
        if !is_title && !is_script {
            return;
        }
        for child in node.children() {
            if let Node::Text(text) = child.value() {
                if is_script {
                    self.scripts.push(text);
                } else {
                    self.title.get_or_insert_default().push_str(text);
                }
            }
        }
    }
}

/// Elements whose text visitors do not see on the page. Visitors run scripts, so `noscript` is one.
fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "template" | "noscript" | "noframes" | "noembed" | "iframe" | "title"
    )
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "option"
            | "p"
            | "pre"
            | "section"
            | "table"
            | "td"
            | "th"
            | "tr"
            | "ul"
    )
}

fn role(name: &str, element: &Element) -> Role {
    match name {
        "a" if element.attr("href").is_some_and(leads_to_ministry) => Role::Ministry,
        "footer" => Role::Footer,
        // A class of the whole page, such as `has-footer`, says nothing of what stands in it.
        "html" | "body" => Role::Plain,
        _ => {
            let names = [element.attr("id"), element.attr("class")];
            let mut words = names.into_iter().flatten().flat_map(str::split_whitespace);
            if words.any(is_footer_like) { Role::Footer } else { Role::Plain }
        }
    }
}

fn is_footer_like(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let is_spacing = ["margin", "padding", "border"].iter().any(|start| word.starts_with(start));
    !is_spacing
        && ["foot", "copyright", "beian", "icp", "record", "bottom"]
            .iter()
            .any(|part| word.contains(part))
}

/// Whether a link leads to the ministry's filing system, by its name of today or of earlier years.
fn leads_to_ministry(href: &str) -> bool {
    let href = href.trim().to_ascii_lowercase();
    let after_scheme = href.split_once("//").map_or(href.as_str(), |(_, rest)| rest);
    let host = after_scheme.split(['/', '?', '#', ':']).next().unwrap_or_default();
    ["beian.miit.gov.cn", "miitbeian.gov.cn", "miibeian.gov.cn"].iter().any(|ministry| {
        host.strip_suffix(ministry).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
    })
}
