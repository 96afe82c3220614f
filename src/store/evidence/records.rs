//! What an exchange, a certificate and the answers of name servers look like as WARC records.
//!
//! Bodies are kept unpacked, as the digest of a finding is of that. `Content-Encoding` and
//! `Transfer-Encoding`, which are then no longer so, and a `Content-Length` of the wire stand as
//! `X-Archive-Orig-…`, so that every reader gives the page back as it is. Cookies are not kept.

use std::fmt::Write;

use jiff::Timestamp;

use crate::facts::certificate::Certificate;
use crate::facts::domain::Host;
use crate::facts::dossier::EvidenceName;
use crate::facts::dossier::KeptExchange;
use crate::facts::dossier::RecordId;
use crate::facts::exchange::Exchange;
use crate::facts::exchange::HttpVersion;
use crate::facts::resolution::DnsAnswer;
use crate::facts::resolution::Resolution;
use crate::formats::warc::Record;
use crate::formats::warc::digest;
use crate::store::evidence::choice::Proof;

/// The profile of a page that is what it was (section 6.7.2).
const SAME_PAYLOAD: &str = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";

/// The records of `proof`, and which of them is the one that shows the fault, which is `id`.
pub(super) fn of(proof: &Proof<'_>, id: RecordId) -> Vec<(bool, Record)> {
    let mut records = Vec::new();
    let last = proof.exchanges.len().saturating_sub(1);
    for (place, exchange) in proof.exchanges.iter().enumerate() {
        let is_primary = place == last;
        let companion = |record: Record| belonging(record, id);
        let answer = response(exchange);
        records.push((false, companion(request(exchange))));
        records.push((is_primary, if is_primary { answer } else { companion(answer) }));
        if let Some(certificate) = exchange.certificate.as_deref().filter(|_| is_primary) {
            records.push((false, companion(shown(exchange, certificate))));
        }
    }
    for host in &proof.hosts {
        let (Some(name), Some(resolution)) = (&host.host, &host.resolution) else { continue };
        let answers = named(name, resolution, proof.at);
        // Where nothing was asked of a site, the first name server's answer is the proof.
        let is_primary = records.is_empty();
        records.push((is_primary, if is_primary { answers } else { belonging(answers, id) }));
    }
    records
}

