//! `doctor`.

use audit_sea_orm::doctor::examine_after;
use sea_orm_migration::{DbErr, sea_orm::DatabaseConnection};

use super::output::{say_json, say_lines};

pub(super) async fn doctor(after: i64, json: bool, db: &DatabaseConnection) -> Result<bool, DbErr> {
    let diagnosis = examine_after(after.into(), db).await?;
    if json {
        say_json(&diagnosis)?;
    } else {
        say_lines(&diagnosis.to_string());
    }
    Ok(diagnosis.is_clean())
}
