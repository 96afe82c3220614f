//! `GET /exports/findings.xml` and `/exports/access.xml`: what stands as messages of the ministry's
//! interface, each of one provider and of no more records than it takes. A call gives one message and
//! tells of the next, so that a list of any length is taken away whole.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;

use crate::clock;
use crate::facts::filing::Filing;
use crate::facts::finding::Kind;
use crate::facts::issue::Issue;
use crate::facts::provider::Provider;
use crate::facts::provider::ProviderId;
use crate::publish::findings::v3::Listing;
use crate::publish::findings::v3::Outbox;
use crate::publish::findings::v3::access;
use crate::publish::findings::v3::access::Checked;
use crate::publish::findings::v3::file_name;
use crate::publish::findings::v3::unfiled;
use crate::publish::findings::workbook::Sheets;
use crate::serve::ask::Queries;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::exports::LEFT_OUT;
use crate::serve::exports::Listed;
use crate::serve::exports::MENDED;
use crate::serve::exports::MOST;
use crate::serve::exports::listed;
use crate::serve::filter::Filter;
use crate::serve::lists::Asked;
use crate::serve::lists::List;
use crate::serve::lists::ListWriter;
use crate::serve::lists::RestsOn;
use crate::serve::problem::Problem;
use crate::serve::reply;
use crate::store::StoreError;
use crate::store::catalogue::Row;
use crate::store::catalogue::Wanted;

/// How many messages the list takes.
const PARTS: &str = "x-parts";

/// Which message of a list is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PartQuery {
    /// Which of the messages, from 1; `Link: <…>; rel="next"` leads to the next one
    #[param(minimum = 1, maximum = 200_000, default = 1)]
    part: Option<usize>,
    /// The list that the part is of, as `Link` names it: 409 where it has changed since
    #[param(pattern = "^[0-9a-f]{32}$")]
    list: Option<String>,
}

/// Unfiled sites as the ministry's messages WBAWZLB, one after the other
///
/// A message is of one provider and holds at most 1,000 records; those whose provider nobody knows come
/// last. `X-Parts` counts the messages and `Link` leads to the next; 204 where there is none, because
/// an empty list is no message. `X-Left-Out` counts findings and addresses that no message of the list
/// can hold, `X-Mended` findings that are left out because what they say is mended by now.
#[utoipa::path(get, path = "/exports/findings.xml", tag = "findings", params(Filter, PartQuery),
    responses((status = 200, description = "The message", body = String, content_type = "application/xml"),
        (status = 204, description = "No finding can be told in this message, and an empty one is none")))]
pub(super) async fn unfiled(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    headers: HeaderMap,
    Queries(filter, query): Queries<Filter, PartQuery>,
) -> Result<Response, Problem> {
    if !caller.scope.sees_findings() {
        return Err(Problem::not_found());
    }
    number(&query)?;
    apart(move || {
        let wanted = wanted(&desk, &caller, &filter, &[Kind::Unfiled])?;
        let list = kept(&desk, "wbawzlb", wanted, |rows| {
            let (names, issues) = (desk.names()?, desk.findings.issues()?);
            let today = clock::day(desk.now());
            let list = list(&desk, "wbawzlb", rows, |own, outbox| {
                let mut number = |issue: &Issue| issues.number(issue, today).map_err(Problem::from);
                let views = own.iter().map(|row| (&row.finding.key.target, desk.view(row, &names)));
                unfiled::write(views, &names, &mut number, outbox)
            })?;
            // The numbers are seen onto the disk before a message goes out that has them.
            issues.flush()?;
            Ok(list)
        })?;
        sent((&headers, &uri), &list, &query)
    })
    .await
}

/// The check of access records as the ministry's messages HCJG, one after the other
///
/// A provider's key learns no other provider's name from them. They tell of what is not connected, over-reported and of empty shells; the messages come as those of
/// `/exports/findings.xml` do.
#[utoipa::path(get, path = "/exports/access.xml", tag = "findings", params(Filter, PartQuery),
    responses((status = 200, description = "The message", body = String, content_type = "application/xml"),
        (status = 204, description = "No finding can be told in this message, and an empty one is none")))]
pub(super) async fn of_access(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    headers: HeaderMap,
    Queries(filter, query): Queries<Filter, PartQuery>,
) -> Result<Response, Problem> {
    if !caller.scope.sees_findings() {
        return Err(Problem::not_found());
    }
    number(&query)?;
    apart(move || {
        let kinds = [Kind::NotConnected, Kind::OverReported, Kind::Shell];
        let wanted = wanted(&desk, &caller, &filter, &kinds)?;
        let list = kept(&desk, "hcjg", wanted, |rows| {
            let (names, directory) = (desk.names()?, desk.directory()?);
            let register = desk.registers.filings()?;
            list(&desk, "hcjg", rows, |own, outbox| {
                let checked = own.iter().map(|row| -> Result<Checked, Problem> {
                    let target = &row.finding.key.target;
                    let records: Option<Result<Vec<Filing>, StoreError>> =
                        register.as_ref().map(|register| register.lookup(target));
                    Ok(Checked {
                        finding: desk.view(row, &names),
                        records: records.transpose()?.unwrap_or_default(),
                        examination: desk.registers.examination(target)?,
                        names_others: caller.scope.provider().is_none(),
                    })
                });
                access::write(checked, &names, &directory, outbox)
            })
        })?;
        sent((&headers, &uri), &list, &query)
    })
    .await
}

