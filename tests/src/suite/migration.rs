//! The trail's tables: made, merged, kept, and out of the way of an application's own migrations.

mod catalog;
mod program;
mod questions;
mod sync;

use audit_migration::{MigrationOptions, Migrator, MigratorWith};
use audit_sea_orm::{entity::TABLES, prelude::*};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Schema, Set};
use sea_orm_migration::{MigratorTraitSelf, prelude::*};

use crate::{Backend, Outcome, Test, entity::cake};

pub use program::{
    the_program_checks, the_program_checks_for_programs, the_program_explains_a_wrong_url,
    the_program_finds_what_no_longer_fits, the_program_migrates,
};
pub use questions::{
    the_program_makes_a_baseline, the_program_runs_an_undo,
    the_program_sends_a_terminal_no_command, the_program_shows_a_state,
    the_program_tells_a_history, the_program_undoes,
};
pub use sync::{schema_sync_does_not_make_the_trail, schema_sync_of_a_captured_table};

fn allowed() -> MigratorWith {
    MigratorWith(MigrationOptions::new().allow_rollback(true))
}

/// As a database is before anybody thought of auditing it.
async fn remove_the_trail(t: &Test) -> Result<(), DbErr> {
    MigratorTraitSelf::down(&allowed(), &t.db, None).await?;
    t.db.execute_unprepared("DROP TABLE audit_migrations")
        .await?;
    assert_eq!(catalog::read(t).await?, [""; 0]);
    Ok(())
}

/// An application's migration, which makes a table and fills it by active models.
struct BakeCakes {
    name: &'static str,
}

impl MigrationName for BakeCakes {
    fn name(&self) -> &str {
        self.name
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[sea_orm::prelude::async_trait::async_trait]
impl MigrationTrait for BakeCakes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = Schema::new(manager.get_database_backend());
        let create = schema
            .create_table_from_entity(cake::Entity)
            .if_not_exists()
            .take();
        manager.create_table(create).await?;
        let db = manager.get_connection();
        let mut cake = cake::named(self.name).insert(db).await?.into_active_model();
        cake.price = Set(300);
        let cake = cake.update(db).await?;
        cake::named(&format!("{} again", self.name))
            .save(db)
            .await?
            .delete(db)
            .await?;
        cake.into_active_model()
            .update_without_returning(db)
            .await?;
        Ok(())
    }
}

/// An application's migrator: the trail's migrations stand between its own.
struct AppMigrator(MigrationOptions);

impl MigratorTraitSelf for AppMigrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let mut migrations: Vec<Box<dyn MigrationTrait>> =
            vec![Box::new(BakeCakes { name: "before" })];
        migrations.extend(audit_migration::migrations_with(self.0));
        migrations.push(Box::new(BakeCakes { name: "after" }));
        audit_migration::unaudited(migrations)
    }
}

/// A migration that saves active models is not recorded: neither before the tables of the trail exist, when the
/// record would fail it, nor after.
pub async fn migration_that_saves_before_the_tables_exist_is_not_recorded(t: &mut Test) -> Outcome {
    remove_the_trail(t).await?;
    AppMigrator(MigrationOptions::new()).up(&t.db, None).await?;
    assert_eq!(cake::Entity::find().all(&t.db).await?.len(), 2);
    assert_eq!(t.records().await?, []);
    // The application's own writes are.
    cake::named("Sacher").insert(&t.db).await?;
    assert_eq!(t.only_record().await?.action, "CREATE");
    Ok(())
}

/// SeaORM's schema sync, told of the trail's entities, finds nothing to do; what else it has to do leaves them alone.
pub async fn schema_sync_finds_nothing_to_do(t: &mut Test) -> Outcome {
    let before = catalog::read(t).await?;
    assert!(
        before.len() > 20 || t.backend == Backend::Sqlite,
        "{before:?}"
    );
    let sync = || {
        let schema = t.db.get_schema_builder();
        let schema = schema
            .register(audit_log::Entity)
            .register(login_attempt::Entity);
        schema
            .register(data_export::Entity)
            .register(system_event::Entity)
    };
    let (synced, sent) = t.sent(sync().sync(&t.db)).await;
    synced?;
    assert!(
        !sent.is_empty() && sent.iter().all(|sql| !is_ddl(sql)),
        "{sent:#?}"
    );
    assert_eq!(catalog::read(t).await?, before);

    let (synced, sent) = t.sent(sync().register(cake::Entity).sync(&t.db)).await;
    synced?;
    assert!(
        sent.iter().any(|sql| is_ddl(sql)),
        "it makes the application's table"
    );
    assert_eq!(catalog::read(t).await?, before);
    Ok(())
}

