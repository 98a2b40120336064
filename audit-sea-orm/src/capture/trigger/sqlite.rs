#[cfg(feature = "sqlx-sqlite")]
pub(crate) mod propagated;

use super::{
    CREATE, DELETE, Event, Trigger, UPDATE, context_and_transaction, lists, marked, name,
    skip_names,
};
use crate::capture::{
    catalog::Place,
    options::OnSkip,
    shape::Shape,
    spell::{Spell, Sqlite},
    table::Table,
};

/// A change of the key is another trigger, so that an update pays for its comparison alone: one that a statement does not
/// even prepare which sets no column of the key.
pub(super) fn all(table: &Table, place: &Place) -> Vec<Trigger> {
    let new_key = Sqlite.key_differs(table);
    let same_key = format!("NOT ({new_key})");
    let of_key = of_key(table, place);
    vec![
        trigger(table, place, "insert", "INSERT", None, &[CREATE]),
        trigger(table, place, "update", "UPDATE", Some(&same_key), &[UPDATE]),
        trigger(
            table,
            place,
            "key",
            &of_key,
            Some(&new_key),
            &[DELETE, CREATE],
        ),
        trigger(table, place, "delete", "DELETE", None, &[DELETE]),
    ]
}

/// The updates that may change the key. It may have other names too, where it is the number that SQLite gives each row; and
/// a column that is computed changes with others.
fn of_key(table: &Table, place: &Place) -> String {
    let is_computed = |name: &str| place.fact(name).is_some_and(|fact| fact.is_computed);
    if table.key.iter().any(|column| is_computed(&column.name)) {
        return "UPDATE".to_owned();
    }
    let names = table.key.iter().map(|column| Sqlite.name(&column.name));
    let names: Vec<_> = names.chain(ROW_NUMBER.map(str::to_owned)).collect();
    format!("UPDATE OF {}", names.join(", "))
}

/// The names of the number that SQLite gives each row.
const ROW_NUMBER: [&str; 3] = ["rowid", "oid", "_rowid_"];

fn trigger(
    table: &Table,
    place: &Place,
    what: &str,
    event: &str,
    when: Option<&str>,
    records: &[Event],
) -> Trigger {
    let name = name(table, what);
    let (quoted, on) = (Sqlite.name(&name), Sqlite.name(&table.name));
    let when = when.map_or_else(String::new, |when| format!("WHEN {when} "));
    let inserts: String = records.iter().map(|event| insert(table, *event)).collect();
    let head = format!("CREATE TRIGGER {quoted} AFTER {event} ON {on} FOR EACH ROW ");
    // The one that was made last fires first, so none of the application's changes the row before it is recorded.
    let shape = Shape::new([("order", "last")]);
    let create = marked(table, place, &shape, |mark| {
        format!("{head}/* {mark} */ {when}BEGIN {inserts}END")
    });
    Trigger {
        function: Vec::new(),
        create: vec![
            // Also where there is none: what it reads of the schema would else be what the connection last knew.
            format!("DROP TRIGGER IF EXISTS main.{quoted}"),
            create,
        ],
        name,
        shape,
    }
}

fn insert(table: &Table, event: Event) -> String {
    let (key, is_update) = (Sqlite.key(event.row(), table), event.old && event.new);
    let mut values = vec![
        ("occurred_at", NOW.to_owned()),
        ("action", Sqlite.text(event.action)),
        ("table_name", Sqlite.text(&table.audit_name)),
        ("object_id", "object_id".to_owned()),
        (
            "object_repr",
            Sqlite.repr_by("object_id".to_owned(), event.row(), table),
        ),
    ];
    values.extend(images(table, event));
    let contexts = context_and_transaction().map(|(column, _)| column);
    values.extend(
        contexts
            .chain(["metadata"])
            .map(|column| (column, column.to_owned())),
    );
    let mut conditions = Vec::new();
    if is_update {
        conditions.push("new_image IS NOT NULL");
    }
    match table.options.on_skip {
        OnSkip::Record => {
            for (column, value) in &mut values {
                *value = or_skipped(column, value, event);
            }
        }
        OnSkip::Leave => conditions.push("skipped IS NULL"),
    }
    let is_kept = match conditions.as_slice() {
        [] => String::new(),
        conditions => format!(" WHERE {}", conditions.join(" AND ")),
    };
    let (names, values) = lists(&values);
    let tables: Vec<_> = skip_names(table)
        .iter()
        .map(|name| Sqlite.text(name))
        .collect();
    let skipped_by = skipped_by(&tables, &Sqlite.text(event.action));
    let changes = if is_update {
        format!("({}) CROSS JOIN ", Sqlite.changes(table))
    } else {
        String::new()
    };
    format!(
        "INSERT INTO audit_log ({names}) SELECT {values} FROM {changes}(SELECT context.*, object_id, {skipped_by} AS skipped \
         FROM (SELECT {key} AS object_id LIMIT 1) LEFT JOIN audit_context AS context LIMIT 1){is_kept}; "
    )
}

