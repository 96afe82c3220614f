//! What looks like a filing number and is none: numbers of other registries, of registries that do not
//! exist, and what templates are filled with. Reads one where it begins, from folded characters.

use crate::facts::number::province;
use crate::formats::numbers::Registration;

/// Between two parts of one number, at most so many spaces.
const WIDEST_GAP: usize = 4;

/// Before ICP备 these are words of a sentence, 本站ICP备 or 工信部ICP备, and no province of anybody's.
const WORDS: &str = "站网部号司的是为有无及和或看查页案备";

/// Where a car plate has another character than a filing number (公网安备 is given by plates).
const PLATES: [(char, char); 4] = [('蜀', '川'), ('黔', '贵'), ('滇', '云'), ('陇', '甘')];

/// What the number that begins with the first of `characters` is, and how many of them it takes.
pub(super) fn read(characters: &[char]) -> Option<(Registration, usize)> {
    [police, algorithm, device, drug, masked, parody].iter().find_map(|read| {
        let mut cursor = Cursor { characters, at: 0 };
        let registration = read(&mut cursor)?;
        Some((registration, cursor.at))
    })
}

/// `粤公网安备 44030502008569号`; older ones have 12 digits.
fn police(cursor: &mut Cursor<'_>) -> Option<Registration> {
    let plate = cursor.next_if(|c| province(c).is_some()).and_then(province);
    let plate = plate.map(|one| PLATES.iter().find(|(ours, _)| *ours == one).map_or(one, |p| p.1));
    let is_filing = cursor.word("公网安备") || cursor.word("公安网备");
    if !is_filing && (plate.is_some() || !cursor.word("公安备案号")) {
        return None;
    }
    cursor.next_if(|c| matches!(c, '号' | '第'));
    cursor.next_if(|c| c == ':');
    let serial = cursor.run(11..=14, |c| c.is_ascii_digit())?;
    cursor.next_if(|c| c == '号');
    let plate = plate.map(String::from).unwrap_or_default();
    Some(Registration::Police(format!("{plate}公网安备{serial}号")))
}

/// `网信算备110105823483901220013号`
fn algorithm(cursor: &mut Cursor<'_>) -> Option<Registration> {
    if !cursor.word("网信算备") {
        return None;
    }
    let serial = cursor.run(12..=24, |c| c.is_ascii_digit())?;
    cursor.next_if(|c| c == '号');
    Some(Registration::Algorithm(format!("网信算备{serial}号")))
}

/// `(浙)网械平台备字[2018]第00003号`
fn device(cursor: &mut Cursor<'_>) -> Option<Registration> {
    let issuer = cursor.enclosed_province();
    if !cursor.word("网械平台备字") {
        return None;
    }
    cursor.next_if(|c| matches!(c, '[' | '(' | '〔'))?;
    let year = cursor.run(4..=4, |c| c.is_ascii_digit())?;
    cursor.next_if(|c| matches!(c, ']' | ')' | '〕'))?;
    cursor.next_if(|c| c == '第');
    let serial = cursor.run(4..=6, |c| c.is_ascii_digit())?;
    cursor.next_if(|c| c == '号');
    let issuer = issuer.map(|issuer| format!("({issuer})")).unwrap_or_default();
    Some(Registration::Device(format!("{issuer}网械平台备字[{year}]第{serial}号")))
}

/// `(京)-非经营性-2016-0005`
fn drug(cursor: &mut Cursor<'_>) -> Option<Registration> {
    let issuer = cursor.enclosed_province();
    if issuer.is_some() {
        cursor.next_if(|c| c == '-');
    }
    let kind = if cursor.word("非经营性") {
        "非经营性"
    } else if cursor.word("经营性") {
        "经营性"
    } else {
        return None;
    };
    cursor.next_if(|c| c == '-')?;
    let year = cursor.run(4..=4, |c| c.is_ascii_digit())?;
    cursor.next_if(|c| c == '-')?;
    let serial = cursor.run(4..=5, |c| c.is_ascii_digit())?;
    let issuer = issuer.map(|issuer| format!("({issuer})-")).unwrap_or_default();
    Some(Registration::Drug(format!("{issuer}{kind}-{year}-{serial}")))
}

/// `京ICP备XXXXXXXX号`, `粤ICP备2023****号-1`
fn masked(cursor: &mut Cursor<'_>) -> Option<Registration> {
    let issuer = province(cursor.next_if(|c| province(c).is_some())?)?;
    if !cursor.word("ICP备") {
        return None;
    }
    cursor.word("案号");
    cursor.next_if(|c| c == ':');
    let is_filler = |c: char| c.is_ascii_digit() || matches!(c, 'X' | '*' | '?' | '#' | '○' | '×');
    let serial = cursor.run(4..=14, is_filler)?;
    if serial.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    cursor.next_if(|c| c == '号');
    Some(Registration::Placeholder(format!("{issuer}ICP备{serial}号")))
}

/// `萌ICP备20259514号`, `萌ICP备APTX4869号`
fn parody(cursor: &mut Cursor<'_>) -> Option<Registration> {
    let is_name = |c: char| {
        ('\u{4e00}'..='\u{9fff}').contains(&c) && province(c).is_none() && !WORDS.contains(c)
    };
    let issuer = cursor.next_if(is_name)?;
    if !cursor.word("ICP备") {
        return None;
    }
    let serial = cursor.run(4..=14, |c| c.is_ascii_alphanumeric())?;
    if !serial.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    cursor.next_if(|c| c == '号');
    Some(Registration::Parody(format!("{issuer}ICP备{serial}号")))
}

struct Cursor<'a> {
    characters: &'a [char],
    at: usize,
}

impl Cursor<'_> {
    fn rest(&self) -> &[char] {
        self.characters.get(self.at..).unwrap_or_default()
    }

    /// How many spaces come next; none before the first character.
    fn gap(&self) -> usize {
        let most = if self.at == 0 { 0 } else { WIDEST_GAP };
        self.rest().iter().take(most).take_while(|c| **c == ' ').count()
    }

    fn next_if(&mut self, is_wanted: impl Fn(char) -> bool) -> Option<char> {
        let gap = self.gap();
        let next = self.rest().get(gap).copied().filter(|c| is_wanted(*c))?;
        self.at += gap + 1;
        Some(next)
    }

    /// Takes `word`, with spaces between its characters too, or nothing.
    fn word(&mut self, word: &str) -> bool {
        let before = self.at;
        let is_there = word.chars().all(|wanted| self.next_if(|c| c == wanted).is_some());
        if !is_there {
            self.at = before;
        }
        is_there
    }

    /// A run of an allowed length; a longer or shorter one is something else.
    fn run(
        &mut self,
        lengths: std::ops::RangeInclusive<usize>,
        is_wanted: impl Fn(char) -> bool,
    ) -> Option<String> {
        self.at += self.gap();
        let limit = lengths.end() + 1;
        let run: String = self.rest().iter().take(limit).take_while(|c| is_wanted(**c)).collect();
        let length = run.chars().count();
        self.at += length;
        lengths.contains(&length).then_some(run)
    }

    /// `(京)`
    fn enclosed_province(&mut self) -> Option<char> {
        let before = self.at;
        let read = |cursor: &mut Self| {
            cursor.next_if(|c| c == '(')?;
            let found = cursor.next_if(|c| province(c).is_some() || c == '国')?;
            cursor.next_if(|c| c == ')')?;
            Some(found)
        };
        let found = read(self);
        if found.is_none() {
            self.at = before;
        }
        found
    }
}
