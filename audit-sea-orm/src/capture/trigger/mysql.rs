use super::{CONTEXT, CREATE, DELETE, Event, Trigger, UPDATE, lists, mark, name, skip_names};
use crate::capture::{
    catalog::{Dialect, Place},
    spell::{MySql, Spell},
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
    let update = format!(
        "IF {} THEN {}{}ELSEIF {} THEN {}END IF; ",
        maker.spell.key_differs(table),
        maker.insert(DELETE),
        maker.insert(CREATE),
        maker.spell.anything_differs(table),
        maker.insert(UPDATE),
    );
    vec![
        maker.trigger("insert", "INSERT", &maker.insert(CREATE)),
        maker.trigger("update", "UPDATE", &update),
        maker.trigger("delete", "DELETE", &maker.insert(DELETE)),
    ]
}

impl Maker<'_> {
    fn trigger(&self, what: &str, event: &str, inserts: &str) -> Trigger {
        let name = name(self.table, what);
        let quoted = self.qualified(&name);
        let on = self.qualified(&self.table.name);
        let rest = format!(
            " DECLARE audit_payload LONGTEXT CHARACTER SET utf8mb4 DEFAULT NULLIF(@audit_context, ''); {inserts}END"
        );
        let (mark, fingerprint) = mark(self.table, &format!("BEGIN {rest}"));
        let body = format!("AFTER {event} ON {on} FOR EACH ROW BEGIN {mark}{rest}");
        let create = if self.place.dialect == Dialect::MariaDb {
            vec![format!("CREATE OR REPLACE TRIGGER {quoted} {body}")]
        } else {
            vec![
                format!("DROP TRIGGER IF EXISTS {quoted}"),
                format!("CREATE TRIGGER {quoted} {body}"),
            ]
        };
        Trigger {
            name,
            create,
            fingerprint,
        }
    }

    fn qualified(&self, name: &str) -> String {
        format!(
            "{}.{}",
            self.spell.name(&self.place.table_schema),
            self.spell.name(name)
        )
    }

    fn insert(&self, event: Event) -> String {
        let mut values = vec![("occurred_at", "UTC_TIMESTAMP(6)".to_owned())];
        values.extend(event.values(&self.spell, self.table));
        for column in CONTEXT {
            values.push((column, self.context(&format!("$.{column}"))));
        }
        values.push((
            "metadata",
            "IF(audit_payload IS NULL, CONCAT('{\"database_user\":', \
             JSON_QUOTE(CONVERT(SESSION_USER() USING utf8mb4)), '}'), JSON_EXTRACT(audit_payload, '$.metadata'))"
                .to_owned(),
        ));
        let (names, values) = lists(&values);
        let log = self.spell.name(&self.place.log_schema);
        let recorded = self.recorded(event.action);
        format!(
            "IF {recorded} THEN INSERT INTO {log}.audit_log ({names}) VALUES ({values}); END IF; "
        )
    }

    /// A text of the context.
    fn context(&self, path: &str) -> String {
        if self.place.dialect == Dialect::MariaDb {
            format!("JSON_VALUE(audit_payload, '{path}')")
        } else {
            // MySQL's `JSON_VALUE` cuts at 512 characters.
            format!("JSON_UNQUOTE(JSON_EXTRACT(audit_payload, '{path}'))")
        }
    }

    /// Whether the context lets the event be recorded.
    fn recorded(&self, action: &str) -> String {
        let is_skipped = skip_names(self.table)
            .iter()
            .map(|name| format!("{} LIKE skipped.pattern", self.spell.text(name)))
            .collect::<Vec<_>>()
            .join(" OR ");
        format!(
            "audit_payload IS NULL OR NOT (COALESCE(JSON_UNQUOTE(JSON_EXTRACT(audit_payload, '$.unaudited')) = 'true', \
             FALSE) OR (LOCATE('\"skip_', audit_payload) AND \
             (COALESCE(JSON_CONTAINS(audit_payload, '\"{action}\"', '$.skip_actions'), FALSE) OR EXISTS (SELECT 1 FROM \
             JSON_TABLE(audit_payload, '$.skip_models[*]' COLUMNS (pattern VARCHAR(512) CHARACTER SET utf8mb4 PATH '$')) \
             AS skipped WHERE {is_skipped}))))"
        )
    }
}
