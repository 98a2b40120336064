//! What a database says of its own tables.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::{Backend, Test};

const SQLITE: &str = "SELECT name || ': ' || coalesce(sql, '') FROM sqlite_master
    WHERE name LIKE '%audit%' ORDER BY 1";
const POSTGRES: &str = "SELECT table_name || '.' || column_name || ': ' || data_type || ' '
        || coalesce(character_maximum_length::text, '') || ' null: ' || is_nullable
        || coalesce(column_default, '') || is_identity
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name LIKE 'audit%'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'audit%'
    UNION ALL SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'audit%' ORDER BY 1";
const MYSQL: &str = "SELECT CONVERT(CONCAT(table_name, '.', column_name, ': ', column_type, ' null: ', is_nullable,
        ' ', extra, ' ', COALESCE(collation_name, '')) USING utf8mb4)
    FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name LIKE 'audit%'
    UNION ALL SELECT CONVERT(CONCAT(table_name, '.', index_name, ': ', seq_in_index, ' ', column_name, ' ',
        non_unique, ' ', COALESCE(sub_part, '')) USING utf8mb4)
    FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name LIKE 'audit%' ORDER BY 1";

/// Every column, index and constraint of the trail, each in a line.
pub(super) async fn read(t: &Test) -> Result<Vec<String>, DbErr> {
    let sql = match t.backend {
        Backend::Sqlite => SQLITE,
        Backend::Postgres => POSTGRES,
        Backend::MySql => MYSQL,
    };
    let lines = Statement::from_string(t.db.get_database_backend(), sql);
    let lines = t.db.query_all_raw(lines).await?.into_iter();
    lines.map(|line| line.try_get_by_index(0)).collect()
}

/// Those of the trail's tables that are there.
pub(super) async fn tables(t: &Test) -> Result<Vec<&'static str>, DbErr> {
    let mut there = Vec::new();
    for table in audit_sea_orm::entity::TABLES {
        let select = format!("SELECT COUNT(*) FROM {table}");
        if t.db.execute_unprepared(&select).await.is_ok() {
            there.push(table);
        }
    }
    Ok(there)
}
