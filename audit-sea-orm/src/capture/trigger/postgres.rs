use super::{CONTEXT, CREATE, DELETE, Event, Trigger, UPDATE, lists, marked, name, skip_names};
use crate::capture::{
    catalog::Place,
    kind::Kind,
    shape::Shape,
    spell::{Postgres, Spell, compared},
    table::{Column, Table},
};

struct Maker<'a> {
    table: &'a Table,
    place: &'a Place,
}

/// Where a statement finds the values of the context.
#[derive(Clone, Copy)]
enum Context {
    /// In the context, which is a variable.
    Inline,
    /// In the parameters of `EXECUTE`, taken out once for all rows.
    Parameters,
}

impl Context {
    fn values(self) -> Vec<String> {
        let inline = CONTEXT.map(|(column, _)| format!("audit_context ->> '{column}'"));
        let mut values = Vec::from(inline);
        values.push("audit_metadata".to_owned());
        match self {
            Self::Inline => values,
            Self::Parameters => (1..=values.len())
                .map(|number| format!("${number}"))
                .collect(),
        }
    }
}

/// What a row's events assign to variables first. The language prepares an assignment once a transaction, and all that an
/// insert holds each time, but by less for each: short expressions, as those of the context, cost less in the insert.
const ASSIGNED: [&str; 4] = ["object_id", "object_repr", "old_values", "new_values"];

/// For each statement, with the rows that it changed as tables: many rows cost half of what a call for each does.
/// A single row, by far the most common, goes through a variable, as in a trigger for each row.
pub(super) fn all(table: &Table, place: &Place) -> Vec<Trigger> {
    let maker = Maker { table, place };
    let new = "REFERENCING NEW TABLE AS audit_new";
    let old = "REFERENCING OLD TABLE AS audit_old";
    let both = "REFERENCING OLD TABLE AS audit_old NEW TABLE AS audit_new";
    vec![
        maker.trigger("insert", "INSERT", new, &maker.one_or_many(CREATE)),
        maker.trigger("update", "UPDATE", both, &maker.update()),
        maker.trigger("delete", "DELETE", old, &maker.one_or_many(DELETE)),
        maker.trigger("truncate", "TRUNCATE", "", &maker.truncate()),
    ]
}

