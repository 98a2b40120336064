//! What `check` finds of a trigger beside its text: made anew, with other rights, of another version, or hidden.

use audit_migration::Migrator;
use audit_sea_orm::capture::{self, Drift, check};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::MigratorTrait;

use super::{
    install::{insert_trigger, of_accounts, triggers},
    ledger, run,
};
use crate::{
    Backend, Outcome, Test,
    entity::{
        captured::crumb,
        ledger::account,
        shared::{bun, bun_name, capitals, roll},
        tart,
    },
    server::Server,
    test::{create_table, records},
};

/// What is found of a table of that name, for each entity that has it.
pub(super) async fn found<C: ConnectionTrait>(
    db: &C,
    name: &str,
) -> Result<Vec<Vec<Drift>>, DbErr> {
    let tables = check(db).await?.tables.into_iter();
    Ok(tables
        .filter(|table| table.table == name)
        .map(|table| table.drifts)
        .collect())
}

/// The name of the trigger of accounts for that event.
async fn name_of(t: &Test, event: &str) -> Result<String, DbErr> {
    let names = match t.backend {
        Backend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        Backend::Postgres => "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal",
        Backend::MySql => {
            "SELECT CONVERT(trigger_name USING utf8mb4) FROM information_schema.triggers \
             WHERE trigger_schema = DATABASE()"
        }
    };
    let names = Statement::from_string(t.db.get_database_backend(), names);
    for row in t.db.query_all_raw(names).await? {
        let name: String = row.try_get_by_index(0)?;
        if name.contains("ledger_account") && name.ends_with(event) {
            return Ok(name);
        }
    }
    Err(DbErr::RecordNotFound(event.to_owned()))
}

/// Makes a trigger anew, and expects that the check names the part that is another; then all is put right.
async fn expect_part(t: &Test, statements: &[String], part: &str) -> Outcome {
    // As one, on one connection: another of SQLite's pool may not know yet that a trigger is gone.
    if !statements.is_empty() {
        t.db.execute_unprepared(&statements.join("; ")).await?;
    }
    let drifts = of_accounts(&check(&t.db).await?);
    let named = |drift: &Drift| match drift {
        Drift::Reshaped { part: found, .. } => found == part,
        Drift::Altered(_) => part == "text",
        Drift::Disabled(_) => part == "enabled",
        Drift::Executable { by, .. } => part == by,
        _ => false,
    };
    assert!(
        drifts.iter().any(named),
        "{statements:?}: {part}: {drifts:?}"
    );
    assert!(!drifts.iter().any(Drift::is_warning), "{drifts:?}");
    capture::install(&t.db, account::Entity).await?;
    assert_eq!(of_accounts(&check(&t.db).await?), [], "{statements:?}");
    Ok(())
}

/// A trigger that was made anew, so that it fires less, later or for something else, and one that is off.
pub async fn check_tells_of_triggers_made_anew(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    match t.backend {
        Backend::Sqlite => made_anew_on_sqlite(t).await,
        Backend::Postgres => made_anew_on_postgres(t).await,
        Backend::MySql => made_anew_on_mysql(t).await,
    }
}

async fn made_anew_on_sqlite(t: &Test) -> Outcome {
    let name = name_of(t, "_update").await?;
    let text = format!("SELECT sql FROM sqlite_master WHERE name = '{name}'");
    let text = Statement::from_string(t.db.get_database_backend(), text);
    let text = t.db.query_one_raw(text).await?.ok_or("the trigger")?;
    let text: String = text.try_get_by_index(0)?;
    for (from, to) in [
        (" WHEN ", " WHEN 0 AND "),
        (" AFTER UPDATE ON ", " BEFORE UPDATE ON "),
        (" AFTER UPDATE ON ", " AFTER UPDATE OF id ON "),
    ] {
        let altered = text.replacen(from, to, 1);
        assert_ne!(altered, text);
        expect_part(t, &[format!("DROP TRIGGER {name}"), altered], "text").await?;
    }
    Ok(())
}

