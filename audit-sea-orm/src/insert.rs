//! Inserts a row of the trail whose number the caller wants.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbErr, Iterable, Value,
    sea_query::{Expr, InsertStatement, Query},
};

use crate::{TrailEntity, clock};

/// Inserts a row of the trail, and returns its number. SeaORM's own insert would make `NULL` of a time after 2038 on
/// MariaDB: see [`clock::bound`].
pub(crate) async fn insert<A, C>(db: &C, row: &A) -> Result<i64, DbErr>
where
    A: ActiveModelTrait<Entity: TrailEntity> + Sync,
    C: ConnectionTrait,
{
    let mut insert = statement(row);
    if !db.support_returning() {
        let inserted = db.execute(&insert).await?;
        return i64::try_from(inserted.last_insert_id())
            .map_err(|error| DbErr::Type(format!("the number of a new row: {error}")));
    }
    insert.returning_col(<A::Entity as TrailEntity>::ID);
    let returned = db.query_one(&insert).await?;
    let returned = returned.ok_or(DbErr::RecordNotInserted)?;
    returned.try_get_by_index(0)
}

fn statement<A>(row: &A) -> InsertStatement
where
    A: ActiveModelTrait<Entity: TrailEntity>,
{
    let (columns, values): (Vec<_>, Vec<_>) = <A::Entity as sea_orm::EntityTrait>::Column::iter()
        .filter_map(|column| match row.get(column) {
            ActiveValue::Set(value) | ActiveValue::Unchanged(value) => {
                Some((column, column.save_as(Expr::value(bound(value)))))
            }
            ActiveValue::NotSet => None,
        })
        .unzip();
    let mut insert = Query::insert();
    insert
        .into_table(A::Entity::default())
        .columns(columns)
        .values(values)
        .expect("there is a value for each column");
    insert
}

fn bound(value: Value) -> Value {
    match value {
        Value::ChronoDateTimeUtc(Some(time)) => clock::bound(time).into(),
        other => other,
    }
}
