use super::{
    CREATE, DELETE, Event, Trigger, UNREADABLE, UPDATE, context_columns, lists, marked, name,
    skip_names,
};
use crate::capture::{
    catalog::Place,
    kind::Kind,
    options::OnSkip,
    shape::Shape,
    spell::{Postgres, Spell, compared, unsafe_json},
    table::{Column, Table},
};

struct Maker<'a> {
    /// With the kinds that the database's own types are of.
    table: Table,
    place: &'a Place,
    /// A name that no column of the table has: the position of a row among those that a statement changed.
    position: String,
}

/// Where a statement finds what is the same for all its records.
#[derive(Clone, Copy)]
enum Session {
    /// In the variables.
    Inline,
    /// In the parameters of `EXECUTE`, taken out once for all rows.
    Parameters,
}

impl Session {
    /// The columns, as [`lists`] takes them. Texts are cut as the columns would refuse them.
    fn values(self, metadata: &str) -> Vec<(&'static str, String)> {
        let cut = |(column, width)| {
            let text = format!("(audit_context ->> '{column}')::varchar({width})");
            (column, text)
        };
        let mut values: Vec<_> = context_columns().map(cut).collect();
        values.push(("metadata", metadata.to_owned()));
        values.push(("database_user", "session_user".to_owned()));
        let role = "NULLIF(current_setting('role'), 'none')";
        values.push(("database_role", role.to_owned()));
        if matches!(self, Self::Parameters) {
            for (number, (_, value)) in (1..).zip(&mut values) {
                *value = format!("${number}");
            }
        }
        values
    }
}

/// The metadata that the context holds.
const OF_CONTEXT: &str = "audit_metadata";

/// What a row's events assign to variables first. The language prepares an assignment once a transaction, and all that an
/// insert holds each time, but by less for each: short expressions, as those of the context, cost less in the insert.
const ASSIGNED: [&str; 4] = ["object_id", "object_repr", "old_values", "new_values"];

