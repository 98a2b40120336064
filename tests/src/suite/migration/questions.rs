//! The commands that answer questions: the plain program, and one that links the suite's entities.

use std::process::{Output, Stdio};

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use serde_json::{Value, json};

use crate::{
    Outcome, Test, child,
    entity::{
        cake,
        shop::{customer, line, order},
        tart,
    },
};

/// What a program said, with its exit code.
struct Said {
    code: Option<i32>,
    out: String,
    error: String,
}

impl Said {
    fn json(&self) -> serde_json::Result<Value> {
        serde_json::from_str(&self.out)
    }
}

async fn ask(program: &str, t: &Test, arguments: &[&str]) -> std::io::Result<Said> {
    let mut program = child::program(program);
    program
        .env("DATABASE_URL", &t.isolated.url)
        .args(arguments)
        .stdin(Stdio::null());
    let Output {
        status,
        stdout,
        stderr,
    } = program.output().await?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said {
        code: status.code(),
        out: text(&stdout),
        error: text(&stderr),
    })
}

/// The program that knows no entity.
async fn plain(t: &Test, arguments: &[&str]) -> std::io::Result<Said> {
    ask("audit-migration-tested", t, arguments).await
}

/// The program that knows those of the suite.
async fn linked(t: &Test, arguments: &[&str]) -> std::io::Result<Said> {
    ask("audit-tested", t, arguments).await
}

fn ids(page: &Value) -> Vec<i64> {
    let records = page["records"].as_array().into_iter().flatten();
    records.filter_map(|record| record["id"].as_i64()).collect()
}

/// `history` lists an object's records, the newest first, page by page, and those of its parts where the entities are known.
pub async fn the_program_tells_a_history(t: &mut Test) -> Outcome {
    t.create_table(customer::Entity).await?;
    t.create_table(order::Entity).await?;
    t.create_table(line::Entity).await?;
    capture::install(&t.db, order::Entity).await?;
    capture::install(&t.db, line::Entity).await?;
    for_orders(t).await?;
    let shown = plain(t, &["history", "shop_order", "11"]).await?;
    assert_eq!((shown.code, shown.error.as_str()), (Some(0), ""));
    for told in [
        "note: null -> \"a\"",
        "ada",
        "UPDATE",
        "CREATE",
        "by the phone",
    ] {
        assert!(shown.out.contains(told), "{told}\n{}", shown.out);
    }
    let all = plain(t, &["history", "shop_order", "11", "--json"])
        .await?
        .json()?;
    let all_ids = ids(&all);
    assert_eq!((all_ids.len(), &all["next"]), (3, &Value::Null));
    assert!(all_ids.is_sorted_by(|newer, older| newer > older));

    let page = ["history", "shop_order", "11", "--json", "--limit", "2"];
    let first = plain(t, &page).await?.json()?;
    assert_eq!(ids(&first), all_ids[..2]);
    let next = first["next"].to_string();
    let rest = plain(t, &[&page[..], &["--before", &next]].concat()).await?;
    assert_eq!(ids(&rest.json()?), all_ids[2..]);

    let parts = [
        "history",
        "shop_order",
        "11",
        "--with",
        "shop_line",
        "--json",
    ];
    let whole = linked(t, &parts).await?.json()?;
    assert_eq!(whole["records"][0]["table_name"], json!("shop_line"));
    assert_eq!(ids(&whole).len(), 5);
    let refused = plain(t, &parts).await?;
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""));
    assert!(
        refused.error.contains("`shop_order`: derive `Audited`"),
        "{}",
        refused.error
    );
    let none = plain(t, &["history", "shop_order", "-1"]).await?;
    assert_eq!((none.code, none.out.as_str()), (Some(1), ""));
    assert_eq!(
        none.error,
        "audit-migration: there is no record of `shop_order` `-1`\n"
    );
    Ok(())
}

/// An order with three records, and a line that is gone.
async fn for_orders(t: &Test) -> Outcome {
    let context = AuditContext::new().actor(Actor::new("7").with_name("ada"));
    let db = t.db.audited_as(context.reason("by the phone"));
    customer::numbered(1).insert(&db).await?;
    let mut order = order::numbered(11, Some(1)).audited_insert(&db).await?;
    for note in ["a", "b"] {
        let mut edit = order.into_active_model();
        edit.note = Set(Some(note.to_owned()));
        order = edit.audited_update(&db).await?;
    }
    let line = line::at(11, 1, "cake").audited_insert(&db).await?;
    line.audited_delete(&db).await?;
    Ok(())
}

