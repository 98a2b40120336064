//! What no record can be cheaper than: for each row a trigger inserts one into `audit_log`, as long as that of a real record,
//! but of constants. It compares nothing, spells no value, and knows no context.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

use crate::{hand_triggers::row_triggers, item::item, write::Write};

item!(one_row, "one_row_item", derive());
impl sea_orm::ActiveModelBehavior for one_row::ActiveModel {}

#[sea_orm::prelude::async_trait::async_trait]
impl Write for one_row::ActiveModel {
    async fn install(db: &DatabaseConnection) -> Result<(), DbErr> {
        let backend = db.get_database_backend();
        for statement in row_triggers(backend, "one_row_item", |event| insert(backend, event)) {
            db.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}

/// The text of the object of a whole row, and of the two columns that an update changes, in characters.
const WHOLE: usize = 950;
const CHANGED: usize = 60;

fn insert(backend: DbBackend, event: &str) -> String {
    let now = match backend {
        DbBackend::Postgres => "clock_timestamp()",
        DbBackend::MySql => "UTC_TIMESTAMP(6)",
        _ => "strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')",
    };
    let (action, row, columns, images) = match event {
        "INSERT" => ("CREATE", "NEW", "new_values", image(WHOLE)),
        "DELETE" => ("DELETE", "OLD", "old_values", image(WHOLE)),
        _ => {
            let images = format!("{0}, {0}", image(CHANGED));
            ("UPDATE", "NEW", "old_values, new_values", images)
        }
    };
    format!(
        "INSERT INTO audit_log (occurred_at, action, table_name, object_id, object_repr, {columns}, actor_id, actor_name, \
         ip_address, request_id) VALUES ({now}, '{action}', 'one_row_item', {row}.id, {row}.name, {images}, '42', \
         'Ada Lovelace', '192.0.2.7', '0d9f2c1e-6f2b-4c7e-9b57-3f1f6f0a7c11');"
    )
}

fn image(length: usize) -> String {
    format!("'{{ \"description\":\"{}\"}}'", "x".repeat(length))
}
