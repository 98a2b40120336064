//! What of a migrator may take the trail away.

use audit_migration::{Captured, MigrationOptions};
use sea_orm::{ConnectionTrait, EntityTrait};
use sea_orm_migration::prelude::*;

use crate::{Outcome, Test, entity::growing::after};

/// The application's own migration.
struct BakeMuffins;

impl MigrationName for BakeMuffins {
    fn name(&self) -> &'static str {
        "m20261129_000001_bake_muffins"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[sea_orm::prelude::async_trait::async_trait]
impl MigrationTrait for BakeMuffins {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = sea_orm::Schema::new(manager.get_database_backend());
        let create = schema
            .create_table_from_entity(after::Entity)
            .if_not_exists()
            .take();
        manager.create_table(create).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::drop().table("growing_muffin").take();
        manager.drop_table(drop).await
    }
}

fn merged(options: MigrationOptions) -> Vec<Box<dyn MigrationTrait>> {
    let mut migrations = audit_migration::migrations_with(options);
    migrations.push(Box::new(BakeMuffins));
    audit_migration::unaudited(migrations)
}

struct Refusing;

impl MigratorTrait for Refusing {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        merged(MigrationOptions::new())
    }

    fn migration_table_name() -> DynIden {
        "audit_migrations".into_iden()
    }
}

/// Of an application whose trail is migrated by the trail's own migrator.
struct Apart;

impl MigratorTrait for Apart {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(BakeMuffins)]
    }
}

/// As [`Apart`], in development: it makes the trail itself from now on.
struct ApartAllowing;

impl MigratorTrait for ApartAllowing {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        merged(MigrationOptions::new().allow_rollback(true))
    }
}

/// As in development.
struct Allowing;

impl MigratorTrait for Allowing {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        merged(MigrationOptions::new().allow_rollback(true))
    }

    fn migration_table_name() -> DynIden {
        "audit_migrations".into_iden()
    }
}

/// The application's tables come after the trail's, so they would go first: a rollback that is refused in the end refuses at
/// once.
pub async fn no_table_goes_before_a_rollback_is_refused(t: &mut Test) -> Outcome {
    type Kept = Captured<Refusing>;
    type Free = Captured<Allowing>;
    audit_migration::up::<Refusing>(&t.db).await?;
    let insert = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";
    t.db.execute_unprepared(insert).await?;
    t.only_record().await?;
    let refused = [
        Kept::down(&t.db, None).await,
        Kept::down(&t.db, Some(2)).await,
        Kept::reset(&t.db).await,
        Kept::refresh(&t.db).await,
        Kept::fresh(&t.db).await,
    ];
    for refused in refused {
        let refused = refused.expect_err("the trail would go").to_string();
        assert!(refused.contains("allow_rollback(true)"), "{refused}");
        assert_eq!(after::Entity::find().all(&t.db).await?.len(), 1);
        t.only_record().await?;
    }

    // The application's own migration alone may go.
    Kept::down(&t.db, Some(1)).await?;
    Kept::up(&t.db, None).await?;
    t.db.execute_unprepared(insert).await?;
    assert_eq!(t.records().await?.len(), 2);

    Free::refresh(&t.db).await?;
    assert_eq!(t.records().await?.len(), 0);
    Free::fresh(&t.db).await?;
    t.db.execute_unprepared(insert).await?;
    t.only_record().await?;
    Free::down(&t.db, None).await?;
    Free::up(&t.db, None).await?;
    Free::reset(&t.db).await?;
    Free::up(&t.db, None).await?;
    Ok(())
}

/// `fresh` drops every table, so it asks for the trail even where another migrator made that.
pub async fn fresh_asks_for_a_trail_of_another_migrator(t: &mut Test) -> Outcome {
    audit_migration::up::<Apart>(&t.db).await?;
    let insert = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";
    t.db.execute_unprepared(insert).await?;
    let refused = Captured::<Apart>::fresh(&t.db).await;
    let refused = refused.expect_err("the trail would go").to_string();
    assert!(
        refused.contains("allow_rollback(true)") && refused.contains("--delete-the-trail"),
        "{refused}"
    );
    assert_eq!(after::Entity::find().all(&t.db).await?.len(), 1);
    t.only_record().await?;

    // What it rolls back by itself is its own alone.
    Captured::<Apart>::refresh(&t.db).await?;
    t.db.execute_unprepared(insert).await?;
    assert_eq!(t.records().await?.len(), 2);

    Captured::<ApartAllowing>::fresh(&t.db).await?;
    assert_eq!(t.records().await?.len(), 0);
    Captured::<ApartAllowing>::reset(&t.db).await?;
    // There is no trail to lose.
    Captured::<Apart>::fresh(&t.db).await?;
    Ok(())
}
