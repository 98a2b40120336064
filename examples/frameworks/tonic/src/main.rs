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
    Request,
    metadata::MetadataValue,
    transport::{
        Server,
        server::{TcpConnectInfo, TcpIncoming},
    },
};

use proto::{Batch, Order, bakery_client::BakeryClient, bakery_server::BakeryServer};

/// The layer around every service of the server.
fn audit(reporter: &EventReporter) -> AuditLayer {
    AuditLayer::new(reporter)
        // tonic keeps the address of a client's socket in a type of its own.
        .peer_address(|parts| {
            let peer = parts.extensions.get::<TcpConnectInfo>()?;
            Some(peer.remote_addr()?.ip())
        })
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

/// Serves while a client calls. The database is what remains.
async fn serve_and_call() -> Result<DatabaseConnection, Box<dyn Error>> {
    let db = connect().await?;
    let reporter = EventReporter::new(&db);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let ovens = bakery::Ovens { db: db.clone() };
    let server = Server::builder()
        .layer(audit(&reporter))
        .add_service(BakeryServer::with_interceptor(ovens, bakery::authenticate))
        .serve_with_incoming(TcpIncoming::from(listener));
    tokio::select! {
        served = server => served?,
        called = call(address) => called?,
    }
    // What still waits to be written.
    reporter.flush().await;
    Ok(db)
}

async fn call(server: SocketAddr) -> Result<(), Box<dyn Error>> {
    let mut client = BakeryClient::connect(format!("http://{server}")).await?;
    client.bake(by_ada("call-1", order("lemon"))).await?;
    let failed = client.burn(by_ada("call-2", order("plum"))).await;
    println!("burn: {:?}", failed.map_err(|status| status.code()));
    let failed = client.topple(by_ada("call-3", order("tower"))).await;
    println!("topple: {:?}", failed.map_err(|status| status.code()));
    let names = ["one", "two", "three"].map(str::to_owned).to_vec();
    let batch = by_ada("call-4", Batch { names });
    let mut cakes = client.bake_many(batch).await?.into_inner();
    while let Some(cake) = cakes.next().await {
        println!("baked {}", cake?.name);
    }
    let nobody = client.bake(Request::new(order("none"))).await;
    println!("without a token: {:?}", nobody.map_err(|s| s.code()));
    Ok(())
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
    let db = serve_and_call().await?;
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
                (row.module.unwrap(), who)
            })
            .collect();
        let expected = [
            ("Bake", "call-1"),
            ("Burn", "call-2"),
            ("Topple", "call-3"),
            ("BakeMany", "call-4"),
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
        ];
        let expected =
            expected.map(|(title, call)| (format!("POST /bakery.Bakery/{title}"), ada(call)));
        assert_eq!(found, expected);
    }
}
