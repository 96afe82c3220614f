//! What documents the simulated sites show: of which kind, where a number hides in them, how their
//! encoding is told, and what is odd about them.

/// What kind of document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paper {
    /// A company's home page of 4 to 28 KB.
    Ordinary,
    /// The same in GBK, named only in the document.
    Gbk,
    /// A news article that quotes other sites' numbers.
    Article,
    /// A name for sale.
    Parking,
    /// A web server's own default page.
    Default,
    /// A login form and nothing else.
    Login,
    /// A captcha and nothing else.
    Captcha,
    /// An empty element that a script fills.
    Script,
    /// Elements nested by the ten thousand.
    Nested,
    /// A document whose number stands where few look.
    Hidden(Hiding),
    /// A document in an encoding that its labels do not tell, or tell wrongly.
    In(Charset),
    /// A document with markup that no browser minds.
    Odd(Oddity),
    /// A short notice: its title and its text.
    Notice(&'static str, &'static str),
}

/// Where a page hides its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hiding {
    /// In the text of a picture.
    ImageText,
    /// In a meta element.
    Meta,
    /// A script writes it.
    WrittenByScript,
    /// A script has it in escapes.
    ScriptEscapes,
    /// In character references.
    References,
    /// In full-width characters.
    FullWidth,
    /// Each character in an element of its own.
    InParts,
    /// In a link that is never closed.
    UnclosedLink,
}

/// How a page's encoding is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// GBK, and nothing tells.
    Unlabelled,
    /// GBK, and the header says UTF-8.
    WrongHeader,
    /// GBK, and the page says UTF-8.
    WrongMeta,
    /// GBK, told after a long comment.
    LateMeta,
    /// Characters of GB18030 under the label gb2312.
    RareCharacters,
    /// UTF-8 with a byte order mark, labelled gb2312.
    MarkedUtf8,
    /// UTF-16 with its mark.
    Utf16,
    /// UTF-16 without it.
    Utf16WithoutMark,
    /// Big5, and nothing tells.
    Big5,
}

/// What is odd about a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// It has no title.
    NoTitle,
    /// It is a frameset.
    Frames,
    /// Its elements are not closed.
    Unclosed,
    /// One attribute is most of it.
    HugeAttribute,
    /// One element has attributes by the thousand.
    ManyAttributes,
    /// Character references by the thousand.
    ManyReferences,
    /// A thousand formats that a tree repeats in each paragraph.
    FormattingRepeated,
    /// Lists within lists, a quarter of a megabyte of them.
    NestedLists,
    /// It explains what a site without a filing sees.
    HelpAboutFiling,
    /// It has a button for logging in.
    ForumWithLogin,
    /// Its footer links a friend with the friend's number.
    FriendsNumber,
    /// It lists other sites' numbers.
    Directory,
    /// It loads itself again after minutes.
    SlowRefresh,
    /// A refresh leads to a page within, which is an ordinary one.
    RefreshWithin,
    /// A script does.
    ScriptWithin,
}
