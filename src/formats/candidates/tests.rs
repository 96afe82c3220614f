//! Names in every form, as servers write them.

use super::*;
use crate::formats::tables::RowError;
use proptest::prelude::*;
use std::io::Cursor;

/// The form, and each name or the refusal of a line with its reason.
fn read_all(text: impl Into<Vec<u8>>) -> (String, Vec<String>) {
    let (form, rows) = match read(Cursor::new(text.into()), "zone") {
        Ok(read) => read,
        Err(error) => return (error.to_string(), Vec::new()),
    };
    let told = rows.map(|row| match row {
        Ok(Mention { target, host: None, .. }) => target.to_string(),
        Ok(Mention { host: Some(host), .. }) => host.to_string(),
        Err(RowError::Refused(refusal)) => format!("{} {}", refusal.line, refusal.reason),
        Err(RowError::Io(error)) => error.to_string(),
    });
    (form.to_string(), told.collect())
}

fn check(text: &str, form: &str, expected: &[&str]) {
    let (found, told) = read_all(text);
    assert_eq!(found, form, "{text}");
    let is_as_expected = |(told, expected): (&String, &&str)| match expected.strip_suffix('…') {
        Some(begin) => told.starts_with(begin),
        None => told == expected,
    };
    let fits = told.len() == expected.len() && told.iter().zip(expected).all(is_as_expected);
    assert!(fits, "{text}\n{told:#?}\nexpected {expected:#?}");
}

#[test]
fn a_zone_gives_the_owners_of_its_records() {
    check(
        r#"; the zone of example.cn, as BIND has it
$TTL 1d
$ORIGIN example.cn.
@	IN SOA ns1.example.cn. admin.example.cn. (
		2026112801 ; serial (of today)
		1h 15m 4w
		5m )   ; the end
	NS	ns1
	86400 IN NS	ns2.example.net.
www	IN 300 A 192.0.2.1
    300 in AAAA 2001:db8::1
m.shop	A 192.0.2.2 ; a comment
text	TXT "one ; ( no comment" "and \" more"
*	A 192.0.2.3
_dmarc	TXT "v=DMARC1"
mail._tcp SRV 0 0 25 mail
version.bind. CH TXT "9"
unknown	TYPE65534 \# 1 00
WWW	A 192.0.2.4
w\119w2 A 192.0.2.5
$ORIGIN sub
h	CNAME www.example.cn.
other.com.cn. NS ns1.example.cn.
com.cn. NS ns1.example.cn.
例子.中国. NS ns1
1.2.0.192.in-addr.arpa. PTR www
"#,
        "a zone file",
        &[
            "example.cn",
            "www.example.cn",
            "m.shop.example.cn",
            "text.example.cn",
            "unknown.example.cn",
            "www.example.cn",
            "www2.example.cn",
            "h.sub.example.cn",
            "other.com.cn",
            "xn--fsqu00a.xn--fiqs8s",
        ],
    );
}

#[test]
fn the_zone_of_a_top_level_domain_gives_its_delegations_and_no_hashes() {
    check(
        "com.\t900\tin\tsoa\ta.gtld-servers.net. nstld.verisign-grs.com. 1 1800 900 604800 86400\n\
         com.\t172800\tin\tns\ta.gtld-servers.net.\n\
         example.com.\t172800\tin\tns\tns1.example.com.\n\
         example.com.\t86400\tin\tds\t370 13 2 BE74\n\
         ns1.example.com.\t172800\tin\ta\t192.0.2.1\n\
         0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.com.\t86400\tin\tnsec3\t1 1 0 - ABC NS\n\
         0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.com.\t86400\tin\trrsig\tNSEC3 13 2 86400 x\n",
        "a zone file",
        &["example.com", "ns1.example.com"],
    );
}

