//! How one connection's context gets into the records of the triggers that all connections share.
//!
//! A trigger of `main` sees no temporary table, but what it inserts fires the temporary triggers of the connection it runs on,
//! which see both. So a temporary trigger on `audit_log` takes the record that a capture trigger is about to insert without a
//! context, inserts it with that of the connection, and has the first one ignored. Other connections, other programs and the
//! file itself have neither the table nor the trigger.

use super::{super::context_and_transaction, NOW, skipped_by_lists};
use crate::capture::{
    spell::{Spell, Sqlite},
    trigger::MARK,
};

/// The temporary trigger.
pub(crate) const TRIGGER: &str = "audit_propagation";

/// The temporary table: one row, with the payload, or NULL where there is no context, and the time since when.
pub(crate) const TABLE: &str = "audit_propagated";

/// Makes the table with its row, where it is not there. The trigger sets `is_busy` while it inserts, so that it does not
/// fire for that: with `recursive_triggers`, it would.
pub(crate) const CREATE_TABLE: &str = "CREATE TEMP TABLE IF NOT EXISTS audit_propagated \
     (id INTEGER PRIMARY KEY CHECK (id = 1), payload TEXT, since TEXT, is_busy INTEGER NOT NULL DEFAULT 0); \
     INSERT OR IGNORE INTO temp.audit_propagated (id) VALUES (1)";

/// Makes the trigger for an `audit_log` of these columns.
///
/// A capture trigger's record is known by its time, in the spelling that only they use, which is the very time of this step.
/// So what hooks write, and old records that somebody brings in, stay as they are. One that an audited connection gave its
/// context to is known by `audit_context`, which then has a row. A temporary table that somebody names `audit_log` would take
/// the record, as no statement of a trigger may name a schema; so it is left to the capture trigger then.
pub(crate) fn create(columns: &[String]) -> String {
    let table = "NEW.table_name".to_owned();
    // What follows the last dot: the name without its schema.
    let schema = format!("rtrim({table}, replace({table}, '.', ''))");
    let bare = format!("substr({table}, length({schema}) + 1)");
    let by_lists = skipped_by_lists(&[table, bare], "NEW.action");
    let skipped_by = format!(
        "CASE WHEN COALESCE(json_extract(payload, '$.unaudited'), 0) THEN 'unaudited' \
         WHEN payload GLOB '*skip_*' THEN {by_lists} END"
    );
    let columns = columns.iter().filter(|column| *column != "id");
    let (names, values): (Vec<_>, Vec<_>) = columns
        .map(|column| (Sqlite.name(column), value(column)))
        .unzip();
    let (names, values, leaves) = (names.join(", "), values.join(", "), leaves());
    format!(
        "CREATE TEMP TRIGGER IF NOT EXISTS {TRIGGER} BEFORE INSERT ON main.audit_log FOR EACH ROW \
         WHEN NEW.occurred_at = {NOW} AND NEW.action IN ('CREATE', 'UPDATE', 'DELETE') \
         AND (SELECT payload FROM {TABLE} WHERE NOT is_busy) IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM main.audit_context) \
         AND NOT EXISTS (SELECT 1 FROM temp.sqlite_master WHERE name = 'audit_log' COLLATE NOCASE) \
         BEGIN UPDATE {TABLE} SET is_busy = 1; \
         INSERT INTO audit_log ({names}) SELECT {values} FROM (SELECT payload, {skipped_by} AS skipped FROM {TABLE} LIMIT 1) \
         WHERE CASE WHEN skipped IS NULL THEN 1 ELSE NOT {leaves} END; \
         UPDATE {TABLE} SET is_busy = 0; SELECT RAISE(IGNORE); END"
    )
}

/// Makes the trigger that gives the records of hooks, and events, the id of the transaction of this connection.
///
/// One that says none, and is of a time since when the connection carries the id, is written in that transaction. So old records
/// that somebody brings in stay as they are. Where a temporary table takes the name `audit_log`, no record is touched.
pub(crate) const CREATE_TO_HOOKS: &str = "CREATE TEMP TRIGGER IF NOT EXISTS audit_propagation_to_hooks \
     AFTER INSERT ON main.audit_log FOR EACH ROW WHEN NEW.transaction_id IS NULL \
     AND NEW.occurred_at >= (SELECT since FROM audit_propagated WHERE payload IS NOT NULL) \
     AND NOT EXISTS (SELECT 1 FROM temp.sqlite_master WHERE name = 'audit_log' COLLATE NOCASE) \
     BEGIN UPDATE audit_log SET transaction_id = (SELECT json_extract(payload, '$.transaction_id') FROM audit_propagated) \
     WHERE id = NEW.id; END";

/// What the context says of a column.
fn context(column: &str, most: usize) -> String {
    format!("substr(json_extract(payload, '$.{column}'), 1, {most})")
}

/// As JSON whatever it is: of several paths `json_extract` makes an array, here of the metadata and of a null.
const METADATA: &str = "CASE WHEN json_type(payload, '$.metadata') IS NOT NULL THEN NULLIF(substr(json_extract(payload, \
     '$.metadata', '$.\"\"'), 2, length(json_extract(payload, '$.metadata', '$.\"\"')) - 7), 'null') END";

/// What a column holds: as the capture triggers have it with a context. One that is not known here stays as it is.
fn value(column: &str) -> String {
    let new = format!("NEW.{}", Sqlite.name(column));
    match column {
        "action" => format!("CASE WHEN skipped IS NULL THEN {new} ELSE 'SKIPPED' END"),
        "object_repr" | "old_values" | "new_values" => {
            format!("CASE WHEN skipped IS NULL THEN {new} END")
        }
        "metadata" => format!(
            r#"CASE WHEN skipped IS NULL THEN {METADATA} ELSE '{{"skipped":"' || NEW.action || '","by":"' || skipped || '"}}' END"#
        ),
        _ => context_and_transaction()
            .find(|(name, _)| *name == column)
            .map_or(new, |(name, most)| context(name, most)),
    }
}

/// Whether the triggers of the table were installed with [`OnSkip::Leave`](crate::capture::OnSkip::Leave), by their mark.
///
/// A name that is spelled otherwise in a mark, as it is not of ASCII, is not found: what is skipped then leaves a record.
fn leaves() -> String {
    format!(
        r#"EXISTS (SELECT 1 FROM main.sqlite_master WHERE type = 'trigger' AND name GLOB 'audit_capture_*_delete' AND instr(sql, '{MARK}') AND instr(sql, '"on_skip":"leave"') AND instr(sql, '"table":"' || NEW.table_name || '"'))"#
    )
}
