//! How a submission is written: as its `Content-Type` says, or told by how it begins.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::serve::ask::Body;
use crate::serve::problem::Problem;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `text/csv`
    Csv,
    /// `application/jsonl`
    JsonLines,
    /// Nothing is said that binds, and it begins like XLSX.
    Workbook,
    /// Nothing is said that binds: whatever it begins like.
    Untold,
}

/// A table whose first line names the columns: here `domain` first, which every row needs.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(pattern = "^[ \\t]*([Dd][Oo][Mm][Aa][Ii][Nn])[ \\t\\r]*([,\\n][\\s\\S]*)?$")]
#[expect(dead_code, reason = "it is described, and read row by row")]
pub(super) struct FilingsCsv(String);

/// A table whose first line names the columns: here the range first.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(pattern = "^[ \\t]*([Cc][Ii][Dd][Rr]|[Ss][Tt][Aa][Rr][Tt])[ \\t\\r]*([,\\n][\\s\\S]*)?$")]
#[expect(dead_code, reason = "it is described, and read row by row")]
pub(super) struct AllocationsCsv(String);

/// A JSON object on each line, its keys the columns.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(pattern = "^\\{")]
#[expect(dead_code, reason = "it is described, and read row by row")]
pub(super) struct ObjectLines(String);

impl Form {
    /// How `body` is written; a problem where it is not what it says it is.
    pub(super) fn of(body: &Body) -> Result<Self, Problem> {
        let form = match body.kind.as_str() {
            "text/csv" => Self::Csv,
            "application/jsonl" | "application/x-ndjson" | "application/json-lines" => {
                Self::JsonLines
            }
            _ if body.bytes.starts_with(b"PK\x03\x04") => Self::Workbook,
            _ => Self::Untold,
        };
        let start = body.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body.bytes);
        let start = start.trim_ascii_start();
        let is_object = start.starts_with(b"{");
        let is_so = match form {
            Self::Csv => {
                !is_object && !start.starts_with(b"<") && !start.starts_with(b"PK\x03\x04")
            }
            Self::JsonLines => is_object,
            Self::Workbook | Self::Untold => true,
        };
        if is_so {
            return Ok(form);
        }
        Err(Problem::unprocessable(format!("the body does not begin like {}", body.kind)))
    }
}
