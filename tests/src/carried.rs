//! What a trigger sees of the context: a trigger of the tests' own on tarts notes it for each row.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, Statement, TryGetable, prelude::Json,
};

use crate::{Backend, Test, entity::tart};

/// Makes the table of tarts, with such a trigger for each kind of change.
///
/// # Errors
/// What the database reports.
pub async fn install(t: &Test) -> Result<(), DbErr> {
    t.create_table(tart::Entity).await?;
    t.db.execute_unprepared("CREATE TABLE carried (payload text)")
        .await?;
    if t.backend == Backend::Postgres {
        let note = "CREATE FUNCTION note_context() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             INSERT INTO carried VALUES (NULLIF(current_setting('audit.context', true), '')); \
             RETURN NULL; END $$";
        t.db.execute_unprepared(note).await?;
    }
    note(t, "tart").await
}

/// Has triggers on that table note the context of each row that changes.
async fn note(t: &Test, table: &str) -> Result<(), DbErr> {
    for event in ["INSERT", "UPDATE", "DELETE"] {
        let trigger = trigger(t.backend, table, event);
        t.db.execute_unprepared(&trigger).await?;
    }
    Ok(())
}

fn trigger(backend: Backend, table: &str, event: &str) -> String {
    let head = format!("CREATE TRIGGER note_{table}_{event} AFTER {event} ON {table} FOR EACH ROW");
    match backend {
        Backend::Postgres => format!("{head} EXECUTE FUNCTION note_context()"),
        Backend::MySql => format!("{head} INSERT INTO carried VALUES (@audit_context)"),
        Backend::Sqlite => format!(
            "{head} BEGIN INSERT INTO carried VALUES ((SELECT payload FROM audit_context)); END"
        ),
    }
}

/// The payloads that were noted since the last time, one for each row that was changed.
///
/// # Errors
/// What the database reports.
pub async fn take(db: &DatabaseConnection) -> Result<Vec<Option<Json>>, DbErr> {
    let backend = db.get_database_backend();
    let noted = Statement::from_string(backend, "SELECT payload FROM carried");
    let rows = db.query_all_raw(noted).await?;
    db.execute_unprepared("DELETE FROM carried").await?;
    let payload = |row| {
        let text = Option::<String>::try_get(row, "", "payload")?;
        let parsed = text.map(|text| serde_json::from_str(&text)).transpose();
        parsed.map_err(|error| DbErr::Custom(error.to_string()))
    };
    rows.iter().map(payload).collect()
}

/// The reasons in the payloads that were noted since the last time; empty where a change had none.
///
/// # Errors
/// What the database reports.
pub async fn reasons(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let reason = |payload: Option<Json>| {
        let reason = payload?.get("reason")?.as_str()?.to_owned();
        Some(reason)
    };
    let payloads = take(db).await?.into_iter();
    Ok(payloads
        .map(|payload| reason(payload).unwrap_or_default())
        .collect())
}

/// The tarts, as `(id, price)`.
///
/// # Errors
/// What the database reports.
pub async fn tarts(db: &DatabaseConnection) -> Result<Vec<(i32, i32)>, DbErr> {
    use sea_orm::QueryOrder;
    let tarts = tart::Entity::find().order_by_asc(tart::Column::Id);
    let tarts = tarts.all(db).await?.into_iter();
    Ok(tarts.map(|tart| (tart.id, tart.price)).collect())
}