impl Maker<'_> {
    fn trigger(
        &self,
        what: &str,
        event: &str,
        tables: &str,
        (rows, work): &(String, String),
    ) -> Trigger {
        let name = name(self.table, what);
        let quoted = Postgres::Row.name(&name);
        let schema = Postgres::Row.name(&self.place.table_schema);
        let on = format!("{schema}.{}", Postgres::Row.name(&self.table.name));
        let body = self.body(rows, work);
        let settings = self.settings();
        let shape = shape(event, tables, &settings);
        let (text, fingerprint) = marked(self.table, self.place, &shape, |mark| {
            format!("/* {mark} */{body}")
        });
        let tag = tag(&text);
        let set: String = settings
            .iter()
            .map(|(name, value)| format!(" SET {name} = {value}"))
            .collect();
        let function = format!(
            "CREATE OR REPLACE FUNCTION {schema}.{quoted}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\
             {set} AS {tag}{text}{tag}"
        );
        let trigger = format!(
            "CREATE TRIGGER {quoted} AFTER {event} ON {on} {tables} FOR EACH STATEMENT \
             EXECUTE FUNCTION {schema}.{quoted}()"
        );
        Trigger {
            create: vec![
                function,
                // Else who may not write the trail could put the function on another table.
                format!("REVOKE ALL ON FUNCTION {schema}.{quoted}() FROM PUBLIC"),
                format!("DROP TRIGGER IF EXISTS {quoted} ON {on}"),
                trigger,
            ],
            name,
            fingerprint,
            shape,
        }
    }

    /// What the function has for itself, whatever the session says.
    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        let mut settings = vec![("search_path", "pg_catalog, pg_temp")];
        if self.has_floats() {
            // By default all digits are written, but a session may have asked for fewer.
            settings.push(("extra_float_digits", "1"));
        }
        settings
    }

    fn has_floats(&self) -> bool {
        let is_float = |kind: &Kind| match kind {
            Kind::Float | Kind::Vector => true,
            Kind::Array(element) => **element == Kind::Float,
            _ => false,
        };
        self.table
            .columns
            .iter()
            .any(|column| is_float(&column.kind))
    }

    /// Nothing where no row was changed, or the context says to skip it.
    fn body(&self, rows: &str, work: &str) -> String {
        let is_skipped = skip_names(self.table)
            .iter()
            .map(|name| format!("{} LIKE p", Postgres::Row.text(name)))
            .collect::<Vec<_>>()
            .join(" OR ");
        // A NUL has no place in a text of PostgreSQL: the context's is made visible, so that no write fails for it.
        // `jsonb` is taken apart once, but respells numbers: not for what is recorded as JSON.
        format!(
            "\n#variable_conflict use_variable\nDECLARE audit_payload text := current_setting('audit.context', true); \
             audit_context jsonb; audit_metadata json; audit_skips text[]; audit_object_id text; \
             audit_object_repr text; audit_old_values text := ''; audit_new_values text := ''; audit_rows int := 0; \
             audit_is_moved boolean; BEGIN {rows}\
             IF audit_payload <> '' THEN \
             audit_payload := replace(audit_payload, E'\\\\u0000', E'\\\\ufffd'); audit_context := audit_payload; \
             IF audit_context ->> 'unaudited' = 'true' THEN RETURN NULL; END IF; \
             IF strpos(audit_payload, '\"skip_') > 0 THEN \
             IF EXISTS (SELECT FROM jsonb_array_elements_text(audit_context -> 'skip_models') AS s(p) WHERE {is_skipped}) \
             THEN RETURN NULL; END IF; \
             audit_skips := ARRAY(SELECT p FROM jsonb_array_elements_text(audit_context -> 'skip_actions') AS s(p)); END IF; \
             IF audit_context ? 'metadata' THEN audit_metadata := audit_payload::json -> 'metadata'; END IF; \
             ELSE audit_metadata := json_build_object('database_user', session_user); END IF; {work}RETURN NULL; END"
        )
    }

    fn insert(
        &self,
        context: Context,
        of_event: Vec<(&'static str, String)>,
        from: Option<&str>,
    ) -> String {
        let mut values = vec![("occurred_at", "clock_timestamp()".to_owned())];
        values.extend(of_event);
        for (column, value) in &mut values {
            if matches!(*column, "old_values" | "new_values") {
                *value = format!("({value})::json");
            }
        }
        values.push(("transaction_id", "pg_current_xact_id()::text".to_owned()));
        values.extend(
            CONTEXT
                .into_iter()
                .map(|(column, _)| column)
                .chain(["metadata"])
                .zip(context.values()),
        );
        let (names, values) = lists(&values);
        let log = Postgres::Row.name(&self.place.log_schema);
        let values = match from {
            Some(from) => format!("SELECT {values} FROM {from}"),
            None => format!("VALUES ({values})"),
        };
        format!("INSERT INTO {log}.audit_log ({names}) {values}")
    }

    /// The record of the row in the variables.
    fn row(&self, event: Event) -> String {
        self.record(event, event.values(&Postgres::Row, self.table))
    }

    /// The record of an update of that row: each column is compared once, and what differs is put behind what differed
    /// before it, so that nothing is prepared for the others.
    fn changed_row(&self) -> String {
        let (spell, table) = (Postgres::Row, self.table);
        let compared: String = compared(table)
            .map(|column| {
                format!(
                    "IF {} THEN audit_old_values := audit_old_values || {}; \
                     audit_new_values := audit_new_values || {}; END IF; ",
                    spell.column_differs(column),
                    spell.following("OLD", column),
                    spell.following("NEW", column)
                )
            })
            .collect();
        let image = |name: &str| format!("'{{' || {} || '}}'", spell.tail(name));
        let mut values = UPDATE.about(&spell, table);
        values.push(("old_values", image("audit_old_values")));
        values.push(("new_values", image("audit_new_values")));
        let record = self.record(UPDATE, values);
        format!("{compared}IF audit_new_values <> '' THEN {record}END IF; ")
    }

    fn record(&self, event: Event, mut values: Vec<(&'static str, String)>) -> String {
        let mut work = String::new();
        for (column, value) in &mut values {
            if ASSIGNED.contains(column) {
                work += &format!("audit_{column} := {value}; ");
                *value = format!("audit_{column}");
            }
        }
        work += &self.insert(Context::Inline, values, None);
        unless_skipped(event.action, &work)
    }

    /// The records of the rows in the tables, by a statement that is planned each time: a plan that is kept from a
    /// few rows takes minutes for many, and one from many compiles itself for a few.
    fn rows(&self, event: Event, from: &str) -> String {
        let values = event.values(&Postgres::Rows, self.table);
        let statement = self.insert(Context::Parameters, values, Some(from));
        let tag = tag(&statement);
        let context = Context::Inline.values().join(", ");
        let execute = format!("EXECUTE {tag}{statement}{tag} USING {context}");
        unless_skipped(event.action, &execute)
    }

    fn one_or_many(&self, event: Event) -> (String, String) {
        let (row, rows) = if event.new {
            ("NEW", "audit_new")
        } else {
            ("OLD", "audit_old")
        };
        let work = format!(
            "IF audit_rows = 1 THEN {}ELSE {}END IF; ",
            self.row(event),
            self.rows(event, rows)
        );
        (count(row, rows), work)
    }

    fn truncate(&self) -> (String, String) {
        let values = vec![
            ("action", "'TRUNCATE'".to_owned()),
            ("table_name", Postgres::Row.text(&self.table.audit_name)),
        ];
        let insert = self.insert(Context::Inline, values, None);
        (String::new(), unless_skipped("TRUNCATE", &insert))
    }

    /// Many rows are joined by their keys. What has no partner changed its key: all the old ones go before the new
    /// ones come.
    fn update(&self) -> (String, String) {
        let (row, rows) = (Postgres::Row, Postgres::Rows);
        let one = format!(
            "SELECT * INTO OLD FROM audit_old; IF {} THEN {}{}ELSE {}END IF; ",
            row.key_differs(self.table),
            self.row(DELETE),
            self.row(CREATE),
            self.changed_row(),
        );
        let join = self.join();
        let changed = rows.anything_differs(self.table);
        let joined = format!("audit_old JOIN audit_new ON {join} WHERE {changed}");
        let alone = |rows: &str, others: &str| {
            format!("{rows} WHERE NOT EXISTS (SELECT FROM {others} WHERE {join})")
        };
        let is_moved = format!(
            "SELECT EXISTS (SELECT {} FROM audit_old EXCEPT SELECT {} FROM audit_new)",
            self.keys("OLD"),
            self.keys("NEW")
        );
        let tag = tag(&is_moved);
        let many = format!(
            "{}EXECUTE {tag}{is_moved}{tag} INTO audit_is_moved; IF audit_is_moved THEN {}{}END IF; ",
            self.rows(UPDATE, &joined),
            self.rows(DELETE, &alone("audit_old", "audit_new")),
            self.rows(CREATE, &alone("audit_new", "audit_old")),
        );
        let work = format!("IF audit_rows = 1 THEN {one}ELSE {many}END IF; ");
        (count("NEW", "audit_new"), work)
    }

    fn keys(&self, row: &str) -> String {
        let keys = self.table.key.iter().map(|column| key_column(row, column));
        keys.collect::<Vec<_>>().join(", ")
    }

    fn join(&self) -> String {
        let equal = |column| {
            format!(
                "{} = {}",
                key_column("OLD", column),
                key_column("NEW", column)
            )
        };
        let columns = self.table.key.iter().map(equal);
        columns.collect::<Vec<_>>().join(" AND ")
    }
}

fn shape(event: &str, tables: &str, settings: &[(&str, &str)]) -> Shape {
    let settings = settings
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("; ");
    Shape::new([
        ("event", event),
        ("timing", "AFTER"),
        ("level", "STATEMENT"),
        ("condition", ""),
        ("columns", ""),
        ("transition tables", tables),
        ("function", "its own"),
        ("language", "plpgsql"),
        ("security", "DEFINER"),
        ("settings", &settings),
    ])
}

/// As it is compared: each text is another key, whatever the column's collation says.
fn key_column(row: &str, column: &Column) -> String {
    let value = Postgres::Rows.column(row, column);
    match column.kind {
        Kind::Text => format!("{value}::text COLLATE \"C\""),
        Kind::Json => format!("{value}::text"),
        _ => value,
    }
}

fn unless_skipped(action: &str, work: &str) -> String {
    format!("IF audit_skips IS NULL OR '{action}' <> ALL (audit_skips) THEN {work}; END IF; ")
}

/// Puts a row of a table into a variable, and counts up to two.
fn count(row: &str, rows: &str) -> String {
    format!(
        "FOR {row} IN SELECT * FROM {rows} LIMIT 2 LOOP audit_rows := audit_rows + 1; END LOOP; \
         IF audit_rows = 0 THEN RETURN NULL; END IF; "
    )
}

/// What quotes a text that may hold anything.
fn tag(text: &str) -> String {
    let mut number = 0;
    loop {
        let tag = format!("$audit{number}$");
        if !text.contains(&tag) {
            return tag;
        }
        number += 1;
    }
}
