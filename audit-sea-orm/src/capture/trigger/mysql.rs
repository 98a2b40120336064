use super::{
    CREATE, DELETE, Event, Trigger, UNREADABLE, UPDATE, context_and_transaction, lists, marked,
    name, skip_names,
};
use crate::capture::{
    catalog::{Dialect, Place},
    kind::Kind,
    options::OnSkip,
    shape::Shape,
    spell::{MySql, Spell, compared},
    table::{Column, Table},
};

struct Maker<'a> {
    table: &'a Table,
    place: &'a Place,
    spell: MySql,
}

pub(super) fn all(table: &Table, place: &Place) -> Vec<Trigger> {
    let spell = MySql {
        is_mariadb: place.dialect == Dialect::MariaDb,
    };
    let maker = Maker {
        table: &as_kept(table, place),
        place,
        spell,
    };
    vec![
        maker.trigger("insert", "INSERT", &maker.insert(CREATE)),
        maker.trigger("update", "UPDATE", &maker.update()),
        maker.trigger("delete", "DELETE", &maker.insert(DELETE)),
    ]
}

/// A column that no trigger can spell: a vector's bytes are no text.
pub(super) fn refusal(table: &Table, place: &Place) -> Option<String> {
    let columns = table.columns.iter().chain(&table.key);
    let mut vectors = columns.filter(|column| {
        !matches!(column.kind, Kind::Bytes) && !column.masked && type_of(column, place) == "vector"
    });
    let Column { name, .. } = vectors.next()?;
    Some(format!(
        "column `{name}` of `{}` is a VECTOR: as bytes (`Vec<u8>`) it can be recorded, or skip or mask it",
        table.name
    ))
}

fn type_of<'a>(column: &Column, place: &'a Place) -> &'a str {
    place.fact(&column.name).map_or("", |fact| &fact.declared)
}

/// The table with the kinds of its columns as the database keeps them.
pub(super) fn as_kept(table: &Table, place: &Place) -> Table {
    let mut table = table.clone();
    let columns = table.columns.iter_mut().chain(&mut table.key);
    for column in columns.chain(&mut table.naming) {
        column.kind = match (&column.kind, type_of(column, place)) {
            (Kind::Zoned, "timestamp") => Kind::Instant { zoned: true },
            (Kind::DateTime, "timestamp") => Kind::Instant { zoned: false },
            (Kind::Bytes, "bit") => Kind::Bits,
            _ => continue,
        };
    }
    table
}