fn is_ddl(sql: &str) -> bool {
    ["CREATE", "ALTER", "DROP"]
        .iter()
        .any(|word| sql.trim_start().to_uppercase().starts_with(word))
}

/// Rolling back is refused, and says what would allow it; where it is allowed, the trail goes and nothing else.
pub async fn rolling_back_is_refused_unless_it_is_allowed(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    cake::named("Sacher").insert(&t.db).await?;
    let before = catalog::read(t).await?;
    let refused = <Migrator as MigratorTrait>::down(&t.db, None)
        .await
        .expect_err("it is refused");
    assert!(refused.to_string().contains("allow_rollback"), "{refused}");
    let merged = AppMigrator(MigrationOptions::new()).migrations();
    assert_eq!(merged.len(), 6);
    for migration in &merged[1..5] {
        let refused = migration
            .down(&SchemaManager::new(&t.db))
            .await
            .expect_err("it is refused");
        assert!(refused.to_string().contains("allow_rollback"), "{refused}");
    }
    assert_eq!(catalog::read(t).await?, before);
    assert_eq!(t.records().await?.len(), 1);

    MigratorTraitSelf::down(&allowed(), &t.db, None).await?;
    assert_eq!(catalog::tables(t).await?, [""; 0]);
    t.db.execute_unprepared("SELECT * FROM audit_tail_position")
        .await
        .expect_err("it is gone");
    assert_eq!(cake::Entity::find().all(&t.db).await?.len(), 1);
    MigratorTraitSelf::up(&allowed(), &t.db, None).await?;
    assert_eq!(catalog::read(t).await?, before);
    Ok(())
}

/// Merged, they are noted in the application's table; alone, in one of their own. Neither needs the other's.
pub async fn merged_migrations_live_in_the_applications_own_table(t: &mut Test) -> Outcome {
    t.db.execute_unprepared("SELECT * FROM audit_migrations")
        .await?;
    remove_the_trail(t).await?;
    let app = AppMigrator(MigrationOptions::new());
    app.up(&t.db, None).await?;
    assert_eq!(catalog::tables(t).await?, TABLES);
    t.db.execute_unprepared("SELECT * FROM audit_migrations")
        .await
        .expect_err("it is not needed");
    let names = seaql_names(t).await?;
    assert_eq!(
        names,
        [
            "before",
            "m20261122_000001_create_audit_tables",
            "m20261124_000002_create_audit_context",
            "m20261124_000003_index_admin_lists",
            "m20261201_000004_create_audit_tail_positions",
            "after"
        ]
    );
    Ok(())
}

async fn seaql_names(t: &Test) -> Result<Vec<String>, DbErr> {
    let app = AppMigrator(MigrationOptions::new());
    let applied = app.get_applied_migrations(&t.db).await?;
    Ok(applied
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect())
}

/// Applying them again changes nothing, whichever door they come by.
pub async fn migrating_again_changes_nothing(t: &mut Test) -> Outcome {
    let before = catalog::read(t).await?;
    t.create_table(cake::Entity).await?;
    cake::named("Sacher").insert(&t.db).await?;
    <Migrator as MigratorTrait>::up(&t.db, None).await?;
    MigratorTraitSelf::up(&allowed(), &t.db, None).await?;
    // Merged into the application's as well, where another table notes it.
    t.db.execute_unprepared("DROP TABLE cake").await?;
    AppMigrator(MigrationOptions::new()).up(&t.db, None).await?;
    assert_eq!(catalog::read(t).await?, before);
    assert_eq!(t.only_record().await?.action, "CREATE");
    Ok(())
}

/// A migration that was interrupted, as MySQL leaves one, goes on where it stopped.
pub async fn interrupted_migration_goes_on(t: &mut Test) -> Outcome {
    let before = catalog::read(t).await?;
    let drop_index = match t.backend {
        Backend::MySql => "DROP INDEX idx_audit_log_time ON audit_log",
        Backend::Sqlite | Backend::Postgres => "DROP INDEX idx_audit_log_time",
    };
    for statement in [
        drop_index,
        "DROP TABLE audit_system_event",
        "DELETE FROM audit_migrations",
    ] {
        t.db.execute_unprepared(statement).await?;
    }
    assert_ne!(catalog::read(t).await?, before);
    <Migrator as MigratorTrait>::up(&t.db, None).await?;
    assert_eq!(catalog::read(t).await?, before);
    Ok(())
}
