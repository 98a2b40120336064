//! The capture triggers that are in the database.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use super::{
    catalog::{self, Dialect, Place},
    options::CaptureOptions,
    shape::Shape,
    trigger::{MARK, Mark, Trigger, VERSION, read_mark},
};
use crate::quoted;

/// A capture trigger in the database.
#[derive(Clone, Debug)]
pub(super) struct Installed {
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) name: String,
    pub(super) is_enabled: bool,
    pub(super) mark: Mark,
    text: String,
    /// Of its text as it is.
    pub(super) fingerprint: String,
    /// What the catalog says of it beside its text.
    pub(super) shape: Shape,
    /// With whose rights it runs; empty on SQLite, which knows no users.
    pub(super) owner: String,
    /// Who else may execute its function, on PostgreSQL.
    pub(super) executors: String,
    /// Whether the server takes names of tables that differ in case for one.
    ignores_case: bool,
}

/// Every capture trigger that the user may see: on MySQL and MariaDB those of the server's other databases too.
pub(super) async fn all<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
) -> Result<Vec<Installed>, DbErr> {
    let rows = catalog::query(db, statement(dialect), [MARK.into()]).await?;
    let parsed = rows
        .iter()
        .map(|row| Installed::read(row, dialect))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(parsed.into_iter().flatten().collect())
}

/// Those that are on a table.
pub(super) fn on<'a>(all: &'a [Installed], schema: &str, table: &str) -> Vec<&'a Installed> {
    all.iter()
        .filter(|trigger| trigger.is_on(schema, table))
        .collect()
}

/// What the triggers of a table were installed with: those of any are right. `None` where there are none.
pub(super) fn options(here: &[&Installed]) -> Option<CaptureOptions> {
    here.first().map(|trigger| trigger.mark.options())
}

/// Schema, table, name, whether it is on, text, shape, owner, who may execute it, whether case is ignored.
fn statement(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "SELECT 'main', m.tbl_name, m.name, '1', m.sql, json_object('order', COALESCE((SELECT 'before `' || o.name || '`' \
             FROM sqlite_master o WHERE o.type = 'trigger' AND lower(o.tbl_name) = lower(m.tbl_name) AND o.rowid > m.rowid \
             AND NOT instr(o.sql, $1) LIMIT 1), 'last')), '', '', '1' FROM sqlite_master m \
             WHERE m.type = 'trigger' AND instr(m.sql, $1)"
        }
        Dialect::Postgres => {
            "SELECT n.nspname::text, c.relname::text, t.tgname::text, \
             CASE WHEN t.tgenabled IN ('O', 'A') THEN '1' ELSE '0' END, p.prosrc, pg_catalog.json_build_object(\
             'event', pg_catalog.concat_ws(' OR ', CASE WHEN t.tgtype & 4 > 0 THEN 'INSERT' END, \
             CASE WHEN t.tgtype & 8 > 0 THEN 'DELETE' END, CASE WHEN t.tgtype & 16 > 0 THEN 'UPDATE' END, \
             CASE WHEN t.tgtype & 32 > 0 THEN 'TRUNCATE' END), \
             'timing', CASE WHEN t.tgtype & 2 > 0 THEN 'BEFORE' WHEN t.tgtype & 64 > 0 THEN 'INSTEAD OF' ELSE 'AFTER' END, \
             'level', CASE WHEN t.tgtype & 1 > 0 THEN 'ROW' ELSE 'STATEMENT' END, \
             'condition', CASE WHEN t.tgqual IS NULL THEN '' ELSE pg_catalog.split_part(pg_catalog.split_part(\
             pg_catalog.pg_get_triggerdef(t.oid), ' WHEN (', 2), ') EXECUTE ', 1) END, \
             'columns', t.tgattr::text, \
             'transition tables', CASE WHEN t.tgoldtable IS NULL AND t.tgnewtable IS NULL THEN '' ELSE \
             pg_catalog.concat_ws(' ', 'REFERENCING', 'OLD TABLE AS ' || t.tgoldtable, 'NEW TABLE AS ' || t.tgnewtable) END, \
             'function', CASE WHEN p.proname = t.tgname AND p.pronamespace = c.relnamespace THEN 'its own' \
             ELSE p.oid::pg_catalog.regproc::text END, \
             'language', l.lanname, \
             'security', CASE WHEN p.prosecdef THEN 'DEFINER' ELSE 'INVOKER' END, \
             'settings', COALESCE(pg_catalog.array_to_string(p.proconfig, '; '), ''))::text, \
             pg_catalog.pg_get_userbyid(p.proowner)::text, \
             COALESCE((SELECT pg_catalog.string_agg(CASE WHEN a.grantee = 0 THEN 'PUBLIC' \
             ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END, ', ') FROM pg_catalog.aclexplode(\
             COALESCE(p.proacl, pg_catalog.acldefault('f', p.proowner))) a WHERE a.grantee <> p.proowner), ''), '0' \
             FROM pg_catalog.pg_trigger t \
             JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
             WHERE NOT t.tgisinternal AND pg_catalog.strpos(p.prosrc, $1) > 0"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT CONVERT(event_object_schema USING utf8mb4), CONVERT(event_object_table USING utf8mb4), \
             CONVERT(trigger_name USING utf8mb4), '1', CONVERT(action_statement USING utf8mb4), \
             CONVERT(JSON_OBJECT('event', event_manipulation, 'timing', action_timing, 'level', action_orientation, \
             'sql_mode', sql_mode) USING utf8mb4), CONVERT(definer USING utf8mb4), '', \
             IF(@@lower_case_table_names, '1', '0') \
             FROM information_schema.triggers WHERE LOCATE(?, action_statement)"
        }
    }
}