impl Maker<'_> {
    fn trigger(&self, what: &str, event: &str, inserts: &str) -> Trigger {
        let name = name(self.table, what);
        let quoted = self.qualified(&self.place.table_schema, &name);
        let on = self.qualified(&self.place.table_schema, &self.table.name);
        let shape = Shape::new([
            ("event", event),
            ("timing", "AFTER"),
            ("level", "ROW"),
            ("sql_mode", "strict"),
        ]);
        // The mark is a statement that does nothing, as the servers' own client takes comments out of a backup.
        let body = marked(self.table, self.place, &shape, |mark| {
            let mark = self.spell.text(mark);
            let (is_usual, readable) = (IS_USUAL, readable());
            format!(
                "BEGIN DECLARE audit_is_usual BOOLEAN; DECLARE audit_skipped VARCHAR(16); \
                 SET @audit_read = CONVERT(@audit_context USING utf8mb4); SET audit_is_usual = {is_usual}; \
                 IF NOT audit_is_usual THEN DO {mark}; SET @audit_read = {readable}; END IF; {inserts}END"
            )
        });
        let create = format!("TRIGGER {quoted} AFTER {event} ON {on} FOR EACH ROW {body}");
        let create = if self.place.dialect == Dialect::MariaDb {
            // A session that is not strict would record NULL for texts longer than a packet, and one of Oracle's mode
            // reads another language: as a text, it is read in the mode that it is made in.
            let create = self.spell.text(&format!("CREATE OR REPLACE {create}"));
            vec![format!(
                "SET STATEMENT sql_mode = 'STRICT_ALL_TABLES' FOR EXECUTE IMMEDIATE {create}"
            )]
        } else {
            vec![
                format!("DROP TRIGGER IF EXISTS {quoted}"),
                format!("CREATE {create}"),
            ]
        };
        Trigger {
            name,
            function: Vec::new(),
            create,
            shape,
        }
    }

    /// By the schema only where the table and the trail have different ones: a backup may be restored under another name,
    /// and must not write to the trail that it was taken from.
    fn qualified(&self, schema: &str, name: &str) -> String {
        let name = self.spell.name(name);
        if self.place.table_schema == self.place.log_schema {
            name
        } else {
            format!("{}.{name}", self.spell.name(schema))
        }
    }

    /// Each column is compared once, and what differs is put behind what differed before it.
    fn update(&self) -> String {
        let (spell, table) = (&self.spell, self.table);
        let (touched, others): (Vec<&Column>, Vec<&Column>) =
            compared(table).partition(|column| self.is_touched(column));
        let others = self.compare(&others);
        let touched = self.compare_touched(&touched);
        let image = |name: &str| format!("CONCAT('{{', {}, '}}')", spell.tail(name));
        let mut values = UPDATE.about(spell, table);
        values.push(("old_values", image("audit_old")));
        values.push(("new_values", image("audit_new")));
        format!(
            "IF {} THEN {}{}ELSE BEGIN DECLARE audit_old, audit_new LONGTEXT CHARACTER SET utf8mb4 DEFAULT ''; \
             {others}{touched}IF audit_new <> '' THEN {}END IF; END; END IF; ",
            spell.key_differs(table),
            self.insert(DELETE),
            self.insert(CREATE),
            self.insert_values(UPDATE, values)
        )
    }

    fn is_touched(&self, column: &Column) -> bool {
        let fact = self.place.fact(&column.name);
        fact.is_some_and(|fact| fact.is_touched)
    }

    fn compare(&self, columns: &[&Column]) -> String {
        let spell = &self.spell;
        let compare = |column: &&Column| {
            format!(
                "IF {} THEN SET audit_old = CONCAT(audit_old, {}), audit_new = CONCAT(audit_new, {}); END IF; ",
                spell.column_differs(column),
                spell.following("OLD", column),
                spell.following("NEW", column)
            )
        };
        columns.iter().map(compare).collect()
    }

    /// Where nothing else differs, the row tells whether it was written at all.
    fn compare_touched(&self, touched: &[&Column]) -> String {
        if touched.is_empty() {
            return String::new();
        }
        let spell = &self.spell;
        let differs: Vec<String> = touched
            .iter()
            .map(|column| spell.column_differs(column))
            .collect();
        let is_new = self.table.key.iter().chain(touched.iter().copied());
        let is_new: Vec<String> = is_new
            .map(|column| {
                let name = spell.name(&column.name);
                format!("audit_row.{name} <=> NEW.{name}")
            })
            .collect();
        format!(
            "BEGIN DECLARE audit_written INT DEFAULT 1; IF audit_new = '' AND ({}) THEN \
             SELECT COUNT(*) INTO audit_written FROM {} AS audit_row WHERE {}; END IF; \
             IF audit_written > 0 THEN {}END IF; END; ",
            differs.join(" OR "),
            self.qualified(&self.place.table_schema, &self.table.name),
            is_new.join(" AND "),
            self.compare(touched)
        )
    }

    fn insert(&self, event: Event) -> String {
        self.insert_values(event, event.values(&self.spell, self.table))
    }

    fn insert_values(&self, event: Event, of_event: Vec<(&'static str, String)>) -> String {
        let metadata = "JSON_EXTRACT(@audit_read, '$.metadata')".to_owned();
        let record = self.record(of_event, metadata);
        let otherwise = match self.table.options.on_skip {
            OnSkip::Record => format!("ELSE {}", self.skipped(event)),
            OnSkip::Leave => String::new(),
        };
        let skipped_by = self.skipped_by(event.action);
        // A condition with a query costs each row, whether it comes to that query or not.
        format!(
            "IF NOT audit_is_usual THEN SET audit_skipped = {skipped_by}; END IF; \
             IF audit_skipped IS NULL THEN {record}{otherwise}END IF; "
        )
    }

    /// That the context kept an event from being recorded.
    fn skipped(&self, event: Event) -> String {
        let metadata = format!(
            r#"CONCAT('{{"skipped":"{}","by":"', audit_skipped, '"}}')"#,
            event.action
        );
        self.record(event.skipped(&self.spell, self.table), metadata)
    }

    /// Of the session's variables, as each use of one of the trigger's own is spelled out for the server's log.
    fn record(&self, of_event: Vec<(&'static str, String)>, metadata: String) -> String {
        let mut values = vec![("occurred_at", NOW.to_owned())];
        values.extend(of_event);
        for (column, most) in context_and_transaction() {
            let text = self.context(&format!("$.{column}"));
            values.push((column, format!("LEFT({text}, {most})")));
        }
        let user = "LEFT(CONVERT(SESSION_USER() USING utf8mb4), 320)".to_owned();
        values.extend([("database_user", user), ("metadata", metadata)]);
        let (names, values) = lists(&values);
        let log = self.qualified(&self.place.log_schema, "audit_log");
        format!("INSERT INTO {log} ({names}) VALUES ({values}); ")
    }

    fn context(&self, path: &str) -> String {
        if self.place.dialect == Dialect::MariaDb {
            format!("JSON_VALUE(@audit_read, '{path}')")
        } else {
            // MySQL's `JSON_VALUE` cuts at 512 characters.
            format!("JSON_UNQUOTE(JSON_EXTRACT(@audit_read, '{path}'))")
        }
    }

    /// What of the context keeps the event from being recorded, or NULL.
    fn skipped_by(&self, action: &str) -> String {
        // Whether a backslash in a text escapes depends on who installs, and so would what `LIKE` takes for its escape.
        let is_skipped = skip_names(self.table)
            .iter()
            .map(|name| {
                format!(
                    "{} LIKE skipped.pattern ESCAPE X'5C'",
                    self.spell.text(name)
                )
            })
            .collect::<Vec<_>>()
            .join(" OR ");
        format!(
            "CASE WHEN COALESCE(JSON_UNQUOTE(JSON_EXTRACT(@audit_read, '$.unaudited')) = 'true', FALSE) THEN 'unaudited' \
             WHEN COALESCE(JSON_CONTAINS(@audit_read, '\"{action}\"', '$.skip_actions'), FALSE) THEN 'skip_actions' \
             WHEN EXISTS (SELECT 1 FROM JSON_TABLE(@audit_read, '$.skip_models[*]' COLUMNS (pattern VARCHAR(512) \
             CHARACTER SET utf8mb4 PATH '$')) AS skipped WHERE {is_skipped}) THEN 'skip_models' END"
        )
    }
}

/// The time at which a row is written, which neither stands still while the statement waits nor is what a session says.
const NOW: &str = "CONVERT_TZ(SYSDATE(6), @@session.time_zone, '+00:00')";

/// Whether there is no context, or one that can be read and skips nothing.
const IS_USUAL: &str = "COALESCE(@audit_context IS NULL OR (@audit_read LIKE '{%' AND JSON_VALID(@audit_read) \
     AND @audit_read NOT LIKE '%\"unaudited\"%' AND @audit_read NOT LIKE '%\"skip%'), FALSE)";

/// The context where it is an object, and in the place of another one that says so.
fn readable() -> String {
    format!(
        "CASE WHEN @audit_read = '' THEN NULL \
         WHEN CASE WHEN JSON_VALID(@audit_read) THEN JSON_TYPE(@audit_read) = 'OBJECT' END THEN @audit_read \
         ELSE '{{\"metadata\":{UNREADABLE}}}' END"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Capture,
        capture::{catalog::ColumnFact, options::CaptureOptions},
    };

    fn refusal_of(kind: Kind, masked: bool) -> Option<String> {
        let column = Column {
            name: "Place".to_owned(),
            kind,
            masked,
            read_as: None,
        };
        let table = Table {
            entity: "shop",
            schema: None,
            name: "shop".to_owned(),
            audit_name: "shop".to_owned(),
            capture: Capture::Triggers,
            options: CaptureOptions::new(),
            columns: vec![column],
            known: Vec::new(),
            ignored: Vec::new(),
            key: Vec::new(),
            naming: Vec::new(),
        };
        let place = Place {
            dialect: Dialect::MySql,
            table_schema: "s".to_owned(),
            log_schema: "s".to_owned(),
            columns: vec![ColumnFact {
                name: "place".to_owned(),
                declared: "vector".to_owned(),
                ..ColumnFact::default()
            }],
        };
        refusal(&table, &place)
    }

    #[test]
    fn a_vector_that_is_read_as_text_is_refused() {
        let why = refusal_of(Kind::Text, false).expect("a refusal");
        assert!(why.contains("`Place` of `shop` is a VECTOR"), "{why}");
        assert_eq!(refusal_of(Kind::Bytes, false), None);
        assert_eq!(refusal_of(Kind::Text, true), None);
    }
}
