//! Which rows a list was asked for, and the index by which they are found.

use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, QueryFilter, Select,
    sea_query::{Alias, Expr, ExprTrait, SimpleExpr},
};

use super::{
    failure::Failure,
    field::{Field, Kind},
    listed::Listed,
    params::Params,
    tally,
    walk::{Place, WINDOW, Walk},
};

/// A filter that was set.
struct Given {
    name: &'static str,
    condition: SimpleExpr,
}

/// The walk to the rows that the fields choose: by the index that knows most of it.
pub(super) async fn walk<E: Listed>(
    params: &Params,
    db: &DatabaseConnection,
) -> Result<Walk<E>, Failure> {
    let given = given::<E>(params)?;
    let names: Vec<&str> = given.iter().map(|given| given.name).collect();
    let is_lost = names.contains(&"object") && !names.contains(&"table");
    let (walk, known): (Walk<E>, &[&str]) = if is_lost {
        (over_tables(&given, db).await?, &["object"])
    } else {
        narrowest(&given, db).await?
    };
    let rest = given.iter().filter(|given| !known.contains(&given.name));
    Ok(rest.fold(walk, |walk, given| walk.but(given.condition.clone())))
}

fn given<E: Listed>(params: &Params) -> Result<Vec<Given>, Failure> {
    let fields = E::FIELDS.iter();
    fields
        .filter_map(|field| Some((field, params.get(field.name)?)))
        .map(|(field, value)| {
            Ok(Given {
                name: field.name,
                condition: condition(field, value)?,
            })
        })
        .collect()
}

fn condition<C: ColumnTrait>(field: &Field<C>, value: &str) -> Result<SimpleExpr, Failure> {
    match (field.kind, value) {
        (Kind::Flag, "yes") => Ok(field.column.eq(true)),
        (Kind::Flag, "no") => Ok(field.column.eq(false)),
        (Kind::Choice(choices), value) if choices.contains(&value) => Ok(field.column.eq(value)),
        (Kind::Choice(_) | Kind::Flag, _) => {
            let shown = super::value::cut(value, 60);
            let text = format!("“{shown}” is not a choice for “{}”.", field.label);
            Err(Failure::bad_request(text))
        }
        (Kind::Typed | Kind::Held | Kind::Object, value) => Ok(field.column.eq(value)),
    }
}

fn chosen<'a, E: Listed>(given: impl IntoIterator<Item = &'a Given>) -> Select<E> {
    let conditions = given.into_iter().map(|given| given.condition.clone());
    conditions.fold(E::find(), Select::filter)
}

/// The walk along the index that finds the fewest rows, and the names of the filters that it knows.
async fn narrowest<E: Listed>(
    given: &[Given],
    db: &DatabaseConnection,
) -> Result<(Walk<E>, &'static [&'static str]), DbErr> {
    let known = |index: &[&str], given: &Given| index.contains(&given.name);
    let mut ways: Vec<&'static [&'static str]> = Vec::new();
    for index in E::INDEXES {
        let is_given = index
            .iter()
            .all(|name| given.iter().any(|given| given.name == *name));
        // What a longer index knows too, it finds fewer rows for.
        let is_part = ways
            .iter()
            .any(|way| index.iter().all(|name| way.contains(name)));
        if is_given && !is_part {
            ways.push(index);
        }
    }
    let mut walks: Vec<(Walk<E>, &[&str])> = ways
        .into_iter()
        .map(|way| {
            (
                Walk::along(chosen(given.iter().filter(|given| known(way, given)))),
                way,
            )
        })
        .collect();
    let narrowest = match walks.len() {
        0 => return Ok((Walk::along(E::find()), &[])),
        1 => 0,
        _ => {
            let rows = walks
                .iter()
                .map(|(walk, _)| walk.keys(Place::Newest, WINDOW + 1));
            let counts = tally::counts(db, rows).await?;
            let fewest = counts.iter().enumerate().min_by_key(|(_, count)| **count);
            fewest.map_or(0, |(at, _)| at)
        }
    };
    Ok(walks.swap_remove(narrowest))
}

/// The walk to an object whose table was not named: the index of objects begins with the table.
async fn over_tables<E: Listed>(
    given: &[Given],
    db: &DatabaseConnection,
) -> Result<Walk<E>, DbErr> {
    let object = || chosen::<E>(given.iter().filter(|given| given.name == "object"));
    let table = || Expr::col((Alias::new(E::TABLE), Alias::new("table_name")));
    let mut tables = tally::held(db, E::TABLE, "table_name").await?;
    let stretch = |name: &String| object().filter(table().eq(name.as_str()));
    let rows = tables
        .iter()
        .map(|name| Walk::along(stretch(name)).keys(Place::Newest, 1));
    let mut counts = tally::counts(db, rows).await?.into_iter();
    tables.retain(|_| counts.next() > Some(0));
    if tables.is_empty() {
        // No table has such an object, and none is an empty list, which no index can be asked for.
        tables.push(String::new());
    }
    let stretches: Vec<Select<E>> = tables.iter().map(stretch).collect();
    let whole = object().filter(table().is_in(tables));
    Ok(if stretches.len() > 1 {
        Walk::over(stretches, whole)
    } else {
        Walk::along(whole)
    })
}
