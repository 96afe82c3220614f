//! `GET /domains/{domain}` and `POST /domains/lookup`: is it filed? What is asked and answered is the
//! document of [`crate::formats::domains_lookup`].

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::facts::target::Target;
use crate::formats::domains_lookup::FiledStatus;
use crate::formats::domains_lookup::FilingAnswer;
use crate::formats::domains_lookup::LookupReply;
use crate::formats::domains_lookup::LookupRequest;
use crate::formats::domains_lookup::MOST_DOMAINS;
use crate::formats::domains_lookup::NOT_A_DOMAIN;
use crate::formats::domains_lookup::Source;
use crate::publish::lookup::filing_answer;
use crate::publish::submitted::SubmittedView;
use crate::serve::ask::Json;
use crate::serve::ask::Path;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;
use crate::stages::check::Checked;

/// Whether one Domain is filed
#[utoipa::path(get, path = "/domains/{domain}", tag = "filings",
    params(("domain" = String, Path, description = "A Domain, a host under one, or an address", max_length = 255)),
    responses((status = 200, description = "What is known", body = DomainAnswer)))]
pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(domain): Path<String>,
) -> Result<Response, Problem> {
    let target: Target = domain.parse().map_err(|_| Problem::not_found())?;
    let answers = answers(&desk, vec![Some(target.clone())], 0).await?;
    let answer = answers.into_iter().flatten().next().ok_or_else(Problem::not_found)?;
    let submitted = apart(move || submitted(&desk, &caller, &target)).await?;
    Ok(reply::json(&headers, &DomainAnswer { answer, submitted }))
}

/// Whether one Domain is filed, and what providers submitted of it.
#[derive(Serialize, ToSchema)]
struct DomainAnswer {
    #[serde(flatten)]
    answer: FilingAnswer,
    /// What the authority's register has not, as far as the key may see it; left out where there is nothing.
    /// It makes nothing filed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    submitted: Vec<SubmittedView>,
}

fn submitted(desk: &Desk, caller: &Caller, target: &Target) -> Result<Vec<SubmittedView>, Problem> {
    let mut rows = desk.findings.submitted()?.of(target)?;
    let directory = desk.directory()?;
    rows.retain(|of| caller.scope.sees_submitted(&of.row.provider, &of.row.bureaus(&directory)));
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let (filings, names) = (desk.filings()?, desk.names()?);
    let known = filings.register().map(|register| register.lookup(target)).transpose()?;
    let known = known.unwrap_or_default();
    let note = |of| desk.terms.note(of, &known, &directory);
    Ok(rows.iter().map(|of| SubmittedView::of(&note(of), &names)).collect())
}

/// Whether each of up to 10,000 Domains is filed
#[utoipa::path(post, path = "/domains/lookup", tag = "filings", request_body = LookupRequest,
    responses((status = 200, description = "An answer for each, in order", body = LookupReply)))]
pub(super) async fn lookup(
    State(desk): State<Arc<Desk>>,
    Extension(_caller): Extension<Caller>,
    Json(request): Json<LookupRequest>,
) -> Result<Response, Problem> {
    let LookupRequest { domains, hops } = request;
    if domains.len() > MOST_DOMAINS {
        return Err(Problem::too_large(format!("at most {MOST_DOMAINS} names at once")));
    }
    let targets = domains.iter().map(|domain| domain.parse().ok()).collect();
    let answers = answers(&desk, targets, hops).await?;
    let answer =
        |(answer, text): (Option<FilingAnswer>, String)| answer.unwrap_or_else(|| no_domain(text));
    let answers = answers.into_iter().zip(domains).map(answer).collect();
    Ok(reply::json(&HeaderMap::new(), &LookupReply { answers }))
}

/// What is known of each; `None` where there is none.
async fn answers(
    desk: &Arc<Desk>,
    targets: Vec<Option<Target>>,
    hops: u8,
) -> Result<Vec<Option<FilingAnswer>>, Problem> {
    let (desk, handle) = (Arc::clone(desk), tokio::runtime::Handle::current());
    apart(move || {
        let filings = desk.filings()?;
        let directory = desk.directory()?;
        let names = desk.names()?;
        let known: Vec<Target> = targets.iter().flatten().cloned().collect();
        let checked = handle.block_on(filings.check_all(&known, &directory, hops))?;
        let mut checked = checked.into_iter();
        let answer = |target: &Option<Target>| {
            let target = target.as_ref()?;
            let Checked { status, as_of, upstream } = checked.next()?;
            Some(filing_answer(target, &status, as_of, upstream.as_ref(), &names))
        };
        Ok(targets.iter().map(answer).collect())
    })
    .await
}

fn no_domain(text: String) -> FilingAnswer {
    FilingAnswer {
        domain: text,
        status: FiledStatus::Unknown,
        gap: Some(NOT_A_DOMAIN.to_owned()),
        numbers: Vec::new(),
        former_numbers: Vec::new(),
        subjects: Vec::new(),
        subjects_known: false,
        providers: Vec::new(),
        providers_known: false,
        filed_on: None,
        changed_on: None,
        as_of: None,
        source: Source::Register,
    }
}
