//! The tripwire counts the writes that nothing captured, and no others.

use audit_sea_orm::{Tripwire, prelude::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ModelTrait, QueryFilter,
    Set, Statement, TransactionTrait, Unchanged, sea_query::OnConflict,
};

use crate::{
    Outcome, Test,
    entity::{
        cake,
        tart::{self, priced},
    },
};

/// How many uncaptured writes a future makes.
async fn uncaptured<F>(tripwire: &Tripwire, future: F) -> Result<u64, DbErr>
where
    F: Future<Output = Result<(), DbErr>>,
{
    let before = tripwire.unaudited_writes();
    future.await?;
    Ok(tripwire.unaudited_writes() - before)
}

fn renamed(id: i32, name: &str) -> cake::ActiveModel {
    cake::ActiveModel {
        id: Unchanged(id),
        name: Set(name.to_owned()),
        ..Default::default()
    }
}

async fn captured<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    let cake = cake::named("a").insert(db).await?;
    renamed(cake.id, "b").update(db).await?;
    // Announces nothing, as it sends nothing.
    cake::ActiveModel {
        id: Unchanged(cake.id),
        ..Default::default()
    }
    .update(db)
    .await?;
    cake::Entity::find().all(db).await?;
    cake.delete(db).await?;
    Ok(())
}

/// Each way past the hooks is one; what hooks, triggers, scopes or lists account for is none, nor is what another pool sends.
pub async fn the_tripwire_counts_what_slips_through(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    t.create_table(tart::Entity).await?;
    let tripwire = Tripwire::new()
        .watch::<cake::Entity>()
        .watch::<tart::Entity>();
    let mut db = t.isolated.connect(2).await?;
    db.set_metric_callback(tripwire.callback());
    let other = Tripwire::new().watch::<cake::Entity>();
    let mut other_db = t.isolated.connect(1).await?;
    other_db.set_metric_callback(other.callback());

    assert_eq!(uncaptured(&tripwire, captured(&db)).await?, 0);
    assert_eq!(uncaptured(&tripwire, captured(&db.audited())).await?, 0);
    let transaction = db.begin().await?;
    assert_eq!(uncaptured(&tripwire, captured(&transaction)).await?, 0);
    transaction.commit().await?;
    assert_eq!(uncaptured(&tripwire, accounted_for(&db)).await?, 0);
    assert_eq!(uncaptured(&tripwire, slipping(&db)).await?, 5);
    let cake = cake::Entity::find().one(&db).await?.ok_or("one is left")?;
    let mute = renamed(cake.id, "mute").update_without_returning(&db);
    let expected = u64::from(db.support_returning());
    assert_eq!(
        uncaptured(&tripwire, async { mute.await.map(drop) }).await?,
        expected
    );
    let refused = cake::Entity::insert_many([cake::named("mute")]);
    let refused = async {
        let refused = refused.exec_without_returning(&db).await;
        assert!(refused.is_err());
        Ok(())
    };
    assert_eq!(uncaptured(&tripwire, refused).await?, 0);
    assert_eq!(other.unaudited_writes(), 0);
    let delete = cake::Entity::delete_many().exec(&other_db);
    assert_eq!(
        uncaptured(&tripwire, async { delete.await.map(drop) }).await?,
        0
    );
    assert_eq!(other.unaudited_writes(), 1);
    other_db.close().await?;
    db.close().await?;
    Ok(())
}

async fn accounted_for(db: &sea_orm::DatabaseConnection) -> Result<(), DbErr> {
    tart::Entity::insert_many([priced(1, 1), priced(2, 2)])
        .exec_without_returning(db)
        .await?;
    let delete = || cake::Entity::delete_by_id(-1).exec(db);
    AuditContext::unaudited("test", delete()).await?;
    let off = AuditConfig::new().enabled(false);
    off.scope(delete()).await?;
    let skipping = |error: &dyn std::fmt::Display| DbErr::Custom(error.to_string());
    let skipped = AuditConfig::new().skip_models(["cak*"]);
    let skipped = skipped.map_err(|error| skipping(&error))?;
    skipped.scope(delete()).await?;
    let skipped = AuditConfig::new().skip_actions(["delete"]);
    let skipped = skipped.map_err(|error| skipping(&error))?;
    skipped.scope(delete()).await?;
    Ok(())
}

async fn slipping(db: &sea_orm::DatabaseConnection) -> Result<(), DbErr> {
    cake::Entity::insert_many([cake::named("c"), cake::named("d")])
        .exec_without_returning(db)
        .await?;
    let mut conflict = OnConflict::column(cake::Column::Name);
    conflict.update_column(cake::Column::Price);
    cake::Entity::insert(cake::named("c"))
        .on_conflict(conflict)
        .exec_without_returning(db)
        .await?;
    cake::Entity::update_many()
        .col_expr(cake::Column::Price, 1.into())
        .exec(db)
        .await?;
    cake::Entity::delete_many()
        .filter(cake::Column::Name.eq("d"))
        .exec(db)
        .await?;
    let raw = Statement::from_string(db.get_database_backend(), "UPDATE cake SET price = 3");
    db.execute_raw(raw).await.map(drop)
}
