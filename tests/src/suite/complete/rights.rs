//! Roles of PostgreSQL that may delete a row, and not lock it.

use audit_sea_orm::{hooks, prelude::*};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, Set,
    TransactionTrait,
};
use serde_json::json;

use crate::{Backend, Outcome, Test};

/// One small entity for each test: whether its rows may be locked is remembered for the process.
macro_rules! shelf {
    ($($name:ident)*) => { $(
        #[allow(missing_docs, reason = "a row of a test")]
        pub mod $name {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
            #[sea_orm(table_name = "shelf")]
            pub struct Model {
                #[sea_orm(primary_key, auto_increment = false)]
                pub id: i32,
                pub owner: String,
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}
        }
    )* };
}

shelf! { secured deletable kept ruled mixed gap }

/// What the page on threats lets a role write, whose entities are recorded by hooks.
const WRITTEN: &str = "occurred_at, action, table_name, object_id, object_repr, old_values, new_values, actor_id, actor_name, \
     on_behalf_of_id, on_behalf_of_name, tenant_id, ip_address, user_agent, session_id, request_id, reason, module, metadata";

/// A connection whose role has those rights, and may write the trail.
async fn as_role(
    t: &Test,
    name: &str,
    rights: &str,
) -> Result<(DatabaseConnection, String), DbErr> {
    let db = t.isolated.connect(1).await?;
    let role = format!("audit_{name}_{}", std::process::id());
    for sql in [
        format!("CREATE ROLE {role}"),
        format!("GRANT {rights} ON shelf TO {role}"),
        format!("GRANT INSERT ({WRITTEN}) ON audit_log TO {role}"),
        format!("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"),
        format!("SET ROLE {role}"),
    ] {
        db.execute_unprepared(&sql).await?;
    }
    Ok((db, role))
}

async fn leave(db: DatabaseConnection, role: &str) -> Result<(), DbErr> {
    for sql in [
        "RESET ROLE".to_owned(),
        format!("DROP OWNED BY {role}"),
        format!("DROP ROLE {role}"),
    ] {
        db.execute_unprepared(&sql).await?;
    }
    db.close().await
}

async fn with_shelves(t: &Test) -> Result<(), DbErr> {
    t.create_table(secured::Entity).await?;
    let fill = "INSERT INTO shelf VALUES (1, 'ada'), (2, 'ada'), (3, 'bob')";
    t.db.execute_unprepared(fill).await.map(drop)
}

/// Every row is seen, those of Ada may be deleted, and either all may be updated, and so locked, or none.
async fn with_secured_shelves(t: &Test, may_update: bool) -> Result<(), DbErr> {
    with_shelves(t).await?;
    let updates = format!("CREATE POLICY updates ON shelf FOR UPDATE USING ({may_update})");
    for sql in [
        "ALTER TABLE shelf ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY reads ON shelf FOR SELECT USING (true)",
        &updates,
        "CREATE POLICY deletes ON shelf FOR DELETE USING (owner = 'ada')",
    ] {
        t.db.execute_unprepared(sql).await?;
    }
    Ok(())
}

/// Row security that lets a role delete rows that it may not update: the delete is recorded, and what it does not
/// hit is not.
pub async fn a_delete_that_row_security_hides_from_updates(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    with_secured_shelves(t, false).await?;
    let (db, role) = as_role(t, "secured", "SELECT, UPDATE, DELETE").await?;
    let delete = |id| secured::ActiveModel {
        id: Set(id),
        ..Default::default()
    };
    let seen = delete(1).audited_delete(&db).await;
    let hidden = delete(3).audited_delete(&db).await;
    let gone = delete(9).audited_delete(&db).await;
    leave(db, &role).await?;
    assert_eq!(seen?.rows_affected, 1);
    assert_eq!((hidden?.rows_affected, gone?.rows_affected), (0, 0));
    let record = t.only_record().await?;
    // The role may not write it.
    assert!(record.transaction_id.is_some(), "{record:?}");
    let old = json!({"id": 1, "owner": "ada"});
    assert_eq!(
        (record.action.as_str(), record.old_values),
        ("DELETE", Some(old))
    );
    Ok(())
}