impl Installed {
    /// `None` where it only looks like one of ours.
    fn read(row: &QueryResult, dialect: Dialect) -> Result<Option<Self>, DbErr> {
        let text = |position| row.try_get_by_index::<String>(position);
        let whole = text(4)?;
        let Some((mark, mut fingerprint)) = read_mark(&whole) else {
            return Ok(None);
        };
        if dialect == Dialect::MySql && mark.columns.iter().any(|name| name.contains('`')) {
            // MySQL 9 tells a name that holds a backtick otherwise than it was given.
            fingerprint.clone_from(&mark.fingerprint);
        }
        let mut shape = Shape::read(&text(5)?)?;
        shape.respell("sql_mode", sql_mode);
        Ok(Some(Self {
            schema: text(0)?,
            table: text(1)?,
            name: text(2)?,
            is_enabled: text(3)? == "1",
            mark,
            text: whole,
            fingerprint,
            shape,
            owner: text(6)?,
            executors: text(7)?,
            ignores_case: text(8)? == "1",
        }))
    }

    /// Whether a later release of this library made it, of which this one knows nothing.
    pub(super) fn is_newer(&self) -> bool {
        self.mark.version > VERSION
    }

    /// Whether it is what this library made, and fires.
    pub(super) fn is_as_made(&self) -> bool {
        self.is_enabled
            && self.executors.is_empty()
            && self.mark.fingerprint == self.fingerprint
            && self.shape.differences(&self.mark.shape).is_empty()
    }

    /// Whether its text writes into the schema of the trail: PostgreSQL's names it, and stays where the schema gets another
    /// name.
    pub(super) fn names_trail_of(&self, place: &Place) -> bool {
        let insert = || format!("INSERT INTO {}.audit_log ", quoted::name(&place.log_schema));
        place.dialect != Dialect::Postgres || self.text.contains(&insert())
    }

    /// Whether its records go to the trail in that schema.
    pub(super) fn writes_to(&self, trail: &str) -> bool {
        self.is_same(self.trail(), trail)
    }

    /// The schema of the trail that its records go to.
    pub(super) fn trail(&self) -> &str {
        self.mark.trail.as_deref().unwrap_or(&self.schema)
    }

    /// Whether it is on a table.
    pub(super) fn is_on(&self, schema: &str, table: &str) -> bool {
        self.is_same(&self.table, table) && self.is_in(schema)
    }

    /// Whether its table is in that schema.
    pub(super) fn is_in(&self, schema: &str) -> bool {
        self.is_same(&self.schema, schema)
    }

    /// Whether it fires where that one will.
    pub(super) fn is_of_event(&self, trigger: &Trigger) -> bool {
        self.shape.shares("event", &trigger.shape)
    }

