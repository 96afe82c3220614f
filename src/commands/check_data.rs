//! `check-data`: whether everything on the disk is as it was written.

use std::io;
use std::io::Write;

use anyhow::Result;

use crate::cli::CheckData as Request;
use crate::cli::Format;
use crate::commands::Ended;
use crate::commands::session::Session;
use crate::store::inspection::Inspection;
use crate::store::inspection::inspect;

pub(super) fn run(session: &Session, request: &Request) -> Result<Ended> {
    let inspection = if let Some(data) = &session.open {
        let _still = data.still();
        inspect(&session.data)?
    } else {
        let _lock = session.lock()?;
        inspect(&session.data)?
    };
    let out = &mut session.terminal.out();
    match request.format {
        Format::Text => {
            session.mark(out)?;
            text(&inspection, session, out)?;
        }
        Format::Json => {
            session.mark_in_log();
            json(&inspection, session, out)?;
        }
    }
    Ok(if inspection.faults.is_empty() { Ended::Done } else { Ended::Failed })
}

fn text(inspection: &Inspection, session: &Session, out: &mut impl Write) -> io::Result<()> {
    let Inspection { files, records, faults } = inspection;
    for fault in faults {
        let path = fault.path.strip_prefix(&session.data).unwrap_or(&fault.path);
        let place = fault.offset.map_or(String::new(), |offset| format!("，第 {offset} 字节"));
        writeln!(out, "{}{place}：{}", path.display(), fault.what)?;
    }
    let verdict =
        if faults.is_empty() { "完好".to_owned() } else { format!("{} 处有误", faults.len()) };
    writeln!(out, "已检查 {files} 个文件、{records} 条记录：{verdict}")
}

fn json(inspection: &Inspection, session: &Session, out: &mut impl Write) -> io::Result<()> {
    let Inspection { files, records, faults } = inspection;
    let faults: Vec<_> = faults
        .iter()
        .map(|fault| {
            let path = fault.path.strip_prefix(&session.data).unwrap_or(&fault.path);
            serde_json::json!({ "file": path, "offset": fault.offset, "what": fault.what })
        })
        .collect();
    writeln!(out, "{}", serde_json::json!({ "files": files, "records": records, "faults": faults }))
}
