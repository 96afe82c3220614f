//! An error as it is told: with what led to it, and nothing twice.

/// Tells `error` and its causes, one after the other. Many errors tell their cause themselves; it is not
/// repeated after them.
pub(super) fn with_causes(error: &anyhow::Error) -> String {
    let mut whole = error.to_string();
    for cause in error.chain().skip(1) {
        let text = cause.to_string();
        if !whole.contains(&text) {
            whole = format!("{whole}: {text}");
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;
    use anyhow::Context;
    use std::io;
    use std::path::Path;

    fn full() -> StoreError {
        StoreError::io(Path::new("data/nights"))(io::ErrorKind::StorageFull.into())
    }

    #[test]
    fn a_cause_that_was_told_is_not_told_again() {
        let error = anyhow::Error::from(full());
        assert_eq!(with_causes(&error), "data/nights: no storage space");
        let error = Err::<(), _>(full()).context("the night is not kept").unwrap_err();
        let expected = "the night is not kept: data/nights: no storage space";
        assert_eq!(with_causes(&error), expected);
        assert_eq!(with_causes(&anyhow::anyhow!("alone")), "alone");
    }
}
