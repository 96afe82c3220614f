//! nginx in place of the lab's own web: what the lab would answer becomes files and a configuration, and
//! nginx answers from them by itself, in its own words where HTTP leaves it a choice. A scenario that is
//! new to the lab is played without a word here.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use chabei::lab::understudy::Part;
use chabei::lab::understudy::Reply;
use chabei::lab::understudy::Secure;
use chabei::lab::understudy::Understudy;
use chabei::lab::world::World;

/// How long a document is that never ends in the lab: the program reads half of it.
const ENDLESS: usize = 1 << 20;

/// So many pages of a site are looked at, where one leads to the next; all others answer alike.
const PAGES: usize = 32;

/// A path that no site has heard of.
const ANYWHERE: &str = "/any/where/else";

/// A name that nobody has.
const NOBODY: &str = "nobody.invalid";

/// Leads a file through the server-side includes, behind which nginx knows no length of it.
const UNMEASURED: &str = "ssi on;\nssi_types *;\n";

/// Makes a server of long ago.
const OLD: &str = "ssl_protocols TLSv1;\nssl_ciphers ALL:@SECLEVEL=0;\n";

/// Writes `web.conf` into `root`, which plays the web of `understudy` at two ports. Returns the scenarios
/// that nginx has no means to play; the sites of these are not served.
pub(crate) fn write(
    understudy: &Understudy,
    root: &Path,
    [http, https]: [u16; 2],
) -> BTreeSet<&'static str> {
    let parts = understudy.parts();
    let mut stage = Stage { root, bodies: HashMap::new(), count: 0, conf: Vec::new() };
    stage.conf.extend(
        b"server_tokens off;\nserver_names_hash_max_size 8192;\nserver_names_hash_bucket_size 128;\n",
    );
    let mut unplayed = BTreeSet::new();
    for part in &parts {
        let Part { address, host, .. } = part;
        let plain = |path: &str| understudy.reply(*address, host, path);
        let secure = |path: &str| understudy.reply_over_tls(*address, host, path);
        let open = format!("listen {address}:{http};\n{}", named(host));
        let mut is_played = stage.server(&open, plain);
        if part.secure == Secure::Shown {
            let certified = stage.certified(part);
            let open = format!("listen {address}:{https} ssl http2;\n{}{certified}", named(host));
            is_played &= stage.server(&open, secure);
        }
        if !is_played {
            unplayed.insert(part.scenario);
        }
    }
    for address in understudy.addresses() {
        let open = format!("listen {address}:{http} default_server;\n");
        assert!(stage.server(&open, |path| understudy.reply(address, NOBODY, path)));
        let open = format!("listen {address}:{https} ssl http2 default_server;\n");
        // The lab cuts the connection; nginx says that it has no such name.
        let rest = match parts.iter().find(|part| is_old_at(part, address)) {
            None => "ssl_reject_handshake on;\n".to_owned(),
            Some(part) => stage.certified(part) + OLD,
        };
        stage.conf.extend(format!("server {{\n{open}{rest}}}\n").bytes());
    }
    fs::write(root.join("web.conf"), &stage.conf).unwrap();
    unplayed
}

/// Whether a server of old TLS shares its address with other sites. At one address nginx can be old only
/// for all: it agrees on the version before it reads the name.
pub(crate) fn is_shared_with_old(world: World) -> bool {
    let parts = Understudy::new(Arc::new(world), 80, 1).parts();
    parts.iter().any(|part| {
        part.secure != Secure::TooOld && parts.iter().any(|old| is_old_at(old, part.address))
    })
}

fn is_old_at(part: &Part, address: Ipv4Addr) -> bool {
    part.secure == Secure::TooOld && part.address == address
}

/// Names nobody has listed are served as the site itself.
fn named(host: &str) -> String {
    format!("server_name {host} *.{host};\n")
}

/// What was written so far.
struct Stage<'r> {
    root: &'r Path,
    /// The files, by what is in them.
    bodies: HashMap<Vec<u8>, usize>,
    /// How many answers and certificates there are.
    count: usize,
    conf: Vec<u8>,
}