/// For each statement, with the rows that it changed as tables: many rows cost half of what a call for each does.
/// A single row, by far the most common, goes through a variable, as in a trigger for each row.
pub(super) fn all(table: &Table, place: &Place) -> Vec<Trigger> {
    let maker = Maker::new(table, place);
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

/// Reads no row: fails where each write would, as a column has a type that its entity does not read.
pub(super) fn probe(table: &Table, place: &Place) -> String {
    let (rows, table) = (Postgres::Rows, as_in_the_database(table, place));
    format!(
        "SELECT {}, {}, {} FROM {}.{} AS audit_new WHERE FALSE",
        rows.object("NEW", &table),
        rows.key("NEW", &table),
        rows.repr("NEW", &table),
        rows.name(&place.table_schema),
        rows.name(&table.name)
    )
}

impl<'a> Maker<'a> {
    fn new(table: &Table, place: &'a Place) -> Self {
        let table = as_in_the_database(table, place);
        Self {
            position: free_name(&table),
            table,
            place,
        }
    }

    fn trigger(
        &self,
        what: &str,
        event: &str,
        tables: &str,
        (rows, work): &(String, String),
    ) -> Trigger {
        let name = name(&self.table, what);
        let quoted = Postgres::Row.name(&name);
        let schema = Postgres::Row.name(&self.place.table_schema);
        let on = format!("{schema}.{}", Postgres::Row.name(&self.table.name));
        let body = self.body(rows, work);
        let settings = self.settings();
        let shape = shape(event, tables, &settings);
        let text = marked(&self.table, self.place, &shape, |mark| {
            format!("/* {mark} */{body}")
        });
        let code = tag(&text);
        let set: String = settings
            .iter()
            .map(|(name, value)| format!(" SET {name} = {value}"))
            .collect();
        let function = format!(
            "CREATE OR REPLACE FUNCTION {schema}.{quoted}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\
             {set} AS {code}{text}{code}"
        );
        let trigger = format!(
            "CREATE TRIGGER {quoted} AFTER {event} ON {on} {tables} FOR EACH STATEMENT \
             EXECUTE FUNCTION {schema}.{quoted}()"
        );
        Trigger {
            function: vec![
                function,
                // Else who may not write the trail could put the function on another table.
                format!("REVOKE ALL ON FUNCTION {schema}.{quoted}() FROM PUBLIC"),
                revoke_all(&format!("{schema}.{quoted}()")),
            ],
            create: vec![unless_there(&name, &on, &trigger)],
            name,
            shape,
        }
    }

    /// What the function has for itself, as the session may have set otherwise what the text of values depends on.
    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        let columns = &self.table.columns;
        let is_float = |kind: &Kind| match kind {
            Kind::Float | Kind::Vector => true,
            Kind::Array(element) => **element == Kind::Float,
            _ => false,
        };
        let named = self.table.key.iter().chain(&self.table.naming);
        let texts = columns.iter().chain(named);
        let texts = texts.filter(|column| column.kind.is_text());
        let texts: Vec<_> = texts
            .filter_map(|column| self.place.fact(&column.name))
            .collect();
        let mut settings = vec![("search_path", "pg_catalog, pg_temp")];
        if columns.iter().any(|column| is_float(&column.kind))
            || texts.iter().any(|fact| fact.holds_numbers)
        {
            settings.push(("extra_float_digits", "1"));
        }
        if texts.iter().any(|fact| fact.is_styled) {
            settings.push(("DateStyle", "'ISO, MDY'"));
            settings.push(("IntervalStyle", "postgres"));
            settings.push(("TimeZone", "'UTC'"));
        }
        settings
    }

    /// Nothing where no row was changed.
    fn body(&self, rows: &str, work: &str) -> String {
        let context = self.context();
        let position = Postgres::Row.name(&self.position);
        format!(
            "\n#variable_conflict use_variable\nDECLARE audit_payload text := current_setting('audit.context', true); \
             audit_context jsonb; audit_metadata json; audit_skips text[]; audit_by text := 'skip_actions'; \
             audit_object_id text; audit_object_repr text; audit_old_values text := ''; audit_new_values text := ''; \
             audit_rows int := 0; audit_is_moved boolean; audit_is_uneven boolean; \
             audit_partner text := 'audit_old.{position} = audit_new.{position}'; \
             BEGIN {rows}{context}{work}RETURN NULL; END"
        )
    }

    /// Reads the context, in a block of its own: what cannot be read fails no write.
    ///
    /// `jsonb` is taken apart once, but respells numbers, and holds not every one: not for what is recorded as JSON.
    fn context(&self) -> String {
        // A NUL has no place in a text of PostgreSQL: the context's is made visible. The backslash of one may be the second
        // half of an escaped backslash, behind which the same six characters are just that.
        let nul = r"E'\\u0000'";
        let visible = r"regexp_replace(audit_payload, E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g')";
        let skips = self.skips();
        let metadata = metadata();
        let unreadable = Postgres::Row.text(UNREADABLE);
        let unreadable =
            format!("audit_context := NULL; audit_skips := NULL; audit_metadata := {unreadable}; ");
        format!(
            "IF audit_payload <> '' THEN BEGIN \
             IF strpos(audit_payload, {nul}) > 0 THEN audit_payload := {visible}; END IF; \
             audit_context := audit_payload; \
             IF jsonb_typeof(audit_context) <> 'object' THEN {unreadable}ELSE {skips}\
             IF audit_context ? 'metadata' THEN {metadata}END IF; END IF; \
             EXCEPTION WHEN numeric_value_out_of_range THEN BEGIN \
             SELECT jsonb_object_agg(key, value) INTO audit_context FROM json_each(audit_payload::json) \
             WHERE key <> 'metadata'; {metadata}EXCEPTION WHEN OTHERS THEN {unreadable}END; \
             WHEN OTHERS THEN {unreadable}END; END IF; "
        )
    }

    /// What the context says to skip.
    fn skips(&self) -> String {
        let is_skipped = skip_names(&self.table)
            .iter()
            .map(|name| format!("{} LIKE p", Postgres::Row.text(name)))
            .collect::<Vec<_>>()
            .join(" OR ");
        let all = |by: &str| match self.table.options.on_skip {
            OnSkip::Leave => "RETURN NULL; ".to_owned(),
            OnSkip::Record => {
                format!("audit_by := '{by}'; audit_skips := '{{CREATE,UPDATE,DELETE,TRUNCATE}}'; ")
            }
        };
        format!(
            "IF audit_context ->> 'unaudited' = 'true' THEN {}\
             ELSIF strpos(audit_payload, '\"skip_') > 0 THEN \
             IF EXISTS (SELECT FROM jsonb_array_elements_text(audit_context -> 'skip_models') AS s(p) WHERE {is_skipped}) \
             THEN {}ELSE \
             audit_skips := ARRAY(SELECT p FROM jsonb_array_elements_text(audit_context -> 'skip_actions') AS s(p)); \
             END IF; END IF; ",
            all("unaudited"),
            all("skip_models"),
        )
    }

    fn insert(
        &self,
        of_event: Vec<(&'static str, String)>,
        session: Session,
        metadata: &str,
    ) -> (String, String) {
        let mut values = vec![("occurred_at", "clock_timestamp()".to_owned())];
        values.extend(of_event);
        for (column, value) in &mut values {
            if matches!(*column, "old_values" | "new_values") {
                *value = format!("({value})::json");
            }
        }
        values.push(("transaction_id", "pg_current_xact_id()::text".to_owned()));
        values.extend(session.values(metadata));
        let (names, values) = lists(&values);
        let log = Postgres::Row.name(&self.place.log_schema);
        (format!("INSERT INTO {log}.audit_log ({names})"), values)
    }

    fn insert_one(&self, of_event: Vec<(&'static str, String)>, metadata: &str) -> String {
        let (insert, values) = self.insert(of_event, Session::Inline, metadata);
        format!("{insert} VALUES ({values}); ")
    }

    /// The record of the row in the variables.
    fn row(&self, event: Event) -> String {
        self.record(event, event.values(&Postgres::Row, &self.table))
    }

    /// The record of an update of that row: each column is compared once, and what differs is put behind what differed
    /// before it, so that nothing is prepared for the others.
    fn changed_row(&self) -> String {
        let (spell, table) = (Postgres::Row, &self.table);
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
        work += &self.insert_one(values, OF_CONTEXT);
        let skipped = event.skipped(&Postgres::Row, &self.table);
        self.unless_skipped(event.action, &work, &|metadata| {
            self.insert_one(skipped.clone(), metadata)
        })
    }

    /// The work of an event, or what is left of it where the context says to skip it: made of the record's metadata.
    fn unless_skipped(&self, action: &str, work: &str, skipped: &dyn Fn(&str) -> String) -> String {
        let skipped = match self.table.options.on_skip {
            OnSkip::Leave => String::new(),
            OnSkip::Record => {
                let metadata = format!("json_build_object('skipped', '{action}', 'by', audit_by)");
                format!("ELSE {}", skipped(&metadata))
            }
        };
        format!(
            "IF audit_skips IS NULL OR '{action}' <> ALL (audit_skips) THEN {work}{skipped}END IF; "
        )
    }

    /// The records of the rows in the tables, by a statement that is planned each time: a plan that is kept from a
    /// few rows takes minutes for many, and one from many compiles itself for a few.
    fn rows(&self, event: Event, from: &From) -> String {
        let work = self.execute(event.values(&Postgres::Rows, &self.table), from, OF_CONTEXT);
        let skipped = event.skipped(&Postgres::Rows, &self.table);
        self.unless_skipped(event.action, &work, &|metadata| {
            self.execute(skipped.clone(), from, metadata)
        })
    }

    fn execute(
        &self,
        of_event: Vec<(&'static str, String)>,
        from: &From,
        metadata: &str,
    ) -> String {
        let (insert, values) = self.insert(of_event, Session::Parameters, metadata);
        let statement = from.statement(&format!("{insert} SELECT {values}"));
        let parameters: Vec<_> = Session::Inline.values(metadata);
        let (_, parameters) = lists(&parameters);
        format!("EXECUTE {statement} USING {parameters}; ")
    }

    fn one_or_many(&self, event: Event) -> (String, String) {
        let (row, rows) = if event.new {
            ("NEW", "audit_new")
        } else {
            ("OLD", "audit_old")
        };
        let source = self.source(rows);
        let work = format!(
            "IF audit_rows = 1 THEN {}ELSE {}END IF; ",
            self.row(event),
            self.rows(event, &From::Table(source.clone()))
        );
        (count(row, &source), work)
    }

    fn truncate(&self) -> (String, String) {
        let about = |action: &str| {
            vec![
                ("action", format!("'{action}'")),
                ("table_name", Postgres::Row.text(&self.table.audit_name)),
            ]
        };
        let work = self.insert_one(about("TRUNCATE"), OF_CONTEXT);
        let work = self.unless_skipped("TRUNCATE", &work, &|metadata| {
            self.insert_one(about("SKIPPED"), metadata)
        });
        (String::new(), work)
    }

    /// Both tables are filled in step, so that the rows at one position are one row before and after, also where the
    /// queries of several foreign keys changed a row several times. What has another key at its position changed its key:
    /// all the old ones go before the new ones come.
    ///
    /// Only a row that went to another partition and was refused there is in the one table alone. Then partners are found
    /// by the key.
    fn update(&self) -> (String, String) {
        let (row, rows) = (Postgres::Row, Postgres::Rows);
        let is_moved = row.key_differs(&self.table);
        let one = format!(
            "SELECT * INTO OLD FROM {}; IF {is_moved} THEN {}{}ELSE {}END IF; ",
            self.source("audit_old"),
            self.row(DELETE),
            self.row(CREATE),
            self.changed_row(),
        );
        let is_moved = rows.key_differs(&self.table);
        let changed = rows.anything_differs(&self.table);
        let old = format!("audit_old.{}", row.name(&self.position));
        let new = format!("audit_new.{}", row.name(&self.position));
        // An aggregate, as for `EXISTS` the planner would compare each row with each.
        let probe = self.pairs("").statement(&format!(
            "SELECT bool_or({is_moved}), bool_or({old} IS NULL OR {new} IS NULL)"
        ));
        let pairs = |condition: &str, order: &str| {
            self.pairs(&format!("WHERE {condition} ORDER BY {order}"))
        };
        let by_key = self.join();
        let tag = tag(&by_key);
        let many = format!(
            "EXECUTE {probe} INTO audit_is_moved, audit_is_uneven; \
             IF audit_is_uneven THEN audit_partner := {tag}{by_key}{tag}; END IF; \
             {}IF audit_is_moved THEN {}{}END IF; ",
            self.rows(
                UPDATE,
                &pairs(&format!("NOT ({is_moved}) AND ({changed})"), &new)
            ),
            self.rows(
                DELETE,
                &pairs(&format!("({is_moved}) AND {old} IS NOT NULL"), &old)
            ),
            self.rows(
                CREATE,
                &pairs(&format!("({is_moved}) AND {new} IS NOT NULL"), &new)
            ),
        );
        let work = format!("IF audit_rows = 1 THEN {one}ELSE {many}END IF; ");
        (count("NEW", &self.source("audit_new")), work)
    }

    /// The rows before and after, each beside its own, with their positions.
    fn pairs(&self, rest: &str) -> From {
        let position = Postgres::Row.name(&self.position);
        let numbered = |rows: &str| {
            let source = self.source(rows);
            format!("(SELECT row_number() OVER () AS {position}, * FROM {source}) AS {rows}")
        };
        From::Pairs {
            tables: format!(
                "{} FULL JOIN {}",
                numbered("audit_old"),
                numbered("audit_new")
            ),
            rest: rest.to_owned(),
        }
    }

    /// A table of rows; with the values of columns that are computed when they are read, which it does not hold.
    fn source(&self, rows: &str) -> String {
        let name = |column: &String| Postgres::Row.name(column);
        let computed = |column: &String| {
            let expression = self.place.fact(column)?.expression.as_ref()?;
            Some(format!("({expression}) AS {}", name(column)))
        };
        let columns = || self.columns().into_iter();
        if !columns().any(|column| computed(column).is_some()) {
            return rows.to_owned();
        }
        let columns: Vec<_> = columns()
            .map(|column| computed(column).unwrap_or_else(|| name(column)))
            .collect();
        format!("(SELECT {} FROM {rows}) AS {rows}", columns.join(", "))
    }

    /// The columns that are read, each once.
    fn columns(&self) -> Vec<&String> {
        let table = &self.table;
        let all = table.columns.iter().chain(&table.key).chain(&table.naming);
        let mut names: Vec<_> = all.map(|column| &column.name).collect();
        names.sort();
        names.dedup();
        names
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

/// What takes the function from those to whom default privileges (`ALTER DEFAULT PRIVILEGES`) gave it.
fn revoke_all(function: &str) -> String {
    let literal = Postgres::Row.text(function);
    let role = "pg_catalog.pg_get_userbyid(a.grantee)";
    let grantees = format!(
        "SELECT DISTINCT {role}::text AS name FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(p.proacl) a \
         WHERE p.oid = {literal}::pg_catalog.regprocedure AND a.grantee NOT IN (0, p.proowner)"
    );
    let body = format!(
        "DECLARE r record; BEGIN FOR r IN {grantees} LOOP \
         EXECUTE pg_catalog.format('REVOKE ALL ON FUNCTION %s FROM %I', {literal}, r.name); END LOOP; END"
    );
    let code = tag(&body);
    format!("DO {code}{body}{code}")
}

/// Makes a trigger, unless somebody else made it in the meantime.
fn unless_there(name: &str, on: &str, create: &str) -> String {
    let (name, on) = (Postgres::Row.text(name), Postgres::Row.text(on));
    let create = Postgres::Row.text(create);
    let code = tag(&format!("{name}{on}{create}"));
    format!(
        "DO {code} BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgname = {name} \
         AND tgrelid = {on}::pg_catalog.regclass) THEN EXECUTE {create}; END IF; END {code}"
    )
}

fn shape(event: &str, tables: &str, settings: &[(&str, &str)]) -> Shape {
    let settings = settings
        .iter()
        .map(|(name, value)| format!("{name}={}", value.trim_matches('\'')))
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

/// Where the rows of a statement come from.
enum From {
    Table(String),
    /// By the condition in the variable `audit_partner`.
    Pairs {
        tables: String,
        rest: String,
    },
}

impl From {
    /// The text of a statement, as an expression.
    fn statement(&self, select: &str) -> String {
        let quoted = |text: &str| {
            let tag = tag(text);
            format!("{tag}{text}{tag}")
        };
        match self {
            Self::Table(table) => quoted(&format!("{select} FROM {table}")),
            Self::Pairs { tables, rest } => format!(
                "{} || audit_partner || {}",
                quoted(&format!("{select} FROM {tables} ON ")),
                quoted(&format!(" {rest}"))
            ),
        }
    }
}

/// The table as its columns are in the database: the entity does not tell which text is padded with blanks.
pub(super) fn as_in_the_database(table: &Table, place: &Place) -> Table {
    let mut table = table.clone();
    let all = table.columns.iter_mut().chain(&mut table.key);
    for column in all.chain(&mut table.naming) {
        let fact = place.fact(&column.name);
        if column.read_as.is_none() && fact.is_some_and(|fact| fact.is_padded) {
            column.kind = padded(&column.kind);
        }
    }
    table
}

fn padded(kind: &Kind) -> Kind {
    match kind {
        Kind::Text => Kind::Padded,
        Kind::Array(element) => Kind::Array(Box::new(padded(element))),
        other => other.clone(),
    }
}

fn free_name(table: &Table) -> String {
    let mut name = "audit_position".to_owned();
    while table.known.contains(&name) {
        name.push('_');
    }
    name
}

/// The metadata of the context, wrapped where it is JSON that not everybody can read.
fn metadata() -> String {
    let text = "(audit_payload::json -> 'metadata')::text";
    let is_unsafe = unsafe_json(text);
    format!(
        "audit_metadata := CASE WHEN {is_unsafe} THEN json_build_object('$json', {text}) \
         ELSE audit_payload::json -> 'metadata' END; "
    )
}

/// As it is compared: each text is another key, whatever the column's collation says.
fn key_column(row: &str, column: &Column) -> String {
    let value = Postgres::Rows.column(row, column);
    match column.kind {
        Kind::Text | Kind::Padded => format!("{value}::text COLLATE \"C\""),
        Kind::Json => format!("{value}::text"),
        _ => value,
    }
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