/// Row security that shows and locks rows that it does not let be deleted: no record of what the delete does not hit.
pub async fn a_delete_that_row_security_refuses_leaves_no_record(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    with_secured_shelves(t, true).await?;
    let (db, role) = as_role(t, "kept", "SELECT, UPDATE, DELETE").await?;
    let delete = |id| kept::ActiveModel {
        id: Set(id),
        ..Default::default()
    };
    let atomic = delete(3).audited_delete(&db).await;
    let transaction = db.begin().await?;
    let inside = delete(3).delete(&transaction).await;
    let seen = delete(1).delete(&transaction).await;
    transaction.commit().await?;
    let audited = delete(3).delete(&db.audited()).await;
    let also_seen = delete(2).delete(&db.audited()).await;
    leave(db, &role).await?;
    for hidden in [atomic, inside, audited] {
        assert_eq!(hidden?.rows_affected, 0);
    }
    for hit in [seen, also_seen] {
        assert_eq!(hit?.rows_affected, 1);
    }
    let records = t.records().await?.into_iter();
    let keys: Vec<_> = records.filter_map(|record| record.object_id).collect();
    assert_eq!(keys, ["1", "2"]);
    Ok(())
}

/// A rule in the place of a delete: no record of a row that stays.
pub async fn a_delete_that_a_rule_replaces_leaves_no_record(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    with_shelves(t).await?;
    let rule = "CREATE RULE keep AS ON DELETE TO shelf WHERE OLD.owner = 'bob' DO INSTEAD NOTHING";
    t.db.execute_unprepared(rule).await?;
    let delete = |id| ruled::ActiveModel {
        id: Set(id),
        ..Default::default()
    };
    let audited = t.db.audited_as(AuditContext::new().reason("rule"));
    let mut hits = Vec::new();
    for id in [3, 1] {
        hits.push(delete(id).audited_delete(&t.db).await?);
        hits.push(delete(id).audited_delete(&audited).await?);
        hits.push(delete(id).delete(&audited).await?);
        let transaction = audited.begin_write().await?;
        hits.push(delete(id).delete(&transaction).await?);
        transaction.commit().await?;
        let transaction = t.db.begin().await?;
        hits.push(delete(id).delete(&transaction).await?);
        transaction.commit().await?;
    }
    let hits: u64 = hits.into_iter().map(|deleted| deleted.rows_affected).sum();
    assert_eq!(
        (hits, t.only_record().await?.object_id.as_deref()),
        (1, Some("1"))
    );
    Ok(())
}

/// A role with `DELETE` and without `UPDATE` deletes, and its deletes are recorded; where another role of the process
/// locked rows before, it learns so by one error.
pub async fn a_role_that_may_delete_and_not_update(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    with_shelves(t).await?;
    let (db, role) = as_role(t, "deletable", "SELECT, DELETE").await?;
    let delete = |id| deletable::ActiveModel {
        id: Set(id),
        ..Default::default()
    };
    let first = delete(1).audited_delete(&db).await;
    let transaction = db.begin().await?;
    let second = delete(2).delete(&transaction).await;
    transaction.commit().await?;

    let mixed = |id| mixed::ActiveModel {
        id: Set(id),
        ..Default::default()
    };
    mixed(9).audited_delete(&t.db).await?;
    let refused = mixed(3).audited_delete(&db).await;
    let third = mixed(3).audited_delete(&db).await;
    leave(db, &role).await?;
    for deleted in [first, second, third] {
        assert_eq!(deleted?.rows_affected, 1);
    }
    let refused = refused.expect_err("the lock is tried").to_string();
    assert!(refused.contains("permission denied"), "{refused}");
    let owners = t.records().await?.into_iter();
    let owners: Vec<_> = owners
        .map(|record| record.old_values.unwrap_or_default()["owner"].take())
        .collect();
    assert_eq!(owners, ["ada", "ada", "bob"]);
    Ok(())
}

/// A row that another session inserts between the read that found none and the delete that hits it.
pub async fn a_row_that_came_between_is_an_error(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        // The others lock the gap.
        return Ok(());
    }
    t.create_table(gap::Entity).await?;
    let row = gap::ActiveModel {
        id: Set(1),
        ..Default::default()
    };
    let transaction = t.db.begin().await?;
    let row = hooks::before_delete(row, &transaction).await?;
    t.db.execute_unprepared("INSERT INTO shelf VALUES (1, 'ada')")
        .await?;
    gap::Entity::delete_by_id(1).exec(&transaction).await?;
    let error = hooks::after_delete(row.clone(), &transaction).await;
    transaction.rollback().await?;
    let error = error.expect_err("its values are not known").to_string();
    assert!(error.contains("inserted between"), "{error}");

    let deleted = row.audited_delete(&t.db).await?;
    assert_eq!(deleted.rows_affected, 1);
    assert_eq!(t.only_record().await?.action, "DELETE");
    Ok(())
}
