//! A GraphQL API of seaography over SeaORM's plain connection, whose records name who called.
//!
//! `cargo run` in this folder starts it on a free port, calls it, and prints what its trail holds.

mod api;
mod cake;

use std::{error::Error, net::SocketAddr};

use audit_migration::Migrator;
use audit_sea_orm::{capture, prelude::*};
use audit_web::EventReporter;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, EntityTrait, Schema,
};
use sea_orm_migration::MigratorTrait;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::spawn_blocking};

/// What a client sends, each with the id of its request.
const MUTATIONS: [(&str, &str); 5] = [
    (
        "create",
        r#"mutation { cakeCreateOne(data: { name: "lemon", price: 450 }) { id } }"#,
    ),
    (
        "batch",
        r#"mutation { cakeCreateBatch(data: [{ name: "plum", price: 300 }, { name: "rye", price: 200 }]) { id } }"#,
    ),
    (
        "update",
        r#"mutation { cakeUpdate(data: { price: 350 }, filter: { price: { lt: 400 } }) { id price } }"#,
    ),
    (
        "delete",
        r#"mutation { cakeDelete(filter: { name: { eq: "rye" } }) }"#,
    ),
    (
        "twice",
        r#"mutation { cakeCreateOne(data: { name: "lemon", price: 1 }) { id } }"#,
    ),
];

async fn connect() -> Result<DatabaseConnection, DbErr> {
    // The line by which triggers know who acts: each connection carries the context that is current when it is acquired.
    let options = ConnectOptions::new("sqlite::memory:").propagate_audit_context()?;
    let db = Database::connect(options).await?;
    Migrator::up(&db, None).await?;
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(cake::Entity))
        .await?;
    capture::install(&db, cake::Entity).await?;
    Ok(db)
}

/// Serves while a client calls. The database is what remains.
async fn serve_and_call() -> Result<DatabaseConnection, Box<dyn Error>> {
    audit_web::install_panic_hook();
    let db = connect().await?;
    let reporter = EventReporter::new(&db);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = api::app(&db, &reporter).into_make_service_with_connect_info::<SocketAddr>();
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        called = spawn_blocking(move || call(address)) => called??,
    }
    // What still waits to be written.
    reporter.flush().await;
    Ok(db)
}

fn call(server: SocketAddr) -> Result<(), ureq::Error> {
    for (id, query) in MUTATIONS {
        let mut answer = ureq::post(format!("http://{server}/graphql"))
            .header("authorization", "Bearer ada-of-acme")
            .header("x-request-id", id)
            .send_json(json!({ "query": query }))?;
        println!("{id}: {}", answer.body_mut().read_json::<Value>()?);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let db = serve_and_call().await?;
    for record in audit_log::Entity::find().all(&db).await? {
        println!(
            "{:?} of {:?}, {:?} from {:?}: {} {:?} {:?}",
            record.actor_name,
            record.tenant_id,
            record.request_id,
            record.ip_address,
            record.action,
            record.old_values,
            record.new_values,
        );
    }
    for event in system_event::Entity::find().all(&db).await? {
        println!(
            "{:?} of {:?}, {:?} from {:?}: {}",
            event.actor_name, event.tenant_id, event.request_id, event.ip_address, event.title,
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who, whose data, from where, in which request.
    fn ada(request: &str) -> [Option<String>; 4] {
        ["Ada", "acme", "127.0.0.1", request].map(|text| Some(text.to_owned()))
    }

    #[tokio::test]
    async fn each_record_and_event_knows_who_called() {
        let db = serve_and_call().await.unwrap();

        let records = audit_log::Entity::find().all(&db).await.unwrap();
        let found: Vec<_> = records
            .into_iter()
            .map(|row| {
                let who = [
                    row.actor_name,
                    row.tenant_id,
                    row.ip_address,
                    row.request_id,
                ];
                (row.action, who)
            })
            .collect();
        let expected = [
            ("CREATE", "create"),
            ("CREATE", "batch"),
            ("CREATE", "batch"),
            ("UPDATE", "update"),
            ("UPDATE", "update"),
            ("DELETE", "delete"),
        ];
        let expected = expected.map(|(action, request)| (action.to_owned(), ada(request)));
        assert_eq!(found, expected);

        let events = system_event::Entity::find().all(&db).await.unwrap();
        let [event] = <[_; 1]>::try_from(events).unwrap();
        assert!(event.title.contains("UNIQUE"), "{}", event.title);
        let who = [
            event.actor_name,
            event.tenant_id,
            event.ip_address,
            event.request_id,
        ];
        assert_eq!(who, ada("twice"));
    }
}
