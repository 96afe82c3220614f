//! The client against servers of every make, byte by byte.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use proptest::strategy::Strategy;

use super::*;
use crate::facts::certificate::CertificateFault;

/// The status and the body of an answer, and whether that is all of it.
type Read<'a> = (u16, &'a str, bool);

/// What a server sends byte by byte, and the status and body that a browser would make of it.
#[track_caller]
fn browsers_read(reply: &Reply, text: &str, expected: Option<Read<'_>>) {
    let got = match reply {
        Reply::Answer(answer) => {
            let body = std::str::from_utf8(&answer.body).unwrap();
            Some((answer.status, body, answer.is_whole))
        }
        Reply::Failed(_) => None,
    };
    assert_eq!(got, expected, "{text:?} {reply:?}");
}

#[tokio::test]
async fn sloppy_servers_are_read_as_browsers_read_them() {
    let ok = |body| Some((200, body, true));
    let cases: [(&str, Option<Read<'_>>); 22] = [
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", ok("hi")),
        ("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", ok("hi")),
        ("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi", ok("hi")),
        ("\r\n\r\nHTTP/1.0 200 OK\r\n\r\nhi", ok("hi")),
        ("HTTP/1.1  200  OK\r\nContent-Length : 2\r\n\r\nhi", ok("hi")),
        ("HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nhi", ok("hi")),
        ("HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\nhi", ok("hi")),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", ok("until the end")),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi", ok("hi")),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\nhi", ok("hi")),
        ("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhi", ok("hi")),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more", ok("hi")),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<p></html>\n", ok("<p></html>\n")),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhi", Some((200, "hi", false))),
        (
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n\
             HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            ok("hi"),
        ),
        ("HTTP/1.1 101 Switching\r\n\r\n", None),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n0\r\nT: v\r\n\r\n",
            ok("hi"),
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\n\n 2 \nhi\n0\n\n", ok("hi")),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nzz\r\n",
            Some((200, "hi", false)),
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n</html>\r\n", ok("</html>")),
        ("<html>from the days of HTTP/0.9</html>", None),
        ("HTTP/1.1 204 No Content\r\n\r\n", Some((204, "", true))),
    ];
    for (reply, expected) in cases {
        let site = Site::start("127.0.0.1:0", move |_| (reply.into(), Then::Close)).await;
        let got = client(&site).ask("http://a.test/", site.ip()).await;
        browsers_read(&got, reply, expected);
    }
}

#[tokio::test]
async fn heads_without_an_end_cost_no_more_than_a_head_may() {
    let many = "X-Many: y\r\n".repeat(1000);
    let long = format!("X: {}\r\n", "y".repeat(100_000));
    for head in [
        format!("HTTP/1.1 200 OK\r\n{many}\r\n"),
        format!("HTTP/1.1 200 OK\r\n{long}\r\n"),
        "HTTP/1.1 100 Continue\r\n\r\n".repeat(100),
        "\r\n".repeat(100_000),
    ] {
        let start = head.chars().take(40).collect::<String>();
        let site =
            Site::start("127.0.0.1:0", move |_| (head.clone().into_bytes(), Then::Close)).await;
        let got = client(&site).ask("http://a.test/", site.ip()).await;
        assert!(got == Reply::Failed(Failure::Malformed), "{start}");
    }
    let site = Site::start("127.0.0.1:0", |_| {
        (b"HTTP/1.1 200 OK\r\nX-Endless: ".to_vec(), Then::Drip(&[b'y'; 8192]))
    })
    .await;
    let got = client(&site).ask("http://a.test/", site.ip()).await;
    assert_eq!(got, Reply::Failed(Failure::Malformed));
}

#[tokio::test]
async fn one_connection_serves_a_chain_and_no_other_site() {
    let site = Site::start("127.0.0.1:0", |_| (page("hello"), Then::Stay)).await;
    let client = client(&site);
    let (mut line, leave) = (Line::default(), leave(site.ip(), 1e6).await);
    for (url, connections) in [
        ("http://a.test/robots.txt", 1),
        ("http://a.test/", 1),
        ("http://b.test/", 2),
        ("http://b.test/x", 2),
    ] {
        let fetched = client.fetch(&url.parse().unwrap(), &leave, "", &mut line).await;
        assert_eq!(answer(fetched.reply).body, b"hello", "{url}");
        assert_eq!(site.connections(), connections, "{url}");
    }
    line.close();
    client.fetch(&url("http://b.test/"), &leave, "", &mut line).await;
    assert_eq!(site.connections(), 3);
}

