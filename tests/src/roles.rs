//! Roles of SeaORM's access control.

use sea_orm::{
    ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, Set,
    rbac::{
        entity::{permission, resource, role, role_permission, user::UserId, user_role},
        schema::create_tables,
    },
};

/// Every action that a role may be allowed.
pub const ALL: [&str; 4] = ["select", "insert", "update", "delete"];

/// User 1 may do that with those tables, and nothing else.
///
/// # Errors
/// What the database reports.
pub async fn grant(db: &DatabaseConnection, rights: &[(&str, &[&str])]) -> Result<(), DbErr> {
    create_tables(db, Default::default()).await?;
    let role = role::ActiveModel {
        role: Set("baker".to_owned()),
        ..Default::default()
    };
    let role = role.insert(db).await?;
    for action in ALL {
        let permission = permission::ActiveModel {
            action: Set(action.to_owned()),
            ..Default::default()
        };
        permission.insert(db).await?;
    }
    for (table, actions) in rights {
        let resource = resource::ActiveModel {
            table: Set((*table).to_owned()),
            ..Default::default()
        };
        let resource = resource.insert(db).await?;
        for permission in permission::Entity::find().all(db).await? {
            if !actions.contains(&permission.action.as_str()) {
                continue;
            }
            let permission = role_permission::ActiveModel {
                role_id: Set(role.id),
                permission_id: Set(permission.id),
                resource_id: Set(resource.id),
            };
            permission.insert(db).await?;
        }
    }
    let user = user_role::ActiveModel {
        user_id: Set(UserId(1)),
        role_id: Set(role.id),
    };
    user.insert(db).await?;
    db.load_rbac().await
}
