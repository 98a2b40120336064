//! Every change has its record, or the write an error: where the connection, the row, or what is known of it, is not
//! what hooks are used to.

pub mod rights;
pub mod suppressed;
pub mod unreadable;
pub mod wrapper;

use audit_sea_orm::{hooks, prelude::*};
use futures_util::future::join_all;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseExecutor, DbErr, EntityTrait,
    IntoActiveModel, Set, TransactionTrait, prelude::Json,
};
use serde_json::json;

use crate::{
    Backend, Outcome, Test,
    entity::{cake, pie},
    losses::losses_of,
    wrapped::Wrapped,
};

pub use rights::*;
pub use suppressed::*;
pub use unreadable::*;
pub use wrapper::*;

async fn with_cake(t: &Test) -> Result<cake::Model, DbErr> {
    t.create_table(cake::Entity).await?;
    AuditContext::unaudited("fixture", cake::named("Sacher").insert(&t.db)).await
}

fn priced(cake: &cake::Model, price: i32) -> cake::ActiveModel {
    let mut cake = cake.clone().into_active_model();
    cake.price = Set(price);
    cake
}

/// `after_save` without its `before_save`, as seaography calls it: the new values are recorded, the old ones unknown.
pub async fn after_save_by_itself_records_the_new_values(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    let transaction = t.db.begin().await?;
    let saved = hooks::after_save::<cake::ActiveModel, _>(cake.clone(), &transaction, false);
    let (saved, lost) = losses_of(saved).await;
    saved?;
    transaction.commit().await?;
    assert!(lost.is_empty(), "{lost:?}");
    let record = t.only_record().await?;
    assert_eq!(
        (record.action.as_str(), record.old_values),
        ("UPDATE", None)
    );
    assert_eq!(record.object_id, Some(cake.id.to_string()));
    let new = record.new_values.unwrap_or_default();
    assert_eq!(
        (&new["name"], &new["price"]),
        (&json!("Sacher"), &json!(250))
    );
    Ok(())
}

/// A trigger that changes the key parts the update from what was read before it: the new values are recorded.
pub async fn a_key_that_a_trigger_changes(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        // SQLite's triggers cannot, and on MariaDB SeaORM does not find the row again.
        return Ok(());
    }
    let cake = with_cake(t).await?;
    t.db.execute_unprepared(
        "CREATE FUNCTION renumber() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN NEW.id := NEW.id + 100; RETURN NEW; END $$; \
         CREATE TRIGGER renumber BEFORE UPDATE ON cake FOR EACH ROW EXECUTE FUNCTION renumber()",
    )
    .await?;
    let updated = priced(&cake, 275).audited_update(&t.db).await?;
    let record = t.only_record().await?;
    assert_eq!(updated.id, cake.id + 100);
    assert_eq!(record.object_id, Some(updated.id.to_string()));
    assert_eq!(record.new_values.unwrap_or_default()["price"], 275);
    Ok(())
}

/// A thousand updates of one row, joined in one transaction: what each leaves is what another finds.
pub async fn a_thousand_joined_updates_of_one_row(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    let transaction = t.db.begin_write().await?;
    let updates = (1..=1_000).map(|price| priced(&cake, price).update(&transaction));
    for updated in join_all(updates).await {
        updated?;
    }
    transaction.commit().await?;
    let price = |values: Option<Json>| values.unwrap_or_default()["price"].as_i64();
    let records = t.records().await?.into_iter();
    let (mut old, mut new): (Vec<_>, Vec<_>) = records
        .map(|record| (price(record.old_values), price(record.new_values)))
        .unzip();
    let last = cake::Entity::find().all(&t.db).await?[0].price;
    old.push(Some(last.into()));
    new.push(Some(250));
    old.sort_unstable();
    new.sort_unstable();
    assert_eq!(old, new);
    if t.backend != Backend::MySql {
        // There SeaORM reads the row again, and may find what the next update left.
        assert_eq!(new.len(), 1_001);
    }
    Ok(())
}

/// A function of an application that takes an executor, as SeaORM recommends.
async fn reprice(db: &DatabaseExecutor<'_>, cake: &cake::Model, price: i32) -> Result<(), DbErr> {
    priced(cake, price).update(db).await.map(drop)
}

/// What is written through an executor is recorded, and bound by `require_transaction` as what stands in it.
pub async fn an_executor_is_recorded_and_bound(t: &mut Test) -> Outcome {
    let cake = with_cake(t).await?;
    reprice(&DatabaseExecutor::from(&t.db), &cake, 1).await?;
    AuditEvent::view(&cake)
        .record(&DatabaseExecutor::from(&t.db))
        .await?;
    assert_eq!(t.records().await?.len(), 2);

    let strict = || AuditConfig::new().require_transaction(true);
    let on_pool = DatabaseExecutor::from(&t.db);
    let refused = strict().scope(reprice(&on_pool, &cake, 2)).await;
    let refused = refused.expect_err("it is on the pool").to_string();
    assert!(refused.contains("must be in a transaction"), "{refused}");
    assert_eq!(cake::Entity::find().all(&t.db).await?[0].price, 1);

    let transaction = t.db.begin_write().await?;
    let borrowed = DatabaseExecutor::from(&transaction);
    strict().scope(reprice(&borrowed, &cake, 3)).await?;
    transaction.commit().await?;
    let transaction = t.db.begin_write().await?;
    let owned = DatabaseExecutor::OwnedTransaction(transaction);
    strict().scope(reprice(&owned, &cake, 4)).await?;
    if let DatabaseExecutor::OwnedTransaction(transaction) = owned {
        transaction.commit().await?;
    }
    let last = t.records().await?.pop();
    let last = last.ok_or("there is none")?;
    assert_eq!(last.old_values, Some(json!({"price": 3})));
    Ok(())
}

