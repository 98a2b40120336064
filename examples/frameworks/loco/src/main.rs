//! An application of loco whose records and events say who called, from where, and in which request, and whose worker writes
//! in the name of whom it works for.
//!
//! `cargo run` in this folder starts it on a free port, calls it, and prints what its trail holds.

mod app;
mod bakery;
mod cake;
mod migration;

use std::{error::Error, net::SocketAddr, time::Duration};

use audit_sea_orm::prelude::*;
use loco_rs::{app::Hooks, boot::StartMode, environment::Environment};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, PaginatorTrait};
use tokio::{
    net::TcpListener,
    task::spawn_blocking,
    time::{sleep, timeout},
};

use app::App;

/// What a client sends, each with the id of its request.
const CALLS: [(&str, &str); 4] = [
    ("call-1", "/cakes/lemon"),
    ("call-2", "/cakes/plum/burn"),
    ("call-3", "/cakes/tower/topple"),
    ("call-4", "/cakes/bun/deliver"),
];

/// Serves while a client calls. The database is what remains.
async fn serve_and_call() -> Result<DatabaseConnection, Box<dyn Error>> {
    audit_web::install_panic_hook();
    let environment = Environment::Development;
    let config = App::load_config(&environment).await?;
    let boot = App::boot(StartMode::ServerOnly, &environment, config).await?;
    let (ctx, router) = (boot.app_context, boot.router.ok_or("a server has routes")?);
    // As `Hooks::serve` does it, but on a port that is free.
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::select! {
        served = axum::serve(listener, router) => served?,
        called = spawn_blocking(move || call(address)) => called??,
    }
    timeout(Duration::from_secs(10), all_baked(&ctx.db)).await??;
    App::on_shutdown(&ctx).await;
    Ok(ctx.db)
}

/// Waits for the worker, which runs on after the answer.
async fn all_baked(db: &DatabaseConnection) -> Result<(), DbErr> {
    while cake::Entity::find().count(db).await? < 4 {
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
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

    /// Who, whose data, from where, in which request.
    fn ada(request: &str) -> [Option<String>; 4] {
        ["Ada", "acme", "127.0.0.1", request].map(|text| Some(text.to_owned()))
    }

    #[tokio::test]
    async fn records_and_events_of_a_request_and_its_worker_agree() {
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
            ("/deliver", "call-4"),
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

    #[tokio::test]
    async fn reset_keeps_the_trail() {
        let db = serve_and_call().await.unwrap();
        let reset = loco_rs::db::reset::<app::Migrations>(&db).await;
        assert!(reset.is_err());
        assert_eq!(audit_log::Entity::find().count(&db).await.unwrap(), 4);
    }
}