async fn made_anew_on_postgres(t: &Test) -> Outcome {
    let (insert, update) = (name_of(t, "_insert").await?, name_of(t, "_update").await?);
    let of_insert = "FOR EACH STATEMENT EXECUTE FUNCTION {insert}";
    for (head, rest, part) in [
        (
            "AFTER INSERT",
            "{new} FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION {insert}",
            "condition",
        ),
        ("AFTER DELETE", of_insert, "event"),
        ("BEFORE INSERT", of_insert, "timing"),
        (
            "AFTER INSERT",
            "FOR EACH ROW EXECUTE FUNCTION {insert}",
            "level",
        ),
        ("AFTER INSERT", of_insert, "transition tables"),
        (
            "AFTER INSERT",
            "{new} FOR EACH STATEMENT EXECUTE FUNCTION {update}",
            "function",
        ),
        (
            "AFTER UPDATE OF id",
            "FOR EACH STATEMENT EXECUTE FUNCTION {insert}",
            "columns",
        ),
    ] {
        let rest = rest
            .replace("{new}", "REFERENCING NEW TABLE AS audit_new")
            .replace("{insert}", &insert)
            .replace("{update}", &update);
        let sql = [
            format!("DROP TRIGGER {insert} ON ledger_account"),
            format!("CREATE TRIGGER {insert} {head} ON ledger_account {rest}()"),
        ];
        expect_part(t, &sql, part).await?;
    }
    for how in ["DISABLE", "ENABLE REPLICA"] {
        let sql = format!("ALTER TABLE ledger_account {how} TRIGGER {insert}");
        expect_part(t, &[sql], "enabled").await?;
    }
    Ok(())
}

async fn made_anew_on_mysql(t: &Test) -> Outcome {
    let insert = insert_trigger(t).await?;
    let (drop, create) = insert.split_once("; ").ok_or("two statements")?;
    let before = create.replacen("AFTER INSERT", "BEFORE INSERT", 1);
    expect_part(t, &[drop.to_owned(), before], "timing").await?;
    let db = t.isolated.connect(1).await?;
    run(&db, &["SET sql_mode = ''", drop, create]).await?;
    db.close().await?;
    expect_part(t, &[], "sql_mode").await?;
    // What knows the row before alone may be made for updates.
    let delete = name_of(t, "_delete").await?;
    let body = format!(
        "SELECT CONVERT(action_statement USING utf8mb4) FROM information_schema.triggers \
         WHERE trigger_schema = DATABASE() AND trigger_name = '{delete}'"
    );
    let body = Statement::from_string(t.db.get_database_backend(), body);
    let body = t.db.query_one_raw(body).await?.ok_or("the trigger")?;
    let body: String = body.try_get_by_index(0)?;
    let sql = [
        format!("DROP TRIGGER {delete}"),
        format!("CREATE TRIGGER {delete} AFTER UPDATE ON ledger_account FOR EACH ROW {body}"),
    ];
    expect_part(t, &sql, "event").await
}

/// What `ALTER FUNCTION`, `GRANT` and a change of owner do to a function of PostgreSQL.
pub async fn check_tells_of_functions_with_other_rights(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    let (function, role) = (
        name_of(t, "_insert").await?,
        format!("audit_poor_{}", std::process::id()),
    );
    t.db.execute_unprepared(&format!("CREATE ROLE {role}"))
        .await?;
    for (what, part) in [
        ("ALTER FUNCTION {f}() SECURITY INVOKER", "security"),
        ("ALTER FUNCTION {f}() RESET search_path", "settings"),
        ("ALTER FUNCTION {f}() SET search_path = public", "settings"),
        (
            "ALTER FUNCTION {f}() SET session_replication_role = replica",
            "settings",
        ),
        ("GRANT EXECUTE ON FUNCTION {f}() TO PUBLIC", "PUBLIC"),
        ("GRANT EXECUTE ON FUNCTION {f}() TO {role}", role.as_str()),
        ("ALTER FUNCTION {f}() OWNER TO {role}", "owner"),
    ] {
        let sql = what.replace("{f}", &function).replace("{role}", &role);
        expect_part(t, &[sql], part).await?;
    }
    let owned = powerless_owners(t, &role).await;
    run(
        &t.db,
        &[
            &format!("DROP OWNED BY {role} CASCADE"),
            &format!("DROP ROLE {role}"),
        ],
    )
    .await?;
    owned
}

