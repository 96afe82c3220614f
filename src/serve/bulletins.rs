//! `GET /bulletins/{month}.{xlsx,csv,json,md}`: a month's tables, for authorities: the nation's for the
//! ministry, a province's for its bureau.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::clock;
use crate::facts::bureau::Bureau;
use crate::facts::month::Month;
use crate::serve::ask::Path;
use crate::serve::ask::Query;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;

/// How a bulletin is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulletinForm {
    /// An Excel workbook.
    Xlsx,
    /// CSV.
    Csv,
    /// JSON.
    Json,
    /// Markdown.
    Md,
}

/// Makes the bulletin of a month, the nation's or a bureau's; the error is for the log.
pub(super) type MakeBulletin =
    dyn Fn(Month, Option<Bureau>, BulletinForm) -> Result<Vec<u8>, String> + Send + Sync;

impl BulletinForm {
    fn of(ending: &str) -> Option<Self> {
        Some(match ending {
            "xlsx" => Self::Xlsx,
            "csv" => Self::Csv,
            "json" => Self::Json,
            "md" => Self::Md,
            _ => return None,
        })
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Md => "text/markdown; charset=utf-8",
        }
    }
}

/// Whose bulletin is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct BulletinQuery {
    /// Of this province; the nation's for the ministry, and a bureau's own, where nothing is said
    #[param(value_type = Option<String>, pattern = "^((北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆)(通信管理局)?|部)$")]
    bureau: Option<Bureau>,
}

/// A month's tables: `2009-06.xlsx`, `.csv`, `.json` or `.md`
#[utoipa::path(get, path = "/bulletins/{file}", tag = "nights",
    params(("file" = String, Path, description = "The month and the form",
        pattern = "^(19|20)[0-9]{2}-(0[1-9]|1[0-2])\\.(xlsx|csv|json|md)$"), BulletinQuery),
    responses((status = 200, description = "The bulletin", content(
        (Object = "application/json"), (String = "text/csv"), (String = "text/markdown"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(file): Path<String>,
    Query(query): Query<BulletinQuery>,
) -> Result<Response, Problem> {
    if !caller.scope.is_authority() {
        return Err(Problem::not_found());
    }
    let (month, ending) = file.rsplit_once('.').ok_or_else(Problem::not_found)?;
    let month: Month = month.parse().map_err(|_| Problem::not_found())?;
    let form = BulletinForm::of(ending).ok_or_else(Problem::not_found)?;
    if month.first() > clock::day(desk.now()) {
        return Err(Problem::not_found());
    }
    let own = caller.scope.bureau();
    if own.is_some() && query.bureau.is_some_and(|bureau| Some(bureau) != own) {
        return Err(Problem::not_found());
    }
    let bureau = own.or(query.bureau);
    apart(move || {
        let bulletin = (desk.bulletin)(month, bureau, form).map_err(|error| {
            tracing::error!("the bulletin of {month} could not be made: {error}");
            Problem::ours()
        })?;
        Ok(reply::bytes(&headers, form.kind(), bulletin))
    })
    .await
}
