//! Whether the line that a number stands in reads like what sites write below their own pages, or like
//! something about somebody else.

/// What stands in one line with a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'t> {
    before: &'t str,
    after: &'t str,
}

/// Of a line at most so many bytes are read on each side of the number.
const NEAR: usize = 480;

/// A line that says nothing of whose it is has at most so many Chinese characters, the number's and the
/// usual ones left out: `某某网络科技有限公司 京ICP备…`.
const MOST_OTHERS: usize = 15;

/// A line with one of these is signed by whose page it is.
const SIGNATURES: [&str; 8] =
    ["©", "(c)", "（c）", "copyright", "版权所有", "版權所有", "版权归", "rights reserved"];

/// A line with one of these tells where somebody is, in as many characters as that takes.
const ADDRESSES: [&str; 6] = ["地址", "电话", "邮编", "传真", "热线", "公网安备"];

/// A line with one of these tells of others, or of numbers as such.
const STORIES: [&str; 15] = [
    "例如",
    "比如",
    "示例",
    "形如",
    "格式",
    "合作伙伴",
    "友情链接",
    "案例",
    "关停",
    "违规",
    "处罚",
    "冒用",
    "曝光",
    "名单",
    "查询记录",
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
        let start = before.ceil_char_boundary(before.len().saturating_sub(NEAR));
        let end = after.floor_char_boundary(NEAR);
        Self {
            before: before.get(start..).unwrap_or_default().trim_end(),
            after: after.get(..end).unwrap_or_default().trim_start(),
        }
    }

    /// The line of a number from byte `at` to `end` of a script: what stands in the same quotes.
    pub(super) fn of_script(code: &'t str, at: usize, end: usize) -> Self {
        let is_end = |c: char| matches!(c, '"' | '\'' | '`' | '\n');
        let before = code.get(..at).unwrap_or_default().rsplit(is_end).next();
        let after = code.get(end..).unwrap_or_default().split(is_end).next();
        Self::of(before.unwrap_or_default(), after.unwrap_or_default())
    }

    /// Whether the line itself bears out that the number is the page's own, where its place alone does
    /// not. A link beside it to somebody else's site makes the number theirs, unless the line is signed.
    pub(super) fn is_own(self, has_link_elsewhere: bool) -> bool {
        let text = self.text();
        if has_one(&text, &STORIES) {
            return false;
        }
        if has_one(&text, &SIGNATURES) {
            return true;
        }
        let is_short = has_one(&text, &ADDRESSES) || others(text) <= MOST_OTHERS;
        is_short && !has_link_elsewhere && !self.is_in_sentence() && !self.is_labelled_otherwise()
    }

    /// Whether the line speaks against its place in a footer. `follows_link`: directly before the number
    /// stands a link to somebody else's site.
    pub(super) fn is_doubtful(self, follows_link: bool) -> bool {
        let text = self.text();
        !has_one(&text, &SIGNATURES)
            && (follows_link
                || has_one(&text, &STORIES)
                || (self.is_in_sentence() && others(text) > MOST_OTHERS))
    }

    fn text(self) -> String {
        format!("{} {}", self.before, self.after).to_lowercase()
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
