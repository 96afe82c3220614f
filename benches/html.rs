//! What reading one home page costs, beside what `scraper` spends on its tree alone.
//!
//! `cargo bench --bench html [FILE…]`; each file is a page, and without any an ordinary home page of
//! 28 KB is made up. Without `--bench` (as `cargo test --all-targets` runs it) each is read once.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::hint::black_box;
use std::time::Duration;
use std::time::Instant;

use chabei::formats::charset;
use chabei::formats::html;
use chabei::formats::html::Budget;
use chabei::formats::signatures::Seen;
use chabei::formats::signatures::Signatures;
use scraper::Html;

const BUDGET: Budget = Budget { cpu: Duration::from_millis(100), nodes: 60_000 };

/// How big the page is that is made up.
const SIZE: usize = 28 * 1024;

fn home_page() -> String {
    let mut page = String::from(
        "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>某某机械有限公司 - 官方网站</title>\
         <style>body { margin: 0; font: 14px/1.8 sans-serif; }</style><script>var _hmt = _hmt || [];</script></head><body>\
         <div class=\"header\"><a href=\"/\"><img src=\"/logo.png\" alt=\"某某机械\"></a></div>\n",
    );
    let mut number = 0;
    while page.len() < SIZE - 400 {
        number += 1;
        let line = format!(
            "<li class=\"item item-{number}\"><a href=\"/news/{number}.html\" title=\"公司召开经营工作会议\" target=\"_blank\">\
             公司召开经营工作会议，部署下半年任务</a> <span class=\"date\">2026-11-{:02}</span></li>\n",
            1 + number % 28,
        );
        page.push_str(&line);
    }
    page.push_str(
        "<div class=\"footer\"><p>版权所有 &copy; 2012-2026 某某机械有限公司</p>\
         <p><a href=\"https://beian.miit.gov.cn/\" target=\"_blank\">京ICP备05014806号-1</a></p></div></body></html>\n",
    );
    page
}

/// The time of one call, the least of several rounds.
fn time(rounds: u32, mut call: impl FnMut()) -> Duration {
    let round = |call: &mut dyn FnMut()| {
        let begin = Instant::now();
        for _ in 0..rounds {
            call();
        }
        begin.elapsed() / rounds
    };
    (0..5).map(|_| round(&mut call)).min().unwrap_or_default()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_bench = arguments.iter().any(|argument| argument == "--bench");
    let rounds = if is_bench { 200 } else { 1 };
    let files = arguments.iter().filter(|argument| !argument.starts_with("--"));
    let mut pages: Vec<(String, Vec<u8>)> =
        files.map(|file| (file.clone(), std::fs::read(file).unwrap())).collect();
    if pages.is_empty() {
        let page = home_page();
        let in_gbk = |page: &str| encoding_rs::GBK.encode(page).0.into_owned();
        let told = page.replacen("utf-8", "gb2312", 1);
        pages.push(("a home page in UTF-8".to_owned(), page.clone().into_bytes()));
        pages.push(("the same in GBK".to_owned(), in_gbk(&told)));
        pages.push(("the same in GBK that says it is UTF-8".to_owned(), in_gbk(&page)));
    }
    let signatures = Signatures::builtin();
    let base = "http://www.example.cn/".parse().unwrap();
    for (name, body) in pages {
        let text = charset::decode(&body, None);
        let document = html::read(&text, &base, BUDGET);
        let parts = document.parts;
        let tree =
            document.tree_nodes.map_or("no tree".to_owned(), |nodes| format!("{nodes} nodes"));
        let decoding = time(rounds, || drop(black_box(charset::decode(&body, None))));
        let reading = time(rounds, || {
            let text = charset::decode(&body, None);
            let document = html::read(&text, &base, BUDGET);
            let seen = Seen {
                status: 200,
                server: Some("nginx"),
                location: None,
                frames: &document.frames,
                title: document.page.title.as_deref(),
                text: &document.text,
                text_chars: document.text_chars,
                links: document.links,
            };
            black_box(signatures.recognise(&seen));
            black_box(document);
        });
        let scraper = time(rounds, || drop(black_box(Html::parse_document(&text))));
        println!(
            "{name}, {} bytes, {parts} parts, {tree}: read in {reading:.1?} ({decoding:.1?} of it decoding); \
             scraper's tree alone {scraper:.1?}, {:.1} times that",
            body.len(),
            scraper.as_secs_f64() / reading.as_secs_f64(),
        );
    }
}