/// `state` shows an object as it was, and says where it was not there, or is not known.
pub async fn the_program_shows_a_state(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sachertorte").audited_insert(&t.db).await?;
    let made = t.only_record().await?.occurred_at.to_rfc3339();
    let id = cake.id.to_string();
    cake.audited_delete(&t.db).await?;
    let asked = ["state", "cake", &id, "--at", &made];
    let shown = linked(t, &asked).await?;
    assert_eq!((shown.code, shown.error.as_str()), (Some(0), ""));
    for told in [
        "\"Sachertorte\"",
        "unknown: it is masked",
        "unknown: it is skipped",
    ] {
        assert!(shown.out.contains(told), "{told}\n{}", shown.out);
    }
    let state = linked(t, &[&asked[..], &["--json"]].concat())
        .await?
        .json()?;
    assert_eq!(state["columns"]["name"], json!("Sachertorte"));
    assert_eq!(
        state["unknown"],
        json!({"draft": "is skipped", "secret_recipe": "is masked"})
    );

    let later = linked(t, &["state", "cake", &id, "--at", "2999-01-01"]).await?;
    assert_eq!((later.code, later.out.as_str()), (Some(1), ""));
    assert!(
        later
            .error
            .ends_with("was not there at 2999-01-01 23:59:59.999Z\n"),
        "{}",
        later.error
    );
    let json = linked(t, &["state", "cake", &id, "--at", "2999-01-01", "--json"]).await?;
    assert_eq!((json.code, json.out.as_str()), (Some(1), "null\n"));
    let wrong = linked(t, &["state", "cake", "seven", "--at", "2999-01-01"]).await?;
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.error.contains("`seven` is no key of `cake` (id)"),
        "{}",
        wrong.error
    );
    assert_eq!(plain(t, &asked).await?.code, Some(2));
    Ok(())
}

/// `undo` shows its plan, and the conflicts in its way.
pub async fn the_program_undoes(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sachertorte").audited_insert(&t.db).await?;
    let context = AuditContext::new().actor("bob").request_id("oops");
    context.scope(cake.clone().audited_delete(&t.db)).await?;
    let asked = ["undo", "--request", "oops"];
    let shown = linked(t, &asked).await?;
    assert_eq!((shown.code, shown.error.as_str()), (Some(1), ""));
    assert!(
        shown.out.contains("INSERT") && shown.out.contains("\"Sachertorte\""),
        "{}",
        shown.out
    );
    let plan = linked(t, &[&asked[..], &["--json"]].concat())
        .await?
        .json()?;
    assert_eq!(
        (&plan["undone"], &plan["plan"]["undo"]),
        (&Value::Null, &json!({"request": "oops"}))
    );
    // A masked column cannot be brought back, so there is a conflict.
    let conflict = &plan["plan"]["conflicts"][0];
    assert_eq!(conflict["kind"], json!("unknown"), "{plan}");
    Ok(())
}