/// One role that owns all functions, first without rights on the trail, then with one after the other.
async fn powerless_owners(t: &Test, role: &str) -> Outcome {
    for event in ["_insert", "_update", "_delete", "_truncate"] {
        let name = name_of(t, event).await?;
        let sql = format!("ALTER FUNCTION {name}() OWNER TO {role}");
        t.db.execute_unprepared(&sql).await?;
    }
    let lacks = async || -> Result<Vec<String>, DbErr> {
        let drifts = of_accounts(&check(&t.db).await?).into_iter();
        let rights = drifts.filter_map(|drift| match drift {
            Drift::Powerless { owner, right, .. } if owner == role => Some(right),
            _ => None,
        });
        Ok(rights.collect())
    };
    assert_eq!(lacks().await?, ["INSERT on audit_log"; 4]);
    run(&t.db, &[&format!("GRANT INSERT ON audit_log TO {role}")]).await?;
    assert_eq!(of_accounts(&check(&t.db).await?), []);
    run(&t.db, &["REVOKE USAGE ON SCHEMA public FROM PUBLIC"]).await?;
    assert_eq!(lacks().await?, ["USAGE on schema public"; 4]);
    Ok(())
}

/// The definer of a trigger of MariaDB or MySQL: another than that of its sisters, without rights, gone, or unseen.
pub async fn check_tells_of_definers(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql {
        return Ok(());
    }
    ledger(t).await?;
    let user = format!("audit_definer_{}", std::process::id());
    let outcome = definers(t, &user).await;
    let drop = format!("DROP USER IF EXISTS {user}@localhost");
    t.db.execute_unprepared(&drop).await?;
    outcome
}

async fn definers(t: &Test, user: &str) -> Outcome {
    let account = format!("{user}@localhost");
    run(&t.db, &[&format!("CREATE USER {account}")]).await?;
    let remade = insert_trigger(t).await?;
    let remade = remade.replacen(
        "CREATE TRIGGER",
        &format!("CREATE DEFINER = {account} TRIGGER"),
        1,
    );
    t.db.execute_unprepared(&remade).await?;
    let drifts = of_accounts(&check(&t.db).await?);
    let is_owner = |drift: &Drift| matches!(drift, Drift::Reshaped { part, found, .. } if part == "owner" && *found == account);
    let lacks = |drift: &Drift| match drift {
        Drift::Powerless { right, .. } => right.split(' ').next().map(str::to_owned),
        _ => None,
    };
    assert!(drifts.iter().any(is_owner), "{drifts:?}");
    assert_eq!(drifts.iter().find_map(lacks).as_deref(), Some("TRIGGER"));
    for (grant, next) in [
        ("TRIGGER ON ledger_account", Some("SELECT")),
        ("SELECT ON ledger_account", Some("INSERT")),
        ("INSERT ON audit_log", None),
    ] {
        run(&t.db, &[&format!("GRANT {grant} TO {account}")]).await?;
        let drifts = of_accounts(&check(&t.db).await?);
        assert_eq!(drifts.iter().find_map(lacks).as_deref(), next, "{grant}");
    }
    // As that account, which sees the trigger, and no other account than its own.
    run(
        &t.db,
        &[
            &format!("GRANT SELECT, TRIGGER ON *.* TO {account}"),
            &format!("REVOKE SELECT ON *.* FROM {account}"),
        ],
    )
    .await?;
    let db = as_user(t, user).await?;
    let drifts = of_accounts(&check(&db).await?);
    db.close().await?;
    let hidden = drifts
        .iter()
        .filter(|drift| matches!(drift, Drift::OwnerHidden { .. }));
    assert_eq!(hidden.count(), 2, "{drifts:?}");

    t.db.execute_unprepared(&format!("DROP USER {account}"))
        .await?;
    let drifts = of_accounts(&check(&t.db).await?);
    let is_gone =
        |drift: &Drift| matches!(drift, Drift::NoOwner { owner, .. } if *owner == account);
    assert!(drifts.iter().any(is_gone), "{drifts:?}");
    capture::install(&t.db, account::Entity).await?;
    assert_eq!(of_accounts(&check(&t.db).await?), []);
    Ok(())
}