    /// Whether it has that name.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.is_same(&self.name, name)
    }

    /// Whether it is the same trigger, of the same table.
    fn is_that_of(&self, other: &Self) -> bool {
        self.is_on(&other.schema, &other.table) && self.is_named(&other.name)
    }

    fn is_same(&self, one: &str, other: &str) -> bool {
        one == other || (self.ignores_case && one.to_lowercase() == other.to_lowercase())
    }

    fn drop_trigger(&self, dialect: Dialect) -> String {
        match dialect {
            // Else one of an attached database would be found.
            Dialect::Sqlite => format!("DROP TRIGGER IF EXISTS main.{}", quoted::name(&self.name)),
            Dialect::Postgres => format!(
                "DROP TRIGGER IF EXISTS {} ON {}",
                quoted::name(&self.name),
                self.quoted_table()
            ),
            Dialect::MySql | Dialect::MariaDb => format!(
                "DROP TRIGGER IF EXISTS {}.{}",
                quoted::mysql_name(&self.schema),
                quoted::mysql_name(&self.name)
            ),
        }
    }

    fn quoted_table(&self) -> String {
        format!(
            "{}.{}",
            quoted::name(&self.schema),
            quoted::name(&self.table)
        )
    }

    fn drop_function(&self) -> String {
        let (schema, name) = (quoted::name(&self.schema), quoted::name(&self.name));
        format!("DROP FUNCTION IF EXISTS {schema}.{name}()")
    }
}

/// What removes triggers, as [`drops`] does, and on PostgreSQL first waits for those who make some of the same tables: they hold
/// the second lock before they replace a function, so that who drops it first and then waits for the lock would wait for ever.
pub(super) fn removals(
    triggers: &[&Installed],
    dialect: Dialect,
    all: &[Installed],
) -> Vec<String> {
    let mut statements = Vec::new();
    if dialect == Dialect::Postgres {
        let tables = triggers.iter().map(|trigger| trigger.quoted_table());
        for on in tables.collect::<BTreeSet<_>>() {
            statements.push(format!("LOCK TABLE ONLY {on} IN ACCESS EXCLUSIVE MODE"));
            statements.push(lock_beside(&on));
        }
    }
    statements.extend(drops(triggers, dialect, all));
    statements
}

/// PostgreSQL's lock of a table's triggers, until the end of the transaction. It comes after that of the table itself.
pub(super) fn lock_beside(quoted_table: &str) -> String {
    let literal = quoted::text(quoted_table);
    format!(
        "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('audit-capture'), \
         {literal}::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int4)"
    )
}

/// What removes triggers, and their functions where they have some: those last, as a trigger that was made anew may call
/// another's. The function of one that stays is left.
pub(super) fn drops(triggers: &[&Installed], dialect: Dialect, all: &[Installed]) -> Vec<String> {
    let mut drops: Vec<String> = triggers
        .iter()
        .map(|trigger| trigger.drop_trigger(dialect))
        .collect();
    if dialect == Dialect::Postgres {
        let is_removed = |there: &Installed| triggers.iter().any(|one| one.is_that_of(there));
        let is_used = |name: &Installed| {
            let mut stay = all.iter().filter(|there| !is_removed(there));
            stay.any(|there| there.is_in(&name.schema) && there.is_named(&name.name))
        };
        let unused = triggers.iter().filter(|trigger| !is_used(trigger));
        drops.extend(unused.map(|trigger| trigger.drop_function()));
    }
    drops
}

/// What a trigger's text may be taken otherwise by, or its values.
const DISTURBING: [&str; 4] = [
    "NO_BACKSLASH_ESCAPES",
    "PAD_CHAR_TO_FULL_LENGTH",
    "EMPTY_STRING_IS_NULL",
    "ORACLE",
];

/// `strict` for every mode that does: what else the installer's session had, is nothing to a trigger.
fn sql_mode(mode: &str) -> String {
    let mut modes = mode.split(',');
    let is_strict = mode.contains("STRICT_ALL_TABLES") || mode.contains("STRICT_TRANS_TABLES");
    if is_strict && !modes.any(|mode| DISTURBING.contains(&mode)) {
        "strict".to_owned()
    } else {
        mode.to_owned()
    }
}
