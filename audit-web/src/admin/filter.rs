//! Which rows a list was asked for, and the index by which they are found.

use sea_orm::{ColumnTrait, Condition, DatabaseConnection, DbErr, Value, sea_query::SimpleExpr};

use super::{
    admitted::Visit,
    count, distinct,
    failure::Failure,
    field::{Field, Kind},
    listed::Listed,
    position::Position,
    prefix::IndexPrefix,
    range::{Ends, Range},
    scan::{SCAN_LIMIT, Scan},
    viewer::Viewer,
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

/// The prefixes of an index that begins with these columns: one for each choice of a value of each.
fn prefixes<'a, E: Listed + 'a>(leads: impl Iterator<Item = &'a Given<E>>) -> Vec<IndexPrefix<E>> {
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
    all.into_iter().map(IndexPrefix::of).collect()
}

/// The rows that the fields and a range of time choose.
pub(super) struct Filtered<E: Listed> {
    /// The scan to them, by the index that knows most of it.
    pub(super) scan: Scan<E>,
    /// The scan to those of any time.
    pub(super) of_any_time: Scan<E>,
    /// What the fields ask, where they ask anything.
    pub(super) fields: Option<Condition>,
}

/// An index that leads to rows, and the names of the filters that it knows.
struct Candidate<E: Listed> {
    scan: Scan<E>,
    known: &'static [&'static str],
}

impl<E: Listed> Candidate<E> {
    /// Its scan, with what it does not know.
    fn to(&self, given: &[Given<E>]) -> Scan<E> {
        let rest = given
            .iter()
            .filter(|given| !self.known.contains(&given.name));
        rest.fold(self.scan.clone(), |scan, given| scan.but(given.condition()))
    }
}

/// The scans to the rows that the fields and a range of time choose.
pub(super) async fn filtered<E: Listed>(
    visit: &Visit,
    range: Range,
    ends: Ends,
) -> Result<Filtered<E>, Failure> {
    let db = &visit.shared.db;
    let given = given::<E>(visit)?;
    let candidates = candidates(&given, db).await?;
    let by_time = (!range.is_all()).then(|| Scan::by_time(range.rows::<E>()));
    let counts = match (candidates.len(), &by_time) {
        (1, None) => vec![0],
        _ => {
            let scans = candidates
                .iter()
                .map(|candidate| &candidate.scan)
                .chain(&by_time);
            let rows = scans
                .map(|scan| scan.keys(Position::Newest, SCAN_LIMIT + 1, db.get_database_backend()));
            count::rows(db, rows).await?
        }
    };
    let fewest = counts.iter().take(candidates.len()).enumerate();
    let (at, count) = fewest.min_by_key(|(_, count)| **count).unwrap_or((0, &0));
    let of_any_time = candidates[at].to(&given);
    let scan = match by_time {
        None => of_any_time.clone(),
        // They are put in order, so there is no need to know where in the order they lie.
        Some(by_time) if counts.last() < Some(count) => Candidate {
            scan: by_time,
            known: &[],
        }
        .to(&given),
        Some(_) if *count <= SCAN_LIMIT => of_any_time.clone().but(range.holds::<E>()),
        Some(_) => {
            let numbers = range.numbers::<E>(ends, db).await?;
            of_any_time.clone().within(numbers).but(range.holds::<E>())
        }
    };
    let fields = given.into_iter().map(|given| given.condition());
    Ok(Filtered {
        scan,
        of_any_time,
        fields: fields.map(Condition::from).reduce(Condition::add),
    })
}

/// The scan to all rows that somebody who is limited to one tenant may see.
pub(super) fn of_tenant<E: Listed>(viewer: &Viewer) -> Option<Scan<E>> {
    let tenant = viewer.tenant.as_deref()?;
    let lead = vec![(E::TENANT_ID, tenant.into())];
    Some(Scan::along(IndexPrefix::of(lead)))
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
async fn candidates<E: Listed>(
    given: &[Given<E>],
    db: &DatabaseConnection,
) -> Result<Vec<Candidate<E>>, DbErr> {
    let is_given = |name: &str| given.iter().any(|given| given.name == name);
    if is_given("object") && !is_given("table") {
        let (scan, known): (_, &[&str]) = (over_tables(given, db).await?, &["object"]);
        return Ok(vec![Candidate { scan, known }]);
    }
    let mut candidates: Vec<Candidate<E>> = Vec::new();
    for index in E::INDEXES {
        // What a longer index knows too, it finds fewer rows for.
        let mut longer = candidates.iter().map(|candidate| candidate.known);
        let is_part = longer.any(|known| index.iter().all(|name| known.contains(name)));
        if index.iter().all(|name| is_given(name)) && !is_part {
            let known = |name: &&str| given.iter().find(|given| given.name == *name);
            let scan = Scan::over(prefixes(index.iter().filter_map(known)));
            candidates.push(Candidate { scan, known: index });
        }
    }
    if candidates.is_empty() {
        let (scan, known): (_, &[&str]) = (Scan::along(IndexPrefix::of(Vec::new())), &[]);
        candidates.push(Candidate { scan, known });
    }
    Ok(candidates)
}

/// The scan to an object whose table was not named: the index of objects begins with the table.
async fn over_tables<E: Listed>(
    given: &[Given<E>],
    db: &DatabaseConnection,
) -> Result<Scan<E>, DbErr> {
    let object = given.iter().find(|given| given.name == "object");
    let table = E::FIELDS.iter().find(|field| field.name == "table");
    let mut tables = distinct::values(db, E::TABLE, "table_name").await?;
    let of_table = |name: &String| {
        let table = table.map(|field| Given {
            name: field.name,
            column: field.column,
            values: vec![name.as_str().into()],
        });
        prefixes(table.iter().chain(object))
    };
    let rows = tables.iter().map(|name| {
        Scan::over(of_table(name)).keys(Position::Newest, 1, db.get_database_backend())
    });
    let mut counts = count::rows(db, rows).await?.into_iter();
    tables.retain(|_| counts.next() > Some(0));
    if tables.is_empty() {
        // No table has such an object, and none is an empty list, which no index can be asked for.
        tables.push(String::new());
    }
    Ok(Scan::over(tables.iter().flat_map(of_table).collect()))
}
