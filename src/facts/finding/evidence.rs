//! What was seen that proves a finding.

use serde::Deserialize;
use serde::Serialize;

use crate::facts::number::FilingNumber;

/// What was seen that proves a finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Evidence {
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// The page's title.
    pub title: Option<String>,
    /// The page's own filing numbers.
    pub numbers: Vec<FilingNumber>,
    /// The last URL asked for.
    pub final_url: Option<String>,
    /// SHA-256 of the body as read, lower-case hex.
    pub body_sha256: Option<String>,
    /// The page's text; `None` where no page was read, and where an older program kept none.
    pub text: Option<PageText>,
}

/// What tells a page's text from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageText {
    /// SHA-256 of the text without what changes by the hour, lower-case hex
    /// ([`Page::text_sha256`](crate::facts::visit::Page::text_sha256)).
    pub sha256: String,
    /// How many characters it has, white space folded.
    pub chars: u32,
}

/// Evidence as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    status: Option<u16>,
    title: Option<String>,
    numbers: Vec<FilingNumber>,
    final_url: Option<String>,
    digests: Digests,
}

/// The digests, in an order that must stay: older programs stored the body's alone, as an [`Option`],
/// whose two arms are the first two bytes by bytes.
#[derive(Serialize, Deserialize)]
enum Digests {
    None,
    Body(String),
    Page { body: Option<String>, text: PageText },
}

impl From<Evidence> for Stored {
    fn from(evidence: Evidence) -> Self {
        let Evidence { status, title, numbers, final_url, body_sha256, text } = evidence;
        let digests = match (body_sha256, text) {
            (body, Some(text)) => Digests::Page { body, text },
            (Some(body), None) => Digests::Body(body),
            (None, None) => Digests::None,
        };
        Self { status, title, numbers, final_url, digests }
    }
}

impl From<Stored> for Evidence {
    fn from(stored: Stored) -> Self {
        let Stored { status, title, numbers, final_url, digests } = stored;
        let (body_sha256, text) = match digests {
            Digests::None => (None, None),
            Digests::Body(body) => (Some(body), None),
            Digests::Page { body, text } => (body, Some(text)),
        };
        Self { status, title, numbers, final_url, body_sha256, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Evidence as programs stored it that kept no text.
    type Older = (Option<u16>, Option<String>, Vec<FilingNumber>, Option<String>, Option<String>);

    #[test]
    fn what_older_programs_stored_is_read_and_more_is_kept_now() {
        let number: FilingNumber = "京ICP备05014806号-1".parse().unwrap();
        for body_sha256 in [None, Some("ab".repeat(32))] {
            let bare = Evidence {
                status: Some(200),
                title: Some("示例".to_owned()),
                numbers: vec![number.clone()],
                final_url: None,
                body_sha256: body_sha256.clone(),
                text: None,
            };
            let title = bare.title.clone();
            let older: Older = (Some(200), title, vec![number.clone()], None, body_sha256);
            let bytes = postcard::to_stdvec(&older).unwrap();
            assert_eq!(postcard::from_bytes::<Evidence>(&bytes).unwrap(), bare);
            assert_eq!(postcard::to_stdvec(&bare).unwrap(), bytes);
            let text = Some(PageText { sha256: "cd".repeat(32), chars: 90 });
            let whole = Evidence { text, ..bare };
            let bytes = postcard::to_stdvec(&whole).unwrap();
            assert_eq!(postcard::from_bytes::<Evidence>(&bytes).unwrap(), whole);
        }
    }
}
