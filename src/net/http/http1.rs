//! One request over a connection that speaks HTTP/1.
//!
//! Read here, and not by a library for clients that trust their servers, for two reasons. A finding
//! must show the headers as they came, in their order and case. And servers of the real web end lines
//! as they like, leave out the reason, promise another length than they send, and are read by
//! browsers all the same. The grammar of heads is httparse's.

use std::io;
use std::io::ErrorKind;

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::header::CONNECTION;
use http::header::CONTENT_LENGTH;
use http::header::TRANSFER_ENCODING;
use httparse::Error as Unread;
use httparse::ParserConfig;
use httparse::Status;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;

use crate::facts::exchange::HttpVersion;
use crate::net::http::incoming::Broken;
use crate::net::http::incoming::Head;
use crate::net::http::incoming::Incoming;
use crate::net::http::metered::Meter;
use crate::net::http::metered::Metered;

/// How long a head may be, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// How many headers it may have.
const MOST_HEADERS: usize = 200;

/// How many heads with a status below 200 may come before the answer.
const MOST_PRELIMINARIES: usize = 8;

/// How long a line between chunks may be.
const LONGEST_LINE: usize = 4096;

/// How many lines may follow the last chunk.
const MOST_TRAILERS: usize = 64;

/// So many bytes are read at once: most home pages with their head.
const READ: usize = 32 * 1024;

/// So much room is made at once for what a server promises; for more when it comes.
const BELIEVED: usize = 128 * 1024;

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Known(u64),
    Chunked,
    UntilClose,
}

/// A connection, and what came of it that nobody took yet.
struct Reader<S> {
    stream: S,
    buffer: Vec<u8>,
    /// So much of the buffer is taken.
    taken: usize,
}

/// Sends `request` and reads what comes, at most `limit` bytes of a body. Returns whether the
/// connection may be used again.
pub(crate) async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    request: &[u8],
    limit: usize,
    incoming: &mut Incoming,
) -> Result<bool, Broken> {
    stream.write_all(request).await?;
    stream.flush().await?;
    let meter = Meter::of(limit);
    let stream = Metered::new(stream, meter.clone());
    let reader = Reader { stream, buffer: Vec::with_capacity(READ), taken: 0 };
    let read = read(reader, limit, incoming).await;
    incoming.bounded(read, &meter)
}

/// Reads an answer; whether the connection may be used again.
async fn read<S: AsyncRead + Unpin>(
    mut reader: Reader<S>,
    limit: usize,
    incoming: &mut Incoming,
) -> Result<bool, Broken> {
    let mut head = reader.head(incoming).await?;
    for _ in 0..MOST_PRELIMINARIES {
        if !(100..200).contains(&head.status) || head.status == 101 {
            break;
        }
        head = reader.head(incoming).await?;
    }
    // Nobody asked for another protocol.
    if head.status < 200 {
        return Err(Broken::Malformed);
    }
    let length = length(&head);
    let is_kept = is_kept(&head) && length != Length::UntilClose;
    let head = incoming.head.insert(head);
    if matches!(head.status, 204 | 304) {
        incoming.is_whole = true;
        return Ok(is_kept && reader.is_drained());
    }
    match length {
        Length::Known(length) => reader.known(length, limit, incoming).await?,
        Length::Chunked => reader.chunks(limit, incoming).await?,
        Length::UntilClose => reader.rest(limit, incoming).await?,
    }
    Ok(is_kept && incoming.is_whole && reader.is_drained())
}

impl<S: AsyncRead + Unpin> Reader<S> {
    fn pending(&self) -> &[u8] {
        self.buffer.get(self.taken..).unwrap_or_default()
    }

    fn is_drained(&self) -> bool {
        self.pending().is_empty()
    }