/// The record that a file begins with.
pub(super) fn information(name: EvidenceName) -> Record {
    let mut block = String::new();
    for (field, value) in [
        ("software", concat!("chabei/", env!("CARGO_PKG_VERSION"))),
        ("format", "WARC File Format 1.1"),
        (
            "conformsTo",
            "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        ),
        (
            "description",
            "what findings rest on: bodies unpacked, without cookies; Chabei-Chain holds the SHA-256 of the head of the record before",
        ),
    ] {
        let _ = write!(block, "{field}: {value}\r\n");
    }
    let _ = write!(block, "isPartOf: night {}\r\n", name.night);
    let fields = [
        ("WARC-Type", "warcinfo".to_owned()),
        ("WARC-Date", date(now())),
        ("WARC-Filename", name.to_string()),
        ("Content-Type", "application/warc-fields".to_owned()),
    ];
    record(fields, block.into_bytes())
}

fn request(exchange: &Exchange) -> Record {
    let block = without_cookies(&exchange.request);
    about(exchange, "request", "application/http;msgtype=request", block)
}

fn response(exchange: &Exchange) -> Record {
    let mut block = head_of(exchange);
    block.extend_from_slice(exchange.body.bytes());
    let mut record = about(exchange, "response", "application/http;msgtype=response", block);
    put(&mut record, "WARC-Payload-Digest", digest(exchange.body.bytes()));
    if !exchange.body.is_whole {
        put(&mut record, "WARC-Truncated", "length".to_owned());
    }
    record
}

/// That the page was what `kept` holds.
pub(super) fn revisit(exchange: &Exchange, kept: &KeptExchange) -> Record {
    let mut record =
        about(exchange, "revisit", "application/http;msgtype=response", head_of(exchange));
    put(&mut record, "WARC-Profile", SAME_PAYLOAD.to_owned());
    put(&mut record, "WARC-Refers-To", format!("<{}>", kept.place.id));
    put(&mut record, "WARC-Refers-To-Target-URI", uri(&kept.url));
    put(&mut record, "WARC-Refers-To-Date", date(kept.at));
    put(&mut record, "WARC-Payload-Digest", digest(exchange.body.bytes()));
    record
}

/// What the address showed of itself over TLS.
fn shown(exchange: &Exchange, certificate: &Certificate) -> Record {
    let mut block = String::new();
    let mut line = |name: &str, value: &str| {
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        let _ = write!(block, "{name}: {value}\r\n");
    };
    let day = |moment: Option<Timestamp>| moment.map_or("unknown".to_owned(), date);
    line("certificate-sha256", &certificate.sha256);
    line("certificate-subject", &certificate.subject);
    line("certificate-issuer", &certificate.issuer);
    line("certificate-not-before", &day(certificate.not_before));
    line("certificate-not-after", &day(certificate.not_after));
    line("certificate-name-count", &certificate.name_count.to_string());
    for name in &certificate.names {
        line("certificate-name", name);
    }
    if let Some(fault) = certificate.fault {
        line("certificate-fault", &format!("{fault:?}"));
    }
    about(exchange, "metadata", "application/warc-fields", block.into_bytes())
}

/// What the name servers said, in master format (RFC 4027).
fn named(name: &Host, resolution: &Resolution, at: Timestamp) -> Record {
    let mut block = String::new();
    let mut owner = name;
    for next in &resolution.chain {
        let _ = write!(block, "{owner}. IN CNAME {next}.\r\n");
        owner = next;
    }
    for (family, answer) in [("A", &resolution.v4), ("AAAA", &resolution.v6)] {
        let failure = match answer {
            DnsAnswer::Addresses(addresses) => {
                for address in addresses {
                    let _ = write!(block, "{owner}. IN {family} {address}\r\n");
                }
                continue;
            }
            DnsAnswer::Empty => "no record",
            DnsAnswer::NoSuchName => "NXDOMAIN",
            DnsAnswer::ServerFailure => "SERVFAIL",
            DnsAnswer::Refused => "REFUSED",
            DnsAnswer::Timeout => "no answer",
        };
        let _ = write!(block, "; {family}: {failure}\r\n");
    }
    for view in &resolution.views {
        let _ = write!(block, "; {}: {:?} {:?}\r\n", view.vantage, view.v4, view.v6);
    }
    let fields = [
        ("WARC-Type", "resource".to_owned()),
        ("WARC-Date", date(at)),
        ("WARC-Target-URI", format!("dns:{name}")),
        ("Content-Type", "text/dns".to_owned()),
    ];
    record(fields, block.into_bytes())
}

/// A record about `exchange`.
fn about(exchange: &Exchange, kind: &str, content: &str, block: Vec<u8>) -> Record {
    let mut fields = vec![
        ("WARC-Type", kind.to_owned()),
        ("WARC-Date", date(exchange.at)),
        ("WARC-Target-URI", uri(&exchange.url)),
        ("WARC-IP-Address", exchange.address.to_string()),
        ("Content-Type", content.to_owned()),
    ];
    if exchange.version == HttpVersion::Http2 {
        fields.push(("WARC-Protocol", "h2".to_owned()));
    }
    record(fields, block)
}

fn record(fields: impl IntoIterator<Item = (&'static str, String)>, block: Vec<u8>) -> Record {
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut record = Record { fields, block };
    put_digest(&mut record);
    record
}

fn put_digest(record: &mut Record) {
    let digest = digest(&record.block);
    put(record, "WARC-Block-Digest", digest);
}

fn put(record: &mut Record, name: &str, value: String) {
    record.fields.push((name.to_owned(), value));
}

fn belonging(mut record: Record, id: RecordId) -> Record {
    put(&mut record, "WARC-Concurrent-To", format!("<{id}>"));
    record
}

/// The head of the answer. Readers know no status line of HTTP/2, whose answers are written as of 1.1.
fn head_of(exchange: &Exchange) -> Vec<u8> {
    let version = match exchange.version {
        HttpVersion::Http10 => "HTTP/1.0",
        HttpVersion::Http11 | HttpVersion::Http2 => "HTTP/1.1",
    };
    let mut head = format!("{version} {} ", exchange.status).into_bytes();
    head.extend_from_slice(&exchange.reason);
    head.extend_from_slice(b"\r\n");
    let length = exchange.body.bytes().len().to_string();
    let mut tells_length = false;
    for (name, value) in &exchange.headers {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("set-cookie") || is("set-cookie2") {
            continue;
        }
        let is_length = is("content-length");
        let is_true_length = is_length && *value == length.as_bytes() && !tells_length;
        tells_length |= is_true_length;
        if is("content-encoding") || is("transfer-encoding") || (is_length && !is_true_length) {
            head.extend_from_slice(b"X-Archive-Orig-");
        }
        head.extend_from_slice(name);
        head.extend_from_slice(b": ");
        head.extend(value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')));
        head.extend_from_slice(b"\r\n");
    }
    if !tells_length {
        let _ = write!(Bytes(&mut head), "Content-Length: {length}\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// The head of a request without what it may hold of cookies and keys.
fn without_cookies(request: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(request.len());
    for line in request.split_inclusive(|byte| *byte == b'\n') {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let is_secret =
            [&b"cookie"[..], b"authorization"].iter().any(|word| name.eq_ignore_ascii_case(word));
        if !is_secret {
            kept.extend_from_slice(line);
        }
    }
    kept
}

/// Lets text be written into bytes.
struct Bytes<'a>(&'a mut Vec<u8>);

impl Write for Bytes<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// `url` as a field may hold it.
fn uri(url: &str) -> String {
    let mut uri = String::with_capacity(url.len());
    for byte in url.bytes() {
        if byte.is_ascii_graphic() {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

pub(super) fn date(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn now() -> Timestamp {
    crate::clock::Clock::default().now()
}
