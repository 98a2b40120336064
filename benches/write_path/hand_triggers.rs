//! The triggers that an application writes by hand: for each row, columns compared one by one, JSON as the database's own
//! functions spell it, and who acts as the application tells the session. What no trigger that keeps the same trail can
//! be much cheaper than: it masks nothing, skips nothing, and knows four values of a context.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement,
};

use crate::{
    item::item,
    operation::Operation,
    write::{Write, begin, bulk, write_each},
};

item!(hand_triggers, "hand_item", derive());
impl sea_orm::ActiveModelBehavior for hand_triggers::ActiveModel {}

#[sea_orm::prelude::async_trait::async_trait]
impl Write for hand_triggers::ActiveModel {
    async fn install(db: &DatabaseConnection) -> Result<(), DbErr> {
        let backend = db.get_database_backend();
        if backend == DbBackend::Sqlite {
            let table = format!(
                "CREATE TABLE hand_context ({})",
                each(|_, name| name.to_owned())
            );
            db.execute_unprepared(&table).await?;
        }
        for statement in row_triggers(backend, "hand_item", |event| insert(backend, event)) {
            db.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn write_in_transaction(
        items: Vec<Self>,
        operation: Operation,
        db: &DatabaseConnection,
    ) -> Result<(), DbErr> {
        let transaction = begin_as_somebody(db).await?;
        write_each(items, operation, &transaction).await?;
        commit(transaction).await
    }

    async fn write_bare(self, operation: Operation, db: &DatabaseConnection) -> Result<(), DbErr> {
        Self::write_in_transaction(vec![self], operation, db).await
    }

    async fn write_bulk(
        items: Vec<Self>,
        operation: Operation,
        db: &DatabaseConnection,
    ) -> Result<(), DbErr> {
        let transaction = begin_as_somebody(db).await?;
        bulk(items, operation, &transaction).await?;
        commit(transaction).await
    }
}

/// What the application tells the session.
const CONTEXT: [(&str, &str); 4] = [
    ("actor_id", "42"),
    ("actor_name", "Ada Lovelace"),
    ("ip_address", "192.0.2.7"),
    ("request_id", "0d9f2c1e-6f2b-4c7e-9b57-3f1f6f0a7c11"),
];

/// What is spelled for each value, by its number and name, in a list.
fn each(spell: fn(usize, &str) -> String) -> String {
    let names = CONTEXT.iter().enumerate();
    let spelled: Vec<String> = names.map(|(at, (name, _))| spell(at + 1, name)).collect();
    spelled.join(", ")
}

async fn begin_as_somebody(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let transaction = begin(db).await?;
    let backend = transaction.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            format!(
                "SELECT {}",
                each(|at, name| format!("set_config('hand.{name}', ${at}, true)"))
            )
        }
        DbBackend::MySql => format!("SET {}", each(|_, name| format!("@hand_{name} = ?"))),
        _ => format!(
            "INSERT INTO hand_context VALUES ({})",
            each(|_, _| "?".to_owned())
        ),
    };
    let values = CONTEXT.map(|(_, value)| value.into());
    let tell = Statement::from_sql_and_values(backend, sql, values);
    transaction.execute_raw(tell).await?;
    Ok(transaction)
}

/// Takes back what outlives the transaction.
async fn commit(transaction: DatabaseTransaction) -> Result<(), DbErr> {
    let backend = transaction.get_database_backend();
    let clear = match backend {
        DbBackend::Postgres => None,
        DbBackend::MySql => Some(format!(
            "SET {}",
            each(|_, name| format!("@hand_{name} = NULL"))
        )),
        _ => Some("DELETE FROM hand_context".to_owned()),
    };
    if let Some(clear) = clear {
        let clear = Statement::from_string(backend, clear);
        transaction.execute_raw(clear).await?;
    }
    transaction.commit().await
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

/// What makes the triggers that run a statement for each row of a table, by the event.
pub(crate) fn row_triggers(
    backend: DbBackend,
    table: &str,
    statement: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut made = Vec::new();
    for event in ["INSERT", "UPDATE", "DELETE"] {
        let (name, statement) = (format!("{table}_{event}"), statement(event));
        let head = format!("CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW");
        if backend == DbBackend::Postgres {
            made.push(format!(
                "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement} RETURN NULL; END $$"
            ));
            made.push(format!("{head} EXECUTE FUNCTION {name}()"));
        } else {
            made.push(format!("{head} BEGIN {statement} END"));
        }
    }
    made
}

fn insert(backend: DbBackend, event: &str) -> String {
    let (row, columns, images) = match event {
        "INSERT" => ("NEW", "new_values", whole(backend, "NEW")),
        "DELETE" => ("OLD", "old_values", whole(backend, "OLD")),
        _ => (
            "NEW",
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
    let (context, from) = match backend {
        DbBackend::Postgres => (
            each(|_, name| format!("current_setting('hand.{name}', true)")),
            "",
        ),
        DbBackend::MySql => (each(|_, name| format!("@hand_{name}")), ""),
        _ => (
            each(|_, name| format!("hand_context.{name}")),
            " FROM (SELECT 1) LEFT JOIN hand_context",
        ),
    };
    format!(
        "INSERT INTO audit_log (occurred_at, action, table_name, object_id, object_repr, {columns}, actor_id, actor_name, \
         ip_address, request_id) SELECT {now}, '{action}', 'hand_item', {row}.id, {row}.name, {images}, {context}{from};"
    )
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
