//! What is known of a drawn site after everything that was read about it: a later reading corrects an
//! earlier one, item by item, and an empty cell takes nothing back.

use crate::audit::accuracy::Verified;
use crate::facts::sample::Contact;
use crate::facts::sample::DrawnSite;
use crate::facts::sample::Item;
use crate::facts::sample::Reading;
use crate::facts::sample::Rightness;
use crate::facts::sample::Via;

/// What is known of one drawn site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is known of each item.
    pub verified: Verified,
    /// What came of the last call or message; `None` before the first.
    pub contact: Option<Contact>,
    /// 错误类型, where something is wrong and somebody said so.
    pub kind: Option<String>,
    /// 错误原因, likewise.
    pub cause: Option<String>,
    /// The last note.
    pub note: Option<String>,
    /// Whether an item was once told otherwise.
    pub was_corrected: bool,
}

/// What a reading changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// All of it was known.
    Nothing,
    /// It told something new.
    New,
    /// It took back what was told before: each item, what it was, what it is.
    Corrected(Vec<(Item, Rightness, Rightness)>),
}

/// Why a row cannot be taken: it says two things at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// Confirmed, and something wrong.
    #[error(
        "the contact says that all is right, and an item is said to be wrong; correct one of them"
    )]
    ConfirmedAndWrong,
    /// Denied, and the name right.
    #[error("the organiser denies the site, and the name is said to be right; correct one of them")]
    DeniedAndRight,
    /// The number is wrong, and the telephone right.
    #[error("the number is said to be wrong, and the telephone right; correct one of them")]
    WrongNumberAndRight,
    /// Nobody was reached, and the telephone is right.
    #[error("nobody was reached, and the telephone is said to be right; correct one of them")]
    UnreachableAndRight,
    /// An error kind or cause, and nothing that is wrong.
    #[error("an error kind or cause is told, and nothing is said to be wrong; say which item is")]
    ErrorWithoutWrong,
}

impl Contradiction {
    /// The column to look at.
    pub fn column(self) -> &'static str {
        match self {
            Self::ErrorWithoutWrong => "error_kind",
            _ => "contact",
        }
    }
}

impl Outcome {
    /// What is known after `readings`, oldest first.
    pub fn of(site: &DrawnSite, readings: &[Reading]) -> Self {
        let after = |known: Self, reading: &Reading| {
            // A row that contradicts itself was refused when it was read.
            known.after(site, reading).map_or(known.clone(), |(outcome, _)| outcome)
        };
        readings.iter().fold(Self::default(), after)
    }

    /// What is known after one more reading, and what it changed.
    pub fn after(
        &self,
        site: &DrawnSite,
        reading: &Reading,
    ) -> Result<(Self, Effect), Contradiction> {
        let told = told(site, reading)?;
        let mut outcome = self.clone();
        let mut corrected = Vec::new();
        for (item, rightness) in told {
            let before = self.verified.of(item);
            if before != Rightness::Unknown && before != rightness {
                corrected.push((item, before, rightness));
            }
            outcome.verified.set(item, rightness);
        }
        let replace = |old: &mut Option<String>, new: &Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        replace(&mut outcome.kind, &reading.kind);
        replace(&mut outcome.cause, &reading.cause);
        replace(&mut outcome.note, &reading.note);
        outcome.contact = reading.contact.or(outcome.contact);
        if outcome.verified.wrong().next().is_none() {
            if reading.kind.is_some() || reading.cause.is_some() {
                return Err(Contradiction::ErrorWithoutWrong);
            }
            (outcome.kind, outcome.cause) = (None, None);
        }
        outcome.was_corrected |= !corrected.is_empty();
        let effect = if !corrected.is_empty() {
            Effect::Corrected(corrected)
        } else if outcome == *self {
            Effect::Nothing
        } else {
            Effect::New
        };
        Ok((outcome, effect))
    }

    /// Whether the site's key information is right.
    pub fn accuracy(&self, site: &DrawnSite) -> Rightness {
        self.verified.accuracy(&site.items)
    }
}

