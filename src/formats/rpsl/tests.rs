//! Tests of the routing registry's dumps.

use super::*;
use proptest::prelude::*;
use std::io::Cursor;

/// A range, its holder and its user; or the line and column of a refusal.
type Row = Result<(String, Option<String>, Option<String>), (u64, Option<String>)>;

fn rows_of(input: impl Read + Send + 'static, holder: Option<&str>) -> Vec<Row> {
    let rows = read(input, holder.map(|name| name.parse().unwrap())).unwrap();
    rows.map(|row| match row {
        Ok(row) => {
            let expected = match row.provider {
                Some(_) => (AllocationKind::Source, Origin::Listed),
                None => (AllocationKind::Registry, Origin::Reported),
            };
            assert_eq!((row.kind, row.origin), expected);
            let provider = row.provider.map(|name| name.as_str().to_owned());
            let user = row.details.first().map(|(name, user)| {
                assert_eq!(name, "user");
                user.clone()
            });
            Ok((row.range.to_string(), provider, user))
        }
        Err(RowError::Refused(refusal)) => Err((refusal.line, refusal.column)),
        Err(RowError::Io(error)) => panic!("{error}"),
    })
    .collect()
}

fn rows(text: impl Into<Vec<u8>>) -> Vec<Row> {
    rows_of(Cursor::new(text.into()), None)
}

fn check(text: &str, expected: &[(&str, &str, &str)]) {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let expected = expected
        .iter()
        .map(|(range, provider, user)| Ok(((*range).to_owned(), some(provider), some(user))));
    assert_eq!(rows(text), expected.collect::<Vec<Row>>(), "{text}");
}

#[test]
fn ranges_of_the_mainland_are_given_and_no_others() {
    let text = "% APNIC dump\n\n\
        inetnum:        125.88.0.0 - 125.95.255.255\n\
        netname:        CHINANET-GD\n\
        descr:          CHINANET Guangdong province network\n\
        country:        CN\n\
        source:         APNIC\n\n\
        inetnum:        1.32.0.0 - 1.32.0.255\nnetname: HK-NET\ncountry: HK\n\n\
        inetnum:        1.33.0.0 - 1.33.0.255\nnetname: BOTH\ncountry: CN\ncountry: HK\n\n\
        inetnum:        1.34.0.0 - 1.34.0.255\nnetname: NOWHERE\n\n\
        aut-num:        AS4134\ncountry: CN\n\n\
        person:         Somebody\ncountry: CN\n\n\
        INET6NUM:       2400:3200::/32\r\nNetname: ALI6\r\nCountry: cn\r\n\r\n";
    check(
        text,
        &[
            ("125.88.0.0 - 125.95.255.255", "", "CHINANET-GD"),
            ("2400:3200:: - 2400:3200:ffff:ffff:ffff:ffff:ffff:ffff", "", "ALI6"),
        ],
    );
}

#[test]
fn values_go_on_over_lines_and_comments_are_not_read() {
    let text = "inetnum: 1.0.1.0 # the first\n - \n+1.0.1.255\n# a comment\n\
        % another\ndescr: one\n+\n  country: HK\ncountry:\n\tCN # mainland\n";
    check(text, &[("1.0.1.0 - 1.0.1.255", "", "")]);
}

#[test]
fn a_route_is_its_origins_or_the_holders() {
    let text = "route: 1.2.3.0/24\norigin: as04134 # Telecom\ncountry: HK\n\n\
        route6: 2400::/12\norigin: AS4837\n";
    let v6 = "2400:: - 240f:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    check(text, &[("1.2.3.0 - 1.2.3.255", "AS4134", ""), (v6, "AS4837", "")]);
    let rows = rows_of(Cursor::new(text), Some("甲公司"));
    let holders: Vec<_> = rows.into_iter().map(|row| row.unwrap().1.unwrap()).collect();
    assert_eq!(holders, ["甲公司", "甲公司"]);
}

