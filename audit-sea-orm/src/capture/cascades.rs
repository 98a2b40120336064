//! Foreign keys of MySQL and MariaDB whose cascades fire no triggers.

use sea_orm::{ConnectionTrait, DbErr};

use super::{
    catalog::{self, Dialect},
    drift::Drift,
};

/// With which MySQL 9.7 and later fire the triggers of the rows that a cascade changes. A variable of the session, off by
/// default.
const VARIABLE: &str = "enable_cascade_triggers";

/// The keys that change rows of a captured table past its triggers.
pub(super) async fn into_table<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    schema: &str,
    table: &str,
) -> Result<Vec<Drift>, DbErr> {
    if !matches!(dialect, Dialect::MySql | Dialect::MariaDb) {
        return Ok(Vec::new());
    }
    let sql = "SELECT CONVERT(CONCAT('`', constraint_name, '` to `', referenced_table_name, '` (ON DELETE ', delete_rule, \
         ', ON UPDATE ', update_rule, ')') USING utf8mb4) FROM information_schema.referential_constraints \
         WHERE constraint_schema = ? AND table_name = ? AND (delete_rule NOT IN ('RESTRICT', 'NO ACTION') \
         OR update_rule NOT IN ('RESTRICT', 'NO ACTION')) ORDER BY constraint_name";
    let keys = catalog::texts(db, sql, [schema.into(), table.into()]).await?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let variable = variable(db, dialect).await?;
    if variable.as_deref() == Some("ON") {
        return Ok(Vec::new());
    }
    let variable = variable.map(|_| VARIABLE.to_owned());
    let drift = |key| Drift::Cascade {
        key,
        variable: variable.clone(),
    };
    Ok(keys.into_iter().map(drift).collect())
}

/// What the variable is set to in this session; `None` where the server has no such.
async fn variable<C: ConnectionTrait>(db: &C, dialect: Dialect) -> Result<Option<String>, DbErr> {
    if dialect == Dialect::MariaDb {
        return Ok(None);
    }
    let sql = "SELECT CONVERT(variable_value USING utf8mb4) FROM performance_schema.session_variables \
         WHERE variable_name = ?";
    let value = catalog::texts(db, sql, [VARIABLE.into()]).await?;
    Ok(value.into_iter().next())
}
