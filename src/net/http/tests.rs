//! The client against a site that behaves in every bad way.

use bytesize::ByteSize;

use super::*;
use crate::net::guard::OptOut;
use crate::net::http::tests::site::Site;
use crate::net::http::tests::site::Then;
use crate::net::pace;
use crate::net::pace::Pace;
use crate::net::pace::Parties;

mod site;
mod wire;

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

fn client_with(change: impl FnOnce(&mut Settings)) -> Client {
    let mut settings =
        Settings { allow: vec!["127.0.0.0/8".parse().unwrap()], ..Settings::default() };
    change(&mut settings);
    Client::new(&settings, Guard::new(settings.allow.clone(), OptOut::default()), Clock::default())
        .unwrap()
}

fn client(site: &Site) -> Client {
    client_with(|settings| {
        settings.http_port = site.port();
        settings.https_port = site.port();
    })
}

fn hasty(site: &Site) -> Client {
    client_with(|settings| {
        settings.http_port = site.port();
        settings.timeout = Duration::from_millis(300);
    })
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn page(body: &str) -> Vec<u8> {
    format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

impl Client {
    /// Over a connection of its own, without cookies.
    async fn ask(&self, url: &str, address: IpAddr) -> Reply {
        let leave = leave(address, 1e6).await;
        self.fetch(&url.parse().unwrap(), &leave, "", &mut Line::default()).await.reply
    }
}

/// The leave to ask at `address`, where as many may be asked a second as `rate` says.
async fn leave(address: IpAddr, rate: f64) -> Leave {
    let settings =
        pace::Settings { per_address: rate, per_provider: rate, ..pace::Settings::default() };
    Pace::new(&settings).turn(address, &Parties::default()).await.unwrap()
}

#[track_caller]
fn answer(reply: Reply) -> Answer {
    match reply {
        Reply::Answer(answer) => answer,
        Reply::Failed(failure) => panic!("{failure:?}"),
    }
}

#[tokio::test]
async fn the_pinned_address_is_asked_under_a_name_that_resolves_nowhere() {
    let site = Site::start("127.0.0.1:0", |_| (page("hello"), Then::Close)).await;
    let reply = client(&site).ask("http://u:p@no.such.test/a?b#c", site.ip()).await;
    let answer = answer(reply);
    assert_eq!(
        (answer.status, answer.body.as_slice(), answer.is_whole),
        (200, &b"hello"[..], true)
    );
    let request = site.requests().remove(0);
    assert!(request.starts_with("GET /a?b HTTP/1.1\r\n"), "{request}");
    let request = request.to_lowercase();
    for header in [
        "\r\nhost: no.such.test\r\n",
        "\r\nuser-agent: chabei/",
        "\r\naccept: text/html,*/*;q=0.5\r\n",
        "\r\naccept-language: zh-cn,zh;q=0.9,en;q=0.5\r\n",
        "\r\naccept-encoding: gzip, deflate, br, zstd\r\n",
    ] {
        assert!(request.contains(header), "{header} in {request}");
    }
    for header in ["authorization", "referer", "cookie"] {
        assert!(!request.contains(header), "{header} in {request}");
    }
}

#[tokio::test]
async fn a_port_in_the_url_beats_the_configured_one() {
    let site = Site::start("127.0.0.1:0", |_| (page("here"), Then::Close)).await;
    let client = client_with(|settings| settings.http_port = 1);
    let url = url(&format!("http://no.such.test:{}/", site.port()));
    assert_eq!(answer(client.ask(url.as_str(), site.ip()).await).body, b"here");
}

#[tokio::test]
async fn a_literal_address_is_asked_at_the_configured_port() {
    let site = Site::start("127.0.0.1:0", |_| (page("here"), Then::Close)).await;
    let reply = client(&site).ask("http://127.0.0.1/", site.ip()).await;
    assert_eq!(answer(reply).body, b"here");
}

#[tokio::test]
async fn what_is_not_allowed_is_never_connected_to() {
    let site = Site::start("127.0.0.1:0", |_| (page("here"), Then::Close)).await;
    let opt_out = OptOut::parse("left-alone.test\n127.9.9.9").0;
    let settings = Settings { http_port: site.port(), https_port: 0, ..Settings::default() };
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let client = Client::new(&settings, Guard::new(allow, opt_out), Clock::default()).unwrap();
    for (url, address) in [
        ("http://169.254.169.254/", "169.254.169.254"),
        ("http://a.test/", "169.254.169.254"),
        ("http://[::ffff:a9fe:a9fe]/", "::ffff:169.254.169.254"),
        ("http://a.test/", "::1"),
        ("http://169.254.169.254/", "127.0.0.1"),
        ("http://2130706434/", "127.0.0.1"),
        ("http://www.left-alone.test/", "127.0.0.1"),
        ("http://a.test/", "127.9.9.9"),
        ("https://a.test/", "127.0.0.1"),
        ("ftp://a.test/", "127.0.0.1"),
        ("http://a.test:25/", "127.0.0.1"),
        ("http://u:p@a.test:6667/", "127.0.0.1"),
        ("file:///etc/passwd", "127.0.0.1"),
    ] {
        let reply = client.ask(url, address.parse().unwrap()).await;
        assert_eq!(reply, Reply::Failed(Failure::NotAllowed), "{url} at {address}");
    }
    assert_eq!(site.requests().len(), 0);
}

#[tokio::test]
async fn one_host_is_asked_at_two_addresses_at_the_same_time() {
    let one = Site::start("127.0.0.11:0", |_| (page("one"), Then::Close)).await;
    let two =
        Site::start(&format!("127.0.0.12:{}", one.port()), |_| (page("two"), Then::Close)).await;
    let client = Arc::new(client(&one));
    let url = url("http://no.such.test/");
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let (address, expected) =
            if number % 2 == 0 { (one.ip(), "one") } else { (two.ip(), "two") };
        let (client, url) = (Arc::clone(&client), url.clone());
        tasks.spawn(async move {
            assert_eq!(answer(client.ask(url.as_str(), address).await).body, expected.as_bytes());
        });
    }
    tasks.join_all().await;
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let redirect =
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/next\r\nContent-Length: 0\r\n\r\n";
    let site = Site::start("127.0.0.1:0", |_| (redirect.to_vec(), Then::Close)).await;
    let answer = answer(client(&site).ask("http://a.test/", site.ip()).await);
    assert_eq!(answer.status, 302);
    assert_eq!(answer.headers["location"], "http://127.0.0.1/next");
    assert_eq!(site.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_drips_is_left_at_the_deadline() {
    for (head, then, expected) in [
        ("", Then::Hang, None),
        ("HTTP/1.1 200 OK\r\n", Then::Drip(b"X-A: b\r\n"), None),
        ("HTTP/1.1 200 OK\r\n\r\n", Then::Hang, None),
        ("HTTP/1.1 200 OK\r\n\r\n", Then::Drip(b"."), Some(200)),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", Then::Hang, Some(403)),
    ] {
        let site = Site::start("127.0.0.1:0", move |_| (head.as_bytes().to_vec(), then)).await;
        match hasty(&site).ask("http://a.test/", site.ip()).await {
            Reply::Failed(failure) => {
                assert_eq!((failure, expected), (Failure::TimedOut, None), "{head} {then:?}");
            }
            Reply::Answer(answer) => {
                assert_eq!(Some(answer.status), expected, "{head} {then:?}");
                assert!(!answer.is_whole);
            }
        }
    }
}

#[tokio::test]
async fn a_body_is_cut_off_at_its_limit() {
    let limit = ByteSize::kib(64);
    let room = usize::try_from(limit.as_u64()).unwrap();
    let gzip = |bytes: &[u8]| {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut writer, bytes).unwrap();
        let packed = writer.finish().unwrap();
        let head =
            format!("{HEAD}Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
        [head.into_bytes(), packed].concat()
    };
    let bomb = gzip(&vec![0; 8 << 20]);
    assert!(bomb.len() < room);
    for (reply, then, length, is_whole) in [
        (format!("{HEAD}\r\n").into_bytes(), Then::Drip(&[b'.'; 8192]), room, false),
        (bomb, Then::Close, room, false),
        (page(&"a".repeat(room + 1)), Then::Close, room, false),
        (page(&"a".repeat(room)), Then::Close, room, true),
        (gzip(b"hello"), Then::Close, 5, true),
        (
            format!("{HEAD}Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n").into_bytes(),
            Then::Close,
            0,
            true,
        ),
    ] {
        let site = Site::start("127.0.0.1:0", move |_| (reply.clone(), then)).await;
        let client = client_with(|settings| {
            settings.http_port = site.port();
            settings.max_body = limit;
        });
        let answer = answer(client.ask("http://a.test/", site.ip()).await);
        assert_eq!((answer.body.len(), answer.is_whole), (length, is_whole));
    }
}

#[tokio::test]
async fn every_way_to_fail_is_told_apart() {
    let cases: [(&str, Then, Failure); 8] = [
        ("", Then::Reset, Failure::Reset),
        ("", Then::Close, Failure::Reset),
        // Whoever answers by half is there.
        ("HTTP/1.1 200 OK\r\n", Then::Close, Failure::Malformed),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Then::Close, Failure::Malformed),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Then::Reset, Failure::Malformed),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", Then::Close, Failure::Malformed),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
            Then::Close,
            Failure::Malformed,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\nno gzip\0data",
            Then::Close,
            Failure::Malformed,
        ),
    ];
    for (reply, then, failure) in cases {
        let site = Site::start("127.0.0.1:0", move |_| (reply.as_bytes().to_vec(), then)).await;
        let got = client(&site).ask("http://a.test/", site.ip()).await;
        assert_eq!(got, Reply::Failed(failure), "{reply:?} {then:?}");
    }
    let closed = Site::closed().await;
    let got = client(&closed).ask("http://a.test/", closed.ip()).await;
    assert_eq!(got, Reply::Failed(Failure::NoConnection));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_kept_as_far_as_it_came() {
    let reply = format!("{HEAD}Content-Length: 999\r\n\r\nso far");
    let site = Site::start("127.0.0.1:0", move |_| (reply.clone().into_bytes(), Then::Close)).await;
    let answer = answer(client(&site).ask("http://a.test/", site.ip()).await);
    assert_eq!((answer.body.as_slice(), answer.is_whole), (&b"so far"[..], false));
}

#[tokio::test]
async fn a_wrong_certificate_does_not_hide_the_site() {
    let site = Site::start_secure("127.0.0.1:0", |_| (page("hello"), Then::Close)).await;
    let answer = answer(client(&site).ask("https://a.test/", site.ip()).await);
    assert_eq!(answer.body, b"hello");
}

#[tokio::test]
async fn where_tls_is_not_spoken_is_no_reset() {
    for (reply, then, failure) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", Then::Close, Failure::Tls),
        ("", Then::Close, Failure::Tls),
        ("", Then::Reset, Failure::Reset),
    ] {
        let site = Site::start("127.0.0.1:0", move |_| (reply.as_bytes().to_vec(), then)).await;
        let got = client(&site).ask("https://a.test/", site.ip()).await;
        assert_eq!(got, Reply::Failed(failure), "{reply:?} {then:?}");
    }
}

