//! Inserts a row of the trail whose number the caller wants.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, DbErr, Iterable, Value,
    sea_query::{Expr, ExprTrait, InsertStatement, Query},
};

use crate::{TrailEntity, clock};

/// Inserts a row of the trail, and returns its number. SeaORM's own insert would make `NULL` of a time after 2038 on
/// MariaDB: see [`clock::bound`].
pub(crate) async fn insert<A, C>(db: &C, row: &A) -> Result<i64, DbErr>
where
    A: ActiveModelTrait<Entity: TrailEntity> + Sync,
    C: ConnectionTrait,
{
    let mut insert = statement(row, db.get_database_backend());
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

fn statement<A>(row: &A, backend: DbBackend) -> InsertStatement
where
    A: ActiveModelTrait<Entity: TrailEntity>,
{
    let (columns, values): (Vec<_>, Vec<_>) = <A::Entity as sea_orm::EntityTrait>::Column::iter()
        .filter_map(|column| match row.get(column) {
            ActiveValue::Set(value) | ActiveValue::Unchanged(value) => {
                Some((column, column.save_as(bound(value, backend))))
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

/// JSON travels as text: as a JSON parameter it would be `jsonb` to PostgreSQL, which refuses `\u0000`.
fn bound(value: Value, backend: DbBackend) -> Expr {
    match value {
        Value::ChronoDateTimeUtc(Some(time)) => Expr::value(clock::bound(time)),
        Value::Json(Some(json)) if backend == DbBackend::Postgres => {
            Expr::value(json.to_string()).cast_as("json")
        }
        other => Expr::value(other),
    }
}
