//! A gRPC service of tonic whose records and events say who called, from where, and in which call.
//!
//! `cargo run` in this folder starts it on a free port, calls it, and prints what its trail holds.

mod bakery;
mod cake;
mod proto {
    tonic::include_proto!("bakery");
}

use std::{error::Error, net::SocketAddr};

use audit_migration::Migrator;
use audit_sea_orm::prelude::*;
use audit_web::{AuditLayer, EventReporter};
use http::HeaderName;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr, EntityTrait, Schema};
use sea_orm_migration::MigratorTrait;
use tokio::net::TcpListener;
use tokio_stream::StreamExt;
use tonic::{
    Code, Request,
    metadata::MetadataValue,
    transport::{Server, server::TcpIncoming},
};

use proto::{Batch, Order, bakery_client::BakeryClient, bakery_server::BakeryServer};

/// The layer around every service of the server.
fn audit(reporter: &EventReporter) -> AuditLayer {
    AuditLayer::new(reporter)
        // A gateway in front gives each call its id. Without one, leave the line out: each call gets a new id.
        .trust_request_id_header(HeaderName::from_static("x-request-id"))
}

async fn connect() -> Result<DatabaseConnection, DbErr> {
    let db = Database::connect("sqlite::memory:").await?;
    Migrator::up(&db, None).await?;
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(cake::Entity))
        .await?;
    Ok(db)
}

/// Serves while a client calls. What remains is the database, and what the client learnt of the calls that failed.
async fn serve_and_call() -> Result<(DatabaseConnection, Vec<Code>), Box<dyn Error>> {
    audit_web::install_panic_hook();
    let db = connect().await?;
    let reporter = EventReporter::new(&db);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let ovens = bakery::Ovens { db: db.clone() };
    let server = Server::builder()
        .layer(audit(&reporter))
        .add_service(BakeryServer::with_interceptor(ovens, bakery::authenticate))
        .serve_with_incoming(TcpIncoming::from(listener));
    let failed = tokio::select! {
        served = server => return Err(format!("the server ended: {served:?}").into()),
        called = call(address) => called?,
    };
    // What still waits to be written.
    reporter.flush().await;
    Ok((db, failed))
}

/// Calls each method. What the client learns of the calls that fail.
async fn call(server: SocketAddr) -> Result<Vec<Code>, Box<dyn Error>> {
    let mut client = BakeryClient::connect(format!("http://{server}")).await?;
    client.bake(by_ada("call-1", order("lemon"))).await?;
    let burnt = client.burn(by_ada("call-2", order("plum"))).await;
    let toppled = client.topple(by_ada("call-3", order("tower"))).await;
    let names = ["one", "two", "a cake too many"].map(str::to_owned).to_vec();
    let batch = by_ada("call-4", Batch { names });
    let mut cakes = client.bake_many(batch).await?.into_inner();
    let mut failed = Vec::from_iter([burnt.err(), toppled.err()].into_iter().flatten());
    while let Some(cake) = cakes.next().await {
        match cake {
            Ok(cake) => println!("baked {}", cake.name),
            Err(status) => failed.push(status),
        }
    }
    let nobody = client.bake(Request::new(order("none"))).await;
    failed.extend(nobody.err());
    Ok(failed.iter().map(|status| status.code()).collect())
}

fn order(name: &str) -> Order {
    Order { name: name.into() }
}

fn by_ada<T>(id: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let headers = request.metadata_mut();
    let token = MetadataValue::from_static("Bearer ada-of-acme");
    headers.insert("authorization", token);
    headers.insert("x-request-id", MetadataValue::from_static(id));
    request
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (db, failed) = serve_and_call().await?;
    println!("failed: {failed:?}");
    for record in audit_log::Entity::find().all(&db).await? {
        println!(
            "{:?} of {:?}, {:?} from {:?}: {} {:?} in {:?}",
            record.actor_name,
            record.tenant_id,
            record.request_id,
            record.ip_address,
            record.action,
            record.object_repr,
            record.module,
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

    /// Who, whose data, from where, in which call.
    fn ada(call: &str) -> [Option<String>; 4] {
        ["Ada", "acme", "127.0.0.1", call].map(|text| Some(text.to_owned()))
    }

    #[tokio::test]
    async fn records_and_events_of_a_call_agree() {
        let (db, failed) = serve_and_call().await.unwrap();
        let panicked = Code::Internal;
        let expected = [Code::Internal, panicked, panicked, Code::Unauthenticated];
        assert_eq!(failed, expected);

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
                (row.module.unwrap(), who)
            })
            .collect();
        let expected = [
            ("Bake", "call-1"),
            ("Burn", "call-2"),
            ("Topple", "call-3"),
            ("BakeMany", "call-4"),
            ("BakeMany", "call-4"),
        ];
        let expected =
            expected.map(|(method, call)| (format!("POST /bakery.Bakery/{method}"), ada(call)));
        assert_eq!(found, expected);

        let events = system_event::Entity::find().all(&db).await.unwrap();
        let found: Vec<_> = events
            .into_iter()
            .map(|row| {
                let who = [
                    row.actor_name,
                    row.tenant_id,
                    row.ip_address,
                    row.request_id,
                ];
                (row.title, who)
            })
            .collect();
        let expected = [
            ("Burn answered INTERNAL", "call-2"),
            ("Topple panicked: the shelf gave way", "call-3"),
            ("BakeMany panicked: the oven is full", "call-4"),
        ];
        let expected =
            expected.map(|(title, call)| (format!("POST /bakery.Bakery/{title}"), ada(call)));
        assert_eq!(found, expected);
    }
}
