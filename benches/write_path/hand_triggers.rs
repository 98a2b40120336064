//! The triggers that an application writes by hand: for each row, columns compared one by one, JSON as the database's
//! own functions spell it, and an actor that stands in the trigger itself. What no trigger that keeps the same
//! trail can be much cheaper than: it masks nothing, skips nothing, and nobody has to tell it who acts.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

use crate::{item::item, side::Write};

item!(hand_triggers, "hand_item", derive());
impl sea_orm::ActiveModelBehavior for hand_triggers::ActiveModel {}

#[sea_orm::prelude::async_trait::async_trait]
impl Write for hand_triggers::ActiveModel {
    async fn install(db: &DatabaseConnection) -> Result<(), DbErr> {
        for (event, row) in [("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")] {
            for statement in trigger(db.get_database_backend(), event, row) {
                db.execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }
}

const COLUMNS: [&str; 11] = [
    "customer_id",
    "quantity",
    "position",
    "price",
    "name",
    "sku",
    "description",
    "is_active",
    "created_at",
    "updated_at",
    "attributes",
];

fn trigger(backend: DbBackend, event: &str, row: &str) -> Vec<String> {
    let (columns, images) = match event {
        "INSERT" => ("new_values", whole(backend, "NEW")),
        "DELETE" => ("old_values", whole(backend, "OLD")),
        _ => (
            "old_values, new_values",
            format!("{}, {}", changed(backend, "OLD"), changed(backend, "NEW")),
        ),
    };
    let now = match backend {
        DbBackend::Postgres => "clock_timestamp()",
        DbBackend::MySql => "UTC_TIMESTAMP(6)",
        _ => "strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')",
    };
    let action = match event {
        "INSERT" => "CREATE",
        event => event,
    };
    let insert = format!(
        "INSERT INTO audit_log (occurred_at, action, table_name, object_id, object_repr, {columns}, actor_id, actor_name, \
         ip_address, request_id) VALUES ({now}, '{action}', 'hand_item', {row}.id, {row}.name, {images}, '42', \
         'Ada Lovelace', '192.0.2.7', '0d9f2c1e-6f2b-4c7e-9b57-3f1f6f0a7c11');"
    );
    let head = format!("CREATE TRIGGER hand_{event} AFTER {event} ON hand_item FOR EACH ROW");
    if backend == DbBackend::Postgres {
        let function = format!(
            "CREATE FUNCTION hand_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert} RETURN NULL; END $$"
        );
        return vec![function, format!("{head} EXECUTE FUNCTION hand_{event}()")];
    }
    vec![format!("{head} BEGIN {insert} END")]
}

/// The JSON object of a row.
fn whole(backend: DbBackend, row: &str) -> String {
    let function = match backend {
        DbBackend::Postgres => "json_build_object",
        _ => "json_object",
    };
    let columns = ["id"].into_iter().chain(COLUMNS);
    let entries: Vec<String> = columns
        .map(|column| format!("'{column}', {row}.{column}"))
        .collect();
    format!("{function}({})", entries.join(", "))
}

/// The JSON object of those columns of a row that differ.
fn changed(backend: DbBackend, row: &str) -> String {
    let entries: Vec<String> = COLUMNS
        .into_iter()
        .map(|column| {
            let (old, new, value) = (
                format!("OLD.{column}"),
                format!("NEW.{column}"),
                format!("{row}.{column}"),
            );
            let entry = |json: &str| match backend {
                DbBackend::MySql => format!("CONCAT(',\"{column}\":', {json})"),
                _ => format!("',\"{column}\":' || {json}"),
            };
            let (differs, entry) = match backend {
                DbBackend::Postgres => {
                    let text = if column == "attributes" { "::text" } else { "" };
                    (
                        format!("{old}{text} IS DISTINCT FROM {new}{text}"),
                        entry(&format!("COALESCE(to_json({value})::text, 'null')")),
                    )
                }
                DbBackend::MySql => (
                    format!("NOT ({old} <=> {new})"),
                    entry(&format!("COALESCE(JSON_QUOTE(CONCAT({value})), 'null')")),
                ),
                _ => (
                    format!("{old} IS NOT {new}"),
                    entry(&format!("json_quote({value})")),
                ),
            };
            format!("CASE WHEN {differs} THEN {entry} ELSE '' END")
        })
        .collect();
    match backend {
        DbBackend::Postgres => format!(
            "('{{' || substr({}, 2) || '}}')::json",
            entries.join(" || ")
        ),
        DbBackend::MySql => format!(
            "CONCAT('{{', SUBSTR(CONCAT({}), 2), '}}')",
            entries.join(", ")
        ),
        _ => format!("'{{' || substr({}, 2) || '}}'", entries.join(" || ")),
    }
}