#[test]
fn an_object_at_fault_has_its_line_and_attribute_and_the_rest_is_taken() {
    for (object, column) in [
        ("inetnum: 1.0.0.9 - 1.0.0.1\ncountry: CN", Some("inetnum")),
        ("inetnum: 1.0.0.0/24\ncountry: CN", Some("inetnum")),
        ("inetnum: 2400:: - 2400::1\ncountry: CN", Some("inetnum")),
        ("inetnum:\ncountry: CN", Some("inetnum")),
        ("inet6num: 1.0.0.0/24\ncountry: CN", Some("inet6num")),
        ("inet6num: 2400::1/32\ncountry: CN", Some("inet6num")),
        ("route: 2400::/32\norigin: AS1", Some("route")),
        ("route6: 1.0.0.0/24\norigin: AS1", Some("route6")),
        ("route: 1.0.0.0/24", Some("origin")),
        ("route: 1.0.0.0/24\norigin: AS1\norigin: AS2", Some("origin")),
        ("route: 1.0.0.0/24\norigin: Telecom", Some("origin")),
        ("route: 1.0.0.0/24\norigin: AS+1", Some("origin")),
        ("route: 1.0.0.0/24\norigin: AS4294967296", Some("origin")),
        ("inetnum: 1.0.0.0 - 1.0.0.1\ncountry CN", None),
        ("route: 1.0.0.0/24\n: AS1\norigin: AS1", None),
    ] {
        let next = Ok(("8.8.8.0 - 8.8.8.255".to_owned(), Some("AS1".to_owned()), None));
        let refused = Err((3, column.map(str::to_owned)));
        let text = format!("% dump\n\n{object}\n\nroute: 8.8.8.0/24\norigin: AS1\n");
        assert_eq!(rows(text), [refused, next], "{object}");
    }
}

#[test]
fn bytes_of_any_encoding_spoil_nothing() {
    let mut bytes = b"person: M\xfcller\n\ninetnum: 1.0.1.0 - 1.0.1.255\ndescr: ".to_vec();
    bytes.extend_from_slice(
        b"\xd6\xd0\xb9\xfa \xff\xfe\x00\xe4\xb8\xad\nnetname: CAF\xc9\ncountry: CN\n",
    );
    let user = Some("CAFÉ".to_owned());
    assert_eq!(rows(bytes), [Ok(("1.0.1.0 - 1.0.1.255".to_owned(), None, user))]);
}

#[test]
fn endless_lines_and_objects_are_not_held() {
    let good = "route: 8.8.8.0/24\norigin: AS1\n\n";
    let input = Cursor::new("inetnum: 1.0.1.0 - 1.0.1.255\nremarks: ")
        .chain(std::io::repeat(b'x').take(64 << 20))
        .chain(Cursor::new("\ncountry: CN\n\n"))
        .chain(Cursor::new("inetnum: 1.0.2.0 - 1.0.2.255\n"))
        .chain(Cursor::new("country: CN\n".repeat(100_000)))
        .chain(Cursor::new(format!("\n{good}")));
    let next = ("8.8.8.0 - 8.8.8.255".to_owned(), Some("AS1".to_owned()), None);
    let first = ("1.0.1.0 - 1.0.1.255".to_owned(), None, None);
    assert_eq!(rows_of(input, None), [Ok(first), Err((5, None)), Ok(next)]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        rows(bytes);
    }

    #[test]
    fn no_lines_make_it_panic(
        text in "((inetnum|inet6num|route|country|origin):? ?[a-zA-Z0-9.:/ é+#-]{0,12}\n{1,2}){0,8}",
    ) {
        rows(text);
    }

    #[test]
    fn what_is_written_is_read_again(
        (first, second, prefix) in any::<(u32, u32, u128)>(),
        length in 0..=128_u8,
        origin: u32,
    ) {
        let [start, end] = [first.min(second), first.max(second)].map(std::net::Ipv4Addr::from);
        let block = ipnet::Ipv6Net::new(prefix.into(), length).unwrap().trunc();
        let text = format!(
            "inetnum: {start} - {end}\nnetname: N-{origin}\ncountry: CN\n\n\
             route6:\n {block}\norigin: AS{origin}\n\n"
        );
        let range = AddressRange::new(start.into(), end.into()).unwrap();
        let announced = AddressRange::from(IpNet::V6(block));
        prop_assert_eq!(rows(text), [
            Ok((range.to_string(), None, Some(format!("N-{origin}")))),
            Ok((announced.to_string(), Some(format!("AS{origin}")), None)),
        ]);
    }
}
