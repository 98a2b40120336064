//! An audited connection around a restricted one.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, ModelTrait, Set,
    Statement, TransactionTrait, rbac::entity::user::UserId,
};

use super::because;
use crate::{
    Backend, Outcome, Test, carried,
    entity::{
        cake,
        tart::{self, priced, repriced},
    },
    roles::{self, ALL},
};

/// User 1 may do everything with tarts and what carries the context, and nothing else.
async fn with_roles(t: &Test) -> Result<(), DbErr> {
    roles::grant(&t.db, &[("tart", &ALL), ("audit_context", &ALL)]).await
}

fn assert_names<T>(refused: Result<T, DbErr>, permission: &str, table: &str) {
    let error = refused.err().expect("it is refused").to_string();
    let named = format!("needs the permission `{permission}` on `{table}`");
    assert!(error.contains(&named), "{error}");
}

/// A permission that recording needs and the role lacks is named, with its table, before anything is changed.
pub async fn a_missing_permission_is_named_before_the_change(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let kept = AuditContext::unaudited("fixture", cake::named("Sacher").insert(&t.db)).await?;
    let rights: &[(&str, &[&str])] = &[("cake", &["select", "insert", "update", "delete"])];
    roles::grant(&t.db, rights).await?;
    let restricted = t.db.restricted_for(UserId(1))?;
    let insert = || cake::named("Linzer");
    let update = || {
        let mut cake = kept.clone().into_active_model();
        cake.price = Set(1);
        cake
    };
    assert_names(insert().insert(&restricted).await, "insert", "audit_log");
    assert_names(update().update(&restricted).await, "insert", "audit_log");
    assert_names(
        kept.clone().delete(&restricted).await,
        "insert",
        "audit_log",
    );
    assert_names(
        insert().audited_insert(&restricted).await,
        "insert",
        "audit_log",
    );
    assert_eq!(cake::Entity::find().all(&t.db).await?, [kept]);
    Ok(())
}

/// As a permission on the trail, so one to read the table before a change, and one to hand the context over.
pub async fn missing_permissions_beside_the_trail_are_named(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    t.create_table(cake::Entity).await?;
    let cake = AuditContext::unaudited("fixture", cake::named("Sacher").insert(&t.db)).await?;
    let rights: &[(&str, &[&str])] = &[
        ("cake", &["delete"]),
        ("audit_log", &["insert"]),
        ("tart", &["insert", "select"]),
    ];
    roles::grant(&t.db, rights).await?;
    let restricted = t.db.restricted_for(UserId(1))?;
    assert_names(cake.clone().delete(&restricted).await, "select", "cake");
    assert_eq!(cake::Entity::find().all(&t.db).await?, [cake]);
    let audited = restricted.audited_as(because("r"));
    let written = tart::Entity::insert(priced(1, 1))
        .exec_without_returning(&audited)
        .await;
    if t.backend == Backend::Sqlite {
        assert_names(written, "insert", "audit_context");
        assert_eq!(carried::tarts(&t.db).await?, []);
    } else {
        written?;
    }
    Ok(())
}

/// A restricted connection inside refuses what it refuses, and what it lets pass carries the context.
pub async fn restricted_connections_carry_the_context(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    with_roles(t).await?;
    let restricted = t.db.restricted_for(UserId(1))?;
    let audited = restricted.audited_as(because("r"));
    priced(1, 1).insert(&audited).await?;
    repriced(1, 2).update(&audited).await?;
    let transaction = audited.begin().await?;
    tart::Entity::insert_many([priced(2, 1), priced(3, 1)])
        .exec_without_returning(&transaction)
        .await?;
    tart::Entity::delete_by_id(2).exec(&transaction).await?;
    transaction.commit().await?;
    let adopted = restricted.begin().await?.audited_as(because("r"));
    tart::Entity::delete_by_id(3).exec(&adopted).await?;
    adopted.commit().await?;
    assert_eq!(carried::reasons(&t.db).await?, ["r"; 6]);

    let backend = t.db.get_database_backend();
    let raw = Statement::from_string(backend, "DELETE FROM tart");
    let refused = [
        audited.execute_raw(raw).await.err(),
        audited.execute_unprepared("DELETE FROM tart").await.err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(DbErr::RbacError(_))), "{error:?}");
    }
    let nobody = t.db.restricted_for(UserId(2))?.audited_as(because("r"));
    let denied = priced(9, 1).insert(&nobody).await;
    assert!(denied.is_err());
    assert_eq!(carried::tarts(&t.db).await?, [(1, 2)]);
    Ok(())
}

/// The statements of a write on a restricted connection, as the documentation of `AuditedConnection` has them, less
/// `BEGIN` and `COMMIT`.
pub async fn statements_on_a_restricted_connection_are_counted(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    with_roles(t).await?;
    let audited = t.db.restricted_for(UserId(1))?.audited_as(because("r"));
    let expected = match t.backend {
        Backend::Postgres => 2,
        Backend::MySql => 3,
        // There the commit goes as a statement.
        Backend::Sqlite => 4,
    };
    let delete = tart::Entity::delete_by_id(1).exec(&audited);
    let (done, sent) = t.sent(delete).await;
    done?;
    assert_eq!(sent.len(), expected, "{sent:#?}");
    Ok(())
}
