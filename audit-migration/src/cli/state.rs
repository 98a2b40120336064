//! `state`.

use audit_sea_orm::AnyObject;
use sea_orm_migration::{DbErr, sea_orm::DatabaseConnection};

use super::{
    arguments::StateOf,
    output::{printable, say, say_error, say_json, table, time, value},
};

pub(super) async fn state(asked: StateOf, db: &DatabaseConnection) -> Result<bool, DbErr> {
    let object = AnyObject::find(&asked.object.table, &asked.object.key)?;
    let then = object.at(asked.at, db).await?;
    if asked.json {
        say_json(&then)?;
        return Ok(then.is_some());
    }
    let Some(then) = then else {
        let (table, key, at) = (object.table(), object.id(), time(asked.at));
        say_error(&format!("`{table}` `{key}` was not there at {at}"));
        return Ok(false);
    };
    let mut rows = table(["column", "value"]);
    for (column, held) in then.columns() {
        let held = match held {
            Ok(json) => value(json),
            Err(why) => format!("unknown: it {}", printable(&why.to_string())),
        };
        rows.add_row([printable(column).into_owned(), held]);
    }
    say(&rows.to_string());
    Ok(true)
}
