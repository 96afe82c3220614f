//! Text of strangers, made safe to print: titles, URLs and opinions may carry anything, escape
//! sequences for the terminal included.

/// `text` on one line, without control characters and without marks that turn the reading direction.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| !turns_direction(*c))
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

/// `items`, joined as lists are in sentences.
pub(crate) fn listed<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    items.join("、")
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text`, so that no spreadsheet program takes it for a formula.
pub(crate) fn defused(text: String) -> String {
    if is_formula(&text) { format!("'{text}") } else { text }
}

/// Whether a spreadsheet program would take `text` for a formula, once somebody types it or opens it
/// from CSV.
pub(crate) fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_speak_to_the_terminal() {
        for (text, expected) in [
            ("\u{1b}[31m红\u{7}", " [31m红 "),
            ("a\r\nb", "a  b"),
            ("\u{202e}cn.elpmaxe", "cn.elpmaxe"),
            ("示例网站", "示例网站"),
        ] {
            assert_eq!(printable(text), expected);
        }
    }
}
