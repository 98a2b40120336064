//! A day in the life of an airport, and the way back: `cargo run -p time-machine`.

mod airport;

use std::error::Error;

use audit_sea_orm::{history::Version, prelude::*, serde_json::json};
use comfy_table::Table;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Database, DbErr, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter, Set, prelude::Expr,
};

use airport::{Column, Entity, Migrator, Model};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let db = Database::connect("sqlite::memory:").await?;
    audit_migration::up::<Migrator>(&db).await?;
    let db = db.audited();
    live(&db).await?;

    let history = History::<Entity>::find("GUM");
    let versions = history.versions(&db).await?;
    println!("Each version of the airport of Guam, which is gone:");
    println!("{}", table(&versions));

    let [imported, .., relocated, _deleted] = versions.as_slice() else {
        return Err("the day has more versions than one".into());
    };
    let noon = relocated.record.occurred_at;
    let then = history.at(noon, &db).await?.ok_or("it was there")?;
    println!("As it was at {noon}:\n{:#?}\n", then.model()?);

    println!("What had changed since the import:");
    let first = imported.snapshot.as_ref().ok_or("it was there")?;
    for (column, change) in first.difference(&then).changes.iter() {
        println!("  {column}: {} -> {}", json!(change.old), json!(change.new));
    }

    let all = AsOf::<Entity>::at(noon);
    let here = all.filter(|airport| airport.get(Column::State) == Ok(&"GU".into()));
    println!("\nAirports on Guam then: {}", here.all(&db).await?.len());

    // Every value is from the audit log: the row itself is gone.
    let plan = UndoPlan::for_request("cleanup").plan(&db).await?;
    println!("\n{plan}");
    by("dmitri", "repair", plan.run("deleted by mistake", &db)).await?;
    println!("It is back:");
    println!("{}", table(&history.versions(&db).await?[4..]));
    Ok(())
}

/// The import, two corrections, of which one is in bulk, and a deletion.
async fn live(db: &AuditedConnection) -> Result<(), Box<dyn Error>> {
    let file = include_str!("../../quickstart/data/airports.csv");
    let airports = csv::Reader::from_reader(file.as_bytes()).into_deserialize();
    let airports: Vec<Model> = airports.collect::<csv::Result<_>>()?;
    let import = async {
        for chunk in airports.chunks(1_000) {
            let rows = chunk.iter().cloned();
            let rows = rows.map(|airport| airport.into_active_model().reset_all());
            Entity::insert_many(rows).exec(db).await?;
        }
        Ok::<_, DbErr>(())
    };
    by("system:import", "import", import).await?;

    let guam = Entity::find_by_id("GUM").one(db).await?;
    let mut guam = guam.ok_or("it is imported")?.into_active_model();
    guam.name = Set("Antonio B. Won Pat International".to_owned());
    by("amelia", "rename", guam.update(db)).await?;

    let east = Entity::update_many()
        .col_expr(Column::Longitude, Expr::col(Column::Longitude).mul(-1))
        .filter(Column::State.is_in(["GU", "CQ"]));
    by("bruno", "relocate", east.exec(db)).await?;
    by("chioma", "cleanup", Entity::delete_by_id("GUM").exec(db)).await?;
    Ok(())
}

async fn by<T>(actor: &str, request: &str, work: impl Future<Output = T>) -> T {
    let context = AuditContext::new().actor(Actor::new(actor));
    context.request_id(request).scope(work).await
}

fn table(versions: &[Version<Entity>]) -> Table {
    let mut table = Table::new();
    table.set_header(["record", "action", "by", "name", "longitude"]);
    for version in versions {
        let record = &version.record;
        let text = |column| Some(version.snapshot.as_ref()?.get(column).ok()?.to_string());
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
