//! Which rows a list was asked for, and the index by which they are found.

use sea_orm::{ColumnTrait, Condition, DatabaseConnection, DbErr, Value, sea_query::SimpleExpr};

use super::{
    admitted::Visit,
    failure::Failure,
    field::{Field, Kind},
    listed::Listed,
    place::Place,
    range::{Ends, Range},
    stretch::Stretch,
    tally,
    viewer::Viewer,
    walk::{WINDOW, Walk},
};

/// The name of the filter of the tenant.
pub(super) const TENANT: &str = "tenant";

/// A filter that was set.
struct Given<E: Listed> {
    name: &'static str,
    column: E::Column,
    /// One, or all that rows hold for what was asked: a table has the names that it had before, too.
    values: Vec<Value>,
}

impl<E: Listed> Given<E> {
    fn condition(&self) -> SimpleExpr {
        match self.values.as_slice() {
            [value] => self.column.eq(value.clone()),
            values => self.column.is_in(values.iter().cloned()),
        }
    }
}

/// The stretches of an index that begins with these columns: one for each way to choose a value of each.
fn stretches<'a, E: Listed + 'a>(leads: impl Iterator<Item = &'a Given<E>>) -> Vec<Stretch<E>> {
    let none = vec![Vec::new()];
    let all = leads.fold(none, |leads: Vec<Vec<_>>, given| {
        let with = |value: &Value| {
            let mut leads = leads.clone();
            for lead in &mut leads {
                lead.push((given.column, value.clone()));
            }
            leads
        };
        given.values.iter().flat_map(with).collect()
    });
    all.into_iter().map(Stretch::of).collect()
}

/// The rows that the fields and a range of time choose.
pub(super) struct Filtered<E: Listed> {
    /// The walk to them, by the index that knows most of it.
    pub(super) walk: Walk<E>,
    /// The walk to those of any time.
    pub(super) of_any_time: Walk<E>,
    /// What the fields ask, where they ask anything.
    pub(super) fields: Option<Condition>,
}

/// An index that leads to rows, and the names of the filters that it knows.
struct Way<E: Listed> {
    walk: Walk<E>,
    known: &'static [&'static str],
}

impl<E: Listed> Way<E> {
    /// Its walk, with what it does not know.
    fn to(&self, given: &[Given<E>]) -> Walk<E> {
        let rest = given
            .iter()
            .filter(|given| !self.known.contains(&given.name));
        rest.fold(self.walk.clone(), |walk, given| walk.but(given.condition()))
    }
}

/// The walks to the rows that the fields and a range of time choose.
pub(super) async fn filtered<E: Listed>(
    visit: &Visit,
    range: Range,
    ends: Ends,
) -> Result<Filtered<E>, Failure> {
    let db = &visit.shared.db;
    let given = given::<E>(visit)?;
    let ways = ways(&given, db).await?;
    let by_time = (!range.is_all()).then(|| Walk::by_time(range.rows::<E>()));
    let counts = match (ways.len(), &by_time) {
        (1, None) => vec![0],
        _ => {
            let walks = ways.iter().map(|way| &way.walk).chain(&by_time);
            let rows =
                walks.map(|walk| walk.keys(Place::Newest, WINDOW + 1, db.get_database_backend()));
            tally::counts(db, rows).await?
        }
    };
    let fewest = counts.iter().take(ways.len()).enumerate();
    let (at, count) = fewest.min_by_key(|(_, count)| **count).unwrap_or((0, &0));
    let of_any_time = ways[at].to(&given);
    let walk = match by_time {
        None => of_any_time.clone(),
        // They are put in order, so there is no need to know where in the order they lie.
        Some(by_time) if counts.last() < Some(count) => Way {
            walk: by_time,
            known: &[],
        }
        .to(&given),
        Some(_) if *count <= WINDOW => of_any_time.clone().but(range.holds::<E>()),
        Some(_) => {
            let numbers = range.numbers::<E>(ends, db).await?;
            of_any_time.clone().within(numbers).but(range.holds::<E>())
        }
    };
    let fields = given.into_iter().map(|given| given.condition());
    Ok(Filtered {
        walk,
        of_any_time,
        fields: fields.map(Condition::from).reduce(Condition::add),
    })
}

/// The walk to all rows that somebody who is limited to one tenant may see.
pub(super) fn of_tenant<E: Listed>(viewer: &Viewer) -> Option<Walk<E>> {
    let tenant = viewer.tenant.as_deref()?;
    let lead = vec![(E::TENANT_ID, tenant.into())];
    Some(Walk::along(Stretch::of(lead)))
}

