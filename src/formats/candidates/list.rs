//! Plain lists of names, and tables of them: domains, hosts, URLs and addresses, one a line, or a table with a column
//! `domain`. Of a URL only the host is kept.

use std::borrow::Cow;
use std::io::Read;
use std::net::IpAddr;

use crate::facts::candidate::Mention;
use crate::facts::domain::Domain;
use crate::facts::domain::Host;
use crate::facts::target::Target;
use crate::formats::tables::Column;
use crate::formats::tables::FileError;
use crate::formats::tables::Flaw;
use crate::formats::tables::Form;
use crate::formats::tables::Refusal;
use crate::formats::tables::RowError;
use crate::formats::tables::Rows;
use crate::formats::tables::column_of;
use crate::formats::text::Lines;

const COLUMNS: &[Column] = &[Column { name: "domain", chinese: &["域名"] }];

/// The names of a list, all brought by `channel`.
pub(crate) fn read(
    input: impl Read + Send + 'static,
    channel: &str,
) -> Result<Rows<Mention>, FileError> {
    let channel = channel.to_owned();
    let (form, input) = Form::of(input)?;
    if form != Form::Csv {
        return Rows::of_table(input, COLUMNS, &["domain"], move |record| {
            mention(record.cell("domain"), &channel).map_err(|why| Flaw::of("domain", why))
        });
    }
    let mut lines = Lines::new(input);
    let mut first = None;
    for line in lines.by_ref() {
        let (number, text) = line?;
        if !bare(&text).is_empty() {
            first = Some((number, text));
            break;
        }
    }
    let column = first.as_ref().and_then(|(_, text)| domain_column(text));
    let head = first.filter(|_| column.is_none()).map(Ok);
    let rows = head.into_iter().chain(lines).filter_map(move |line| {
        let (line, text) = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(RowError::Io(error))),
        };
        let text = match column {
            // In a table `#` is a character like any other.
            Some(_) if text.trim().is_empty() => return None,
            Some(column) => match cell(&text, column) {
                Some(cell) if !cell.trim().is_empty() => Cow::Owned(cell),
                _ => {
                    let reason = "there is no domain in this row".to_owned();
                    let column = Some("domain".to_owned());
                    return Some(Err(RowError::Refused(Refusal { line, column, reason })));
                }
            },
            None => Cow::Borrowed(bare(&text)),
        };
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        Some(
            mention(text, &channel)
                .map_err(|reason| RowError::Refused(Refusal { line, column: None, reason })),
        )
    });
    Ok(Rows::new(rows))
}

/// The line without its comment.
fn bare(text: &str) -> &str {
    text.split('#').next().unwrap_or_default().trim()
}

/// Whether `text` is the heading of a table.
pub(crate) fn is_heading(text: &str) -> bool {
    domain_column(text).is_some()
}

/// Whether `key` is what tables call the domain.
pub(crate) fn is_domain(key: &str) -> bool {
    column_of(key, COLUMNS).is_some()
}

/// Which cell of a heading is the domain; `None` where the line is no heading.
fn domain_column(text: &str) -> Option<usize> {
    bare(text).split(',').position(|cell| column_of(cell.trim_matches('"'), COLUMNS).is_some())
}

/// One cell of a line of CSV; `None` where the line has too few.
fn cell(text: &str, column: usize) -> Option<String> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
    record.get(column).map(str::to_owned)
}

fn mention(text: &str, channel: &str) -> Result<Mention, String> {
    let refused = |why: &dyn std::fmt::Display| {
        // Words in a row are no name but a line of some log, which says more than is to be told.
        if text.contains(char::is_whitespace) {
            return why.to_string();
        }
        let text: String = text.chars().take(60).collect();
        format!("`{text}`: {why}")
    };
    let name = host_of(text);
    if let Ok(address) = name.parse::<IpAddr>() {
        let target = Target::Address(address.to_canonical());
        return Ok(Mention { target, host: None, channel: channel.to_owned() });
    }
    let name = name.strip_prefix("*.").unwrap_or(name);
    let host: Host = name.parse().map_err(|error| refused(&error))?;
    let domain = Domain::of(&host).map_err(|error| refused(&error))?;
    Ok(Mention::of_host(host, domain, channel))
}

