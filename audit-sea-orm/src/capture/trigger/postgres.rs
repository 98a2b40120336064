use super::{CONTEXT, CREATE, DELETE, Event, Trigger, UPDATE, lists, mark, name, skip_names};
use crate::capture::{
    catalog::Place,
    kind::Kind,
    spell::{Postgres, Spell},
    table::{Column, Table},
};

struct Maker<'a> {
    table: &'a Table,
    place: &'a Place,
}

/// How a statement names what the function read of the context.
#[derive(Clone, Copy)]
enum Context {
    /// By the function's variables.
    Variables,
    /// By the parameters of `EXECUTE`.
    Parameters,
}

impl Context {
    fn of(self, position: usize, column: &str) -> String {
        match self {
            Self::Variables => format!("audit_{column}"),
            Self::Parameters => format!("${}", position + 1),
        }
    }
}

/// For each statement, with the rows that it changed as tables: a call for each row costs twice as much.
pub(super) fn all(table: &Table, place: &Place) -> Vec<Trigger> {
    let maker = Maker { table, place };
    let new = "REFERENCING NEW TABLE AS audit_new";
    let old = "REFERENCING OLD TABLE AS audit_old";
    let both = "REFERENCING OLD TABLE AS audit_old NEW TABLE AS audit_new";
    vec![
        maker.trigger(
            "insert",
            "INSERT",
            new,
            &maker.all_rows(CREATE, "audit_new"),
        ),
        maker.trigger("update", "UPDATE", both, &maker.update()),
        maker.trigger(
            "delete",
            "DELETE",
            old,
            &maker.all_rows(DELETE, "audit_old"),
        ),
        maker.trigger("truncate", "TRUNCATE", "", &maker.truncate()),
    ]
}