#[tokio::test]
async fn a_connection_that_died_while_it_was_kept_is_replaced_at_the_pace() {
    let site = Site::start("127.0.0.1:0", |request| {
        let then = if request.contains("/robots.txt") { Then::Close } else { Then::Stay };
        (page("hello"), then)
    })
    .await;
    let client = client(&site);
    let (mut line, leave) = (Line::default(), leave(site.ip(), 20.0).await);
    let begin = Instant::now();
    for path in ["http://a.test/robots.txt", "http://a.test/"] {
        let fetched = client.fetch(&path.parse().unwrap(), &leave, "", &mut line).await;
        assert_eq!(answer(fetched.reply).body, b"hello", "{path}");
    }
    assert_eq!(site.connections(), 2);
    // Two that came to something, and between them one that nobody heard.
    assert!(begin.elapsed() >= 2 * Duration::from_millis(50), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn what_an_earlier_answer_left_on_the_line_is_no_answer() {
    let times = AtomicUsize::new(0);
    let site = Site::start("127.0.0.1:0", move |_| {
        let is_second = times.fetch_add(1, Ordering::Relaxed) == 1;
        (if is_second { b"left over".to_vec() } else { page("hello") }, Then::Stay)
    })
    .await;
    let asker = client(&site);
    let (mut line, leave) = (Line::default(), leave(site.ip(), 1e6).await);
    for path in ["http://a.test/robots.txt", "http://a.test/"] {
        let fetched = asker.fetch(&url(path), &leave, "", &mut line).await;
        assert_eq!(answer(fetched.reply).body, b"hello", "{path}");
    }
    assert_eq!(site.connections(), 2);
    // Over a new connection it is what the site says.
    let site = Site::start("127.0.0.1:0", |_| (b"no HTTP".to_vec(), Then::Stay)).await;
    let got = client(&site).ask("http://a.test/", site.ip()).await;
    assert_eq!(got, Reply::Failed(Failure::Malformed));
    assert_eq!(site.connections(), 1);
}

#[tokio::test]
async fn what_is_kept_of_an_exchange_is_what_was_on_the_wire_without_secrets() {
    let reply = "HTTP/1.1 200 All Right\r\nServer: x\r\nset-cookie: id=1\r\nX-B: 2\r\nx-A: 1\r\n\
                 Content-Length: 2\r\n\r\nhi";
    let site = Site::start("127.0.0.1:0", move |_| (reply.into(), Then::Close)).await;
    let client = client(&site);
    let address = url("http://u:p@a.test/x?y#z");
    let leave = leave(site.ip(), 1e6).await;
    let fetched = client.fetch(&address, &leave, "id=1; k=v", &mut Line::default()).await;
    let sent = site.requests().remove(0);
    assert!(sent.ends_with("\r\nCookie: id=1; k=v\r\n\r\n"), "{sent}");
    let allowance = Allowance::new(100, 1);
    let (exchange, rest) =
        fetched.trace.exchange(&address, site.ip(), answer(fetched.reply), &allowance);
    assert_eq!(exchange.url, "http://a.test/x?y#z");
    assert_eq!(exchange.request, sent.replace("Cookie: id=1; k=v\r\n", "").into_bytes());
    assert_eq!((exchange.status, exchange.reason.as_slice()), (200, &b"All Right"[..]));
    assert_eq!(exchange.version, HttpVersion::Http11);
    let names: Vec<_> =
        exchange.headers.iter().map(|(name, _)| std::str::from_utf8(name).unwrap()).collect();
    assert_eq!(names, ["Server", "X-B", "x-A", "Content-Length"]);
    assert_eq!((exchange.body.bytes(), exchange.body.is_whole), (&b"h"[..], false));
    assert_eq!(rest, b"i");
}

#[tokio::test]
async fn the_certificate_comes_with_whatever_is_behind_it() {
    let site = Site::start_secure("127.0.0.1:0", |_| (page("hello"), Then::Close)).await;
    let address = url("https://a.test/");
    let settings = Settings { https_port: site.port(), ..Settings::default() };
    let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()], OptOut::default());
    let later = Clock::fixed("2030-01-01T00:00:00Z".parse().unwrap());
    let client = Client::new(&settings, guard, later).unwrap();
    let fetched =
        client.fetch(&address, &leave(site.ip(), 1e6).await, "", &mut Line::default()).await;
    let certificate = fetched.trace.certificate.unwrap();
    assert_eq!(certificate.fault, Some(CertificateFault::Expired));
    assert_eq!(answer(fetched.reply).body, b"hello");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_of_today_or_has_no_such_name_is_told_apart() {
    // A fatal alert of TLS 1.0: protocol_version; those of handshake_failure and unrecognized_name.
    for (alert, failure) in [
        (&b"\x15\x03\x01\x00\x02\x02\x46"[..], Failure::TlsTooOld),
        (b"\x15\x03\x03\x00\x02\x02\x28", Failure::Tls),
        (b"\x15\x03\x03\x00\x02\x02\x70", Failure::NameUnknown),
    ] {
        let site = Site::start("127.0.0.1:0", move |_| (alert.to_vec(), Then::Close)).await;
        let got = client(&site).ask("https://a.test/", site.ip()).await;
        assert_eq!(got, Reply::Failed(failure));
    }
}

/// What comes of an answer of these bytes, and then the end of the connection.
fn read_of(bytes: &[u8], limit: usize) -> Incoming {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut incoming = Incoming::default();
    runtime.block_on(async {
        let mut stream = tokio::io::join(bytes, tokio::io::sink());
        let _kept = http1::exchange(&mut stream, b"GET", limit, &mut incoming).await;
    });
    incoming
}

proptest::proptest! {
    #[test]
    fn no_answer_is_too_odd_to_be_read(
        parts in proptest::collection::vec(
            proptest::prop_oneof![
                "HTTP/1\\.[01] [0-9]{0,4} ?[ -~]{0,8}\r?\n",
                "(Content-Length|Transfer-Encoding|Connection): ?[ -~]{0,12}\r?\n",
                "Content-Length: [0-9]{1,20}\r\n",
                "Transfer-Encoding: chunked\r\n",
                "\r?\n",
                "[0-9a-fA-F]{0,17}(;[ -~]{0,6})?\r?\n",
                "[ -~]{0,40}",
                "(?s:.{0,20})",
            ].prop_map(String::into_bytes),
            0..16,
        ),
        limit in 0_usize..200,
    ) {
        let incoming = read_of(&parts.concat(), limit);
        proptest::prop_assert!(incoming.body.len() <= limit);
        proptest::prop_assert!(!(incoming.is_whole && incoming.is_cut));
    }
}
