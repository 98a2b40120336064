//! An audited connection around a restricted one.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, Set, Statement, TransactionSession,
    TransactionTrait,
    rbac::{
        entity::{permission, resource, role, role_permission, user::UserId, user_role},
        schema::create_tables,
    },
};

use super::because;
use crate::{
    Backend, Outcome, Test, carried,
    entity::tart::{self, priced, repriced},
};

/// User 1 may do everything with tarts and what carries the context, and nothing else.
async fn with_roles(t: &Test) -> Result<(), DbErr> {
    create_tables(&t.db, Default::default()).await?;
    let role = role::ActiveModel {
        role: Set("baker".to_owned()),
        ..Default::default()
    };
    let role = role.insert(&t.db).await?;
    for action in ["select", "insert", "update", "delete"] {
        let permission = permission::ActiveModel {
            action: Set(action.to_owned()),
            ..Default::default()
        };
        permission.insert(&t.db).await?;
    }
    for table in ["tart", "audit_context"] {
        let resource = resource::ActiveModel {
            table: Set(table.to_owned()),
            ..Default::default()
        };
        let resource = resource.insert(&t.db).await?;
        for permission in permission::Entity::find().all(&t.db).await? {
            let permission = role_permission::ActiveModel {
                role_id: Set(role.id),
                permission_id: Set(permission.id),
                resource_id: Set(resource.id),
            };
            permission.insert(&t.db).await?;
        }
    }
    let user = user_role::ActiveModel {
        user_id: Set(UserId(1)),
        role_id: Set(role.id),
    };
    user.insert(&t.db).await?;
    t.db.load_rbac().await
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
        Backend::Sqlite | Backend::MySql => 3,
    };
    let delete = tart::Entity::delete_by_id(1).exec(&audited);
    let (done, sent) = t.sent(delete).await;
    done?;
    assert_eq!(sent.len(), expected, "{sent:#?}");
    Ok(())
}
