//! A provider's answers as its own system uploads them: `WBACLJG`, a record for each address.

use std::io;

use crate::clock;
use crate::facts::issue::Issue;
use crate::facts::issue::Issued;
use crate::facts::target::Target;
use crate::publish::findings::v3::Listing;
use crate::publish::findings::v3::Messages;
use crate::publish::findings::v3::Outbox;
use crate::publish::findings::v3::Record;
use crate::publish::findings::v3::Why;
use crate::publish::findings::v3::unfiled;
use crate::publish::text::printable;
use crate::publish::view::AnswerView;
use crate::publish::view::FindingView;
use crate::publish::view::ProviderNames;

/// The characters that `Ym` may hold at the least.
const SHORTEST_NAME: usize = 4;

/// The characters that `Clyj` may hold.
const LONGEST_OPINION: usize = 255;

/// What a message of answers needs to know besides them.
#[expect(missing_debug_implementations, reason = "it holds functions")]
pub struct Upload<'a, E> {
    /// The ministry's number of the provider that submits it (`Qqdwid`).
    pub unit: u64,
    /// The code of each result (`Cljg`).
    pub code: &'a dyn Fn(&AnswerView) -> u16,
    /// What was listed for an address of a finding; `None` where no list had it.
    pub issued: &'a dyn Fn(&Issue) -> Result<Option<Issued>, E>,
}

/// Writes the answers of those of `rows` that have one and can be told, and tells the rest.
pub fn write<'a, E: From<io::Error>>(
    rows: impl Iterator<Item = (&'a Target, FindingView)>,
    names: &ProviderNames,
    upload: &Upload<'_, E>,
    outbox: &mut Outbox<'_>,
) -> Result<Listing, E> {
    let mut listing = Listing::default();
    let tail = format!("<Qqdwid>{}</Qqdwid>\n", upload.unit);
    let mut messages = Messages::upload(outbox, &["WBACLJG"], tail);
    for (target, row) in rows {
        let Some(answer) = &row.answer else { continue };
        let issues = unfiled::issues(target, &row, names);
        for issue in issues.unwrap_or_else(|why| vec![Err(why)]) {
            let told = issue.and_then(|issue| Ok((address_of(&row, &issue)?, issue)));
            match told {
                Err(why) => listing.leave_out(&row, why),
                Ok(_) if !messages.has_room() => {
                    listing.leave_out(&row, Why::Full);
                    break;
                }
                Ok(((access, province), issue)) => {
                    let known = (upload.issued)(&issue)?;
                    let listed_on = known
                        .as_ref()
                        .map_or_else(|| clock::day(row.first_seen), |known| known.listed_on);
                    let record = Record::new("Clxx")
                        .with("Ym", &row.domain)
                        .with("IP", u32::from(issue.address))
                        .with("Yys", issue.carrier)
                        .with("Jrs", access)
                        .with("Shengid", province)
                        .with("Cljg", (upload.code)(answer))
                        .with("Clyj", opinion(answer))
                        .with("Rbsj", listed_on)
                        .with("Clsx", known.map_or(row.due, |known| known.issue.due));
                    messages.push(0, record.finish())?;
                }
            }
        }
    }
    listing.records = messages.finish()?;
    Ok(listing)
}

/// `Jrs` and `Shengid`, which a list may lack and an answer may not.
fn address_of(row: &FindingView, issue: &Issue) -> Result<(u64, u32), Why> {
    if row.domain.chars().count() < SHORTEST_NAME {
        return Err(Why::ShortName);
    }
    let access = issue.access.ok_or(Why::NoProvider)?;
    Ok((access, row.bureau.area_code().ok_or(Why::NoProvince)?))
}

/// What was said, or the result in words: `Clyj` is never empty.
fn opinion(answer: &AnswerView) -> String {
    let said = printable(&answer.opinion);
    let said = if said.trim().is_empty() { answer.result.chinese() } else { said.trim() };
    said.chars().take(LONGEST_OPINION).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::finding::Answer;
    use crate::facts::finding::AnswerResult;
    use crate::publish::view::tests::finding;
    use crate::publish::view::tests::names;
    use crate::publish::view::tests::view;

    #[test]
    fn an_answer_is_a_record_for_each_address_and_others_are_none() {
        let mut answered = finding("example.cn");
        answered.seen.addresses =
            ["192.0.2.1", "2001:db8::1"].map(|address| address.parse().unwrap()).into();
        answered.answer = Some(Answer {
            result: AnswerResult::Stopped,
            opinion: String::new(),
            at: answered.first_seen,
        });
        let rows = [answered, finding("open.cn")];
        let mut message = Vec::new();
        let upload = Upload::<io::Error> {
            unit: 9002,
            code: &|answer| if answer.result == AnswerResult::Stopped { 30 } else { 0 },
            issued: &|_| Ok(None),
        };
        let mut put = |bytes: &[u8]| {
            message.extend_from_slice(bytes);
            Ok(())
        };
        let mut outbox = Outbox { put: &mut put, is_single: true };
        let views = rows.iter().map(|row| (&row.key.target, view(row)));
        let listing = write(views, &names(), &upload, &mut outbox).unwrap();
        let text = encoding_rs::GBK.decode(&message).0.into_owned();
        assert_eq!((listing.records, listing.left_out.len()), (1, 1), "{listing:?}");
        assert!(text.contains("<UploadData version=\"V.3.0\">"), "{text}");
        for part in [
            "<IP>3221225985</IP>",
            "<Cljg>30</Cljg>",
            "<Clyj>已停止接入</Clyj>",
            "<Qqdwid>9002</Qqdwid>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("open.cn"));
    }
}
