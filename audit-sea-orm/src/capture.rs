//! Capture triggers: the tier that sees what hooks do not.
//!
//! A trigger sees a statement that changes rows, whoever sends it: bulk statements, upserts, raw SQL, another program,
//! and cascades where the database fires triggers for them. What it does not see stands
//! [below](#what-triggers-do-not-see). [`install`] makes the triggers of an entity from its columns and its field policy,
//! on SQLite, PostgreSQL, MariaDB and MySQL. They write the records that the hooks would write, in the writer's own
//! transaction. An entity says with `#[audited(capture = "triggers")]` that triggers record it; then its hooks are
//! silent, and one change is one record.
//!
//! In a migration, use the extension of `SchemaManager` in `audit_migration::capture`.
//!
//! # Example
//! ```
//! mod cake {
//!     use sea_orm::entity::prelude::*;
//!
//!     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//!     #[sea_orm(table_name = "cake")]
//!     #[audited(capture = "triggers")]
//!     pub struct Model {
//!         #[sea_orm(primary_key)]
//!         pub id: i32,
//!         pub price: i32,
//!     }
//!
//!     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//!     pub enum Relation {}
//! }
//!
//! use audit_sea_orm::{capture, prelude::*};
//! use sea_orm::{ConnectionTrait, Database, EntityTrait, Schema, Set, sea_query::Expr};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), sea_orm::DbErr> {
//! let db = Database::connect("sqlite::memory:").await?;
//! # let schema = Schema::new(db.get_database_backend());
//! # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
//! # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
//! # let context = "payload, skips, actor_id, actor_name, on_behalf_of_id, on_behalf_of_name, tenant_id, ip_address, \
//! #     user_agent, session_id, request_id, reason, module, transaction_id, metadata";
//! # db.execute_unprepared(&format!("CREATE TABLE audit_context ({context})")).await?;
//! capture::install(&db, cake::Entity).await?;
//!
//! let cakes = [250, 300].map(|price| cake::ActiveModel { price: Set(price), ..Default::default() });
//! cake::Entity::insert_many(cakes).exec(&db).await?;
//! cake::Entity::update_many().col_expr(cake::Column::Price, Expr::value(275)).exec(&db).await?;
//! assert_eq!(audit_log::Entity::find().all(&db).await?.len(), 4);
//! # Ok(())
//! # }
//! ```
//!
//! # What a trigger records
//! What the [hooks](crate::hooks) record, but for this:
//!
//! - **A change of the key** is a `DELETE` of the old object and a `CREATE` of the new one, so that the records of
//!   each object tell its whole history. On PostgreSQL all old objects of a statement go before the new ones come.
//! - **`TRUNCATE`**, on PostgreSQL: one record with the action `TRUNCATE` and no object. MariaDB and MySQL fire no
//!   trigger for it, and SQLite has none.
//! - **`object_repr`** is the text of the column that `#[audited(repr = "…")]` names, or the default. A hand-written
//!   [`Audited::object_repr`](crate::Audited::object_repr) cannot be spelled in SQL:
//!   [`Audited::repr_column`](crate::Audited::repr_column) names a column instead.
//! - **`occurred_at`** is by the clock of the database, in UTC: with microseconds, but on SQLite with milliseconds,
//!   as it knows no more, and all records of a statement have one time. On MariaDB and MySQL it is the time at which the
//!   row was written (`SYSDATE`), after any wait for a lock, which `SET timestamp` does not change. The order of
//!   records is that of their numbers: see [`TrailQuery`](crate::TrailQuery).
//! - **`transaction_id`** is PostgreSQL's own; the others have none that a trigger may read, so there it comes with the context,
//!   of an [audited connection](crate::AuditedConnection) or of a pool that
//!   [propagates](crate::AuditConnectOptionsExt) it: see [`of_transaction`](crate::RecordQuery::of_transaction).
//! - **`database_user`** is the login of the session that wrote, and `database_role`, on PostgreSQL, the role that it had
//!   taken on by `SET ROLE`. No context changes them. SQLite knows no users.
//! - **What the context says to skip** leaves a record without values, with the action `SKIPPED`: see [`OnSkip`].
//! - **A context that cannot be read** fails no write: `metadata` then is `{"context": "unreadable"}`. What is too long for
//!   its column is cut.
//!
//! # Values that are spelled otherwise
//! Each is read back as the same value.
//!
//! | value | spelling | why |
//! |---|---|---|
//! | whole floats | `5` instead of `5.0`, on PostgreSQL, MariaDB, MySQL | the database's own text of it |
//! | `f32` | the double, `0.10000000149011612`, on SQLite, MariaDB, MySQL | SQLite holds a double; the text of MariaDB's `FLOAT` has six digits only |
//! | decimals | a number instead of a string, on SQLite | it holds a double, of which SeaORM makes a decimal when it reads it |
//! | JSON with a number of more than 64 digits or an exponent of three, or half of a surrogate pair (or what looks so), on PostgreSQL | wrapped | others cannot read it |
//! | JSON that has more than 120 opening brackets, or the text `$json` | wrapped, `{"$json": "…"}` | SQL cannot tell how deep it is |
//! | JSON that nests deeper than 31 levels, or is no JSON at all, on MariaDB, and all JSON on MySQL | wrapped | their JSON functions end there; MySQL compares JSON otherwise than its text |
//! | JSON with a number beyond the doubles or half of a surrogate pair (or what looks so), on SQLite and MariaDB | wrapped | others cannot read it |
//! | text in a column of another kind, on SQLite | as text; its bytes in hexadecimal digits where it is no UTF-8 | no JSON holds other text |
//! | the end of a day, on PostgreSQL | `24:00:00.000000` instead of `00:00:00.000000` | sqlx 0.9.0 reads it as the beginning of one, and so is it read back |
//! | times with years of other than four digits, or leap seconds with an offset, on SQLite | as the table has them | its time functions know the years 0 to 9999 |
//!
//! # What triggers do not see
//! - Cascades of foreign keys on MariaDB and MySQL, which fire no triggers; MySQL 9.7 fires them where the session variable
//!   `enable_cascade_triggers` is on. [`check`] names such keys.
//! - On SQLite, a row that `REPLACE` or `OR REPLACE` removes, unless `PRAGMA recursive_triggers` is on:
//!   [the page on coverage](crate::coverage) says how.
//! - On PostgreSQL, what is written to a partition by its own name, and what runs with
//!   `session_replication_role = replica`, as a subscriber of a logical replication does.
//! - `TRUNCATE` on MariaDB and MySQL.
//!
//! What somebody can do to them who means harm, and what would show it, stands on [the page on threats](crate::threats).
//!
//! # What `check` compares
//! [`check`] reads the whole trigger from the database's catalog. Each trigger holds a mark that says what was made; with the
//! entities of the program it is also compared with what [`install`] would make now.
//!
//! - Everywhere: that it is there, its text, the columns that it knows, the version of this library that made it.
//! - SQLite: that it was made after the application's own triggers on the table.
//! - PostgreSQL: event, timing, level, condition, columns, transition tables, which function it calls, whether it is on; of
//!   the function its language, `SECURITY DEFINER`, its settings, who may execute it, and whether its owner may write the trail.
//! - MariaDB and MySQL: event, timing, `sql_mode`; that the definer exists and has the rights that it needs.
//!
//! While two releases run side by side, the older one's `check` warns of triggers that a later version made, and its [`install`]
//! leaves them alone. To go back for good, [`remove`] them first. Of two entities with one table, triggers record the one that
//! knows more of its columns.
//!
//! # Backends
//! PostgreSQL: triggers for each statement, with transition tables. A table in partitions is captured by its own name,
//! rows that go from one to the other too. Of tables that inherit from others each needs its own triggers, and those of
//! the parent record what a statement on it changes in the children as rows of the parent. A row trigger of the
//! application's own that changes the row again has its record before that of the statement it belongs to: let it be a
//! `BEFORE` trigger. Where one statement's foreign keys both delete rows of a table and change others of it, the records of
//! the deletes come first, so that a row which was changed and then deleted has them in the wrong order. After `ALTER COLUMN …
//! TYPE` sessions that wrote to the table before fail to write one row, until the triggers are installed anew: do both in one
//! migration. Columns that are computed when they are read (`VIRTUAL`, of PostgreSQL 18) are recorded by their expression as
//! it was when the triggers were installed; [`check`] tells where it changed. A column whose entity says `select_as` is
//! recorded as it is read by that. The functions run with the rights of the user who installed them (`SECURITY DEFINER`): who may
//! write the table need not be let write the trail, and nobody else may put them on a table. `lastval()` afterwards is
//! the record's number; `RETURNING` is not disturbed. Sessions keep the plans of these functions, as of any: after an `ALTER
//! TABLE … ALTER COLUMN … TYPE` install again, in the same migration, or writes of sessions that wrote before fail.
//!
//! MariaDB and MySQL: triggers for each row, with the rights of the installer too, whose account must stay. A write
//! whose values as JSON exceed `max_allowed_packet`, by default 16 MB and 64 MB, is refused there (by MySQL where the
//! `sql_mode` of who installs is strict, as it is by default). With a binary log, which MySQL keeps by default, the
//! server lets only a user with `SUPER` install triggers (its error 1419), or any owner of the table where
//! `log_bin_trust_function_creators` is on, which is safe with the row format of that log; in its statement format each
//! write is noted as unsafe (1592). A `TIMESTAMP` is recorded in UTC, whatever the session's zone, and a `DATETIME` as it
//! is. Whether a column is one is asked when the triggers are installed, so install them anew after its type changed. The
//! times of a session in a named zone are an hour off in the hour that comes twice, and all follow `SET timestamp` where
//! the server runs with `sysdate_is_now`; audited connections are in UTC. The triggers set the session's variable
//! `@audit_read`. MariaDB 10.11 shows its triggers a new time in an `ON UPDATE` column of a row that an update leaves as it was;
//! where nothing else differs, they read the row, and record nothing. No statement can both read the trail and write a captured table (error 1442): read into a temporary
//! table, or the values first. JSON that changes in its blanks alone makes no record on MariaDB.
//!
//! SQLite: tables of [attached databases](crate::checks#attached-databases-of-sqlite) cannot be captured. The trigger that was
//! made last fires first, so install again after a trigger of the application's own was made: one that changes the row again
//! would have its record first. [`check`] tells of such triggers. Dates and times are recorded as SeaORM reads them, also those that it does not write
//! (`CURRENT_TIMESTAMP`, `10:00`, seconds since 1970). JSON that changes in its blanks alone makes no record.

mod cascades;
mod catalog;
mod check;
mod contention;
mod drift;
mod install;
mod installed;
mod json;
mod kind;
mod options;
pub(crate) mod present;
mod registry;
mod remove;
mod rights;
mod shape;
mod spell;
mod state;
mod table;
mod trigger;

pub(crate) use catalog::{columns_of, has_trail};
pub use check::{CheckReport, TableReport, check, check_entities};
pub use drift::Drift;
#[cfg(feature = "__tests")]
pub(crate) use install::install_beside_hooks;
pub(crate) use install::install_if_ready;
pub use install::{
    InstallReport, Installation, TableInstallation, install, install_all, install_all_with,
    install_each, install_entities, install_with, installed_options,
};
pub use options::{CaptureOptions, OnSkip};
pub use registry::AuditedEntity;
pub use remove::{remove, remove_all};
#[cfg(feature = "sqlx-sqlite")]
pub(crate) use trigger::propagated;