#[test]
fn an_entry_of_a_zone_that_cannot_be_read_is_refused_with_its_place() {
    check(
        "  NS ns1.a.cn.\n\
         $ORIGIN\n\
         www A 192.0.2.1\n\
         @ NS ns1.a.cn.\n\
         $INCLUDE /etc/passwd\n\
         $GENERATE 1-9 h$ A 192.0.2.$\n\
         $TTL soon\n\
         $NONE x\n\
         a.cn. 300\n\
         b.cn. IN A\n\
         \tNS ns1.a.cn.\n\
         c.cn. 300 IN 300 A 192.0.2.1\n\
         d.cn. 7x A 192.0.2.1\n\
         e..cn. A 192.0.2.1\n\
         e\\.x.cn. A 192.0.2.1\n\
         \"f.cn.\" A 192.0.2.1\n\
         g.cn. TXT \"open\n\
         h.cn. NS ns1.a.cn. )\n\
         i.cn. NS ns1.a.cn.\n\
         j.cn. TXT ( \"a\"\n\
         \"b\"\n",
        "a zone file",
        &[
            "1 it begins with a blank…",
            "2 $ORIGIN names nothing",
            "3 the name is relative…",
            "4 the name is relative…",
            "5 $INCLUDE is not followed…",
            "6 $GENERATE is not read…",
            "7 $TTL is followed by no time",
            "8 there is no such directive",
            "9 no type of record…",
            "10 nothing stands behind the type",
            "b.cn",
            "12 no type of record…",
            "13 no type of record…",
            "14 not a valid host name",
            "15 not a valid host name",
            "16 its owner stands in quotes",
            "17 a quote is not closed",
            "18 a parenthesis is closed…",
            "i.cn",
            "20 a parenthesis is opened here…",
        ],
    );
}

#[test]
fn what_a_lost_parenthesis_swallows_is_bounded() {
    let mut text = "a.cn. SOA ns1.a.cn. x. (\n".to_owned();
    text.push_str(&"b.cn. NS ns1.a.cn.\n".repeat(5000));
    text.push_str("c.cn. NS ns1.a.cn.\n");
    let (_, told) = read_all(text);
    assert_eq!(told, ["1 a parenthesis is opened here and not closed", "b.cn", "c.cn"]);
}

#[test]
fn access_logs_give_the_host_that_stands_first() {
    check(
        "www.example.cn:443 203.0.113.9 - - [28/Nov/2026:09:36:50 +0800] \"GET /u?id=110101 HTTP/1.1\" 200 5 \"-\" \"UA [x] \\\"y\\\"\"\n\
         m.example.cn 203.0.113.9 - 张 三 [28/Nov/2026:09:36:51 +0800] \"GET / HTTP/2.0\" 200 5 \"https://b.cn/\" \"UA\"\n\
         www.example.cn:443 2001:db8::9 - - [28/Nov/2026:09:36:52 +0800] \"\" 400 0 \"-\" \"-\"\n\
         _ 203.0.113.9 - - [28/Nov/2026:09:36:53 +0800] \"GET / HTTP/1.0\" 200 5 \"-\" \"UA\"\n\
         203.0.113.8 10.0.0.1 - - [28/Nov/2026:09:36:54 +0800] \"GET / HTTP/1.0\" 200 5 \"-\" \"UA\"\n\
         203.0.113.9 - - [28/Nov/2026:09:36:55 +0800] \"GET / HTTP/1.0\" 200 5 \"-\" \"UA\"\n\
         203.0.113.9 - John Doe [28/Nov/2026:09:36:56 +0800] \"GET / HTTP/1.0\" 200 5 \"-\" \"UA\"\n\
         a..cn 203.0.113.9 - - [28/Nov/2026:09:36:57 +0800] \"GET / HTTP/1.0\" 200 5 \"-\" \"UA\"\n\
         a.cn 203.0.113.9 - - [28/Nov/20\n",
        "an access log with the host first",
        &[
            "www.example.cn",
            "m.example.cn",
            "4 it names no host",
            "5 an address stands where the host should…",
            "6 it names no host",
            "7 it names no host",
            "8 not a valid host name",
            "9 it is no line of host, client…",
        ],
    );
}

#[test]
fn access_logs_without_a_host_are_refused_as_a_whole() {
    for text in [
        "203.0.113.9 - - [28/Nov/2026:09:36:50 +0800] \"GET / HTTP/1.1\" 200 5 \"-\" \"UA\"\n",
        "203.0.113.9 - John Doe [28/Nov/2026:09:36:50 +0800] \"GET / HTTP/1.1\" 200 5\n",
        "#Version: 1.0\n#Fields: date time c-ip cs-uri-stem\n2026-11-28 09:36:50 203.0.113.9 /\n",
    ] {
        let (told, rows) = read_all(text);
        assert!(told.contains("without a host") && rows.is_empty(), "{text}{told}");
        assert!(!told.contains("203.0.113.9"), "{told}");
    }
}

