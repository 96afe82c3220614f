//! The few things read from inline scripts without running them: where they send the visitor, which
//! address they give to a frame, and which filing number they write to the page.

use std::borrow::Cow;

use memchr::memchr;
use memchr::memchr_iter;

use crate::facts::visit::NumberPlace;
use memchr::memmem;

/// Scripts longer than this many bytes do more than send visitors on.
const LONGEST_SCRIPT: usize = 4096;

/// What stands within so many bytes of a number belongs to it.
const NEAR: usize = 240;

/// A name of a value has at most so many bytes.
const LONGEST_WORD: usize = 40;

/// Whether a script of that `type` runs at all, and is no template or data.
pub(super) fn runs(kind: Option<&str>) -> bool {
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = kind.strip_prefix("text/").or_else(|| kind.strip_prefix("application/"));
    match subtype {
        Some(name) => {
            let name = name.strip_prefix("x-").unwrap_or(name);
            name.starts_with("javascript") || matches!(name, "ecmascript" | "jscript")
        }
        None => matches!(&*kind, "" | "module"),
    }
}

/// The address that a script sends every visitor to: `location.href = "…"` and its other
/// spellings, with the whole address in one literal, as a statement of its own at the outermost level
/// and with no condition before it. What stands in a function may wait for a click.
pub(super) fn redirect(code: &str) -> Option<&str> {
    if code.len() > LONGEST_SCRIPT {
        return None;
    }
    let outer = outermost(code)?;
    let word = "location";
    let (at, target) = outer.match_indices(word).find_map(|(at, _)| {
        let before = outer.get(..at)?;
        // `mylocation` and `page.location` are variables of the script's own.
        let subject =
            before.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.'));
        let owner = before.strip_prefix(subject)?;
        let is_ours = owner.split('.').all(|part| {
            matches!(part, "" | "window" | "self" | "top" | "parent" | "document" | "this")
        }) && (owner.is_empty() || owner.ends_with('.'));
        if !is_ours || !begins_statement(subject) {
            return None;
        }
        let rest = code.get(at + word.len()..)?;
        Some((at, assigned(rest)?))
    })?;
    let before = outer.get(..at)?;
    let is_conditional = before.match_indices("if").any(|(at, _)| {
        let after = before.get(at + 2..).unwrap_or_default();
        let previous = before.get(..at).and_then(|text| text.chars().next_back());
        !previous.is_some_and(|c| c.is_alphanumeric() || c == '_')
            && after.trim_start().starts_with('(')
    });
    (!is_conditional && !before.contains(['?', '&', '|'])).then_some(target)
}

/// Whether a statement begins after `before`.
fn begins_statement(before: &str) -> bool {
    let ended = before.trim_end();
    let is_next_line = before.get(ended.len()..).is_some_and(|space| space.contains('\n'));
    match ended.chars().next_back() {
        // A quote stands before what `setTimeout` is given to run.
        None | Some(';' | '}' | '"' | '\'') => true,
        Some(last) => {
            is_next_line && (last.is_alphanumeric() || matches!(last, '_' | '$' | ')' | ']'))
        }
    }
}

/// The code with all blanked, byte for byte, that does not stand at the outermost level, or in quotes or
/// comments. What `setTimeout` is given in quotes runs, and stays. `None` where braces or quotes do not
/// end as they should.
fn outermost(code: &str) -> Option<String> {
    let bytes = code.as_bytes();
    let mut outer: Vec<u8> = Vec::with_capacity(bytes.len());
    let (mut depth, mut last) = (0_usize, None);
    while let Some(&byte) = bytes.get(outer.len()) {
        let rest = bytes.get(outer.len()..)?;
        let (length, stays) = match byte {
            b'/' if rest.starts_with(b"//") => (line_length(rest), false),
            b'<' if rest.starts_with(b"<!--") => (line_length(rest), false),
            b'/' if rest.starts_with(b"/*") => {
                (memmem::find(rest.get(2..)?, b"*/").map(|at| at + 4)?, false)
            }
            b'/' if may_begin_pattern(last) => (quoted_length(rest)?, false),
            b'"' | b'\'' | b'`' => {
                (quoted_length(rest)?, outer.trim_ascii_end().ends_with(b"setTimeout("))
            }
            b'{' => {
                depth += 1;
                (1, false)
            }
            b'}' => {
                depth = depth.checked_sub(1)?;
                (1, true)
            }
            _ => (1, true),
        };
        let part = rest.get(..length)?;
        let is_comment =
            part.starts_with(b"//") || part.starts_with(b"/*") || part.starts_with(b"<!");
        last = part.trim_ascii().last().copied().filter(|_| !is_comment).or(last);
        if depth == 0 && stays {
            outer.extend_from_slice(part);
        } else {
            outer.extend(part.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
        }
    }
    (depth == 0).then(|| String::from_utf8(outer).ok())?
}

/// How long the line is that `rest` begins with, without its end.
fn line_length(rest: &[u8]) -> usize {
    memchr(b'\n', rest).unwrap_or(rest.len())
}

/// Whether a slash after `last` begins a pattern, and does not divide.
fn may_begin_pattern(last: Option<u8>) -> bool {
    last.is_none_or(|last| b"(,=:[!&|?;{}+".contains(&last))
}

/// How long the text or pattern is that begins with the quote or slash of `rest`, both ends included;
/// `None` where it does not end in its line.
fn quoted_length(rest: &[u8]) -> Option<usize> {
    let quote = *rest.first()?;
    let mut is_escaped = false;
    let end = rest.iter().skip(1).position(|byte| {
        let ends = !is_escaped && (*byte == quote || (*byte == b'\n' && quote != b'`'));
        is_escaped = !is_escaped && *byte == b'\\';
        ends
    })?;
    (rest.get(end + 1) == Some(&quote)).then_some(end + 2)
}

/// Whether the script sets a cookie and loads the page again, or another.
pub(super) fn loads_again(code: &str) -> bool {
    let sets_cookie = code.match_indices("document.cookie").any(|(at, word)| {
        let rest = code.get(at + word.len()..).unwrap_or_default().trim_start();
        rest.starts_with('=') && !rest.starts_with("==")
    });
    let loads = ["location.reload(", "location.replace(", "location.assign(", "location.href"];
    sets_cookie && loads.iter().any(|word| code.contains(word))
}

/// The literal after `location`: assigned to it or to its `href`, or given to a method.
fn assigned(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix(".href").unwrap_or(rest);
    if let Some(arguments) = [".replace", ".assign"].iter().find_map(|m| rest.strip_prefix(m)) {
        return literal(arguments.trim_start().strip_prefix('(')?);
    }
    literal(rest.trim_start().strip_prefix('=')?)
}

/// A text in quotes that nothing is added to.
fn literal(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (text, after) = rest.get(1..)?.split_once(quote)?;
    let is_whole = !after.trim_start().starts_with(['+', '.']);
    (is_whole && !text.contains(['\n', '\\'])).then_some(text)
}

/// The addresses that a script gives to the `src` of something.
pub(super) fn sources(code: &str) -> impl Iterator<Item = &str> {
    let code = if code.len() > LONGEST_SCRIPT { "" } else { code };
    code.match_indices(".src").filter_map(|(at, word)| {
        literal(code.get(at + word.len()..)?.trim_start().strip_prefix('=')?)
    })
}

/// Whether `text` has the character that every filing number has.
pub(super) fn may_hold_a_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    // 备 and 備 begin with the same byte, as every eighth Chinese character does.
    memchr_iter(0xe5, bytes)
        .any(|at| matches!(bytes.get(at + 1..at + 3), Some([0xa4, 0x87] | [0x82, 0x99])))
}

