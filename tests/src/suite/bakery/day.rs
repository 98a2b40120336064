use std::collections::HashSet;

use audit_sea_orm::{entity::login_attempt::Status, prelude::*};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{
    client::{self, Client},
    shop::Shop,
};
use crate::{Outcome, Test};

/// What a record says of what was done, to what, by whom, and where in the application.
type Told = (
    String,
    String,
    Option<String>,
    String,
    Option<Value>,
    Option<Value>,
);

fn tell(record: &audit_log::Model) -> Told {
    (
        record.action.clone(),
        record.object_repr.clone().unwrap_or_default(),
        record.actor_name.clone(),
        record.module.clone().unwrap_or_default(),
        record.old_values.clone(),
        record.new_values.clone(),
    )
}

fn told(
    action: &str,
    what: &str,
    who: Option<&str>,
    module: &str,
    values: Option<(Value, Value)>,
) -> Told {
    let (old, new) = values.unzip();
    let who = who.map(ToOwned::to_owned);
    (
        action.to_owned(),
        what.to_owned(),
        who,
        module.to_owned(),
        old,
        new,
    )
}

/// Ada's day; returns the file that she exports.
async fn work(ada: &mut Client) -> std::io::Result<String> {
    let away = ada.get("/cakes").await?;
    assert_eq!(away.header("location"), Some("/login"));
    let wrong = [("username", "ada"), ("password", "apricot")];
    assert_eq!(ada.post("/login", &wrong).await?.status, 401);
    let right = [("username", "ada"), ("password", "apricot jam")];
    assert_eq!(ada.post("/login", &right).await?.status, 303);

    let price = [
        ("name", "Sachertorte"),
        ("price", "4.50"),
        ("secret_recipe", ""),
    ];
    let saved = ada.post("/cakes/1", &price).await?;
    assert_eq!(saved.header("location"), Some("/cakes/1"));
    let unchanged = ada.post("/cakes/1", &price).await?;
    assert_eq!(unchanged.header("location"), Some("/cakes/1"));
    assert!(ada.get("/cakes/1").await?.body.contains("4.50"));
    let csv = ada.get("/orders.csv?delivered=false").await?.body;
    assert_eq!(ada.post("/cakes/999", &price).await?.status, 404);
    assert_eq!(ada.post("/logout", &[]).await?.status, 303);
    let out = ada.post("/cakes/1", &price).await?;
    assert_eq!(out.header("location"), Some("/login"));
    Ok(csv)
}

/// What happens in a day stands in the trail, in order, with who, from where, and the values before and after;
/// nothing else does.
pub async fn a_day_leaves_exactly_these_records(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    work(&mut shop.client()).await?;
    let records = shop.records().await?;
    let seen: Vec<_> = records.iter().map(tell).collect();
    let ada = Some("Ada Lovelace");
    let prices = (json!({"price": 480}), json!({"price": 450}));
    let expected = [
        told("LOGIN_FAILED", "ada", None, "POST /login", None),
        told("LOGIN", "ada", ada, "POST /login", None),
        told(
            "UPDATE",
            "Sachertorte",
            ada,
            "POST /cakes/{id}",
            Some(prices),
        ),
        told("VIEW", "Sachertorte", ada, "GET /cakes/{id}", None),
        told("EXPORT", "Orders (CSV)", ada, "GET /orders.csv", None),
        told("LOGOUT", "Ada Lovelace", ada, "POST /logout", None),
    ];
    assert_eq!(seen, expected);
    assert_whence(&records);
    assert_eq!(shop.events().await?, []);
    Ok(())
}

/// The attempts and the export of a day have rows of their own, with what is known of them alone.
pub async fn a_day_leaves_its_attempts_and_its_export(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let csv = work(&mut shop.client()).await?;
    let head = "order,customer,cake,quantity,delivered\n1,Café Central,Sachertorte,12,false\n";
    assert!(csv.starts_with(head), "{csv}");

    let attempts = shop.attempts().await?.into_iter();
    let attempts: Vec<_> = attempts
        .map(|attempt| (attempt.status, attempt.failure_reason, attempt.ip_address))
        .collect();
    let ip = Some("127.0.0.1".to_owned());
    let wrong = Some("wrong password".to_owned());
    let expected = [
        (Status::Failed, wrong, ip.clone()),
        (Status::Success, None, ip),
    ];
    assert_eq!(attempts, expected);
    let export = data_export::Entity::find().one(&shop.db).await?;
    let export = export.expect("it was recorded");
    assert_eq!(export.record_count, 5);
    assert_eq!(usize::try_from(export.file_size)?, csv.len());
    assert_eq!(export.filters_applied, Some(json!({"delivered": false})));
    Ok(())
}

/// Each record has the client's address and program, and a request of its own; those of the session name it.
fn assert_whence(records: &[audit_log::Model]) {
    let requests: HashSet<_> = records
        .iter()
        .filter_map(|record| record.request_id.as_ref())
        .collect();
    assert_eq!(requests.len(), records.len());
    for record in records {
        assert_eq!(
            record.ip_address.as_deref(),
            Some("127.0.0.1"),
            "{}",
            record.action
        );
        assert_eq!(
            record.user_agent.as_deref(),
            Some(client::NAME),
            "{}",
            record.action
        );
    }
    let sessions: Vec<_> = records
        .iter()
        .map(|record| record.session_id.as_ref())
        .collect();
    assert_eq!(sessions[..2], [None, None], "a login makes the session");
    assert!(sessions[2].is_some());
    assert!(sessions[2..].iter().all(|session| *session == sessions[2]));
}
