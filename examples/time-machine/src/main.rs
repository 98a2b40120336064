//! A day in the life of an airport, and the way back: `cargo run -p time-machine`.

mod airport;

use std::error::Error;

use audit_sea_orm::{history::Version, prelude::*};
use comfy_table::Table;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Database, DbErr, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter, Set, prelude::Expr,
};

use airport::{Column, Entity, Migrator};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result {
    let db = Database::connect("sqlite::memory:").await?;
    audit_migration::up::<Migrator>(&db).await?;
    let db = db.audited();
    live(&db).await?;

    let history = History::<Entity>::find("GUM");
    let versions = history.versions(&db).await?;
    println!("Each version of the airport of Guam, which is gone:");
    println!("{}", table(&versions));

    let [.., relocated, _deleted] = versions.as_slice() else {
        return Err("the day has more versions than one".into());
    };
    let noon = relocated.record.occurred_at;
    let then = history.at(noon, &db).await?.ok_or("it was there")?;
    println!("As it was at {noon}:\n{:#?}\n", then.model()?);

    let first = versions[0].snapshot.as_ref().ok_or("it was there")?;
    println!("What had changed since the import:");
    for (column, change) in first.difference(&then).changes.iter() {
        let value = |side: &Option<_>| side.as_ref().map(ToString::to_string).unwrap_or_default();
        println!(
            "  {column}: {} -> {}",
            value(&change.old),
            value(&change.new)
        );
    }

    // Every value is from the audit log: the row itself is gone.
    let reason = AuditContext::new()
        .actor("dmitri")
        .reason("deleted by mistake");
    let back = reason.scope(then.active_model().insert(&db)).await?;
    println!("\n{} is back. Who has it now:", back.name);
    println!("{}", table(&history.versions(&db).await?[4..]));
    Ok(())
}

/// The import, two corrections, a mistake in bulk, and a deletion.
async fn live(db: &AuditedConnection) -> Result {
    let file = include_str!("../../quickstart/data/airports.csv");
    let airports = csv::Reader::from_reader(file.as_bytes()).into_deserialize();
    let airports: Vec<airport::Model> = airports.collect::<csv::Result<_>>()?;
    let import = async {
        for chunk in airports.chunks(1_000) {
            let rows = chunk
                .iter()
                .cloned()
                .map(IntoActiveModel::into_active_model);
            let rows = rows.map(airport::ActiveModel::reset_all);
            Entity::insert_many(rows).exec(db).await?;
        }
        Ok::<_, DbErr>(())
    };
    by("system:import", import).await?;

    by("amelia", async {
        let mut guam = guam(db).await?;
        guam.name = Set("Antonio B. Won Pat International".to_owned());
        guam.update(db).await
    })
    .await?;
    by("bruno", async {
        let east =
            Entity::update_many().col_expr(Column::Longitude, Expr::col(Column::Longitude).mul(-1));
        let marianas = east.filter(Column::State.is_in(["GU", "CQ"]));
        marianas.exec(db).await
    })
    .await?;
    by("chioma", Entity::delete_by_id("GUM").exec(db)).await?;
    Ok(())
}

async fn guam(db: &AuditedConnection) -> std::result::Result<airport::ActiveModel, DbErr> {
    let guam = Entity::find_by_id("GUM").one(db).await?;
    guam.map(IntoActiveModel::into_active_model)
        .ok_or_else(|| DbErr::RecordNotFound("no airport GUM".to_owned()))
}

async fn by<T>(actor: &str, work: impl Future<Output = T>) -> T {
    AuditContext::new()
        .actor(Actor::new(actor))
        .scope(work)
        .await
}

fn table(versions: &[Version<Entity>]) -> Table {
    let mut table = Table::new();
    table.set_header(["record", "action", "by", "name", "longitude"]);
    for version in versions {
        let text = |column| {
            let value = version.snapshot.as_ref()?.get(column).ok()?;
            Some(value.to_string())
        };
        let record = &version.record;
        table.add_row([
            record.id.to_string(),
            record.action.clone(),
            record.actor_id.clone().unwrap_or_default(),
            text(Column::Name).unwrap_or_default(),
            text(Column::Longitude).unwrap_or_default(),
        ]);
    }
    table
}