#[test]
fn access_logs_of_json_lines_give_the_host_that_was_asked_for() {
    check(
        "{\"time\":\"09:36\",\"remote_addr\":\"203.0.113.9\",\"host\":\"node7\",\"http_host\":\"www.a.cn:8080\"}\n\
         {\"remote_addr\":\"203.0.113.9\",\"host\":\"b.cn\",\"request\":{\"x\":[1]}}\n\
         {\"host\":\"192.0.2.1\"}\n\
         {\"http_host\":\"192.0.2.2\"}\n\
         {\"host\":{\"name\":\"node7\"},\"http_host\":null}\n\
         {\"http_host\":\"-\",\"host\":\"c.cn\"}\n\
         {\"host\":\"a.cn\",\"host\":\"b.cn\"}\n\
         {\"host\":\"d\n",
        "an access log of JSON lines",
        &[
            "www.a.cn",
            "b.cn",
            "3 an address stands in `host`…",
            "192.0.2.2",
            "5 there is no text…",
            "c.cn",
            "7 it is no JSON object…",
            "8 it is no JSON object…",
        ],
    );
    check("{\"domain\":\"a.cn\",\"host\":\"x\"}\n", "a table", &["a.cn"]);
}

#[test]
fn extended_logs_give_the_cell_that_their_fields_name() {
    check(
        "#Software: Microsoft Internet Information Services 10.0\n\
         #Version: 1.0\n\
         #Date: 2026-11-28 01:36:50\n\
         #Fields: date time s-ip cs-method cs-uri-stem c-ip cs(User-Agent) cs-host sc-status\n\
         2026-11-28 01:36:50 10.0.0.1 GET / 203.0.113.9 Mozilla/5.0+(X) www.a.cn 200\n\
         2026-11-28 01:36:51 10.0.0.1 GET / 203.0.113.9 Mozilla/5.0+(X) - 200\n\
         2026-11-28 01:36:52 10.0.0.1 GET /a b 203.0.113.9 Mozilla/5.0+(X) b.cn 200\n\
         #Fields: c-ip cs(Host)\n\
         203.0.113.9 c.cn:80\n\
         #Fields: c-ip\n\
         203.0.113.9\n",
        "a W3C extended log",
        &[
            "www.a.cn",
            "6 it names no host",
            "7 it has not as many cells…",
            "c.cn",
            "11 no `#Fields:`…",
        ],
    );
}

#[test]
fn logs_of_name_servers_give_the_names_that_were_asked_for() {
    let bind = "28-Nov-2026 09:36:49.001 general: info: all zones loaded\n\
        28-Nov-2026 09:36:50.123 queries: info: client @0x7f8 192.0.2.9#53211 (www.a.cn): query: www.a.cn IN A +E(0)K (10.0.0.1)\n\
        Nov 28 09:36:51 ns1 named[12]: client @0x7f8 192.0.2.9#5 (b.cn): view x: query: B.cn IN TYPE65 - (10.0.0.1)\n\
        28-Nov-2026 09:36:52.123 client @0x7f8 192.0.2.9#5 (9.2): query: 9.2.0.192.in-addr.arpa IN PTR + (10.0.0.1)\n\
        28-Nov-2026 09:36:53.123 client @0x7f8 192.0.2.9#5 (x): query: printer.lan IN A + (10.0.0.1)\n\
        28-Nov-2026 09:36:54.123 client @0x7f8 192.0.2.9#5 (x): query: a\\032b.cn IN A + (10.0.0.1)\n\
        28-Nov-2026 09:36:55.123 client @0x7f8 192.0.2.9#5 (x): query: 192.0.2.9 IN A + (10.0.0.1)\n\
        28-Nov-2026 09:36:56.123 client @0x7f8 192.0.2.9#5 (c.c";
    check(bind, "a log of DNS queries", &["www.a.cn", "b.cn", "6 not a valid host name"]);
    let dnsmasq = "Nov 28 09:36:49 dnsmasq[7]: started, version 2.90 cachesize 150\n\
        Nov 28 09:36:50 dnsmasq[7]: query[A] www.a.cn from 192.168.1.5\n\
        Nov 28 09:36:50 dnsmasq[7]: forwarded www.a.cn to 192.0.2.53\n\
        Nov 28 09:36:50 dnsmasq[7]: reply cdn.c.cn is 192.0.2.1\n\
        Nov 28 09:36:51 dnsmasq[7]: 5 192.168.1.5/4242 query[type=65] b.cn from 192.168.1.5\n";
    check(dnsmasq, "a log of DNS queries", &["www.a.cn", "b.cn"]);
    let unbound = "[1700000000] unbound[9:0] info: start of service (unbound 1.19.0).\n\
        [1700000001] unbound[9:0] info: 192.0.2.9 www.a.cn. A IN\n\
        [1700000001] unbound[9:0] info: 192.0.2.9 www.a.cn. A IN NOERROR 0.001 0 62\n\
        Nov 28 09:36:50 unbound[9:1] query: 2001:db8::9 _dmarc.b.cn. TXT IN\n\
        Nov 28 09:36:50 unbound[9:1] reply: 2001:db8::9 b.cn. AAAA IN NOERROR 0.001 0 62\n";
    check(unbound, "a log of DNS queries", &["www.a.cn", "b.cn"]);
}

