//! With whose rights triggers run, whether those suffice, and what is hidden from the user who asks.

use std::collections::btree_map::{BTreeMap, Entry};

use sea_orm::{ConnectionTrait, DbErr};

use super::{
    catalog::{self, Dialect},
    drift::Drift,
    installed::Installed,
    table::Table,
};
use crate::{Capture, quoted};

/// What the owner of a trigger may do.
enum Standing {
    /// All that the trigger needs.
    Able,
    Lacks(String),
    Gone,
    /// Nothing of it can be seen.
    Hidden,
}

/// What is wrong with the owners of a table's triggers.
pub(super) async fn of_owners<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    triggers: &[&Installed],
) -> Result<Vec<Drift>, DbErr> {
    let mut drifts = Vec::new();
    let mut standings = BTreeMap::new();
    let usual = usual_owner(triggers);
    for there in triggers {
        let (trigger, owner) = (there.name.clone(), there.owner.clone());
        if owner != usual {
            drifts.push(Drift::Reshaped {
                trigger: trigger.clone(),
                part: "owner".to_owned(),
                found: owner.clone(),
                made: usual.to_owned(),
            });
        }
        let standing = match standings.entry((owner.clone(), there.trail())) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(standing(db, dialect, there).await?),
        };
        match standing {
            Standing::Able => {}
            Standing::Lacks(right) => drifts.push(Drift::Powerless {
                trigger,
                owner,
                right: right.clone(),
            }),
            Standing::Gone => drifts.push(Drift::NoOwner { trigger, owner }),
            Standing::Hidden => drifts.push(Drift::OwnerHidden { trigger, owner }),
        }
    }
    Ok(drifts)
}

/// The owner of most: one user installs all at once.
fn usual_owner<'a>(triggers: &[&'a Installed]) -> &'a str {
    let owners = triggers.iter().map(|trigger| trigger.owner.as_str());
    let number = |owner: &&str| owners.clone().filter(|other| other == owner).count();
    owners.clone().max_by_key(number).unwrap_or_default()
}

async fn standing<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    trigger: &Installed,
) -> Result<Standing, DbErr> {
    match dialect {
        Dialect::Sqlite => Ok(Standing::Able),
        Dialect::Postgres => of_role(db, trigger).await,
        Dialect::MySql | Dialect::MariaDb => of_account(db, dialect, trigger).await,
    }
}

/// Of the owner of a function of PostgreSQL.
async fn of_role<C: ConnectionTrait>(db: &C, trigger: &Installed) -> Result<Standing, DbErr> {
    let sql = "SELECT CASE \
         WHEN NOT pg_catalog.has_schema_privilege($1::name, n.oid, 'USAGE') \
         THEN 'USAGE on schema ' || pg_catalog.quote_ident(n.nspname) \
         WHEN NOT pg_catalog.has_any_column_privilege($1::name, c.oid, 'INSERT') \
         THEN 'INSERT on ' || c.oid::pg_catalog.regclass::text ELSE '' END \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = $2 AND c.relname = 'audit_log'";
    let values = [trigger.owner.as_str().into(), trigger.trail().into()];
    let lacking = catalog::texts(db, sql, values).await?.concat();
    Ok(if lacking.is_empty() {
        Standing::Able
    } else {
        Standing::Lacks(lacking)
    })
}

/// Of the definer of a trigger of MySQL or MariaDB.
async fn of_account<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    trigger: &Installed,
) -> Result<Standing, DbErr> {
    let (user, host) = trigger
        .owner
        .rsplit_once('@')
        .unwrap_or((&trigger.owner, ""));
    let grantee = format!("'{user}'@'{host}'");
    if !is_account(db, &grantee).await? {
        return Ok(if sees_accounts(db).await? {
            Standing::Gone
        } else {
            Standing::Hidden
        });
    }
    if dialect == Dialect::MySql && has_roles(db, user, host).await? {
        // What a role grants stands in no table of the information schema.
        return Ok(Standing::Able);
    }
    let needed = [
        ("TRIGGER", trigger.schema.as_str(), trigger.table.as_str()),
        ("SELECT", &trigger.schema, &trigger.table),
        ("INSERT", trigger.trail(), "audit_log"),
    ];
    for (right, schema, table) in needed {
        if !is_granted(db, &grantee, right, schema, table).await? {
            let right = format!(
                "{right} on {}.{}",
                quoted::mysql_name(schema),
                quoted::mysql_name(table)
            );
            return Ok(Standing::Lacks(right));
        }
    }
    Ok(Standing::Able)
}

/// Each account that one may see has a line, `USAGE` where it has no right everywhere.
async fn is_account<C: ConnectionTrait>(db: &C, grantee: &str) -> Result<bool, DbErr> {
    let sql = "SELECT '1' FROM information_schema.user_privileges WHERE grantee = ? LIMIT 1";
    Ok(!catalog::texts(db, sql, [grantee.into()]).await?.is_empty())
}

/// Whether the user who asks sees other accounts than its own.
async fn sees_accounts<C: ConnectionTrait>(db: &C) -> Result<bool, DbErr> {
    let sql = "SELECT '1' FROM information_schema.user_privileges GROUP BY grantee LIMIT 2";
    Ok(catalog::texts(db, sql, []).await?.len() > 1)
}

/// MySQL turns on the default roles of a definer.
async fn has_roles<C: ConnectionTrait>(db: &C, user: &str, host: &str) -> Result<bool, DbErr> {
    let sql = "SELECT '1' FROM mysql.role_edges WHERE to_user = ? AND to_host = ? LIMIT 1";
    let roles = catalog::texts(db, sql, [user.into(), host.into()]).await;
    // Who may not ask cannot tell.
    Ok(roles.map_or(true, |roles| !roles.is_empty()))
}