impl Maker<'_> {
    fn trigger(&self, what: &str, event: &str, rows: &str, work: &str) -> Trigger {
        let name = name(self.table, what);
        let quoted = Postgres.name(&name);
        let schema = Postgres.name(&self.place.table_schema);
        let on = format!("{schema}.{}", Postgres.name(&self.table.name));
        let rest = self.body(work);
        let (mark, fingerprint) = mark(self.table, &rest);
        let text = format!("{mark}{rest}");
        let tag = tag(&text);
        // By default all digits are written, but a session may have asked for fewer.
        let digits = if self.has_floats() {
            " SET extra_float_digits = 1"
        } else {
            ""
        };
        let function = format!(
            "CREATE OR REPLACE FUNCTION {schema}.{quoted}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
             SET search_path = pg_catalog, pg_temp{digits} AS {tag}{text}{tag}"
        );
        let trigger = format!(
            "CREATE TRIGGER {quoted} AFTER {event} ON {on} {rows} FOR EACH STATEMENT \
             EXECUTE FUNCTION {schema}.{quoted}()"
        );
        Trigger {
            create: vec![
                function,
                format!("DROP TRIGGER IF EXISTS {quoted} ON {on}"),
                trigger,
            ],
            name,
            fingerprint,
        }
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

    /// The context is read once for a statement, each value into a variable.
    fn body(&self, work: &str) -> String {
        let each =
            |spell: fn(&str) -> String| CONTEXT.iter().copied().map(spell).collect::<String>();
        let declared = each(|column| format!(" audit_{column} text;"));
        let read = each(|column| format!("audit_{column} := audit_context ->> '{column}'; "));
        let is_skipped = skip_names(self.table)
            .iter()
            .map(|name| format!("{} LIKE p", Postgres.text(name)))
            .collect::<Vec<_>>()
            .join(" OR ");
        // A NUL has no place in a text of PostgreSQL: the context's is made visible, so that no write fails for it.
        format!(
            "\n#variable_conflict use_variable\nDECLARE audit_payload text := current_setting('audit.context', true); \
             audit_context json; audit_metadata json; audit_skips text[] := '{{}}';{declared} \
             BEGIN IF audit_payload <> '' THEN \
             audit_context := replace(audit_payload, E'\\\\u0000', E'\\\\ufffd')::json; \
             IF audit_context ->> 'unaudited' = 'true' THEN RETURN NULL; END IF; \
             IF strpos(audit_payload, '\"skip_') > 0 THEN \
             IF EXISTS (SELECT FROM json_array_elements_text(audit_context -> 'skip_models') AS s(p) WHERE {is_skipped}) \
             THEN RETURN NULL; END IF; \
             audit_skips := ARRAY(SELECT p FROM json_array_elements_text(audit_context -> 'skip_actions') AS s(p)); END IF; \
             {read}audit_metadata := audit_context -> 'metadata'; \
             ELSE audit_metadata := json_build_object('database_user', session_user); END IF; {work}RETURN NULL; END"
        )
    }

    fn insert(&self, context: Context, values: Vec<(&'static str, String)>, from: &str) -> String {
        let mut all = vec![("occurred_at", "clock_timestamp()".to_owned())];
        all.extend(values.into_iter().map(|(name, value)| {
            if matches!(name, "old_values" | "new_values") {
                (name, format!("({value})::json"))
            } else {
                (name, value)
            }
        }));
        all.push(("transaction_id", "pg_current_xact_id()::text".to_owned()));
        for (position, column) in CONTEXT.into_iter().chain(["metadata"]).enumerate() {
            all.push((column, context.of(position, column)));
        }
        let (names, values) = lists(&all);
        let log = Postgres.name(&self.place.log_schema);
        format!("INSERT INTO {log}.audit_log ({names}) SELECT {values}{from}")
    }

    fn event(&self, event: Event, context: Context, from: &str) -> String {
        self.insert(context, event.values(&Postgres, self.table), from)
    }

    fn all_rows(&self, event: Event, rows: &str) -> String {
        let insert = self.event(event, Context::Variables, &format!(" FROM {rows}"));
        unless_skipped(event.action, &insert)
    }

    fn truncate(&self) -> String {
        let values = vec![
            ("action", "'TRUNCATE'".to_owned()),
            ("table_name", Postgres.text(&self.table.audit_name)),
        ];
        unless_skipped("TRUNCATE", &self.insert(Context::Variables, values, ""))
    }

    /// One row, by far the most common, is paired with itself, by a statement that does nothing where there are more.
    /// These are joined by their keys, in a statement that is planned each time: a plan that is kept from a call with
    /// one row takes minutes for many. What has no partner changed its key: all the old ones go before the new ones
    /// come.
    fn update(&self) -> String {
        let changed = Postgres.anything_differs(self.table);
        let other_key = Postgres.key_differs(self.table);
        let join = self.join();
        let single = self.event(
            UPDATE,
            Context::Variables,
            &format!(
                " FROM audit_old, audit_new WHERE (SELECT count(*) FROM audit_new) = 1 AND NOT ({other_key}) AND ({changed})"
            ),
        );
        let joined = format!(" FROM audit_old JOIN audit_new ON {join} WHERE {changed}");
        let several = self.executed(UPDATE, &joined);
        let alone = |rows: &str, others: &str| {
            format!(" FROM {rows} WHERE NOT EXISTS (SELECT FROM {others} WHERE {join})")
        };
        let gone = self.executed(DELETE, &alone("audit_old", "audit_new"));
        let come = self.executed(CREATE, &alone("audit_new", "audit_old"));
        format!(
            "{}IF EXISTS (SELECT {} FROM audit_old EXCEPT SELECT {} FROM audit_new) THEN {}{}END IF; ",
            unless_skipped(
                "UPDATE",
                &format!(
                    "{single}; IF FOUND THEN RETURN NULL; END IF; \
                     IF EXISTS (SELECT FROM audit_new OFFSET 1) THEN {several}; END IF"
                )
            ),
            self.keys("OLD"),
            self.keys("NEW"),
            unless_skipped("DELETE", &gone),
            unless_skipped("CREATE", &come),
        )
    }

    fn executed(&self, event: Event, from: &str) -> String {
        let statement = self.event(event, Context::Parameters, from);
        let tag = tag(&statement);
        let variables = CONTEXT.map(|column| format!("audit_{column}")).join(", ");
        format!("EXECUTE {tag}{statement}{tag} USING {variables}, audit_metadata")
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

/// As it is compared: each text is another key, whatever the column's collation says.
fn key_column(row: &str, column: &Column) -> String {
    let value = Postgres.column(row, column);
    match column.kind {
        Kind::Text => format!("{value}::text COLLATE \"C\""),
        Kind::Json => format!("{value}::text"),
        _ => value,
    }
}

fn unless_skipped(action: &str, work: &str) -> String {
    format!("IF '{action}' <> ALL (audit_skips) THEN {work}; END IF; ")
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
