//! Ways in which the trail cannot be written.

use sea_orm::{ConnectionTrait, DbErr};

use crate::{Backend, Test};

/// A way in which the trail cannot be written, while the application's tables can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Missing,
    ReadOnly,
    /// What a full disk makes the server say; on SQLite the disk is filled indeed, in a test of its own.
    Full,
}

/// Changes the schema on a connection of its own, as another program would.
pub(super) async fn elsewhere(t: &Test, sql: &str) -> Result<(), DbErr> {
    let another = t.isolated.connect(1).await?;
    another.execute_unprepared(sql).await?;
    another.close().await
}

const TABLES: [&str; 2] = ["audit_log", "audit_system_event"];

impl Fault {
    pub(super) fn all(t: &Test) -> &'static [Self] {
        match t.backend {
            Backend::Sqlite => &[Self::Missing, Self::ReadOnly],
            Backend::Postgres | Backend::MySql => &[Self::Missing, Self::ReadOnly, Self::Full],
        }
    }

    /// What the database says of it.
    pub(super) fn cause(self, t: &Test) -> &'static str {
        match (self, t.backend) {
            (Self::Missing, Backend::Sqlite) => "no such table",
            (Self::Missing, Backend::Postgres) => "does not exist",
            (Self::Missing, Backend::MySql) => "doesn't exist",
            (Self::ReadOnly, _) => "the trail is read-only",
            (Self::Full, _) => "the disk is full",
        }
    }

    pub(super) async fn inflict(self, t: &Test) -> Result<(), DbErr> {
        for table in TABLES {
            let statement = match self {
                Self::Missing => format!("ALTER TABLE {table} RENAME TO {table}_gone"),
                Self::ReadOnly | Self::Full => self.trigger(t, table),
            };
            elsewhere(t, &statement).await?;
        }
        Ok(())
    }

    pub(super) async fn mend(self, t: &Test) -> Result<(), DbErr> {
        for table in TABLES {
            let statement = match (self, t.backend) {
                (Self::Missing, _) => format!("ALTER TABLE {table}_gone RENAME TO {table}"),
                (_, Backend::Postgres) => format!("DROP TRIGGER fault_{table} ON {table}"),
                _ => format!("DROP TRIGGER fault_{table}"),
            };
            elsewhere(t, &statement).await?;
        }
        Ok(())
    }

    fn trigger(self, t: &Test, table: &str) -> String {
        let (cause, name) = (self.cause(t), format!("fault_{table}"));
        let before = format!("CREATE TRIGGER {name} BEFORE INSERT ON {table}");
        let (state, number) = match self {
            Self::Full => ("53100", 1114),
            _ => ("25006", 1644),
        };
        match t.backend {
            Backend::Sqlite => format!("{before} BEGIN SELECT RAISE(ABORT, '{cause}'); END"),
            Backend::MySql => format!(
                "{before} FOR EACH ROW SIGNAL SQLSTATE '45000'
                 SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = '{cause}'"
            ),
            Backend::Postgres => format!(
                "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION '{cause}' USING ERRCODE = '{state}'; END $$;
                 {before} FOR EACH ROW EXECUTE FUNCTION {name}()"
            ),
        }
    }
}
