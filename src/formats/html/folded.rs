//! Text as readers see it: every run of white space is one space, and no control character is left.

/// Text with white space folded.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// The text.
    pub(super) folded: String,
    /// How many characters it has.
    pub(super) chars: usize,
    /// Whether what comes next is set apart from what came before.
    pub(super) is_space_due: bool,
    /// Whether what comes next is counted and not kept.
    pub(super) is_skimmed: bool,
}

/// Stands for what was left out. It has none of the letters of a filing number, so that no number is
/// made of what is before and after it.
const LEFT_OUT: &str = "……";

impl Text {
    /// Adds text, with every run of white space and control characters as one space.
    pub(super) fn push(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let (mut start, mut at, mut chars) = (0, 0, 0);
        while let Some(byte) = bytes.get(at) {
            if !MAY_BEGIN_A_GAP[usize::from(*byte)] {
                // A character is counted where it begins.
                chars += usize::from(*byte & 0xc0 != 0x80);
                at += 1;
                continue;
            }
            let next = text.get(at..).and_then(|rest| rest.chars().next());
            let Some(character) = next else { break };
            if character.is_whitespace() || character.is_control() {
                self.word(text.get(start..at).unwrap_or_default(), chars);
                self.is_space_due = true;
                start = at + character.len_utf8();
                chars = 0;
            } else {
                chars += 1;
            }
            at += character.len_utf8();
        }
        self.word(text.get(start..).unwrap_or_default(), chars);
    }

    /// Marks where text was left out.
    pub(super) fn leave_out(&mut self) {
        self.is_space_due = true;
        self.word(LEFT_OUT, LEFT_OUT.chars().count());
        self.is_space_due = true;
    }

    /// Adds a word of so many characters.
    fn word(&mut self, word: &str, chars: usize) {
        if word.is_empty() {
            return;
        }
        let needs_space = self.is_space_due && self.chars > 0;
        self.is_space_due = false;
        self.chars += chars + usize::from(needs_space);
        if !self.is_skimmed {
            if needs_space && !self.folded.is_empty() {
                self.folded.push(' ');
            }
            self.folded.push_str(word);
        }
    }
}

/// The bytes with which white space and control characters begin in UTF-8: those of ASCII, and what
/// U+0080 to U+00A0, U+1680, U+2000 to U+205F and U+3000 begin with.
static MAY_BEGIN_A_GAP: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte <= 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[0x7f] = true;
    table[0xc2] = true;
    table[0xe1] = true;
    table[0xe2] = true;
    table[0xe3] = true;
    table
};
