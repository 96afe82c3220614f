//! `GET /findings` and `GET /findings/{id}`: what stands at whom, for those who may see it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use ulid::Ulid;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::facts::bureau::Bureau;
use crate::facts::finding::Kind;
use crate::facts::provider::ProviderName;
use crate::publish::told::ToldView;
use crate::publish::view::FindingView;
use crate::serve::ask::Path;
use crate::serve::ask::Query;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;
use crate::store::catalogue::Wanted;
use crate::store::catalogue::WantedState;

/// Findings of one page, at the most.
const MOST: usize = 1000;

/// Findings of one page where nothing is said.
const USUAL: usize = 100;

/// Which findings are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct FindingsQuery {
    /// The `next` of the page before
    #[param(value_type = Option<String>, pattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    after: Option<Ulid>,
    /// Findings of the page
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// Only of this kind
    kind: Option<Kind>,
    /// Only in this state; open and answered ones where nothing is said
    state: Option<StateWord>,
    /// Only at this provider: id, name or alias
    #[param(value_type = Option<String>, min_length = 1, max_length = 255)]
    provider: Option<String>,
    /// Only of this bureau
    #[param(value_type = Option<String>, pattern = "^(北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|部)$")]
    bureau: Option<Bureau>,
    /// Only due before this day
    #[param(value_type = Option<String>, format = Date)]
    due_before: Option<Date>,
    /// Only those that the provider objects to, which wait for the bureau
    referred: Option<bool>,
}

/// What findings are filtered by; a filter that is not there lets all through.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub(super) kind: Option<Kind>,
    pub(super) state: Option<StateWord>,
    pub(super) provider: Option<String>,
    pub(super) bureau: Option<Bureau>,
    pub(super) due_before: Option<Date>,
    pub(super) is_referred: bool,
}

/// A state, as calls name it.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateWord {
    /// 待处理
    Open,
    /// 已答复
    Answered,
    /// 已关闭
    Closed,
    /// All of them
    All,
}

/// A page of findings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FindingsPage {
    /// The findings, by id.
    findings: Vec<FindingView>,
    /// What to give as `after` for the next page; null on the last.
    #[schema(value_type = Option<String>)]
    next: Option<Ulid>,
}

/// A finding with its trail.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FindingTrail {
    /// The finding.
    #[serde(flatten)]
    finding: FindingView,
    /// Everything that was told of it, oldest first.
    changes: Vec<ToldView>,
}

impl Filter {
    /// What is asked for within the caller's scope; `None` where nothing can be: the provider is not
    /// known.
    pub(super) fn wanted(&self, desk: &Desk, caller: &Caller) -> Result<Option<Wanted>, Problem> {
        let provider = match &self.provider {
            None => None,
            Some(name) => {
                let name: ProviderName = name
                    .parse()
                    .map_err(|error| Problem::bad_request(format!("provider: {error}")))?;
                match desk.directory()?.find(&name) {
                    Some(provider) => Some(provider.id.clone()),
                    None => return Ok(None),
                }
            }
        };
        let state = match self.state {
            None => WantedState::Standing,
            Some(StateWord::Open) => WantedState::Open,
            Some(StateWord::Answered) => WantedState::Answered,
            Some(StateWord::Closed) => WantedState::Closed,
            Some(StateWord::All) => WantedState::All,
        };
        Ok(Some(Wanted {
            scope: caller.scope.clone(),
            kinds: self.kind.into_iter().collect(),
            state,
            provider,
            bureau: self.bureau,
            due_before: self.due_before,
            is_referred: self.is_referred,
        }))
    }
}

/// What stands, a page at a time
#[utoipa::path(get, path = "/findings", tag = "findings", params(FindingsQuery),
    responses((status = 200, description = "A page", body = FindingsPage)))]
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Query(query): Query<FindingsQuery>,
) -> Result<Response, Problem> {
    if !caller.scope.sees_findings() {
        return Err(Problem::not_found());
    }
    let limit = query.limit.unwrap_or(USUAL);
    if limit == 0 || limit > MOST {
        return Err(Problem::bad_request(format!("limit is 1 to {MOST}")));
    }
    apart(move || {
        let filter = Filter {
            kind: query.kind,
            state: query.state,
            provider: query.provider,
            bureau: query.bureau,
            due_before: query.due_before,
            is_referred: query.referred.unwrap_or(false),
        };
        let page = match filter.wanted(&desk, &caller)? {
            None => FindingsPage { findings: Vec::new(), next: None },
            Some(wanted) => {
                let names = desk.names()?;
                let page = desk.findings.catalogue()?.page(&wanted, query.after, limit)?;
                let findings = page.rows.iter().map(|row| desk.view(row, &names)).collect();
                FindingsPage { findings, next: page.next }
            }
        };
        Ok(reply::json(&headers, &page))
    })
    .await
}

/// One finding with everything that was told of it
#[utoipa::path(get, path = "/findings/{id}", tag = "findings",
    params(("id" = String, Path, description = "The finding", pattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$")),
    responses((status = 200, description = "The finding", body = FindingTrail)))]
pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(id): Path<Ulid>,
) -> Result<Response, Problem> {
    apart(move || {
        let row = desk.findings.catalogue()?.row(&caller.scope, id)?;
        let row = row.ok_or_else(Problem::not_found)?;
        let names = desk.names()?;
        let changes = desk.findings.trail(id)?.iter().map(ToldView::of).collect();
        let finding = desk.view(&row, &names);
        Ok(reply::json(&headers, &FindingTrail { finding, changes }))
    })
    .await
}
