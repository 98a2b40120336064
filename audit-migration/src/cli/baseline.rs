//! `baseline`.

use audit_sea_orm::{
    AnyTable, AuditContext, AuditFutureExt, baseline::BaselineCount, serde_json::json,
};
use indicatif::{ProgressBar, ProgressStyle};
use sea_orm_migration::{DbErr, sea_orm::DatabaseConnection};

use super::{
    arguments::BaselineOf,
    output::{say, say_json, table},
};

const BAR: &str = "{msg} [{wide_bar}] {human_pos}/{human_len} rows, {eta} left";

pub(super) async fn baseline(asked: BaselineOf, db: &DatabaseConnection) -> Result<bool, DbErr> {
    let tables = tables(&asked)?;
    let mut context = AuditContext::new().module("audit-migration");
    if let Some(actor) = &asked.by {
        context = context.actor(actor.as_str());
    }
    if let Some(reason) = &asked.reason {
        context = context.reason(reason);
    }
    let mut made = Vec::with_capacity(tables.len());
    for table in tables {
        made.push((
            table.name(),
            one(table, db).with_audit_context(context.clone()).await?,
        ));
    }
    if asked.json {
        let counts = made.iter().map(|(table, count)| {
            json!({ "table": table, "rows": count.rows, "recorded": count.recorded })
        });
        say_json(&counts.collect::<Vec<_>>())?;
        return Ok(true);
    }
    let mut rows = table(["table", "rows", "recorded now"]);
    for (table, count) in made {
        rows.add_row([
            table.to_owned(),
            count.rows.to_string(),
            count.recorded.to_string(),
        ]);
    }
    say(&rows.to_string());
    Ok(true)
}

/// All of them, before the first is begun: a wrong name leaves nothing half done.
fn tables(asked: &BaselineOf) -> Result<Vec<AnyTable>, DbErr> {
    if asked.all {
        let all: Vec<_> = AnyTable::all().collect();
        if all.is_empty() {
            return Err(DbErr::Custom(
                "audit: this program links no audited entity: make one that does, see `audit_migration::cli`".to_owned(),
            ));
        }
        return Ok(all);
    }
    let named = asked.tables.iter();
    let tables = named.map(|name| AnyTable::find(name));
    Ok(tables.collect::<Result<_, _>>()?)
}

/// With a bar, where a terminal shows it.
async fn one(table: AnyTable, db: &DatabaseConnection) -> Result<BaselineCount, DbErr> {
    let baseline = table.baseline();
    let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(baseline.rows(db).await?).with_style(style);
    bar.set_message(table.name());
    let shown = bar.clone();
    let baseline = baseline.on_progress(move |so_far| shown.set_position(so_far.rows));
    let count = baseline.run(db).await;
    bar.finish_and_clear();
    count
}
