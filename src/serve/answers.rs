//! `POST /findings/{id}/answers`: what the provider says it did. A call that is sent again with the
//! same `Idempotency-Key` answers nothing twice.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use sha2::Digest;
use sha2::Sha256;
use ulid::Ulid;
use utoipa::PartialSchema;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::RefOr;
use utoipa::openapi::Schema;
use utoipa::openapi::Type;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::schema::OneOfBuilder;

use crate::facts::finding::AnswerResult;
use crate::facts::lifecycle;
use crate::facts::lifecycle::Act;
use crate::facts::lifecycle::Said;
use crate::publish::told::ToldView;
use crate::serve::ask::Json;
use crate::serve::ask::Path;
use crate::serve::desk::Desk;
use crate::serve::desk::apart;
use crate::serve::door::Caller;
use crate::serve::problem::Problem;
use crate::serve::reply;
use crate::store::findings::Receipt;

/// The longest `Idempotency-Key`, in characters.
const LONGEST: usize = 255;

/// An answer to a finding.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerBody {
    /// 处理结果
    result: AnswerResult,
    /// 处理意见; `not_ours` and `disputed` need it
    #[serde(default)]
    opinion: String,
}

impl PartialSchema for AnswerBody {
    fn schema() -> RefOr<Schema> {
        // What an opinion is made of, and that somewhere it says something.
        let text = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$";
        let something = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$";
        let answer = |is_objection: bool| {
            let fits = |result: &AnswerResult| lifecycle::is_objection(*result) == is_objection;
            let results = AnswerResult::ALL.iter().copied().filter(fits).map(AnswerResult::word);
            let result = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(results));
            let opinion = ObjectBuilder::new()
                .schema_type(Type::String)
                .max_length(Some(lifecycle::LONGEST_OPINION))
                .pattern(Some(if is_objection { something } else { text }))
                .description(Some("处理意见"));
            let body = ObjectBuilder::new()
                .property("result", result)
                .required("result")
                .property("opinion", opinion)
                .additional_properties(Some(AdditionalProperties::FreeForm(false)));
            if is_objection { body.required("opinion") } else { body }
        };
        OneOfBuilder::new()
            .item(answer(false))
            .item(answer(true))
            .description(Some(
                "处理结果 and 处理意见; an objection, which goes to the bureau, says why",
            ))
            .into()
    }
}

impl ToSchema for AnswerBody {
    fn name() -> Cow<'static, str> {
        "AnswerBody".into()
    }
}

/// What the provider says it did
#[utoipa::path(post, path = "/findings/{id}/answers", tag = "findings",
    params(("id" = String, Path, description = "The finding", pattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the call safe to send again",
            min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    request_body = AnswerBody,
    responses((status = 200, description = "The change that the answer made", body = ToldView)))]
pub(super) async fn answer(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(id): Path<Ulid>,
    Json(body): Json<AnswerBody>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    apart(move || {
        let said = Said { result: body.result, opinion: body.opinion };
        let sequence = keep(&desk, &caller, (id, &said), key.as_deref())?;
        let told = desk.findings.told(sequence)?.ok_or_else(Problem::not_found)?;
        Ok(reply::json(&HeaderMap::new(), &ToldView::of(&told)))
    })
    .await
}

/// Keeps the answer; returns the number of its change, which may have been made by the same call before.
fn keep(
    desk: &Desk,
    caller: &Caller,
    (id, said): (Ulid, &Said),
    key: Option<&str>,
) -> Result<u64, Problem> {
    // What is not seen is asked for like what is not there, and nothing further.
    desk.findings.catalogue()?.row(&caller.scope, id)?.ok_or_else(Problem::not_found)?;
    let act = Act { actor: caller.actor(), at: desk.now() };
    let fingerprint = Sha256::digest(format!("{id}\0{}\0{}", said.result, said.opinion)).into();
    let receipt =
        key.map(|key| Receipt { of: (caller.key, key.to_owned()), fingerprint, at: act.at });
    let mut before = None;
    let sequence = desk.findings.amend_once::<Problem>(id, receipt.as_ref(), |finding, kept| {
        let finding = finding.filter(|finding| {
            caller.scope.sees_finding(finding)
                && finding.state != crate::facts::finding::FindingState::Accruing
        });
        let finding = finding.ok_or_else(Problem::not_found)?;
        if let Some(done) = kept {
            if done.fingerprint != fingerprint {
                return Err(Problem::conflict("this Idempotency-Key was used for another answer"));
            }
            before = Some(done.sequence);
            return Ok(None);
        }
        if !caller.scope.may_answer(finding) {
            return Err(Problem::forbidden("only the provider itself answers"));
        }
        lifecycle::answer(finding, said, &act).map(Some).map_err(|unfit| match unfit {
            lifecycle::Unfit::NotStanding(_) | lifecycle::Unfit::WrongResult { .. } => {
                Problem::conflict(unfit.to_string())
            }
            _ => Problem::unprocessable(unfit.to_string()),
        })
    })?;
    Ok(before.unwrap_or(sequence))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| {
        (1..=LONGEST).contains(&key.len()) && key.bytes().all(|c| c.is_ascii_graphic())
    });
    let wrong = || {
        Problem::bad_request(format!("Idempotency-Key is 1 to {LONGEST} visible ASCII characters"))
    };
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}
