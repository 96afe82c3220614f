//! Turns serde's "unknown field" into a message that names the nearest known key.

/// `message` as it is, or, where it speaks of an unknown key, with the nearest known one.
pub(super) fn explained(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let (true, Some(unknown)) = (is_unknown, quoted.next()) else { return message.to_owned() };
    let noun = if message.starts_with("unknown field") { "key" } else { "value" };
    match quoted.min_by_key(|known| distance(unknown, known)) {
        Some(known) => format!("unknown {noun} `{unknown}`; did you mean `{known}`?"),
        None => message.to_owned(),
    }
}

/// How many single letters must be put in, taken out or changed to get from one text to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_letters() {
        for (a, b, expected) in [("", "abc", 3), ("kitten", "sitting", 3), ("same", "same", 0)] {
            assert_eq!(distance(a, b), expected);
        }
    }

    #[test]
    fn other_messages_stay_as_they_are() {
        assert_eq!(explained("invalid type: `x`"), "invalid type: `x`");
    }
}