/// A right may be granted everywhere, on schemas whose names are like a pattern, and on a table.
async fn is_granted<C: ConnectionTrait>(
    db: &C,
    grantee: &str,
    right: &str,
    schema: &str,
    table: &str,
) -> Result<bool, DbErr> {
    let sql = "SELECT '1' FROM information_schema.user_privileges WHERE grantee = ? AND privilege_type = ? UNION ALL \
         SELECT '1' FROM information_schema.schema_privileges WHERE grantee = ? AND privilege_type = ? \
         AND ? LIKE table_schema UNION ALL SELECT '1' FROM information_schema.table_privileges \
         WHERE grantee = ? AND privilege_type = ? AND table_schema = ? AND table_name = ?";
    let values = [
        grantee, right, grantee, right, schema, grantee, right, schema, table,
    ];
    let granted = catalog::texts(db, sql, values.map(Into::into)).await?;
    Ok(!granted.is_empty())
}

/// What to say of an entity whose table was not found: of one that hooks record in an attached database, nothing.
pub(super) async fn no_table_of<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    table: &Table,
) -> Result<Vec<Drift>, DbErr> {
    let drift = no_table(db, dialect, table.schema.as_deref(), &table.name).await?;
    let is_fine = table.capture == Capture::Hooks && matches!(drift, Drift::Attached { .. });
    Ok((!is_fine).then_some(drift).into_iter().collect())
}

/// What to say of a table that was not found: MySQL and MariaDB show only those on which one has a right, and PostgreSQL
/// passes over the schemas of the search path that one may not use.
pub(super) async fn no_table<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    schema: Option<&str>,
    table: &str,
) -> Result<Drift, DbErr> {
    if let Some(database) = catalog::attached(db, dialect, schema, table).await? {
        let table = table.to_owned();
        return Ok(Drift::Attached { table, database });
    }
    if dialect == Dialect::Postgres {
        let unusable = unusable_schema(db, table).await?.into_iter().next();
        return Ok(match unusable {
            Some(schema) => Drift::Hidden {
                what: format!("table `{table}`"),
                right: format!("USAGE on schema {schema}"),
            },
            None => Drift::NoTable(table.to_owned()),
        });
    }
    let named = |name: &str| match schema {
        Some(schema) => format!(
            "{}.{}",
            quoted::mysql_name(schema),
            quoted::mysql_name(name)
        ),
        None => quoted::mysql_name(name),
    };
    let ask = format!("SELECT 1 FROM {} LIMIT 0", named(table));
    Ok(if is_refused(db, dialect, &ask, &["1142 "]).await {
        Drift::Hidden {
            what: format!("table `{table}`"),
            right: format!("SELECT on {}", named(table)),
        }
    } else {
        Drift::NoTable(table.to_owned())
    })
}

/// The schemas of the search path that have such a table, and that the role may not use.
async fn unusable_schema<C: ConnectionTrait>(db: &C, table: &str) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
         AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND n.nspname IN (\
         SELECT CASE p WHEN '$user' THEN CURRENT_USER::text ELSE p END FROM (SELECT pg_catalog.btrim(e, ' \"') AS p \
         FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('search_path'), ',')) e) path) \
         ORDER BY 1";
    catalog::texts(db, sql, [table.into()]).await
}

/// What to say where columns of a table are hidden: MySQL and MariaDB show only those on which one has a right.
pub(super) async fn hidden_columns<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    (schema, table): (&str, &str),
    known: &[String],
) -> Result<Option<Drift>, DbErr> {
    if !matches!(dialect, Dialect::MySql | Dialect::MariaDb) {
        return Ok(None);
    }
    let there = catalog::describe(db, dialect, Some(schema), table).await?;
    let is_seen = |column: &String| {
        let there = there.as_ref();
        there.is_some_and(|there| there.has(column))
    };
    let Some(unseen) = known.iter().find(|column| !is_seen(column)) else {
        return Ok(None);
    };
    let place = format!(
        "{}.{}",
        quoted::mysql_name(schema),
        quoted::mysql_name(table)
    );
    let ask = format!("SELECT {} FROM {place} LIMIT 0", quoted::mysql_name(unseen));
    let is_hidden = is_refused(db, dialect, &ask, &["1142 ", "1143 "]).await;
    Ok(is_hidden.then(|| Drift::Hidden {
        what: format!("columns of table `{table}`"),
        right: format!("SELECT on {place}"),
    }))
}

/// What to say of a trigger that was not found: MySQL and MariaDB show only those on whose table one has the right
/// `TRIGGER`.
pub(super) async fn no_trigger<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    name: &str,
    (schema, table): (&str, &str),
) -> Drift {
    let ask = format!(
        "SHOW CREATE TRIGGER {}.{}",
        quoted::mysql_name(schema),
        quoted::mysql_name(name)
    );
    if is_refused(db, dialect, &ask, &["1227 "]).await {
        Drift::Hidden {
            what: format!("trigger `{name}`"),
            right: format!(
                "TRIGGER on {}.{}",
                quoted::mysql_name(schema),
                quoted::mysql_name(table)
            ),
        }
    } else {
        Drift::NoTrigger(name.to_owned())
    }
}

/// Whether MySQL or MariaDB refuse a statement with one of those numbers.
async fn is_refused<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    sql: &str,
    numbers: &[&str],
) -> bool {
    let is_one = |error: DbErr| {
        let error = error.to_string();
        numbers.iter().any(|number| error.contains(number))
    };
    matches!(dialect, Dialect::MySql | Dialect::MariaDb)
        && db.execute_unprepared(sql).await.is_err_and(is_one)
}