/// A connection as another user of MariaDB or MySQL, who has no password.
pub(super) async fn as_user(t: &Test, user: &str) -> Result<DatabaseConnection, DbErr> {
    let place = t
        .isolated
        .url
        .rsplit_once('@')
        .map_or("", |(_, place)| place);
    sea_orm::Database::connect(format!("mysql://{user}@{place}")).await
}

/// Who may write but not see learns which right is missing; no trigger is called missing that is there.
pub async fn check_tells_what_it_cannot_see(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql {
        return Ok(());
    }
    ledger(t).await?;
    let user = format!("audit_writer_{}", std::process::id());
    let account = format!("{user}@localhost");
    run(
        &t.db,
        &[
            &format!("CREATE USER {account}"),
            &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_account TO {account}"),
            &format!("GRANT INSERT ON audit_log TO {account}"),
        ],
    )
    .await?;
    let db = as_user(t, &user).await?;
    let report = check(&db).await;
    db.close().await?;
    t.db.execute_unprepared(&format!("DROP USER {account}"))
        .await?;
    let report = report?;
    let hidden = |drift: &Drift, wanted: &str| matches!(drift, Drift::Hidden { right, .. } if right.starts_with(wanted));
    assert!(
        report.trail.iter().all(|drift| hidden(drift, "SELECT on")),
        "{report}"
    );
    assert_eq!(report.trail.len(), 3, "{report}");
    let drifts = of_accounts(&report);
    assert!(
        drifts.len() == 3 && drifts.iter().all(|drift| hidden(drift, "TRIGGER on")),
        "{report}"
    );
    assert!(!report.is_clean());
    Ok(())
}

/// A role of PostgreSQL that may not use an entity's schema still gets a report.
pub async fn check_needs_no_right_to_use_a_schema(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    ledger(t).await?;
    let db = t.isolated.connect(1).await?;
    let role = format!("audit_outsider_{}", std::process::id());
    let (create, set) = (format!("CREATE ROLE {role}"), format!("SET ROLE {role}"));
    run(
        &db,
        &[
            "CREATE SCHEMA shop",
            "CREATE TABLE shop.cart (id integer PRIMARY KEY, total integer NOT NULL)",
            &create,
            &set,
        ],
    )
    .await?;
    let report = check(&db).await;
    run(&db, &["RESET ROLE", &format!("DROP ROLE {role}")]).await?;
    db.close().await?;
    assert_eq!(of_accounts(&report?), []);
    Ok(())
}