/// What the address asks, and the tenant whose rows alone are to be seen, whatever the address says.
fn given<E: Listed>(visit: &Visit) -> Result<Vec<Given<E>>, Failure> {
    let forced = visit.viewer.tenant.as_ref().map(|tenant| Given {
        name: TENANT,
        column: E::TENANT_ID,
        values: vec![tenant.into()],
    });
    let fields = E::FIELDS.iter();
    let asked = fields
        .filter(|field| forced.is_none() || field.name != TENANT)
        .filter_map(|field| Some((field, visit.params.get(field.name)?)))
        .map(|(field, value)| {
            Ok(Given {
                name: field.name,
                column: field.column,
                values: chosen::<E>(field, value)?,
            })
        });
    let mut given: Vec<_> = asked.collect::<Result<_, Failure>>()?;
    given.extend(forced);
    Ok(given)
}

fn chosen<E: Listed>(field: &Field<E::Column>, value: &str) -> Result<Vec<Value>, Failure> {
    let chosen = match (field.kind, value) {
        (Kind::Flag, "yes") => true.into(),
        (Kind::Flag, "no") => false.into(),
        (Kind::Choice(_), value) if is_kind(value) => value.into(),
        (Kind::Choice(_) | Kind::Flag, _) => {
            let shown = super::value::cut(value, 60);
            let text = format!("“{shown}” is not a choice for “{}”.", field.label);
            return Err(Failure::bad_request(text));
        }
        (Kind::Held, value) => {
            let recorded = E::recorded(field.name, value).into_iter();
            return Ok(recorded.map(Value::from).collect());
        }
        (Kind::Typed | Kind::Object, value) => value.into(),
    };
    Ok(vec![chosen])
}

/// Whether a text may be the name of a kind: one that this version knows, or a newer one writes.
fn is_kind(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=16).contains(&text.len()) && text.bytes().all(fits)
}

/// The indexes that know something of what was asked for; the table itself, where none does.
async fn ways<E: Listed>(
    given: &[Given<E>],
    db: &DatabaseConnection,
) -> Result<Vec<Way<E>>, DbErr> {
    let is_given = |name: &str| given.iter().any(|given| given.name == name);
    if is_given("object") && !is_given("table") {
        let (walk, known): (_, &[&str]) = (over_tables(given, db).await?, &["object"]);
        return Ok(vec![Way { walk, known }]);
    }
    let mut ways: Vec<Way<E>> = Vec::new();
    for index in E::INDEXES {
        // What a longer index knows too, it finds fewer rows for.
        let mut longer = ways.iter().map(|way| way.known);
        let is_part = longer.any(|known| index.iter().all(|name| known.contains(name)));
        if index.iter().all(|name| is_given(name)) && !is_part {
            let known = |name: &&str| given.iter().find(|given| given.name == *name);
            let walk = Walk::over(stretches(index.iter().filter_map(known)));
            ways.push(Way { walk, known: index });
        }
    }
    if ways.is_empty() {
        let (walk, known): (_, &[&str]) = (Walk::along(Stretch::of(Vec::new())), &[]);
        ways.push(Way { walk, known });
    }
    Ok(ways)
}

/// The walk to an object whose table was not named: the index of objects begins with the table.
async fn over_tables<E: Listed>(
    given: &[Given<E>],
    db: &DatabaseConnection,
) -> Result<Walk<E>, DbErr> {
    let object = given.iter().find(|given| given.name == "object");
    let table = E::FIELDS.iter().find(|field| field.name == "table");
    let mut tables = tally::held(db, E::TABLE, "table_name").await?;
    let of_table = |name: &String| {
        let table = table.map(|field| Given {
            name: field.name,
            column: field.column,
            values: vec![name.as_str().into()],
        });
        stretches(table.iter().chain(object))
    };
    let rows = tables
        .iter()
        .map(|name| Walk::over(of_table(name)).keys(Place::Newest, 1, db.get_database_backend()));
    let mut counts = tally::counts(db, rows).await?.into_iter();
    tables.retain(|_| counts.next() > Some(0));
    if tables.is_empty() {
        // No table has such an object, and none is an empty list, which no index can be asked for.
        tables.push(String::new());
    }
    Ok(Walk::over(tables.iter().flat_map(of_table).collect()))
}
