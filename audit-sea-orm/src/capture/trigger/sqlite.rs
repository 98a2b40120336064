use super::{CONTEXT, CREATE, DELETE, Event, Trigger, UPDATE, lists, marked, name, skip_names};
use crate::capture::{
    catalog::Place,
    shape::Shape,
    spell::{Spell, Sqlite},
    table::Table,
};

/// A change of the key is another trigger, so that an update pays for its comparison alone.
pub(super) fn all(table: &Table, place: &Place) -> Vec<Trigger> {
    let (new_key, changed) = (Sqlite.key_differs(table), Sqlite.anything_differs(table));
    let same_key = format!("NOT ({new_key}) AND ({changed})");
    vec![
        trigger(table, place, "insert", "INSERT", None, &[CREATE]),
        trigger(table, place, "update", "UPDATE", Some(&same_key), &[UPDATE]),
        trigger(
            table,
            place,
            "key",
            "UPDATE",
            Some(&new_key),
            &[DELETE, CREATE],
        ),
        trigger(table, place, "delete", "DELETE", None, &[DELETE]),
    ]
}

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
    // All of it stands in the text.
    let shape = Shape::default();
    let (create, fingerprint) = marked(table, place, &shape, |mark| {
        format!("{head}/* {mark} */ {when}BEGIN {inserts}END")
    });
    Trigger {
        create: vec![
            // Also where there is none: what it reads of the schema would else be what the connection last knew.
            format!("DROP TRIGGER IF EXISTS {quoted}"),
            create,
        ],
        name,
        fingerprint,
        shape,
    }
}

fn insert(table: &Table, event: Event) -> String {
    let mut values = vec![(
        "occurred_at",
        // Milliseconds are all that SQLite knows. Hooks write 0, 3 or 6 digits: see `TrailQuery::between`.
        "strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')".to_owned(),
    )];
    values.extend(event.values(&Sqlite, table));
    for (column, _) in CONTEXT {
        values.push((column, format!("audit_context.payload ->> '$.{column}'")));
    }
    values.push((
        "metadata",
        "audit_context.payload -> '$.metadata'".to_owned(),
    ));
    let (names, values) = lists(&values);
    let recorded = recorded(table, event.action);
    format!(
        "INSERT INTO audit_log ({names}) SELECT {values} FROM (SELECT 1) LEFT JOIN audit_context WHERE {recorded}; "
    )
}

/// Whether the context lets the event be recorded.
fn recorded(table: &Table, action: &str) -> String {
    let is_skipped = skip_names(table)
        .iter()
        .map(|name| format!("{} LIKE value ESCAPE '\\'", Sqlite.text(name)))
        .collect::<Vec<_>>()
        .join(" OR ");
    let payload = "audit_context.payload";
    format!(
        "{payload} IS NULL OR NOT (COALESCE({payload} ->> '$.unaudited', 0) OR (instr({payload}, '\"skip_') AND \
         (EXISTS (SELECT 1 FROM json_each({payload}, '$.skip_actions') WHERE value = '{action}') OR \
         EXISTS (SELECT 1 FROM json_each({payload}, '$.skip_models') WHERE {is_skipped}))))"
    )
}
