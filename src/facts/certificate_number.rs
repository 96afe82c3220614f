//! Certificate numbers (证件号码): their forms, and the check characters of their standards.
//!
//! Resident numbers by GB 11643, unified social credit codes by GB 32100, organisation codes by GB 11714,
//! registration numbers of old business licences by GS 15-2006. Texts are taken as they are: fold
//! full-width characters and trim before.

use jiff::civil::Date;

/// The first two digits of a resident number: a province of the mainland, and what the residence permits
/// of people from Taiwan, Hong Kong and Macau begin with. Counties are not held against a table: a number
/// keeps the code of a county that was abolished since.
const AREAS: [u8; 36] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83, 91,
];

/// The characters of a unified social credit code, each worth its place: no I, O, Z, S, V.
const CREDIT: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

const CREDIT_WEIGHTS: [usize; 17] =
    [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

const RESIDENT_WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

const ORGANISATION_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// What a text is, seen as a number of one standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// It has another form.
    OtherForm,
    /// The check character is wrong.
    WrongCheck,
    /// It begins with no province.
    WrongArea,
    /// It holds no day, or one that is still to come.
    WrongBirth,
    /// Nothing speaks against it.
    Fine,
}

/// `text` as a resident number of 18 digits, or of 15 as they were until 1999, which have no check
/// character. `today` is what no birth comes after.
pub fn resident(text: &str, today: Date) -> Checked {
    let bytes = text.as_bytes();
    let birth = match *bytes {
        [ref front @ .., last] if front.len() == 17 && is_digits(front) => {
            let last = last.to_ascii_uppercase();
            if !(last.is_ascii_digit() || last == b'X') {
                return Checked::OtherForm;
            }
            if resident_check(text.get(..17).unwrap_or_default()) != Some(char::from(last)) {
                return Checked::WrongCheck;
            }
            day(front.get(6..14).unwrap_or_default(), 0)
        }
        _ if bytes.len() == 15 && is_digits(bytes) => {
            day(bytes.get(6..12).unwrap_or_default(), 1900)
        }
        _ => return Checked::OtherForm,
    };
    let area =
        bytes.iter().take(2).fold(0_u8, |area, digit| area.wrapping_mul(10) + (digit - b'0'));
    if !AREAS.contains(&area) {
        return Checked::WrongArea;
    }
    match birth {
        Some(birth) if birth <= today && birth.year() >= 1880 => Checked::Fine,
        _ => Checked::WrongBirth,
    }
}

/// The check character after the first 17 digits of a resident number; `None` where they are no digits.
pub fn resident_check(front: &str) -> Option<char> {
    let sum = weighed(front, &RESIDENT_WEIGHTS, digit_of)?;
    b"10X98765432".get(sum % 11).copied().map(char::from)
}

/// `text` as a unified social credit code.
pub fn credit_code(text: &str) -> Checked {
    let Some((front, last)) = text.split_at_checked(17) else { return Checked::OtherForm };
    let Some(check) = credit_code_check(front) else { return Checked::OtherForm };
    let [last] = last.as_bytes() else { return Checked::OtherForm };
    let last = last.to_ascii_uppercase();
    match CREDIT.contains(&last) {
        true if char::from(last) == check => Checked::Fine,
        true => Checked::WrongCheck,
        false => Checked::OtherForm,
    }
}

/// The check character after the first 17 characters of a unified social credit code; `None` where they
/// are none of its characters.
pub fn credit_code_check(front: &str) -> Option<char> {
    let value = |byte: u8| CREDIT.iter().position(|known| *known == byte);
    let sum = weighed(front, &CREDIT_WEIGHTS, value)?;
    CREDIT.get((31 - sum % 31) % 31).copied().map(char::from)
}

/// `text` as an organisation code, with or without the hyphen before its check character.
pub fn organisation_code(text: &str) -> Checked {
    let Some((front, last)) = text.split_at_checked(8) else { return Checked::OtherForm };
    let Some(check) = organisation_code_check(front) else { return Checked::OtherForm };
    let [last] = last.strip_prefix('-').unwrap_or(last).as_bytes() else {
        return Checked::OtherForm;
    };
    match char::from(last.to_ascii_uppercase()) {
        last if last == check => Checked::Fine,
        '0'..='9' | 'X' => Checked::WrongCheck,
        _ => Checked::OtherForm,
    }
}

/// The check character after the first eight characters of an organisation code; `None` where they are no
/// digits or letters.
pub fn organisation_code_check(front: &str) -> Option<char> {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(usize::from(byte - b'0')),
        b'A'..=b'Z' => Some(usize::from(byte - b'A') + 10),
        _ => None,
    };
    let sum = weighed(front, &ORGANISATION_WEIGHTS, value)?;
    b"0X987654321".get(sum % 11).copied().map(char::from)
}

/// `text` as the 15 digits of an old business licence.
pub fn licence(text: &str) -> Checked {
    let Some((front, last)) = text.split_at_checked(14) else { return Checked::OtherForm };
    let ([last @ b'0'..=b'9'], Some(check)) = (last.as_bytes(), licence_check(front)) else {
        return Checked::OtherForm;
    };
    if char::from(*last) == check { Checked::Fine } else { Checked::WrongCheck }
}

