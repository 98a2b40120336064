//! An application of actix-web whose records and events say who called, from where, and in which request.
//!
//! `cargo run` in this folder starts it on a free port, calls it, and prints what its trail holds.

mod bakery;
mod cake;

use std::{error::Error, net::SocketAddr};

use actix_web::{
    App, HttpRequest, HttpServer,
    http::header::{AUTHORIZATION, HeaderName},
    rt,
    web::{Data, block},
};
use audit_migration::Migrator;
use audit_sea_orm::prelude::*;
use audit_web::{EventReporter, actix::AuditMiddleware};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr, EntityTrait, Schema};
use sea_orm_migration::MigratorTrait;

/// What a client sends, each with the id of its request.
const CALLS: [(&str, &str); 4] = [
    ("call-1", "/cakes/lemon"),
    ("call-2", "/cakes/plum/burn"),
    ("call-3", "/cakes/tower/topple"),
    ("call-4", "/cakes/bun/three"),
];

async fn connect() -> Result<DatabaseConnection, DbErr> {
    let db = Database::connect("sqlite::memory:").await?;
    Migrator::up(&db, None).await?;
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(cake::Entity))
        .await?;
    Ok(db)
}

/// The middleware around every handler.
fn audit(reporter: &EventReporter) -> AuditMiddleware {
    AuditMiddleware::new(reporter)
        .resolve_actor(|request| is_ada(request).then(|| Actor::new(7).with_name("Ada")))
        .resolve_tenant(|request| is_ada(request).then(|| "acme".to_owned()))
        // A gateway in front gives each request its id. Without one, leave the line out: each request gets a new id.
        .trust_request_id_header(HeaderName::from_static("x-request-id"))
}

/// Stands for a token that is verified.
fn is_ada(request: &HttpRequest) -> bool {
    let token = request.headers().get(AUTHORIZATION);
    token.is_some_and(|token| token == "Bearer ada-of-acme")
}

/// Serves while a client calls. The database is what remains.
async fn serve_and_call() -> Result<DatabaseConnection, Box<dyn Error>> {
    audit_web::install_panic_hook();
    let db = connect().await?;
    let reporter = EventReporter::new(&db);
    // Here and not within the closure: it is for all workers.
    let audit = audit(&reporter);
    let shared = Data::new(db.clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .configure(bakery::routes)
            // Outermost, as the last one: it sees what the others answer.
            .wrap(audit.clone())
    });
    let server = server.workers(2).bind(("127.0.0.1", 0))?;
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let served = rt::spawn(server);
    block(move || call(address)).await??;
    handle.stop(true).await;
    served.await??;
    // What still waits to be written.
    reporter.flush().await;
    Ok(db)
}

fn call(server: SocketAddr) -> Result<(), ureq::Error> {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let client = config.build().new_agent();
    for (id, path) in CALLS {
        let mut answer = client
            .post(format!("http://{server}{path}"))
            .header("authorization", "Bearer ada-of-acme")
            .header("x-request-id", id)
            .send_empty()?;
        let text = answer.body_mut().read_to_string()?;
        println!("{path}: {} {text:?}", answer.status());
    }
    Ok(())
}

#[actix_web::main]
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

    /// Who, whose data, from where, in which request.
    fn ada(request: &str) -> [Option<String>; 4] {
        ["Ada", "acme", "127.0.0.1", request].map(|text| Some(text.to_owned()))
    }

    #[actix_web::test]
    async fn records_and_events_of_a_request_agree() {
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
            ("", "call-1"),
            ("/burn", "call-2"),
            ("/topple", "call-3"),
            ("/three", "call-4"),
            ("/three", "call-4"),
            ("/three", "call-4"),
        ];
        let expected =
            expected.map(|(path, request)| (format!("POST /cakes/{{name}}{path}"), ada(request)));
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
            ("burn answered 500", "call-2"),
            ("topple panicked: the shelf gave way", "call-3"),
        ];
        let expected = expected
            .map(|(title, request)| (format!("POST /cakes/{{name}}/{title}"), ada(request)));
        assert_eq!(found, expected);
    }
}
