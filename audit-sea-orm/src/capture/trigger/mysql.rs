use super::{CONTEXT, CREATE, DELETE, Event, Trigger, UPDATE, lists, marked, name, skip_names};
use crate::capture::{
    catalog::{Dialect, Place},
    shape::Shape,
    spell::{MySql, Spell, compared},
    table::Table,
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
        table,
        place,
        spell,
    };
    vec![
        maker.trigger("insert", "INSERT", &maker.insert(CREATE)),
        maker.trigger("update", "UPDATE", &maker.update()),
        maker.trigger("delete", "DELETE", &maker.insert(DELETE)),
    ]
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
        let (body, fingerprint) = marked(self.table, self.place, &shape, |mark| {
            let mark = self.spell.text(mark);
            format!(
                "BEGIN DECLARE audit_may_skip BOOLEAN DEFAULT COALESCE(@audit_context LIKE '%\"unaudited\"%' \
                 OR @audit_context LIKE '%\"skip%', FALSE); DECLARE audit_is_skipped BOOLEAN DEFAULT FALSE; \
                 IF audit_may_skip THEN DO {mark}; END IF; {inserts}END"
            )
        });
        let head = format!("AFTER {event} ON {on} FOR EACH ROW");
        let create = if self.place.dialect == Dialect::MariaDb {
            // Else a session that is not strict would record NULL for texts longer than a packet.
            vec![format!(
                "SET STATEMENT sql_mode = 'STRICT_ALL_TABLES' FOR CREATE OR REPLACE TRIGGER {quoted} {head} {body}"
            )]
        } else {
            vec![
                format!("DROP TRIGGER IF EXISTS {quoted}"),
                format!("CREATE TRIGGER {quoted} {head} {body}"),
            ]
        };
        Trigger {
            name,
            create,
            fingerprint,
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
        let compared: String = compared(table)
            .map(|column| {
                format!(
                    "IF {} THEN SET audit_old = CONCAT(audit_old, {}), audit_new = CONCAT(audit_new, {}); END IF; ",
                    spell.column_differs(column),
                    spell.following("OLD", column),
                    spell.following("NEW", column)
                )
            })
            .collect();
        let image = |name: &str| format!("CONCAT('{{', {}, '}}')", spell.tail(name));
        let mut values = UPDATE.about(spell, table);
        values.push(("old_values", image("audit_old")));
        values.push(("new_values", image("audit_new")));
        format!(
            "IF {} THEN {}{}ELSE BEGIN DECLARE audit_old, audit_new LONGTEXT CHARACTER SET utf8mb4 DEFAULT ''; \
             {compared}IF audit_new <> '' THEN {}END IF; END; END IF; ",
            spell.key_differs(table),
            self.insert(DELETE),
            self.insert(CREATE),
            self.insert_values(UPDATE, values)
        )
    }

    fn insert(&self, event: Event) -> String {
        self.insert_values(event, event.values(&self.spell, self.table))
    }

    fn insert_values(&self, event: Event, of_event: Vec<(&'static str, String)>) -> String {
        let mut values = vec![("occurred_at", "UTC_TIMESTAMP(6)".to_owned())];
        values.extend(of_event);
        for (column, _) in CONTEXT {
            values.push((column, self.context(&format!("$.{column}"))));
        }
        values.push((
            "metadata",
            "IF(NULLIF(@audit_context, '') IS NULL, CONCAT('{\"database_user\":', \
             JSON_QUOTE(CONVERT(SESSION_USER() USING utf8mb4)), '}'), JSON_EXTRACT(@audit_context, '$.metadata'))"
                .to_owned(),
        ));
        let (names, values) = lists(&values);
        let log = self.qualified(&self.place.log_schema, "audit_log");
        let skipped = self.skipped(event.action);
        // A condition with a query costs each row, whether it comes to that query or not.
        format!(
            "IF audit_may_skip THEN SET audit_is_skipped = {skipped}; END IF; IF NOT audit_is_skipped THEN \
             INSERT INTO {log} ({names}) VALUES ({values}); END IF; "
        )
    }

    /// A text of the context: of the session's variable, as each use of one of the trigger's own is spelled out for the
    /// server's log.
    fn context(&self, path: &str) -> String {
        if self.place.dialect == Dialect::MariaDb {
            format!("JSON_VALUE(@audit_context, '{path}')")
        } else {
            // MySQL's `JSON_VALUE` cuts at 512 characters.
            format!("JSON_UNQUOTE(JSON_EXTRACT(@audit_context, '{path}'))")
        }
    }

    /// Whether the context keeps the event from being recorded.
    fn skipped(&self, action: &str) -> String {
        let is_skipped = skip_names(self.table)
            .iter()
            .map(|name| format!("{} LIKE skipped.pattern", self.spell.text(name)))
            .collect::<Vec<_>>()
            .join(" OR ");
        format!(
            "COALESCE(JSON_UNQUOTE(JSON_EXTRACT(@audit_context, '$.unaudited')) = 'true', FALSE) \
             OR COALESCE(JSON_CONTAINS(@audit_context, '\"{action}\"', '$.skip_actions'), FALSE) OR EXISTS (SELECT 1 FROM \
             JSON_TABLE(@audit_context, '$.skip_models[*]' COLUMNS (pattern VARCHAR(512) CHARACTER SET utf8mb4 PATH '$')) \
             AS skipped WHERE {is_skipped})"
        )
    }
}
