//! `doctor`.

use audit_sea_orm::doctor::examine_after;
use sea_orm_migration::{DbErr, sea_orm::DatabaseConnection};

use super::output::{say, say_json};

pub(super) async fn doctor(after: i64, json: bool, db: &DatabaseConnection) -> Result<bool, DbErr> {
    let diagnosis = examine_after(after.into(), db).await?;
    if json {
        say_json(&diagnosis)?;
    } else {
        say(diagnosis.to_string().trim_end());
    }
    Ok(diagnosis.is_clean())
}