#[test]
fn a_server_that_is_strained_says_how_long_to_wait() {
    let now = "2026-11-24T08:00:00Z".parse().unwrap();
    for (status, retry_after, seconds) in [
        (200, "7", None),
        (404, "7", None),
        (429, "7", Some(7)),
        (503, " 120 ", Some(120)),
        (503, "Tue, 24 Nov 2026 08:01:30 GMT", Some(90)),
        (503, "Tue, 24 Nov 2026 07:00:00 GMT", Some(0)),
        (503, "Tuesday, 24-Nov-26 08:01:30 GMT", Some(90)),
        (429, "Tue Nov 24 08:01:30 2026", Some(90)),
        (503, "Fri, 31 Dec 9999 23:59:59 GMT", Some(24 * 3600)),
        (503, "18446744073709551616", Some(24 * 3600)),
        (503, "99999999999999", Some(24 * 3600)),
        (503, "soon", Some(0)),
        (503, "", Some(0)),
        (429, "-5", Some(0)),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        let answer = Answer { status, headers, body: vec![], is_whole: true };
        let expected = seconds.map(Duration::from_secs);
        assert_eq!(answer.wait_asked(now), expected, "{status} {retry_after}");
    }
    let bare = Answer { status: 503, headers: HeaderMap::new(), body: vec![], is_whole: true };
    assert_eq!(bare.wait_asked(now), Some(Duration::ZERO));
}