/// The check digit after the first 14 digits of a business licence (ISO 7064, MOD 11,10); `None` where
/// they are no digits.
pub fn licence_check(front: &str) -> Option<char> {
    if front.len() != 14 || !is_digits(front.as_bytes()) {
        return None;
    }
    let product = front.bytes().fold(10, |product: u32, digit| {
        let sum = (product + u32::from(digit - b'0')) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    char::from_digit((11 - product) % 10, 10)
}

/// The sum of the values of `front`, each times its weight; `None` where a character has no value, or
/// there are not as many as weights.
fn weighed(front: &str, weights: &[usize], value: impl Fn(u8) -> Option<usize>) -> Option<usize> {
    if front.len() != weights.len() {
        return None;
    }
    let upper = front.bytes().map(|byte| byte.to_ascii_uppercase());
    upper.zip(weights).try_fold(0, |sum, (byte, weight)| Some(sum + value(byte)? * weight))
}

fn digit_of(byte: u8) -> Option<usize> {
    byte.is_ascii_digit().then(|| usize::from(byte - b'0'))
}

fn is_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// The day that year, month and day make, written as digits one after the other; two digits of a year
/// count from `century`.
fn day(digits: &[u8], century: i16) -> Option<Date> {
    let number = |digits: &[u8]| {
        digits.iter().fold(0_i16, |number, digit| number * 10 + i16::from(digit - b'0'))
    };
    let (year, rest) = digits.split_at_checked(digits.len().checked_sub(4)?)?;
    let (month, day) = rest.split_at_checked(2)?;
    let small = |digits: &[u8]| i8::try_from(number(digits)).ok();
    Date::new(century + number(year), small(month)?, small(day)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TODAY: Date = Date::constant(2026, 11, 24);

    #[test]
    fn the_examples_of_the_standards_are_fine_and_break_with_any_other_check() {
        for (text, check) in [
            ("11010519491231002X", resident as fn(&str, Date) -> Checked),
            ("440524188001010014", resident),
            ("91350100M000100Y43", |text, _| credit_code(text)),
            ("D2143569X", |text, _| organisation_code(text)),
            ("110108000000016", |text, _| licence(text)),
        ] {
            assert_eq!(check(text, TODAY), Checked::Fine, "{text}");
            let (front, last) = text.split_at(text.len() - 1);
            for other in ('0'..='9').filter(|other| *other != last.chars().next().unwrap()) {
                let other = format!("{front}{other}");
                assert_eq!(check(&other, TODAY), Checked::WrongCheck, "{other}");
            }
        }
        assert_eq!(organisation_code("D2143569-x"), Checked::Fine);
        assert_eq!(resident("11010519491231002x", TODAY), Checked::Fine);
    }

    #[test]
    fn a_resident_number_needs_a_province_and_a_day() {
        let number = |front: &str| format!("{front}{}", resident_check(front).unwrap());
        for (front, expected) in [
            ("11010519491231002", Checked::Fine),
            ("99010519491231002", Checked::WrongArea),
            ("11010519490231002", Checked::WrongBirth),
            ("11010520991231002", Checked::WrongBirth),
            ("11010517491231002", Checked::WrongBirth),
        ] {
            assert_eq!(resident(&number(front), TODAY), expected, "{front}");
        }
        for (text, expected) in [
            ("110105491231002", Checked::Fine),
            ("110105490231002", Checked::WrongBirth),
            ("190105491231002", Checked::WrongArea),
            ("1101054912310021", Checked::OtherForm),
            ("", Checked::OtherForm),
            ("EXAMPLE-0001", Checked::OtherForm),
        ] {
            assert_eq!(resident(text, TODAY), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_them_panic(text in "\\PC{0,20}|[0-9A-Z张-]{0,19}") {
            let _ = (resident(&text, TODAY), credit_code(&text), organisation_code(&text));
            let _ = (licence(&text), resident_check(&text), credit_code_check(&text));
            let _ = (licence_check(&text), organisation_code_check(&text));
        }

        #[test]
        fn one_wrong_character_never_passes(
            front in "[0-9]{17}", place in 0_usize..17, step in 1_u8..10,
        ) {
            // Each of the standards detects every single error.
            let wrong = |text: &str, length: usize| {
                let mut bytes = text.as_bytes()[..length].to_vec();
                let place = place % length;
                bytes[place] = b'0' + (bytes[place] - b'0' + step) % 10;
                String::from_utf8(bytes).unwrap()
            };
            prop_assert_ne!(resident_check(&front), resident_check(&wrong(&front, 17)));
            prop_assert_ne!(credit_code_check(&front), credit_code_check(&wrong(&front, 17)));
            prop_assert_ne!(licence_check(&front[..14]), licence_check(&wrong(&front, 14)));
            prop_assert_ne!(
                organisation_code_check(&front[..8]),
                organisation_code_check(&wrong(&front, 8))
            );
        }
    }
}