impl Stage<'_> {
    /// Writes a server that begins with `open` and answers as `reply` says. Writes nothing, and says
    /// `false`, where nginx has no means to do so.
    fn server(&mut self, open: &str, reply: impl Fn(&str) -> Reply) -> bool {
        let steady = |path: &str| {
            let first = act(reply(path))?;
            // Who answers by turns keeps a count, which nginx does not.
            first.is_alike(&act(reply(path))?).then_some(first)
        };
        let mut paths = vec!["/".to_owned(), "/robots.txt".to_owned()];
        let mut acts = Vec::new();
        while let Some(path) = paths.get(acts.len()) {
            let Some(act) = steady(path) else { return false };
            if let Some(next) = act.leads_to().filter(|next| !paths.contains(next))
                && paths.len() < PAGES
            {
                paths.push(next);
            }
            acts.push(act);
        }
        let Some(anywhere) = steady(ANYWHERE) else { return false };
        self.conf.extend(format!("server {{\n{open}").bytes());
        for (path, act) in paths.iter().zip(acts).filter(|(_, act)| *act != anywhere) {
            self.location(&format!("= \"{path}\""), act);
        }
        self.location("/", anywhere);
        self.conf.extend(b"}\n");
        true
    }

    fn location(&mut self, place: &str, act: Act) {
        let answer = match act {
            Act::Bare(directives) => {
                self.conf.extend(format!("location {place} {{\n{directives}}}\n").bytes());
                return;
            }
            Act::Answer(answer) => answer,
        };
        self.count += 1;
        let (count, status) = (self.count, answer.status);
        let next = self.bodies.len();
        let number = *self.bodies.entry(answer.body).or_insert_with_key(|body| {
            fs::write(self.root.join(format!("{next}.body")), body).unwrap();
            next
        });
        let body = self.root.join(format!("{number}.body"));
        // The only way to have any status with any document: as the page of an error.
        let open = format!(
            "location {place} {{\nerror_page 418 ={status} /.{count};\nreturn 418;\n}}\n\
             location = /.{count} {{\ninternal;\nalias {};\ntypes {{}}\n{}",
            body.display(),
            answer.directives
        );
        self.conf.extend(open.bytes());
        self.conf.extend(b"default_type ");
        self.conf.extend(quoted(&answer.content_type));
        self.conf.extend(b";\n");
        for (name, value) in &answer.headers {
            for piece in [b"add_header ", &quoted(name)[..], b" ", &quoted(value), b" always;\n"] {
                self.conf.extend(piece);
            }
        }
        self.conf.extend(b"}\n");
    }

    /// Directives that show the certificate of `part`.
    fn certified(&mut self, part: &Part) -> String {
        self.count += 1;
        let at = self.root.join(self.count.to_string());
        let (certificate, key) = part.certificate().unwrap();
        fs::write(at.with_extension("pem"), certificate).unwrap();
        fs::write(at.with_extension("key"), key).unwrap();
        let at = at.display();
        format!("ssl_certificate {at}.pem;\nssl_certificate_key {at}.key;\n")
    }
}

/// What nginx does in place of the lab.
#[derive(Debug, PartialEq, Eq)]
enum Act {
    /// These directives are all.
    Bare(&'static str),
    /// It answers.
    Answer(Answer),
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    content_type: Vec<u8>,
    /// As they are added to nginx's own.
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    /// How it is sent.
    directives: String,
}

impl Act {
    /// Whether the same is shown, be the headers as they may.
    fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Answer(one), Self::Answer(other)) => {
                (one.status, &one.body) == (other.status, &other.body)
            }
            (one, other) => one == other,
        }
    }

    /// The path that it sends on to within the site.
    fn leads_to(&self) -> Option<String> {
        let Self::Answer(answer) = self else { return None };
        let (_, to) = answer.headers.iter().find(|(name, _)| name == b"Location")?;
        let path = to.split(|byte| *byte == b'?').next().filter(|path| path.starts_with(b"/"));
        path.map(|path| String::from_utf8_lossy(path).into_owned())
    }
}