/// A plan without conflicts is run, once.
pub async fn the_program_runs_an_undo(t: &mut Test) -> Outcome {
    t.create_table(customer::Entity).await?;
    t.create_table(order::Entity).await?;
    capture::install(&t.db, order::Entity).await?;
    customer::numbered(1).audited_insert(&t.db).await?;
    let order = order::numbered(11, Some(1)).audited_insert(&t.db).await?;
    let context = AuditContext::new().actor("bob").request_id("oops");
    let db = t.db.audited_as(context);
    order.clone().audited_delete(&db).await?;
    let asked = ["undo", "--request", "oops", "--json"];
    let plan = linked(t, &asked).await?;
    assert_eq!(plan.code, Some(0), "{}", plan.error);
    let plan = plan.json()?;
    let step = &plan["plan"]["steps"][0];
    assert_eq!(
        (&step["action"], &step["id"]),
        (&json!("INSERT"), &json!("11"))
    );
    assert_eq!(
        order::Entity::find().all(&t.db).await?,
        [],
        "a plan writes nothing"
    );
    let halves = linked(t, &[&asked[..], &["--run", "--by", "ada"]].concat()).await?;
    assert_eq!(halves.code, Some(2), "{}", halves.out);

    let run = ["--run", "--by", "ada", "--reason", "by mistake"];
    let run = [&asked[..], &run].concat();
    let undone = linked(t, &run).await?.json()?;
    assert_eq!(undone["undone"]["rows"], json!(1));
    assert_eq!(order::Entity::find().all(&t.db).await?, [order]);
    let record = t.records().await?.pop().ok_or("the undo")?;
    assert_eq!(record.actor_id.as_deref(), Some("ada"));
    assert_eq!(record.reason.as_deref(), Some("by mistake"));
    assert_eq!(record.module.as_deref(), Some("audit-migration"));
    assert_eq!(record.metadata, Some(json!({"undo": {"request": "oops"}})));

    let again = linked(t, &run).await?;
    assert_eq!(again.code, Some(1), "{}", again.out);
    let again = again.json()?;
    assert_eq!(
        (&again["undone"], &again["plan"]["conflicts"][0]["kind"]),
        (&Value::Null, &json!("changed_since"))
    );
    let nothing = linked(t, &["undo", "--actor", "nobody", "--from", "2020-01-01"]).await?;
    assert_eq!(
        (nothing.code, nothing.out.as_str()),
        (Some(0), "nothing is to be written\n")
    );
    Ok(())
}

/// `baseline` records what has no record, once; a wrong name leaves nothing half done.
pub async fn the_program_makes_a_baseline(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    t.create_table(customer::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let silent = AuditConfig::new().enabled(false);
    let first = silent.clone().scope(customer::numbered(1).insert(&t.db));
    first.await?;
    silent.scope(customer::numbered(2).insert(&t.db)).await?;
    let wrong = linked(t, &["baseline", "shop_customer", "no_such"]).await?;
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.error.contains("the table `no_such`"),
        "{}",
        wrong.error
    );
    assert_eq!(t.records().await?, []);

    let asked = [
        "baseline",
        "shop_customer",
        "tart",
        "--by",
        "ops",
        "--reason",
        "begin",
    ];
    let json = [&asked[..], &["--json"]].concat();
    let counts = |recorded: u64| {
        json!([
            {"table": "shop_customer", "rows": 2, "recorded": recorded},
            {"table": "tart", "rows": 0, "recorded": 0},
        ])
    };
    assert_eq!(linked(t, &json).await?.json()?, counts(2));
    assert_eq!(linked(t, &json).await?.json()?, counts(0));
    let shown = linked(t, &asked).await?;
    assert!(
        shown.code == Some(0) && shown.out.contains("shop_customer"),
        "{}",
        shown.error
    );
    let records = t.records().await?;
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(record.action, "BASELINE");
        assert_eq!(record.actor_id.as_deref(), Some("ops"));
        assert_eq!(record.reason.as_deref(), Some("begin"));
    }
    let none = plain(t, &["baseline", "--all"]).await?;
    assert_eq!(none.code, Some(2));
    assert!(
        none.error.contains("links no audited entity"),
        "{}",
        none.error
    );
    Ok(())
}

/// Nothing that a record holds is a command to the terminal.
pub async fn the_program_sends_a_terminal_no_command(t: &mut Test) -> Outcome {
    const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{202e}gpj.exe\u{7f}";
    t.create_table(cake::Entity).await?;
    let context = AuditContext::new().actor(Actor::new("7").with_name(HOSTILE));
    let insert = cake::named(HOSTILE).audited_insert(&t.db);
    let cake = context.reason(HOSTILE).scope(insert).await?;
    let id = cake.id.to_string();
    let now = ["state", "cake", &id, "--at", "2999-01-01"];
    for asked in [
        &["history", "cake", &id][..],
        &now,
        &["history", HOSTILE, HOSTILE],
    ] {
        let said = linked(t, asked).await?;
        let is_hidden = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
        assert!(!said.out.contains(is_hidden), "{:?}", said.out);
        assert!(!said.error.contains(is_hidden), "{:?}", said.error);
    }
    Ok(())
}