/// The columns of the row before and after, with their expressions.
fn images(table: &Table, event: Event) -> Vec<(&'static str, String)> {
    let is_update = event.old && event.new;
    let image = |row, changed: &str| {
        if is_update {
            changed.to_owned()
        } else {
            Sqlite.object(row, table)
        }
    };
    let mut images = Vec::new();
    if event.old {
        images.push(("old_values", image("OLD", "old_image")));
    }
    if event.new {
        images.push(("new_values", image("NEW", "new_image")));
    }
    images
}

/// When a record is written: one value for all that a step of a statement does. Milliseconds are all that SQLite knows.
/// Hooks write 0, 3 or 6 digits, see `TrailQuery::between`, and never three zeros as the last of 6.
const NOW: &str = "strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')";

/// What a column of the record holds where the context keeps the event from being recorded, or what it holds else.
fn or_skipped(column: &str, value: &str, event: Event) -> String {
    let instead = match column {
        "action" => "'SKIPPED'".to_owned(),
        "metadata" => format!(
            r#"'{{"skipped":"{}","by":"' || skipped || '"}}'"#,
            event.action
        ),
        "object_repr" | "old_values" | "new_values" => "NULL".to_owned(),
        _ => return value.to_owned(),
    };
    format!("CASE WHEN skipped IS NULL THEN {value} ELSE {instead} END")
}

/// What of the context keeps the event from being recorded, or NULL: by the names of its table and its action.
fn skipped_by(tables: &[String], action: &str) -> String {
    format!(
        "CASE WHEN skips = 'lists' THEN {} ELSE skips END",
        skipped_by_lists(tables, action)
    )
}

/// Which list of the context names the table or the action, or NULL.
fn skipped_by_lists(tables: &[String], action: &str) -> String {
    let is_skipped = tables
        .iter()
        .map(|name| format!("{name} LIKE value ESCAPE '\\'"))
        .collect::<Vec<_>>()
        .join(" OR ");
    format!(
        "CASE WHEN EXISTS (SELECT 1 FROM json_each(payload, '$.skip_actions') WHERE value = {action}) THEN 'skip_actions' \
         WHEN EXISTS (SELECT 1 FROM json_each(payload, '$.skip_models') WHERE {is_skipped}) THEN 'skip_models' END"
    )
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Database, DbErr};

    use super::*;
    use crate::{
        Capture,
        capture::{catalog::Dialect, kind::Kind, options::CaptureOptions, table::Column},
    };

    fn column(name: String) -> Column {
        Column {
            name,
            kind: Kind::Text,
            masked: false,
            read_as: None,
        }
    }

    /// SQLite's expressions nest 1,000 deep at most, and its tables have up to 2,000 columns.
    #[tokio::test]
    async fn a_table_may_have_as_many_columns_as_sqlite_lets_it() -> Result<(), DbErr> {
        let columns: Vec<_> = (0..1_999).map(|number| format!("c{number}")).collect();
        let table = Table {
            entity: "wide",
            schema: None,
            name: "wide".to_owned(),
            audit_name: "wide".to_owned(),
            capture: Capture::Triggers,
            options: CaptureOptions::new(),
            columns: columns.iter().cloned().map(column).collect(),
            known: columns.clone(),
            ignored: Vec::new(),
            key: vec![column("c0".to_owned())],
            naming: Vec::new(),
        };
        let place = Place {
            dialect: Dialect::Sqlite,
            table_schema: "main".to_owned(),
            log_schema: "main".to_owned(),
            columns: Vec::new(),
        };
        let db = Database::connect("sqlite::memory:").await?;
        let schema = sea_orm::Schema::new(db.get_database_backend());
        let trail = crate::entity::audit_log::Entity;
        db.execute(&schema.create_table_from_entity(trail)).await?;
        let wide = format!("CREATE TABLE wide ({})", columns.join(", "));
        let columns = super::super::context_view_columns().collect::<Vec<_>>();
        let context = format!("CREATE TABLE audit_context ({})", columns.join(", "));
        for sql in [&context, &wide] {
            db.execute_unprepared(sql).await?;
        }
        for create in all(&table, &place)
            .iter()
            .flat_map(|trigger| &trigger.create)
        {
            db.execute_unprepared(create).await?;
        }
        for write in [
            "INSERT INTO wide (c0) VALUES ('1')",
            "UPDATE wide SET c1998 = 'last'",
            "UPDATE wide SET c0 = '2'",
            "DELETE FROM wide",
        ] {
            db.execute_unprepared(write).await?;
        }
        let count = "SELECT action FROM audit_log WHERE action <> 'UPDATE' OR json_extract(new_values, '$.c1998') = 'last'";
        let count = sea_orm::Statement::from_string(db.get_database_backend(), count);
        assert_eq!(db.query_all_raw(count).await?.len(), 5);
        Ok(())
    }
}