/// The text of a script that may write a number to the page, with its escapes (`\u5907`) replaced;
/// `None` where it has none.
pub(super) fn written(code: &str) -> Option<Cow<'_, str>> {
    if may_hold_a_number(code) {
        return Some(Cow::Borrowed(code));
    }
    if !code.contains("\\u5907") && !code.contains("\\u5099") {
        return None;
    }
    let mut text = String::with_capacity(code.len());
    let mut pieces = code.split("\\u");
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if let Some(character) = digits.and_then(char::from_u32) {
            text.push(character);
            text.push_str(piece.get(4..).unwrap_or_default());
        } else {
            text.push_str("\\u");
            text.push_str(piece);
        }
    }
    Some(Cow::Owned(text))
}

/// How the script gives the number at byte `at`: as the page's own beside a link to the ministry
/// (`document.write('<a href="https://beian.miit.gov.cn/">…')`) or under a name that says so
/// (`icp = "…"`), and perhaps so as a part of data, which may be about anybody (`icp: "…"`). `None` where
/// nothing tells.
pub(super) fn claim(code: &str, at: usize) -> Option<NumberPlace> {
    let (before, after) = code.split_at_checked(at).unwrap_or((code, ""));
    let start = before.floor_char_boundary(before.len().saturating_sub(NEAR));
    let near_before = before.get(start..).unwrap_or_default();
    let near_after = after.get(..after.floor_char_boundary(NEAR)).unwrap_or_default();
    if is_in_line_comment(near_before) {
        return Some(NumberPlace::Unsure);
    }
    let is_beside_ministry = ["beian.miit.gov.cn", "miitbeian.gov.cn", "miibeian.gov.cn"]
        .iter()
        .any(|host| near_before.contains(host) || near_after.contains(host));
    let front = near_before.rsplit_once(['"', '\'', '`']).map_or("", |(front, _)| front).trim_end();
    let is_named = front.strip_suffix([':', '=']).is_some_and(names_a_number);
    let is_of_data = front.ends_with(':');
    (is_beside_ministry || is_named).then_some(if is_of_data {
        NumberPlace::Unsure
    } else {
        NumberPlace::Own
    })
}

/// Whether `code` ends with the name of something that holds a filing number.
fn names_a_number(code: &str) -> bool {
    let name = code.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
    let name = name.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let name = name.to_lowercase();
    ["icp", "beian", "备案"].iter().any(|word| name.contains(word)) && name.len() <= LONGEST_WORD
}

/// Whether `before` ends within `// …` or `<!-- …`. The `//` of an address follows its scheme or a quote.
fn is_in_line_comment(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let mut slashes = line.match_indices("//");
    let mark = line.rfind("<!--").filter(|at| !line.get(*at..).unwrap_or_default().contains("-->"));
    mark.is_some()
        || slashes.any(|(at, _)| {
            let front = line.get(..at).unwrap_or_default();
            !front.ends_with([':', '"', '\'', '`', '=', '(', '/', '\\'])
        })
}

/// Goes through a script from front to end, and tells what stands in `/* … */`.
#[derive(Debug)]
pub(super) struct Comments<'c> {
    code: &'c str,
    at: usize,
    is_open: bool,
}

impl<'c> Comments<'c> {
    /// Those of `code`.
    pub(super) fn of(code: &'c str) -> Self {
        Self { code, at: 0, is_open: false }
    }

    /// Whether byte `at`, which is behind all that was asked for before, is in one.
    pub(super) fn hold(&mut self, at: usize) -> bool {
        while let Some(rest) = self.code.get(self.at..at) {
            let mark = if self.is_open { "*/" } else { "/*" };
            let Some(found) = rest.find(mark) else { break };
            self.at += found + mark.len();
            self.is_open = !self.is_open;
        }
        self.at = self.at.max(at);
        self.is_open
    }
}