/// A rolling deployment: a later version's triggers are left alone, an earlier version's are outdated.
pub async fn versions_of_triggers(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    let insert = name_of(t, "_insert").await?;
    let made = insert_trigger(t).await?;
    assert!(made.contains(r#""version":1}"#), "{made}");
    let of_version = |version: &str| {
        let text = made.replace(
            r#""version":1}"#,
            &format!(r#""version":{version},"new":[1]}}"#),
        );
        match t.backend {
            Backend::Sqlite => format!("DROP TRIGGER {insert}; {text}"),
            _ => text,
        }
    };
    t.db.execute_unprepared(&of_version("0")).await?;
    assert_eq!(
        of_accounts(&check(&t.db).await?),
        [Drift::Outdated(insert.clone())]
    );
    capture::install(&t.db, account::Entity).await?;

    let later = of_version("2").replace("'CREATE'", "'BIRTH'");
    t.db.execute_unprepared(&later).await?;
    let newer = [Drift::Newer(insert.clone())];
    assert_eq!(of_accounts(&check(&t.db).await?), newer);
    assert!(newer[0].is_warning());
    let before = triggers(t).await?;
    capture::install(&t.db, account::Entity).await?;
    assert_eq!(triggers(t).await?, before);
    capture::remove(&t.db, account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    assert_eq!(of_accounts(&check(&t.db).await?), []);
    Ok(())
}

/// Two entities of one table: one set of triggers, of the entity that knows more, and `check` says so of the other.
pub async fn entities_that_share_a_table(t: &mut Test) -> Outcome {
    t.create_table(bun::Entity).await?;
    t.create_table(roll::Entity).await?;
    let is_of = |drift: &Drift, module: &str| matches!(drift, Drift::CapturedAs(entity) if entity.contains(module));
    for entity in ["bun_name", "bun"] {
        match entity {
            "bun" => capture::install(&t.db, bun::Entity).await?,
            _ => capture::install(&t.db, bun_name::Entity).await?,
        };
        let buns = found(&t.db, "shared_bun").await?;
        assert_eq!(buns.len(), 2);
        let captured = format!("::{entity}::");
        assert!(
            buns.iter()
                .any(|drifts| drifts.len() == 1 && is_of(&drifts[0], &captured)),
            "{buns:?}"
        );
        let unknown = [Drift::UnknownColumn("price".to_owned())];
        let other: &[Drift] = if entity == "bun" { &[] } else { &unknown };
        assert!(buns.iter().any(|drifts| drifts == other), "{buns:?}");
    }
    capture::install(&t.db, roll::Entity).await?;
    let mut rolls = found(&t.db, "shared_roll").await?;
    rolls.sort_by_key(Vec::len);
    assert_eq!(rolls, [vec![], vec![Drift::RecordedTwice]]);
    Ok(())
}

/// A server may keep names in lower case, or take names that differ in case for one.
pub async fn tables_with_capitals(t: &mut Test) -> Outcome {
    t.create_table(capitals::Entity).await?;
    let none = triggers(t).await?;
    for _ in 0..2 {
        capture::install(&t.db, capitals::Entity).await?;
        assert_eq!(found(&t.db, "SharedCapitals").await?, [vec![]]);
    }
    capture::remove(&t.db, capitals::Entity).await?;
    assert_eq!(triggers(t).await?, none);
    Ok(())
}

/// A server of MariaDB that keeps the names of tables in lower case, as those of Windows do, finds and removes the triggers of an
/// entity whose table has capitals.
pub async fn a_server_that_ignores_the_case_of_tables(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql || t.is_mysql().await? {
        return Ok(());
    }
    let options = &["--lower-case-table-names=1"];
    let Some(server) = Server::start_with(t.backend, options).await? else {
        return Ok(());
    };
    let db = Database::connect(server.url()).await?;
    Migrator::up(&db, None).await?;
    create_table(&db, capitals::Entity).await?;
    for _ in 0..2 {
        capture::install(&db, capitals::Entity).await?;
        assert_eq!(found(&db, "SharedCapitals").await?, [vec![]]);
    }
    let insert = "INSERT INTO SharedCapitals (id, name) VALUES (1, 'a')";
    db.execute_unprepared(insert).await?;
    let recorded: Vec<_> = records(&db).await?;
    assert_eq!(recorded[0].table_name.as_deref(), Some("SharedCapitals"));
    capture::remove(&db, capitals::Entity).await?;
    db.execute_unprepared("INSERT INTO SharedCapitals (id, name) VALUES (2, 'b')")
        .await?;
    assert_eq!(records(&db).await?.len(), recorded.len());
    db.close().await?;
    Ok(())
}

/// `check` names what cascades change past the triggers, where servers do so.
pub async fn check_tells_of_cascades(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let entries = found(&t.db, "ledger_entry").await?;
    if t.backend != Backend::MySql {
        assert_eq!(entries, [vec![]]);
        return Ok(());
    }
    let [Drift::Cascade { key, variable }] = &entries[0][..] else {
        return Err(format!("{entries:?}").into());
    };
    assert!(
        key.contains("to `ledger_account` (ON DELETE CASCADE, ON UPDATE CASCADE)"),
        "{key}"
    );
    assert_eq!(entries[0][0].is_warning(), variable.is_none());
    let text = entries[0][0].to_string();
    let Some(variable) = variable else {
        assert!(text.contains("RESTRICT"), "{text}");
        return Ok(());
    };
    assert!(text.contains("enable_cascade_triggers"), "{text}");
    let db = t.isolated.connect(1).await?;
    run(&db, &[&format!("SET SESSION {variable} = ON")]).await?;
    assert_eq!(found(&db, "ledger_entry").await?, [vec![]]);
    db.close().await?;
    Ok(())
}

/// Triggers on a table that no entity has are compared with what they say of themselves, as `audit-migration check` does.
pub async fn check_tells_of_strangers_made_anew(t: &mut Test) -> Outcome {
    t.create_table(crumb::Entity).await?;
    capture::install(&t.db, crumb::Entity).await?;
    let of_crumbs = async || -> Result<Vec<Drift>, DbErr> {
        Ok(found(&t.db, "captured_crumb").await?.concat())
    };
    assert_eq!(of_crumbs().await?, []);
    match t.backend {
        Backend::Postgres => {
            let sql = "DO $$ DECLARE f text; BEGIN SELECT tgname INTO f FROM pg_trigger WHERE tgname LIKE '%insert'; \
                 EXECUTE format('DROP TRIGGER %I ON crumb', f); EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON crumb \
                 REFERENCING NEW TABLE AS audit_new FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION %I()', f, f); \
                 EXECUTE format('ALTER FUNCTION %I() SECURITY INVOKER', f); END $$";
            t.db.execute_unprepared(sql).await?;
            let parts: Vec<String> = of_crumbs()
                .await?
                .into_iter()
                .map(|drift| drift.to_string())
                .collect();
            assert_eq!(parts.len(), 2, "{parts:?}");
            assert!(
                parts[0].contains("its condition is `false`, and was made none"),
                "{parts:?}"
            );
            assert!(
                parts[1].contains("its security is `INVOKER`, and was made `DEFINER`"),
                "{parts:?}"
            );
        }
        Backend::MySql | Backend::Sqlite => {
            // Their texts have it all, or the tests of entities do.
            t.create_table(tart::Entity).await?;
            assert_eq!(of_crumbs().await?, []);
        }
    }
    Ok(())
}

/// `check` names a trigger of somebody else on the trail: it may swallow records.
pub async fn check_tells_of_triggers_on_the_trail(t: &mut Test) -> Outcome {
    let clean = check(&t.db).await?.trail;
    assert_eq!(clean, []);
    let (sql, what): (&[&str], &[&str]) = match t.backend {
        Backend::Sqlite => (
            &["CREATE TRIGGER swallow BEFORE INSERT ON audit_log BEGIN SELECT RAISE(IGNORE); END"],
            &["trigger `swallow`"],
        ),
        Backend::Postgres => (
            &[
                "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
                "CREATE TRIGGER swallow BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION swallow()",
                "CREATE RULE nothing AS ON INSERT TO audit_log DO INSTEAD NOTHING",
            ],
            &["rule `nothing`", "trigger `swallow`"],
        ),
        Backend::MySql => (
            &[
                "CREATE TRIGGER swallow BEFORE INSERT ON audit_log FOR EACH ROW SET NEW.actor_id = NULL",
            ],
            &["trigger `swallow`"],
        ),
    };
    run(&t.db, sql).await?;
    let trail = check(&t.db).await?.trail;
    let wanted = what
        .iter()
        .map(|what| Drift::Intercepted((*what).to_owned()));
    assert_eq!(trail, wanted.collect::<Vec<_>>());
    assert!(trail.iter().all(Drift::is_warning));
    Ok(())
}