    /// Reads more; false at the end. A TLS connection that ends without a farewell ends all the same.
    async fn fill(&mut self) -> Result<bool, Broken> {
        // What was taken goes, or lines without end would be held to the last.
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.reserve(READ);
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(read) => Ok(read > 0),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn head(&mut self, incoming: &mut Incoming) -> Result<Head, Broken> {
        let mut searched = 0;
        loop {
            if searched == 0 {
                let blank = self.pending().iter().take_while(|byte| b"\r\n".contains(byte)).count();
                self.taken += blank.min(LONGEST_LINE);
            }
            let pending = self.pending();
            let start = b"HTTP/1.".iter().zip(pending);
            if start.into_iter().any(|(expected, byte)| expected != byte) {
                return Err(Broken::Malformed);
            }
            let end = end_of_head(pending, searched);
            incoming.has_begun |= !pending.is_empty();
            if end.unwrap_or(pending.len()) > LONGEST_HEAD {
                incoming.is_head_cut = true;
                return Err(Broken::Malformed);
            }
            if let Some(end) = end {
                let parsed = parse(pending.get(..end).unwrap_or_default());
                incoming.is_head_cut = parsed.as_ref().err() == Some(&Unread::TooManyHeaders);
                self.taken += end;
                return parsed.map_err(|_| Broken::Malformed);
            }
            searched = pending.len().saturating_sub(2);
            if !self.fill().await? {
                return Err(Broken::Ended);
            }
        }
    }

    /// Moves up to `most` bytes that came already into `body`; how many.
    fn take(&mut self, most: usize, body: &mut Vec<u8>) -> usize {
        let pending = self.buffer.get(self.taken..).unwrap_or_default();
        let taken = pending.get(..most).unwrap_or(pending);
        body.extend_from_slice(taken);
        self.taken += taken.len();
        taken.len()
    }

    /// Reads up to `most` bytes into `body`; whether any came.
    async fn pour(&mut self, most: usize, body: &mut Vec<u8>) -> Result<bool, Broken> {
        if self.take(most, body) > 0 {
            return Ok(true);
        }
        body.reserve(READ.min(most));
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        match (&mut self.stream).take(most).read_buf(body).await {
            Ok(read) => Ok(read > 0),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A part of the body that is `length` bytes long. False where `limit` cuts it off.
    async fn part(
        &mut self,
        length: u64,
        limit: usize,
        incoming: &mut Incoming,
    ) -> Result<bool, Broken> {
        let mut left = length;
        while left > 0 {
            let room = limit.saturating_sub(incoming.body.len());
            if room == 0 {
                incoming.is_cut = true;
                return Ok(false);
            }
            let before = incoming.body.len();
            let most = room.min(usize::try_from(left).unwrap_or(usize::MAX));
            if !self.pour(most, &mut incoming.body).await? {
                return Err(Broken::Ended);
            }
            left = left.saturating_sub((incoming.body.len() - before) as u64);
        }
        Ok(true)
    }

    async fn known(
        &mut self,
        length: u64,
        limit: usize,
        incoming: &mut Incoming,
    ) -> Result<(), Broken> {
        let promised = usize::try_from(length).unwrap_or(usize::MAX).min(limit);
        incoming.body.reserve_exact(promised.min(BELIEVED));
        incoming.is_whole = self.part(length, limit, incoming).await?;
        Ok(())
    }

    async fn rest(&mut self, limit: usize, incoming: &mut Incoming) -> Result<(), Broken> {
        loop {
            // One byte more than there is room for tells whether there is more.
            let room = limit.saturating_add(1).saturating_sub(incoming.body.len());
            if !self.pour(room, &mut incoming.body).await? {
                incoming.is_whole = true;
                return Ok(());
            }
            if incoming.body.len() > limit {
                incoming.body.truncate(limit);
                incoming.is_cut = true;
                return Ok(());
            }
        }
    }

    async fn chunks(&mut self, limit: usize, incoming: &mut Incoming) -> Result<(), Broken> {
        loop {
            let size = chunk_size(&self.line().await?).ok_or(Broken::Malformed)?;
            if size == 0 {
                break;
            }
            if !self.part(size, limit, incoming).await? {
                return Ok(());
            }
            if !self.line().await?.is_empty() {
                return Err(Broken::Malformed);
            }
        }
        // The body is all there, whatever becomes of what may follow it.
        incoming.is_whole = true;
        for _ in 0..MOST_TRAILERS {
            if self.line().await?.is_empty() {
                return Ok(());
            }
        }
        Err(Broken::Malformed)
    }

    /// The next line without its end.
    async fn line(&mut self) -> Result<Vec<u8>, Broken> {
        loop {
            let pending = self.pending();
            if let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line = pending.get(..end).unwrap_or_default();
                let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
                self.taken += end + 1;
                return Ok(line);
            }
            if pending.len() > LONGEST_LINE {
                return Err(Broken::Malformed);
            }
            if !self.fill().await? {
                return Err(Broken::Ended);
            }
        }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Where the empty line ends that ends the head; lines end with CR LF or a bare LF. The first
/// `searched` bytes hold no end of it.
fn end_of_head(bytes: &[u8], searched: usize) -> Option<usize> {
    let mut from = searched;
    loop {
        let next = bytes.get(from..)?.iter().position(|byte| *byte == b'\n')?;
        let after = from + next + 1;
        match bytes.get(after..)? {
            [b'\n', ..] => return Some(after + 1),
            [b'\r', b'\n', ..] => return Some(after + 2),
            _ => from = after,
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Head, Unread> {
    let mut slots = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut slots);
    let parsed = ParserConfig::default()
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_space_before_first_header_name(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .parse_response(&mut response, bytes);
    let (Status::Complete(_), Some(status)) = (parsed?, response.code) else {
        return Err(Unread::Status);
    };
    let mut headers = HeaderMap::with_capacity(response.headers.len());
    let mut raw = Vec::with_capacity(response.headers.len());
    for header in response.headers.iter() {
        // A value that goes on in further lines is one line to whoever reads it.
        let mut value = header.value.to_vec();
        for byte in &mut value {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        let name = HeaderName::from_bytes(header.name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&value)) {
            headers.append(name, value);
        }
        raw.push((header.name.as_bytes().to_vec(), value));
    }
    Ok(Head {
        version: if response.version == Some(0) {
            HttpVersion::Http10
        } else {
            HttpVersion::Http11
        },
        status,
        reason: response.reason.unwrap_or_default().as_bytes().to_vec(),
        headers,
        raw,
    })
}

/// How the body's end is told (RFC 9112, section 6.3). Where lengths contradict each other, none
/// is believed.
fn length(head: &Head) -> Length {
    let coding = head.headers.get_all(TRANSFER_ENCODING).iter().next_back();
    if let Some(coding) = coding {
        let last = coding.as_bytes().rsplit(|byte| *byte == b',').next().unwrap_or_default();
        let is_chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
        return if is_chunked { Length::Chunked } else { Length::UntilClose };
    }
    let mut known = None;
    for value in head.headers.get_all(CONTENT_LENGTH) {
        for text in value.as_bytes().split(|byte| *byte == b',') {
            let length = std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
            if length.is_none() || known.is_some_and(|known| Some(known) != length) {
                return Length::UntilClose;
            }
            known = length;
        }
    }
    known.map_or(Length::UntilClose, Length::Known)
}

/// Whether the server keeps the connection after this answer (RFC 9112, section 9.3).
fn is_kept(head: &Head) -> bool {
    let says = |word: &str| {
        head.headers.get_all(CONNECTION).iter().any(|value| {
            value
                .as_bytes()
                .split(|byte| *byte == b',')
                .any(|option| option.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
        })
    };
    match head.version {
        HttpVersion::Http10 => says("keep-alive"),
        HttpVersion::Http11 | HttpVersion::Http2 => !says("close"),
    }
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