/// The host in a URL, a `host:port`, or the text itself.
pub(crate) fn host_of(text: &str) -> &str {
    let rest = match text.split_once("://") {
        Some((_, rest)) => rest,
        None => text.strip_prefix("//").unwrap_or(text),
    };
    if rest.parse::<IpAddr>().is_ok() {
        return rest;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    if let Some((inside, _)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inside;
    }
    authority.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn read_all(bytes: &[u8]) -> Vec<Result<(String, Option<String>), u64>> {
        let rows = read(Cursor::new(bytes.to_vec()), "list").unwrap();
        rows.map(|row| match row {
            Ok(row) => Ok((row.target.to_string(), row.host.map(|host| host.to_string()))),
            Err(RowError::Refused(refusal)) => Err(refusal.line),
            Err(RowError::Io(_)) => Err(0),
        })
        .collect()
    }

    #[test]
    fn a_row_of_a_table_is_taken_or_refused_whatever_its_other_cells_hold() {
        let text = "name,domain,note\n\"x#1\",a.cn,ok\n#c,b.cn,ok\nfoo #2,c.cn,n\nfoo\nfoo,,x\n\n";
        let domain = |name: &str| Ok((name.to_owned(), None));
        let expected = [domain("a.cn"), domain("b.cn"), domain("c.cn"), Err(5), Err(6)];
        assert_eq!(read_all(text.as_bytes()), expected);
    }

    #[test]
    fn a_line_may_name_its_site_in_many_ways() {
        for (line, target, host) in [
            ("example.cn", "example.cn", None),
            ("WWW.Example.CN.", "example.cn", Some("www.example.cn")),
            ("https://user:word@m.example.cn:8443/a?b#c", "example.cn", Some("m.example.cn")),
            ("//example.cn/path", "example.cn", None),
            ("example.cn:8080", "example.cn", None),
            ("*.example.cn", "example.cn", None),
            ("例子.中国  # a comment", "xn--fsqu00a.xn--fiqs8s", None),
            ("http://1.2.4.8:81/x", "1.2.4.8", None),
            ("2400:3200::1", "2400:3200::1", None),
            ("http://[2400:3200::1]:80/", "2400:3200::1", None),
        ] {
            let expected = (target.to_owned(), host.map(str::to_owned));
            assert_eq!(read_all(line.as_bytes()), [Ok(expected)], "{line}");
        }
    }

    #[test]
    fn comments_and_blank_lines_are_passed_over_and_refusals_have_their_line() {
        let text = "# list\n\na.cn\ncom.cn\nnot a name\nhttp://\nb.cn\n";
        let taken = |name: &str| Ok((name.to_owned(), None));
        assert_eq!(
            read_all(text.as_bytes()),
            [taken("a.cn"), Err(4), Err(5), Err(6), taken("b.cn")]
        );
    }

    #[test]
    fn a_csv_list_is_known_by_its_heading() {
        let text = "名称,域名\n某站,a.cn\n\"另站, 又站\",\"b.cn\"\n";
        let taken = |name: &str| Ok((name.to_owned(), None));
        assert_eq!(read_all(text.as_bytes()), [taken("a.cn"), taken("b.cn")]);
    }

    #[test]
    fn a_list_may_be_a_table_of_another_form() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_column(0, 1, ["域名", "a.cn", "com.cn", "http://b.cn/x"]).unwrap();
        let json = "{\"域名\":\"a.cn\"}\n{\"domain\":\"com.cn\"}\n{\"domain\":\"b.cn:80\"}\n";
        let taken = |name: &str| Ok((name.to_owned(), None));
        let bytes = workbook.save_to_buffer().unwrap();
        assert_eq!(read_all(&bytes), [taken("a.cn"), Err(3), taken("b.cn")]);
        assert_eq!(read_all(json.as_bytes()), [taken("a.cn"), Err(2), taken("b.cn")]);
    }

    #[test]
    fn the_real_list_is_read_whole() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/domains/china-domains.txt");
        let Ok(bytes) = std::fs::read(path) else {
            println!("skipped: {path} is not there");
            return;
        };
        let rows = read_all(&bytes);
        assert_eq!(rows.len(), 99_692);
        let refused: Vec<_> = rows.iter().filter(|row| row.is_err()).collect();
        assert!(refused.len() < 100, "{refused:?}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            read_all(&bytes);
        }

        #[test]
        fn no_names_make_it_panic(text in "([a-z:/@\\[\\].,\"*#%{}0-9例 -]{0,30}\n){1,4}") {
            read_all(text.as_bytes());
        }

        #[test]
        fn what_is_written_is_read_again(
            names in proptest::collection::vec("[a-z]{5,9}[.]cn", 1..9),
        ) {
            let expected: Vec<_> = names.iter().map(|name| Ok((name.clone(), None))).collect();
            prop_assert_eq!(read_all(names.join("\n").as_bytes()), &expected[..]);
            let urls = names.iter().map(|name| format!("https://{name}:8443/path"));
            let urls = urls.collect::<Vec<String>>().join("\n");
            prop_assert_eq!(read_all(urls.as_bytes()), expected);
        }
    }
}
