//! The outline of a page: its visible text with the places it came from, and the few elements that
//! say something else. Filled by whoever goes through the page in order, with or without a tree.

use std::borrow::Cow;

use crate::formats::html::elements::Attributes;
use crate::formats::html::elements::Name;
use crate::formats::html::elements::Shape;
use crate::formats::html::folded::Text;
use crate::formats::html::role::Role;
use crate::formats::html::role::host_of;
use crate::formats::html::role::role;
use crate::formats::html::script;

/// Links to more hosts than these are not noted.
const MOST_HOSTS: usize = 64;

/// More texts beside the visible one are not kept.
const MOST_ASIDES: usize = 256;

/// A part of the page that matters for what stands in it: a block of text, a link, or a claim.
#[derive(Debug)]
pub(super) struct Region<'a> {
    /// The region around it; the first region is around itself.
    pub(super) parent: usize,
    /// How many characters of text came before its start and before its end.
    pub(super) chars: std::ops::Range<usize>,
    /// Whether text in it is set apart from the text around it.
    pub(super) is_block: bool,
    /// What it seems to be.
    pub(super) role: Role,
    /// The host that a link leads to, as it is written; of a block, the host of the ministry's link
    /// that stands directly in it.
    pub(super) host: Option<Cow<'a, str>>,
}

/// A run of text in one region.
#[derive(Debug)]
pub(super) struct Span {
    /// The byte of the text at which it begins.
    pub(super) start: usize,
    /// The innermost region it is in.
    pub(super) region: usize,
}

/// A text that may hold a number and does not stand in the visible text.
#[derive(Debug)]
pub(super) struct Aside<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) region: usize,
    pub(super) source: Source,
}

/// Where a text beside the visible one is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// It stands for a picture, on a button, or explains something.
    Label,
    /// It is what a field holds, and visitors may change.
    Field,
    /// A script.
    Script,
}

/// An element that is open: what `close` needs to know of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened {
    region: Option<usize>,
    is_block: bool,
    is_hidden: bool,
    /// What it seems to be.
    pub(super) role: Role,
}

/// What is gathered.
#[derive(Debug, Default)]
pub(super) struct Outline<'a> {
    pub(super) text: Text,
    pub(super) regions: Vec<Region<'a>>,
    pub(super) spans: Vec<Span>,
    pub(super) title: Option<Cow<'a, str>>,
    pub(super) base: Option<Cow<'a, str>>,
    pub(super) lang: Option<Cow<'a, str>>,
    /// The contents of `<meta http-equiv=refresh>`.
    pub(super) refreshes: Vec<Cow<'a, str>>,
    /// The contents of `<meta name=icp>`.
    pub(super) number_metas: Vec<Cow<'a, str>>,
    /// The addresses of frames.
    pub(super) frames: Vec<Cow<'a, str>>,
    pub(super) has_empty_frame: bool,
    has_frameset: bool,
    /// The texts of inline scripts that run.
    pub(super) scripts: Vec<&'a str>,
    pub(super) asides: Vec<Aside<'a>>,
    pub(super) has_script: bool,
    /// How many fields ask for a password.
    pub(super) passwords: usize,
    pub(super) pictures: usize,
    pub(super) links: usize,
    /// The hosts that links lead to, as they are written, each once.
    pub(super) hosts: Vec<Cow<'a, str>>,
    current: usize,
    hidden: usize,
    /// While the page is only skimmed: the first region that began since. Regions that end
    /// meanwhile are dropped.
    skimmed: Option<usize>,
}

impl Opened {
    /// Whether what stands in it may be a claim because of it, or another's.
    pub(super) fn matters(self) -> bool {
        matches!(
            self.role,
            Role::Ministry | Role::Footer | Role::Bottom | Role::Others | Role::Link
        )
    }
}

impl<'a> Outline<'a> {
    /// An outline of nothing yet, with room for a page of so many bytes.
    pub(super) fn new(size: usize) -> Self {
        let page = Region { parent: 0, chars: 0..0, is_block: true, role: Role::Plain, host: None };
        let mut outline = Self::default();
        outline.regions.reserve(size / 96);
        outline.regions.push(page);
        outline.spans.reserve(size / 96);
        outline.text.folded.reserve(size / 3);
        outline
    }

    /// How many parts it has: the measure of what the page costs.
    pub(super) fn size(&self) -> usize {
        self.regions.len() + self.spans.len()
    }

    /// An element begins. Whoever calls also calls [`close`](Self::close) with what is returned,
    /// innermost first.
    pub(super) fn open(&mut self, name: &Name, attributes: &Attributes<'a>) -> Opened {
        let shape = name.shape();
        self.note(name.as_bytes(), attributes);
        let is_block = shape == Shape::Block;
        let is_hidden = matches!(shape, Shape::Hidden | Shape::Raw | Shape::Title);
        if is_block || shape == Shape::Break {
            self.text.is_space_due = true;
        }
        self.hidden += usize::from(is_hidden);
        let (role, host) = role(name.as_bytes(), shape, attributes);
        let mut opened = Opened { region: None, is_block, is_hidden, role };
        if is_block || role != Role::Plain {
            opened.region = Some(self.regions.len());
            if role == Role::Ministry {
                self.mark_line(host.clone());
            }
            let chars = self.text.chars..self.text.chars;
            let parent = self.current;
            self.current = self.regions.len();
            self.regions.push(Region { parent, chars, is_block, role, host });
        }
        self.note_attribute_texts(name.as_bytes(), attributes);
        opened
    }

