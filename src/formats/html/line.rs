//! Whether the line that a number stands in reads like what sites write below their own pages, or like
//! something about somebody else.

/// What stands in one line with a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'t> {
    before: &'t str,
    after: &'t str,
    /// What stands before the line in the same small part of the page: the cells of its row, its heading.
    earlier: &'t str,
    /// Whether a link to somebody else's site stands directly before the number.
    follows_link: bool,
}

/// Of a line at most so many bytes are read on each side of the number.
const NEAR: usize = 480;

/// A line that says nothing of whose it is has at most so many Chinese characters, the number's and the
/// usual ones left out: `某某网络科技有限公司 京ICP备…`.
const MOST_OTHERS: usize = 15;

/// The name of whoever built or hosts a site has at most so many letters.
const LONGEST_NAME: usize = 24;

/// A line with one of these is signed by whose page it is. Like all words here they are simplified and in
/// lower case.
const SIGNATURES: [&str; 7] =
    ["©", "(c)", "（c）", "copyright", "版权所有", "版权归", "rights reserved"];

/// A line with one of these tells where somebody is, in as many characters as that takes.
const ADDRESSES: [&str; 6] = ["地址", "电话", "邮编", "传真", "热线", "公网安备"];

/// A line with one of these tells of others, or of numbers as such.
const STORIES: [&str; 17] = [
    "例如",
    "比如",
    "示例",
    "形如",
    "格式",
    "合作伙伴",
    "合作单位",
    "友情链接",
    "案例",
    "关停",
    "违规",
    "处罚",
    "冒用",
    "曝光",
    "名单",
    "查询记录",
    "最新备案",
];

/// A line with one of these tells of others, or of what is past, whoever signs it.
const OTHERS: [&str; 11] = [
    "无任何关系",
    "谨防假冒",
    "转载自",
    "图片版权",
    "广告：",
    "广告:",
    "原备案",
    "已注销",
    "变更为",
    "冒用本站",
    "与本站无关",
];

/// Directly behind one of these stands who built or hosts the site, and perhaps the number of that one.
const BUILDERS: [&str; 17] = [
    "技术支持",
    "网站建设",
    "网站制作",
    "网站设计",
    "网页设计",
    "网站开发",
    "设计制作",
    "制作维护",
    "建站",
    "主机提供",
    "空间提供",
    "提供主机",
    "提供空间",
    "powered by",
    "designed by",
    "design by",
    "hosted by",
];

/// What usually goes with a number, longer words before those that are parts of them.
const USUAL: [&str; 14] = [
    "版权所有",
    "备案序号",
    "备案编号",
    "备案号",
    "备案",
    "经营许可证",
    "许可证",
    "增值电信业务",
    "有限责任公司",
    "有限公司",
    "主办",
    "承办",
    "技术支持",
    "网站",
];

/// The name of a number before its colon has one of these in it: `网站备案/许可证号：`.
const LABELS: [&str; 5] = ["备", "備", "许可", "icp", "证"];

const SENTENCE_MARKS: [char; 10] = ['，', '。', '；', '、', '！', '？', ',', ';', '!', '?'];

const OPENING: [char; 5] = ['（', '(', '[', '【', '〔'];

impl<'t> Line<'t> {
    /// The line with `before` and `after` beside the number.
    pub(super) fn of(before: &'t str, after: &'t str) -> Self {
        Self {
            before: end_of(before).trim_end(),
            after: start_of(after).trim_start(),
            earlier: "",
            follows_link: false,
        }
    }

    /// The line of a number from byte `at` to `end` of a script: what stands in the same quotes.
    pub(super) fn of_script(code: &'t str, at: usize, end: usize) -> Self {
        let is_end = |c: char| matches!(c, '"' | '\'' | '`' | '\n');
        // What is read is cut first: a script may have many numbers, and no quote.
        let before = end_of(code.get(..at).unwrap_or_default()).rsplit(is_end).next();
        let after = start_of(code.get(end..).unwrap_or_default()).split(is_end).next();
        Self::of(before.unwrap_or_default(), after.unwrap_or_default())
    }

    /// The same behind `earlier`.
    pub(super) fn behind(self, earlier: &'t str, follows_link: bool) -> Self {
        Self { earlier: end_of(earlier), follows_link, ..self }
    }

    /// Whether the line itself bears out that the number is the page's own, where its place alone does
    /// not. A link beside it to somebody else's site makes the number theirs, unless the line is signed.
    pub(super) fn is_own(self, has_link_elsewhere: bool) -> bool {
        let text = self.text();
        if self.is_story(&text) {
            return false;
        }
        if has_one(&text, &SIGNATURES) {
            return true;
        }
        let is_short = has_one(&text, &ADDRESSES) || others(text) <= MOST_OTHERS;
        is_short && !has_link_elsewhere && !self.is_in_sentence() && !self.is_labelled_otherwise()
    }

    /// Whether the line speaks against its place in a footer, or in a link to the ministry.
    pub(super) fn is_doubtful(self) -> bool {
        let text = self.text();
        !has_one(&text, &SIGNATURES)
            && (self.is_story(&text) || (self.is_in_sentence() && others(text) > MOST_OTHERS))
    }

