use std::sync::Arc;

use actix_web::{
    HttpResponse, rt,
    web::{self, Bytes, Data, ReqData},
};
use audit_sea_orm::{SharedContext, prelude::*};
use audit_web::actix::AuditMiddleware;
use futures_util::{StreamExt, stream};
use sea_orm::{ActiveModelTrait, DatabaseConnection, DbErr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Notify,
};

use super::super::reporter;
use crate::{
    Outcome, Test,
    actix::{ActixServer, Options},
    entity::cake,
    http::{events, titles},
};

async fn chat(
    db: Data<DatabaseConnection>,
    talked: Data<Notify>,
    context: ReqData<SharedContext>,
) -> HttpResponse {
    let spawned = db.clone();
    rt::spawn(context.into_inner().scope(async move {
        cake::named("spawned").insert(&**spawned).await?;
        talked.notify_one();
        Ok::<_, DbErr>(())
    }));
    let written = stream::once(async move {
        cake::named("streamed").insert(&**db).await?;
        Ok::<_, DbErr>(Bytes::from("hello"))
    });
    HttpResponse::SwitchingProtocols()
        .upgrade("websocket")
        .streaming(written.chain(stream::pending()))
}

/// What a task that its handler spawns writes, and what the stream of an upgraded connection writes, has the context of the request.
/// The connection's end is no event.
pub async fn a_websocket_of_actix_has_its_context(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let reporter = reporter(t);
    let audit = AuditMiddleware::new(&reporter).resolve_actor(|_| Some(Actor::new("ada")));
    let db = t.isolated.connect(2).await?;
    let shared = Data::new(db.clone());
    let talked = Arc::new(Notify::new());
    let talks = Data::from(Arc::clone(&talked));
    let server = ActixServer::start(Options::default(), audit, move |config| {
        config
            .app_data(shared.clone())
            .app_data(talks.clone())
            .route("/chat/{room}", web::get().to(chat));
    })
    .await?;
    let mut connection = server.connect().await?;
    let upgrade =
        b"GET /chat/7 HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    connection.write_all(upgrade).await?;
    let mut answer = String::new();
    while !answer.contains("hello") {
        let mut part = [0; 1024];
        let read = connection.read(&mut part).await?;
        assert_ne!(read, 0, "{answer}");
        answer.push_str(std::str::from_utf8(&part[..read])?);
    }
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    talked.notified().await;
    db.close().await?;
    connection.set_zero_linger()?;
    drop(connection);
    server.stop().await?;

    let records = t.records().await?;
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(record.actor_id.as_deref(), Some("ada"));
        assert_eq!(record.module.as_deref(), Some("GET /chat/{room}"));
    }
    assert_eq!(titles(&events(t, &reporter).await?), []);
    Ok(())
}
