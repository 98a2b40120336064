//! What an application writes that keeps the same trail without the library: the row before, locked and read by a
//! select, the JSON of both states, and a row for `audit_log` by way of SeaORM's own insert.

use audit_sea_orm::entity::audit_log;
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, QuerySelect, Set, prelude::*, sea_query::LockType,
};
use serde_json::{Map, Value, json};

use crate::{item::item, operation::Operation, write::Write};

item!(by_hand, "by_hand_item", derive());
impl sea_orm::ActiveModelBehavior for by_hand::ActiveModel {}

#[sea_orm::prelude::async_trait::async_trait]
impl Write for by_hand::ActiveModel {
    async fn write<C: ConnectionTrait>(self, operation: Operation, db: &C) -> Result<(), DbErr> {
        let record = match operation {
            Operation::Create => {
                let after = self.insert(db).await?;
                record("CREATE", &after, None, Some(json_of(&after)))
            }
            Operation::Update => {
                let before = read(&self, db).await?;
                let after = self.update(db).await?;
                let (old, new) = changed(json_of(&before), json_of(&after));
                record("UPDATE", &after, Some(old), Some(new))
            }
            Operation::Delete => {
                let before = read(&self, db).await?;
                self.delete(db).await?;
                record("DELETE", &before, Some(json_of(&before)), None)
            }
        };
        let insert = audit_log::Entity::insert(record);
        insert.exec_without_returning(db).await.map(drop)
    }
}

async fn read<C: ConnectionTrait>(
    item: &by_hand::ActiveModel,
    db: &C,
) -> Result<by_hand::Model, DbErr> {
    let row = by_hand::Entity::find_by_id(*item.id.as_ref()).lock(LockType::Update);
    let row = row.one(db).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the item".to_owned()))
}

fn json_of(item: &by_hand::Model) -> Map<String, Value> {
    let json = json!({
        "id": item.id,
        "customer_id": item.customer_id,
        "quantity": item.quantity,
        "position": item.position,
        "price": item.price.to_string(),
        "name": item.name,
        "sku": item.sku,
        "description": item.description,
        "is_active": item.is_active,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "attributes": item.attributes,
    });
    match json {
        Value::Object(map) => map,
        _ => unreachable!("the literal above is an object"),
    }
}

/// The entries that differ.
fn changed(
    mut old: Map<String, Value>,
    mut new: Map<String, Value>,
) -> (Map<String, Value>, Map<String, Value>) {
    let equal: Vec<String> = old
        .iter()
        .filter(|(key, value)| new.get(*key) == Some(*value))
        .map(|(key, _)| key.clone())
        .collect();
    for key in equal {
        old.remove(&key);
        new.remove(&key);
    }
    (old, new)
}

/// With what the benchmark's context holds for the audited side.
fn record(
    action: &str,
    item: &by_hand::Model,
    old: Option<Map<String, Value>>,
    new: Option<Map<String, Value>>,
) -> audit_log::ActiveModel {
    audit_log::ActiveModel {
        occurred_at: Set(now()),
        action: Set(action.to_owned()),
        table_name: Set(Some("by_hand_item".to_owned())),
        object_id: Set(Some(item.id.to_string())),
        object_repr: Set(Some(item.name.clone())),
        old_values: Set(old.map(Value::Object)),
        new_values: Set(new.map(Value::Object)),
        actor_id: Set(Some("42".to_owned())),
        actor_name: Set(Some("Ada Lovelace".to_owned())),
        ip_address: Set(Some("192.0.2.7".to_owned())),
        request_id: Set(Some("0d9f2c1e-6f2b-4c7e-9b57-3f1f6f0a7c11".to_owned())),
        ..Default::default()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an application's clock, not the library's"
)]
fn now() -> DateTimeUtc {
    chrono::Utc::now()
}