#[test]
fn lists_and_tables_are_what_they_were() {
    check("# names\n\na.cn # IN A 192.0.2.1\nhttp://b.cn/x y\n", "a plain list", &["a.cn", "b.cn"]);
    check(
        "no name\na.cn a nice one\nb.cn\n",
        "a plain list",
        &["1 not a valid…", "2 not a valid…", "b.cn"],
    );
    check("name,domain\nx,a.cn\n", "a table", &["a.cn"]);
    check("", "a plain list", &[]);
}

#[test]
fn no_refusal_of_a_log_says_what_the_line_says() {
    let secret = "zhang3";
    for text in [
        format!(
            "a.cn 1.2.3.4 - - [28/Nov/2026:09:36:50 +0800] \"GET /\" 200\n{secret}..cn {secret} - {secret} [28/Nov/2026:09:36:50 +0800] \"GET /{secret}\" 200\n{secret}\n"
        ),
        format!(
            "{{\"host\":\"a.cn\"}}\n{{\"host\":\"{secret}..cn\"}}\n{{\"{secret}\":1}}\n{secret}\n{{\"host\":\"{secret}\"}}\n"
        ),
        format!("#Fields: c-ip cs-host\n1.2.3.4 a.cn\n{secret} {secret}..cn\n{secret}\n"),
        format!("x query: a.cn IN A\nx query: {secret}..cn IN A\n"),
    ] {
        let (form, told) = read_all(text);
        assert!(told.len() > 1 && told[0] == "a.cn", "{form} {told:?}");
        assert!(!told.concat().contains(secret), "{told:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        read_all(bytes);
    }

    #[test]
    fn no_zone_makes_it_panic(
        text in "(\\$(ORIGIN|TTL|INCLUDE) [a-z.@\\\\]{0,6}|[a-z@.*\\\\ \t()\";0-9例]{0,20} (IN|CH|3h|A|NS|TXT) ?[a-z()\"; .\\\\例]{0,9}\n){1,6}",
    ) {
        read_all(format!("$TTL 1\n{text}"));
        read_all(text);
    }

    #[test]
    fn no_log_makes_it_panic(
        text in "([a-z.:_-]{0,9} (1.2.3.4|-) - [a-z例]{0,4} ?\\[[0-9/:+ ]{0,26}\\]? \"[ -~]{0,9}\"?|#Fields: [a-z() -]{0,12}(cs-host)?|\\{\"(http_)?host\":[\"a-z.{}0-9\\[]{0,9}\\}?|[a-z ]{0,5} (query: |info: |query\\[A\\] )([a-z.1-9]{1,7} ){0,3}(IN|A|from) [A-Z1-9.]{0,9}\n){1,6}",
    ) {
        read_all(text);
    }

    #[test]
    fn what_a_zone_holds_is_read_again(names in proptest::collection::vec("[a-z]{5,9}", 1..9)) {
        let mut expected: Vec<_> = names.iter().map(|name| format!("{name}.cn")).collect();
        let mut text = "$TTL 5\n".to_owned();
        for name in &names {
            text.extend([name.as_str(), ".cn. ( NS ; x\n ns1.", name, ".cn. )\n\tNS ns2.", name, ".cn.\n"]);
        }
        let (_, told) = read_all(text);
        let mut seen = std::collections::HashSet::new();
        expected.retain(|name| seen.insert(name.clone()));
        prop_assert_eq!(told, expected);
    }
}

#[test]
fn a_line_that_is_no_name_is_refused_without_a_word_of_it() {
    let (_, rows) =
        read_all("a.cn\n1637000000 203.0.113.9 TCP_MISS/200 GET http://b.cn/y wan\nnot_a_name\n");
    let told = rows.join("\n");
    assert!(!told.contains("203.0.113.9") && !told.contains("wan"), "{told}");
    assert!(told.contains("not_a_name"), "{told}");
}
