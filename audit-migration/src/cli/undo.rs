//! `undo`.

use audit_sea_orm::{
    AuditConfig, AuditConnectionExt, AuditContext, AuditDbErrExt, Error, UndoPlan,
    serde_json::json, undo::UndoQuery,
};
use chrono::Utc;
use sea_orm_migration::{
    DbErr,
    sea_orm::{DatabaseConnection, prelude::DateTimeUtc},
};

use super::{
    arguments::Undo,
    output::{changes, printable, say, say_json, table},
};

pub(super) async fn undo(asked: Undo, db: &DatabaseConnection) -> Result<bool, DbErr> {
    let noise = asked.noise.iter();
    let query = noise.fold(query(&asked), |query, column| query.noise(column));
    let context = AuditContext::new().module("audit-migration");
    let context = match &asked.by {
        Some(actor) => context.actor(actor.as_str()),
        None => context,
    };
    let db = db.audited_as(context);
    let plan = query.clone().plan(&db).await?;
    let (plan, undone) = match &asked.reason {
        Some(reason) if asked.run && plan.is_possible() => {
            // Whatever the application leaves out of its audit log: an undo is never left out.
            let undone = AuditConfig::new().scope(plan.run(reason, &db)).await;
            match undone {
                Ok(undone) => (plan, Some(undone)),
                // Somebody changed the rows since the plan was made.
                Err(error) if is_conflict(&error) => (query.plan(&db).await?, None),
                Err(error) => return Err(error),
            }
        }
        _ => (plan, None),
    };
    let is_done = plan.is_possible() && (undone.is_some() || !asked.run);
    if asked.json {
        let undone = undone
            .as_ref()
            .map(|undone| json!({ "rows": undone.rows, "transaction_id": undone.transaction_id }));
        say_json(&json!({ "plan": plan, "undone": undone }))?;
        return Ok(is_done);
    }
    show(&plan);
    if let Some(undone) = undone {
        let transaction = printable(undone.transaction_id.as_deref().unwrap_or("none"));
        say(&format!(
            "rows written: {}; transaction: {transaction}",
            undone.rows
        ));
    }
    Ok(is_done)
}

fn is_conflict(error: &DbErr) -> bool {
    matches!(error.audit_err(), Some(Error::Undo { .. }))
}

fn query(asked: &Undo) -> UndoQuery {
    if let Some(request) = &asked.request {
        return UndoPlan::for_request(request);
    }
    if let Some(transaction) = &asked.transaction {
        return UndoPlan::for_transaction(transaction);
    }
    // OK because clap wants one of the three, and the beginning with an actor.
    let actor = asked.actor.as_deref().unwrap_or_default();
    let from = asked.from.unwrap_or(DateTimeUtc::MIN_UTC);
    UndoPlan::for_actor(actor, from, asked.until.unwrap_or_else(now))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a time to ask about; it stamps no record"
)]
fn now() -> DateTimeUtc {
    Utc::now()
}

fn show(plan: &UndoPlan) {
    let mut rows = table(["write", "object", "changes", "undoes records"]);
    for step in plan.steps() {
        let records: Vec<_> = step.records().iter().map(i64::to_string).collect();
        rows.add_row([
            step.action().to_string(),
            printable(&step.object().to_string()).into_owned(),
            changes(step.changes()),
            records.join(", "),
        ]);
    }
    if plan.steps().is_empty() {
        say("nothing is to be written");
    } else {
        say(&rows.to_string());
    }
    if !plan.is_possible() {
        say("it cannot be run:");
    }
    for conflict in plan.conflicts() {
        say(&format!("- {}", printable(&conflict.to_string())));
    }
}
