//! The few things read from inline scripts without running them: where they send the visitor, and
//! which address they give to a frame.

/// Scripts longer than this many bytes do more than send visitors on.
const LONGEST_SCRIPT: usize = 4096;

/// The address that a script sends every visitor to: `location.href = "…"` and its other
/// spellings, with the whole address in one literal and no condition before it.
pub(super) fn redirect(code: &str) -> Option<&str> {
    if code.len() > LONGEST_SCRIPT {
        return None;
    }
    let word = "location";
    let (at, target) = code.match_indices(word).find_map(|(at, _)| {
        let before = code.get(..at)?;
        // `mylocation` and `page.location` are variables of the script's own.
        let subject =
            before.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.'));
        let owner = before.strip_prefix(subject)?;
        let is_ours = owner.split('.').all(|part| {
            matches!(part, "" | "window" | "self" | "top" | "parent" | "document" | "this")
        }) && (owner.is_empty() || owner.ends_with('.'));
        let line = subject.rsplit('\n').next().unwrap_or_default().trim_start();
        if !is_ours || line.starts_with("//") {
            return None;
        }
        let rest = code.get(at + word.len()..)?;
        Some((at, assigned(rest)?))
    })?;
    let before = code.get(..at)?;
    let is_conditional = before.match_indices("if").any(|(at, _)| {
        let after = before.get(at + 2..).unwrap_or_default();
        let previous = before.get(..at).and_then(|text| text.chars().next_back());
        !previous.is_some_and(|c| c.is_alphanumeric() || c == '_')
            && after.trim_start().starts_with('(')
    });
    (!is_conditional && !before.contains(['?', '&'])).then_some(target)
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
