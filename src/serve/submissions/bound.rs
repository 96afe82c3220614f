//! What a provider may say of registers: of itself, and nothing of others.

use jiff::civil::Date;

use crate::facts::allocation::Allocation;
use crate::facts::allocation::AllocationKind;
use crate::facts::directory::Directory;
use crate::facts::filing::Filing;
use crate::facts::provider::ProviderId;
use crate::facts::provider::ProviderName;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::submissions::Refused;

/// The row as the caller may submit it, or why not. Whom addresses are passed on to must have said so
/// before (`is_confirmed`): else a provider could make its sites another's, or itself another's Carrier.
pub(super) fn allocation(
    row: Allocation,
    caller: &Caller,
    directory: &Directory,
    today: Date,
    is_confirmed: impl FnOnce(&Allocation, &ProviderId) -> Result<bool, Problem>,
) -> Result<Result<Allocation, Refused>, Problem> {
    if !row.is_in_force(today) {
        let why = "the row does not hold yet, and would take the place of one that does; send it from that \
                   day on";
        return Ok(Err(("allocated_on", why.to_owned())));
    }
    let Some(own) = caller.scope.provider() else { return Ok(Ok(row)) };
    if row.kind == AllocationKind::Registry {
        return Ok(Err(("kind", "only the registry's own file gives address space".to_owned())));
    }
    if !row.provider.as_ref().is_some_and(|name| is(directory, name, own)) {
        return Ok(Err(("provider", of_another())));
    }
    if row.kind == AllocationKind::Reassigned && !is_confirmed(&row, own)? {
        let why = "the receiver has not reported that it has this range from you; it does so first";
        return Ok(Err(("to", why.to_owned())));
    }
    Ok(Ok(row))
}

/// The same for a filing.
pub(super) fn filing(
    mut row: Filing,
    own: &ProviderId,
    directory: &Directory,
) -> Result<Filing, Refused> {
    let refused = |column, reason: &str| Err((column, reason.to_owned()));
    if row.site_number.is_none() && row.subject_number.is_none() {
        return refused("site_number", "a record without any number is no filing");
    }
    let name: ProviderName = match own.as_str().parse() {
        Ok(name) => name,
        Err(_) => return refused("providers", "the provider's id is no name"),
    };
    match &row.providers {
        Some(names) if names.iter().any(|name| !is(directory, name, own)) => {
            Err(("providers", of_another()))
        }
        _ => {
            row.providers = Some(vec![name]);
            Ok(row)
        }
    }
}

fn is(directory: &Directory, name: &ProviderName, own: &ProviderId) -> bool {
    directory.find(name).is_some_and(|provider| provider.id == *own)
}

fn of_another() -> String {
    "the row is another provider's, or nobody's who is known; a provider submits for itself"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::filings;
    use crate::formats::providers;
    use std::io::Cursor;

    fn directory() -> Directory {
        let text = "id,name,kind\nP4,示例云,provider\nP5,别家云,provider\n";
        let rows = providers::read(Cursor::new(text)).unwrap();
        Directory::new(rows.map(Result::unwrap).collect())
    }

    fn row(cells: &str) -> Filing {
        let text = format!("domain,site_number,state,providers,subject_name\n{cells}\n");
        filings::read(Cursor::new(text)).unwrap().next().unwrap().unwrap()
    }

    #[test]
    fn a_provider_speaks_for_itself() {
        let number = "京ICP备05014806号-1";
        for (cells, expected) in [
            (format!("a.cn,{number},active,示例云,新"), Ok(())),
            (format!("a.cn,{number},active,,新"), Ok(())),
            (format!("a.cn,{number},active,别家云,新"), Err("providers")),
            (format!("a.cn,{number},active,示例云;别家云,新"), Err("providers")),
            (format!("a.cn,{number},cancelled,P4,新"), Ok(())),
            (format!("a.cn,{number},cancelled,别家云,新"), Err("providers")),
            ("a.cn,,active,P4,新".to_owned(), Err("site_number")),
        ] {
            let taken = filing(row(&cells), &"P4".parse().unwrap(), &directory());
            let names = taken.map(|row| row.providers.unwrap_or_default());
            let own = vec!["P4".parse().unwrap()];
            assert_eq!(names.map_err(|(column, _)| column), expected.map(|()| own), "{cells}");
        }
    }
}