    /// Whether the number may be somebody else's, wherever it stands and whoever signs the line: it follows a
    /// link to another site or the name of whoever built this one, or the line names a host that is
    /// another's.
    pub(super) fn is_of_another(self, is_anothers: impl Fn(&str) -> bool) -> bool {
        let text = self.text();
        let near = plain(&[self.earlier, self.before]);
        let after = plain(&[self.after]);
        // 「京ICP备…号 技术支持：www.other.cn」
        let builder = BUILDERS.iter().filter_map(|word| after.find(word)).min();
        let after = after.get(..builder.unwrap_or(after.len())).unwrap_or_default();
        self.follows_link
            || has_one(&text, &OTHERS)
            || follows_builder(&near)
            || hosts(&near).chain(hosts(after)).any(is_anothers)
    }

    fn text(self) -> String {
        plain(&[self.before, self.after])
    }

    /// Whether it tells of others, by its own words or by those before it.
    fn is_story(self, text: &str) -> bool {
        let earlier = plain(&[self.earlier]);
        has_one(text, &STORIES) || (has_one(&earlier, &STORIES) && !has_one(&earlier, &SIGNATURES))
    }

    /// Whether the number stands in a sentence, or in brackets after a name.
    fn is_in_sentence(self) -> bool {
        let name = self.before.strip_suffix(OPENING).map(str::trim_end);
        self.before.ends_with(SENTENCE_MARKS)
            || self.after.starts_with(SENTENCE_MARKS)
            || name.is_some_and(|name| name.ends_with(char::is_alphanumeric))
    }

    /// Whether what stands before the number, with a colon, is no name of a filing number.
    fn is_labelled_otherwise(self) -> bool {
        let Some(label) = self.before.strip_suffix(['：', ':']) else { return false };
        let word = label.trim_end().rsplit(|c: char| !c.is_alphanumeric() && c != '/').next();
        !has_one(&word.unwrap_or_default().to_lowercase(), &LABELS)
    }
}

/// The last of `text` that is read.
fn end_of(text: &str) -> &str {
    text.get(text.ceil_char_boundary(text.len().saturating_sub(NEAR))..).unwrap_or_default()
}

/// The first of `text` that is read.
fn start_of(text: &str) -> &str {
    text.get(..text.floor_char_boundary(NEAR)).unwrap_or_default()
}

/// `parts` in lower case, and simplified as far as the words here need it.
fn plain(parts: &[&str]) -> String {
    parts.join(" ").to_lowercase().chars().map(simplified).collect()
}

fn simplified(character: char) -> char {
    match character {
        '備' => '备',
        '許' => '许',
        '證' | '証' => '证',
        '權' => '权',
        '歸' => '归',
        '網' => '网',
        '設' => '设',
        '製' => '制',
        '維' => '维',
        '護' => '护',
        '開' => '开',
        '發' => '发',
        '計' => '计',
        '頁' => '页',
        '術' => '术',
        '機' => '机',
        '間' => '间',
        '範' => '范',
        '夥' => '伙',
        '單' => '单',
        '鏈' | '連' => '链',
        '結' => '接',
        '關' => '关',
        '違' => '违',
        '規' => '规',
        '處' => '处',
        '罰' => '罚',
        '詢' => '询',
        '記' => '记',
        '錄' => '录',
        '無' => '无',
        '係' => '系',
        '謹' => '谨',
        '轉' => '转',
        '載' => '载',
        '圖' => '图',
        '廣' => '广',
        '註' => '注',
        '銷' => '销',
        '變' => '变',
        '為' | '爲' => '为',
        '與' => '与',
        '電' => '电',
        '話' => '话',
        '郵' => '邮',
        '編' => '编',
        '傳' => '传',
        '熱' => '热',
        '線' => '线',
        '號' => '号',
        other => other,
    }
}

/// Whether `text` ends with who built or hosts the site: one of the words, and nothing but a name behind it.
/// Software (`Powered by WordPress`) has no number.
fn follows_builder(text: &str) -> bool {
    let ends = |word: &&str| text.rfind(word).map(|at| (at + word.len(), word.is_ascii()));
    let Some((end, is_english)) = BUILDERS.iter().filter_map(ends).max() else { return false };
    let name = text.get(end..).unwrap_or_default();
    name.chars().filter(|c| c.is_alphanumeric()).count() <= LONGEST_NAME
        && !(is_english && name.is_ascii())
        && ![&LABELS[..], &ADDRESSES, &SIGNATURES].iter().any(|words| has_one(name, words))
}

/// What looks like the name of a host in `text`; addresses for mail are none.
fn hosts(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    let words = text.split(move |c| !is_part(c)).map(|word| word.trim_matches(['.', '-']));
    words.filter(|word| word.contains('.') && !word.contains('@'))
}

fn has_one(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// How many Chinese characters `text` has beside the usual ones.
fn others(mut text: String) -> usize {
    for word in USUAL {
        if text.contains(word) {
            text = text.replace(word, " ");
        }
    }
    text.chars().filter(|c| matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')).count()
}