/// What nginx does to reply so; `None` where it has no means to.
fn act(reply: Reply) -> Option<Act> {
    let mut pace = String::new();
    let bytes = match reply {
        Reply::Bytes(bytes) if bytes.is_empty() => return Some(Act::Bare("return 444;\n")),
        Reply::Bytes(bytes) => bytes,
        Reply::Endless { mut start, again } => {
            while start.len() < ENDLESS {
                start.extend(&again);
            }
            start
        }
        Reply::Pieces(pieces, _) => {
            let bytes = pieces.concat();
            pace = format!("limit_rate {};\n", bytes.len().div_ceil(2));
            bytes
        }
        Reply::Drip(_) => return Some(Act::Bare("limit_rate 1;\nreturn 200 slowly;\n")),
        Reply::Hold => {
            let wait = "auth_basic never;\nauth_basic_user_file /dev/null;\nauth_delay 10m;\n";
            return Some(Act::Bare(wait));
        }
        Reply::Reset => {
            return Some(Act::Bare("reset_timedout_connection on;\nreturn 444;\n"));
        }
        Reply::ResetAfter(_) => return None,
    };
    let answer = read(&bytes)?;
    let directives = answer.directives + &pace;
    Some(Act::Answer(Answer { directives, ..answer }))
}

/// Reads a whole answer of HTTP/1.1, sloppy as its headers may be.
fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (&bytes[..end], &bytes[end + 4..]);
    let mut lines = lines(head).into_iter();
    let status = std::str::from_utf8(lines.next()?.strip_prefix(b"HTTP/1.1 ")?.get(..3)?).ok()?;
    // An early answer is not nginx's to give.
    let status = status.parse().ok().filter(|status| *status >= 200)?;
    let mut answer = Answer {
        status,
        content_type: Vec::new(),
        headers: Vec::new(),
        body: body.to_owned(),
        directives: String::new(),
    };
    for line in lines {
        if line.contains(&b'\n') {
            return None;
        }
        match line.iter().position(|byte| *byte == b':') {
            Some(at) if !line.starts_with(b" ") => {
                let value = line[at + 1..].trim_ascii();
                answer.headers.push((line[..at].to_owned(), value.to_owned()));
            }
            // What is no header of its own goes out with the one before it.
            _ => answer.headers.last_mut()?.1.extend([b"\r\n", line].concat()),
        }
    }
    answer.measure();
    Some(answer)
}

fn lines(head: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = head;
    while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
        lines.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    lines.push(rest);
    lines
}

impl Answer {
    /// Leaves the headers to nginx that it makes by itself, but for those that are wrong.
    fn measure(&mut self) {
        let mut taken = |name: &[u8]| {
            let at = self.headers.iter().position(|(one, _)| one.eq_ignore_ascii_case(name))?;
            Some(self.headers.remove(at).1)
        };
        self.content_type = taken(b"Content-Type").unwrap_or_default();
        taken(b"Connection");
        let (length, coding) = (taken(b"Content-Length"), taken(b"Transfer-Encoding"));
        self.headers.retain(|(name, value)| (&name[..], &value[..]) != (b"Server", b"nginx"));
        if length.as_ref().is_some_and(|told| *told == self.body.len().to_string().into_bytes()) {
            return;
        }
        self.directives.push_str(UNMEASURED);
        let whole = coding.as_ref().and_then(|_| joined(&self.body));
        if let Some(body) = whole {
            // nginx cuts it into chunks of its own.
            self.body = body;
            return;
        }
        self.directives.push_str("chunked_transfer_encoding off;\n");
        for (name, value) in [("Content-Length", length), ("Transfer-Encoding", coding)] {
            self.headers.extend(value.map(|value| (name.as_bytes().to_owned(), value)));
        }
    }
}

/// What stands in the chunks of `body`; `None` where they are broken.
fn joined(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let at = body.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&body[..at]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend(body.get(at + 2..at + 2 + size)?);
        body = body[at + 2 + size..].strip_prefix(b"\r\n")?;
    }
}

/// One word of a configuration.
fn quoted(text: &[u8]) -> Vec<u8> {
    assert!(!text.contains(&b'$'), "nginx would take it for a variable");
    let mut quoted = b"\"".to_vec();
    for byte in text {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', *byte]),
            b'\r' => quoted.extend(b"\\r"),
            b'\n' => quoted.extend(b"\\n"),
            _ => quoted.push(*byte),
        }
    }
    quoted.push(b'"');
    quoted
}