/// What a reading says of each item: in so many words, or by what came of the call.
pub fn told(site: &DrawnSite, reading: &Reading) -> Result<Vec<(Item, Rightness)>, Contradiction> {
    let said = |items: &[Item], rightness| {
        reading.items.iter().any(|(item, said)| items.contains(item) && *said == rightness)
    };
    let names = &[Item::SubjectName, Item::ResponsibleName];
    let implied = match reading.contact {
        Some(Contact::Unreachable) if said(&[Item::Phone], Rightness::Right) => {
            return Err(Contradiction::UnreachableAndRight);
        }
        None | Some(Contact::Answered | Contact::Refused | Contact::Unreachable) => Vec::new(),
        Some(Contact::Confirmed) if said(Item::ALL, Rightness::Wrong) => {
            return Err(Contradiction::ConfirmedAndWrong);
        }
        Some(Contact::Confirmed) => {
            site.items.iter().map(|item| (*item, Rightness::Right)).collect()
        }
        Some(Contact::Denied) if said(names, Rightness::Right) => {
            return Err(Contradiction::DeniedAndRight);
        }
        Some(Contact::Denied) => names.map(|item| (item, Rightness::Wrong)).to_vec(),
        Some(Contact::WrongNumber) if said(&[Item::Phone], Rightness::Right) => {
            return Err(Contradiction::WrongNumberAndRight);
        }
        // A message goes to one number; the record's others may be right.
        Some(Contact::WrongNumber) if reading.via == Some(Via::Message) && site.phones > 1 => {
            Vec::new()
        }
        Some(Contact::WrongNumber) => vec![(Item::Phone, Rightness::Wrong)],
    };
    let mut told = reading.items.clone();
    for (item, rightness) in implied {
        if !told.iter().any(|(said, _)| *said == item) {
            told.push((item, rightness));
        }
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::sample::Age;
    use crate::facts::sample::RowId;
    use Rightness::Right;
    use Rightness::Unknown;
    use Rightness::Wrong;
    use jiff::Timestamp;

    fn site() -> DrawnSite {
        DrawnSite {
            id: RowId::new(1, 1),
            provider: "A".parse().unwrap(),
            age: Age::New,
            target: "example.cn".parse().unwrap(),
            number: None,
            items: Item::ALL.to_vec(),
            phones: 2,
            digest: [0; 16],
        }
    }

    fn reading(items: &[(Item, Rightness)], contact: Option<Contact>) -> Reading {
        Reading {
            at: Timestamp::UNIX_EPOCH,
            items: items.to_vec(),
            contact,
            via: None,
            kind: None,
            cause: None,
            note: None,
            caller: None,
            verified_at: None,
        }
    }

    #[test]
    fn partial_sheets_add_up_and_a_later_one_corrects() {
        let site = site();
        let first = reading(&[(Item::SubjectName, Right), (Item::Phone, Wrong)], None);
        let second = reading(&[(Item::Address, Right), (Item::Provider, Right)], None);
        let (known, effect) = Outcome::default().after(&site, &first).unwrap();
        assert_eq!((known.accuracy(&site), effect), (Unknown, Effect::New));
        let (known, effect) = known.after(&site, &second).unwrap();
        assert_eq!((known.accuracy(&site), effect), (Right, Effect::New));
        assert_eq!(known.after(&site, &second).unwrap().1, Effect::Nothing);
        let third = reading(&[(Item::Provider, Wrong)], None);
        let (known, effect) = known.after(&site, &third).unwrap();
        let corrected = Effect::Corrected(vec![(Item::Provider, Right, Wrong)]);
        assert_eq!((known.accuracy(&site), effect, known.was_corrected), (Wrong, corrected, true));
        assert_eq!(Outcome::of(&site, &[first, second, third]), known);
    }

    #[test]
    fn what_came_of_the_call_speaks_for_the_items() {
        let site = site();
        let known =
            |contact| Outcome::default().after(&site, &reading(&[], Some(contact))).unwrap().0;
        assert_eq!(known(Contact::Confirmed).accuracy(&site), Right);
        assert_eq!(known(Contact::Denied).accuracy(&site), Wrong);
        for contact in [Contact::Unreachable, Contact::Refused, Contact::Answered] {
            assert_eq!(known(contact).accuracy(&site), Unknown, "{contact}");
        }
        let wrong = known(Contact::WrongNumber);
        assert_eq!(wrong.verified.of(Item::Phone), Wrong);
        assert_eq!(wrong.accuracy(&site), Unknown);
        let by_message =
            Reading { via: Some(Via::Message), ..reading(&[], Some(Contact::WrongNumber)) };
        let (known, _) = Outcome::default().after(&site, &by_message).unwrap();
        assert_eq!(known.verified.of(Item::Phone), Unknown);
    }

    #[test]
    fn a_row_that_says_two_things_at_once_is_refused() {
        let site = site();
        for (item, rightness, contact, expected) in [
            (Item::Address, Wrong, Contact::Confirmed, Contradiction::ConfirmedAndWrong),
            (Item::SubjectName, Right, Contact::Denied, Contradiction::DeniedAndRight),
            (Item::Phone, Right, Contact::WrongNumber, Contradiction::WrongNumberAndRight),
            (Item::Phone, Right, Contact::Unreachable, Contradiction::UnreachableAndRight),
        ] {
            let row = reading(&[(item, rightness)], Some(contact));
            assert_eq!(Outcome::default().after(&site, &row).unwrap_err(), expected);
        }
        let kind = Some("missing".to_owned());
        let row = Reading { kind, ..reading(&[(Item::Phone, Right)], None) };
        let refused = Outcome::default().after(&site, &row).unwrap_err();
        assert_eq!(refused, Contradiction::ErrorWithoutWrong);
        let (known, _) =
            Outcome::default().after(&site, &reading(&[(Item::Phone, Wrong)], None)).unwrap();
        let kind = Some("missing".to_owned());
        let (known, _) = known.after(&site, &Reading { kind, ..reading(&[], None) }).unwrap();
        assert_eq!(known.kind.as_deref(), Some("missing"));
        let (known, _) = known.after(&site, &reading(&[(Item::Phone, Right)], None)).unwrap();
        assert_eq!(known.kind, None);
    }
}