/// Which part is asked for.
fn number(query: &PartQuery) -> Result<usize, Problem> {
    let number = query.part.unwrap_or(1);
    if (1..=MOST).contains(&number) {
        Ok(number)
    } else {
        Err(Problem::bad_request(format!("part is 1 to {MOST}")))
    }
}

/// The findings that are asked for; of `kinds` where none is named.
fn wanted(
    desk: &Desk,
    caller: &Caller,
    filter: &Filter,
    kinds: &[Kind],
) -> Result<Option<Wanted>, Problem> {
    let mut wanted = filter.wanted(desk, caller)?;
    for wanted in wanted.iter_mut().filter(|wanted| wanted.kinds.is_empty()) {
        wanted.kinds = kinds.to_vec();
    }
    Ok(wanted)
}

/// The list of what is `wanted`, provider by provider: what is kept, or what `write` makes of the findings.
fn kept(
    desk: &Desk,
    message: &'static str,
    wanted: Option<Wanted>,
    write: impl FnOnce(&[Row]) -> Result<ListWriter, Problem>,
) -> Result<Arc<List>, Problem> {
    let Some(wanted) = wanted else {
        return Ok(Arc::new(ListWriter::new(desk.findings.unnamed_file()?).finish(0)?));
    };
    let rests_on = RestsOn {
        findings: desk.findings.generation()?,
        filings: desk.registers.version::<Filing>(),
        providers: desk.registers.version::<Provider>(),
        day: clock::day(desk.now()),
    };
    let asked = Asked { message, wanted: wanted.clone() };
    desk.lists.get(asked, rests_on, || {
        let Listed { rows, mended } = listed(desk, Some(wanted), Sheets::PerProvider)?;
        write(&rows)?.finish(mended)
    })
}

/// The messages that `write` makes of `rows`, provider by provider.
fn list(
    desk: &Desk,
    message: &str,
    rows: &[Row],
    mut write: impl FnMut(&[Row], &mut Outbox<'_>) -> Result<Listing, Problem>,
) -> Result<ListWriter, Problem> {
    let mut list = ListWriter::new(desk.findings.unnamed_file()?);
    for own in rows.chunk_by(|a, b| a.finding.key.provider == b.finding.key.provider) {
        let provider: Option<&ProviderId> =
            own.first().and_then(|row| row.finding.key.provider.as_ref());
        let mut of_provider = 0;
        let mut put = |body: &[u8]| {
            of_provider += 1;
            list.put(file_name(message, provider, of_provider), body)
        };
        let listing = write(own, &mut Outbox { put: &mut put, is_single: false })?;
        list.left_out += listing.left_out.len();
    }
    Ok(list)
}

fn sent(
    (asked, uri): (&HeaderMap, &Uri),
    list: &List,
    wanted: &PartQuery,
) -> Result<Response, Problem> {
    let (number, count) = (number(wanted)?, list.count());
    if wanted.list.as_ref().is_some_and(|of| *of != list.name) {
        return Err(Problem::conflict(
            "the list has changed since; begin again with its first part",
        ));
    }
    let mut response = match list.message(number)? {
        Some(message) => {
            let mut response = reply::bytes(asked, "application/xml", message.body);
            let name = format!("attachment; filename*=UTF-8''{}", percent_encoded(&message.name));
            let name = HeaderValue::from_str(&name).ok();
            response.headers_mut().extend(name.map(|name| (header::CONTENT_DISPOSITION, name)));
            response
        }
        None if count == 0 && number == 1 => StatusCode::NO_CONTENT.into_response(),
        None => return Err(Problem::not_found()),
    };
    let headers = response.headers_mut();
    for (name, count) in [(PARTS, count), (LEFT_OUT, list.left_out), (MENDED, list.mended)] {
        if count > 0 {
            headers.insert(name, HeaderValue::from(count));
        }
    }
    if number < count {
        let asked = uri.query().unwrap_or_default().split('&');
        let mut query: Vec<String> = asked
            .filter(|one| !one.is_empty() && !one.starts_with("part=") && !one.starts_with("list="))
            .map(str::to_owned)
            .collect();
        query.extend([format!("part={}", number + 1), format!("list={}", list.name)]);
        let next = format!("<?{}>; rel=\"next\"", query.join("&"));
        headers.extend(HeaderValue::from_str(&next).ok().map(|next| (header::LINK, next)));
    }
    Ok(response)
}

/// `name` as RFC 8187 writes it in a header.
fn percent_encoded(name: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    let written = |byte: u8| match byte {
        byte if plain(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    name.bytes().map(written).collect()
}