async fn write_all<C: ConnectionTrait>(db: &C, id: i32) -> Result<(), DbErr> {
    let pie = pie::ActiveModel {
        id: Set(id),
        price: Set(1),
        stock: Set(1),
    };
    let mut pie = pie.insert(db).await?.into_active_model();
    pie.price = Set(2);
    pie.update(db).await?.into_active_model().delete(db).await?;
    Ok(())
}

/// On a mock connection nothing is recorded, and no statement sent that the application does not send.
pub async fn a_mock_connection_is_left_alone(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    let plain = AuditContext::unaudited("count", write_all(&t.db, 1));
    let (written, plain) = t.sent(plain).await;
    written?;
    let mock = Wrapped::mock(&t.db);
    let strict = AuditConfig::new().require_transaction(true);
    let (written, sent) = t.sent(strict.scope(write_all(&mock, 1))).await;
    written?;
    assert_eq!(sent, plain);
    assert_eq!(t.records().await?, []);
    Ok(())
}

/// An entity whose name in records is longer than the column that holds it.
pub mod long_name {
    use sea_orm::entity::prelude::*;

    /// The name: three hundred letters.
    pub const NAME: &str = "lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll";

    /// A row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "long_name")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key)]
        pub id: i32,
        /// What is written.
        pub price: i32,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl audit_sea_orm::Audited for Entity {
        fn audit_table() -> String {
            NAME.to_owned()
        }
    }

    #[async_trait::async_trait]
    impl ActiveModelBehavior for ActiveModel {
        async fn after_save<C: ConnectionTrait>(
            model: Model,
            db: &C,
            insert: bool,
        ) -> Result<Model, DbErr> {
            audit_sea_orm::hooks::after_save::<Self, C>(model, db, insert).await
        }
    }
}

/// A table name that is longer than the trail's column is cut, and its rows are found.
pub async fn a_long_table_name_is_cut(t: &mut Test) -> Outcome {
    t.create_table(long_name::Entity).await?;
    let row = long_name::ActiveModel {
        price: Set(1),
        ..Default::default()
    };
    let row = row.insert(&t.db).await?;
    let found = audit_log::Entity::for_object(&row).all(&t.db).await?;
    assert_eq!(found.len(), 1);
    let name = found[0].table_name.as_deref();
    assert_eq!(name, long_name::NAME.get(..255));
    Ok(())
}

/// Views that triggers make writable, and keys that are generated, are written in a transaction as without auditing.
pub async fn views_and_generated_keys_are_written(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    // One connection, as another would not know yet what was made last.
    let db = t.isolated.connect(1).await?;
    for sql in [
        "CREATE TABLE shelf (id integer PRIMARY KEY, price integer, stock integer)",
        "CREATE VIEW pie AS SELECT id, price, stock FROM shelf",
        "CREATE TRIGGER pie_update INSTEAD OF UPDATE ON pie BEGIN \
         UPDATE shelf SET price = new.price WHERE id = new.id; END",
        "CREATE TRIGGER pie_delete INSTEAD OF DELETE ON pie BEGIN \
         DELETE FROM shelf WHERE id = old.id; END",
        "INSERT INTO shelf VALUES (1, 1, 1)",
    ] {
        db.execute_unprepared(sql).await?;
    }
    // SQLite counts no row of a view.
    assert_eq!(change_pie(&db).await?, 0);
    db.execute_unprepared("DROP TRIGGER pie_update").await?;
    db.execute_unprepared("INSERT INTO shelf VALUES (1, 1, 1)")
        .await?;
    pie_1().audited_delete(&db).await?;
    for sql in [
        "DROP VIEW pie",
        "CREATE TABLE pie (price integer, stock integer, id integer AS (stock) UNIQUE)",
        "INSERT INTO pie VALUES (1, 1)",
    ] {
        db.execute_unprepared(sql).await?;
    }
    assert_eq!(change_pie(&db).await?, 1);
    db.close().await?;
    let records = t.records().await?.into_iter();
    let actions: Vec<String> = records.map(|record| record.action).collect();
    assert_eq!(actions, ["UPDATE", "DELETE", "DELETE", "UPDATE", "DELETE"]);
    Ok(())
}

fn pie_1() -> pie::ActiveModel {
    let pie = pie::Model {
        id: 1,
        price: 1,
        stock: 1,
    };
    pie.into_active_model()
}

/// How many rows the delete says it hit.
async fn change_pie(db: &DatabaseConnection) -> Result<u64, DbErr> {
    let mut dearer = pie_1();
    dearer.price = Set(2);
    let dearer = dearer.audited_update(db).await?;
    let deleted = dearer.into_active_model().audited_delete(db).await?;
    Ok(deleted.rows_affected)
}