#[test]
fn a_user_agent_that_no_header_can_hold_is_refused() {
    let settings = Settings { user_agent: "a\nb".to_owned(), ..Settings::default() };
    let refused = Client::new(&settings, Guard::default(), Clock::default());
    assert!(matches!(refused, Err(HttpError::UserAgent(_))));
}

#[tokio::test]
async fn no_way_of_writing_an_address_leads_past_the_guard() {
    let site = Site::start("127.0.0.1:0", |_| (page("here"), Then::Close)).await;
    let settings = Settings { http_port: site.port(), ..Settings::default() };
    let client = Client::new(&settings, Guard::default(), Clock::default()).unwrap();
    for host in [
        "127.0.0.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "１２７.0.0.1",
        "127。0。0。1",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "169.254.169.254",
        "[::ffff:a9fe:a9fe]",
    ] {
        let url: Url = format!("http://{host}/").parse().unwrap();
        let literal: IpAddr = match url.host().unwrap() {
            url::Host::Ipv4(literal) => literal.into(),
            url::Host::Ipv6(literal) => literal.into(),
            url::Host::Domain(name) => panic!("{host} is the name {name}"),
        };
        // Neither where it says, nor by the way of an address that may be reached.
        for address in [literal, "1.2.4.8".parse().unwrap()] {
            let got = client.ask(url.as_str(), address).await;
            assert_eq!(got, Reply::Failed(Failure::NotAllowed), "{host} at {address}");
        }
    }
    // A name is asked where its address was attributed, whatever it resolves to by now.
    let got = client.ask("http://localhost/", "127.0.0.1".parse().unwrap()).await;
    assert_eq!(got, Reply::Failed(Failure::NotAllowed));
    assert_eq!(site.requests().len(), 0);
}