    /// The element ends that `open` told of.
    pub(super) fn close(&mut self, opened: Opened) {
        self.hidden -= usize::from(opened.is_hidden);
        if opened.is_block {
            self.text.is_space_due = true;
        }
        if let Some(region) = opened.region.and_then(|index| self.regions.get_mut(index)) {
            region.chars.end = self.text.chars;
            self.current = region.parent;
            // Whatever began in it and in the skimmed part has ended before.
            if let (Some(first), Some(index)) = (self.skimmed, opened.region)
                && index >= first
            {
                self.regions.truncate(index);
            }
        }
    }

    /// From here on text is counted and not kept, and so are the parts that end before
    /// [`end_skimming`](Self::end_skimming).
    pub(super) fn begin_skimming(&mut self) {
        self.skimmed = Some(self.regions.len());
        self.text.is_skimmed = true;
    }

    /// From here on all is kept again.
    pub(super) fn end_skimming(&mut self) {
        if self.skimmed.take().is_some() {
            self.text.is_skimmed = false;
            self.text.leave_out();
        }
    }

    /// Text of the innermost element that is open.
    pub(super) fn text(&mut self, text: &str) {
        if self.hidden == 0 {
            let start = self.text.folded.len();
            self.text.push(text);
            if self.text.folded.len() > start {
                self.spans.push(Span { start, region: self.current });
            }
        }
    }

    /// The text of the page's title; the first one counts.
    pub(super) fn title_text(&mut self, text: Cow<'a, str>) {
        self.title.get_or_insert(text);
    }

    /// The text of an inline script of the `type` that it says. In a template none runs.
    pub(super) fn script_text(&mut self, code: &'a str, kind: Option<&str>) {
        let is_in_template = self.hidden > 1;
        if !script::runs(kind) || is_in_template {
            return;
        }
        self.scripts.push(code);
        if let Some(text) = script::written(code) {
            self.note_aside(text, Source::Script);
        }
    }

    /// The page is over.
    pub(super) fn finish(&mut self) {
        let end = self.text.chars;
        if let Some(page) = self.regions.first_mut() {
            page.chars.end = end;
        }
    }

    /// Tells the block around what is open that a link to the ministry stands in it.
    fn mark_line(&mut self, host: Option<Cow<'a, str>>) {
        let mut index = self.current;
        while let Some(region) = self.regions.get_mut(index) {
            if region.is_block {
                if index != 0 {
                    region.host = host;
                }
                return;
            }
            index = region.parent;
        }
    }

    /// Notes elements that say something besides text.
    fn note(&mut self, name: &[u8], attributes: &Attributes<'a>) {
        match name {
            b"meta" => {
                let is = |written: Option<&'a str>, word: &str| {
                    written.is_some_and(|value| value.trim().eq_ignore_ascii_case(word))
                };
                let content = attributes.read(attributes.content);
                if is(attributes.http_equiv, "refresh") {
                    self.refreshes.extend(content.filter(|_| self.hidden == 0));
                } else if is(attributes.name, "icp") || is(attributes.property, "icp") {
                    self.number_metas.extend(content);
                }
            }
            b"html" if self.lang.is_none() => self.lang = attributes.read(attributes.lang),
            b"base" if self.base.is_none() => self.base = attributes.read(attributes.href),
            b"frameset" => self.has_frameset = true,
            b"frame" if !self.has_frameset => {}
            b"iframe" | b"frame" => match attributes.read(attributes.src) {
                Some(source) if !matches!(source.trim(), "" | "about:blank") => {
                    self.frames.push(source);
                }
                _ => self.has_empty_frame = true,
            },
            b"script" => self.has_script = true,
            b"input" => {
                let is_password = |kind: &str| kind.trim().eq_ignore_ascii_case("password");
                self.passwords += usize::from(attributes.kind.is_some_and(is_password));
            }
            b"img" | b"image" | b"video" | b"object" | b"embed" => self.pictures += 1,
            b"a" => {
                self.links += 1;
                if let Some(href) = attributes.href
                    && let Some(host) = host_of(href)
                    && self.hosts.len() < MOST_HOSTS
                    && !self.hosts.iter().any(|known| known == host)
                {
                    self.hosts.push(Cow::Borrowed(host));
                }
            }
            _ => {}
        }
    }

    /// Keeps what pictures and fields say in place of text, where it may hold a number.
    fn note_attribute_texts(&mut self, name: &[u8], attributes: &Attributes<'a>) {
        for (index, written) in
            [attributes.alt, attributes.title, attributes.value].into_iter().enumerate()
        {
            let Some(text) = written.filter(|text| script::may_hold_a_number(text)) else {
                continue;
            };
            let is_button = |kind: &str| {
                let kinds = ["button", "submit", "reset"];
                kinds.iter().any(|word| kind.trim().eq_ignore_ascii_case(word))
            };
            let is_shown =
                index < 2 || (name == b"input" && attributes.kind.is_some_and(is_button));
            if let Some(text) = attributes.read(Some(text)) {
                self.note_aside(text, if is_shown { Source::Label } else { Source::Field });
            }
        }
    }

    fn note_aside(&mut self, text: Cow<'a, str>, source: Source) {
        // The region of a skimmed one may be dropped.
        if self.asides.len() < MOST_ASIDES && self.skimmed.is_none() {
            self.asides.push(Aside { text, region: self.current, source });
        }
    }
}
