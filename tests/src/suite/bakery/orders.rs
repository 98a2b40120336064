use super::shop::Shop;
use crate::{Outcome, Test, test::records};

/// Rows that belong together are recorded together, one record each, whatever their key.
pub async fn an_order_is_recorded_with_its_lines(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let mut ada = shop.client();
    ada.post(
        "/login",
        &[("username", "ada"), ("password", "apricot jam")],
    )
    .await?;
    let order = ada
        .post(
            "/orders",
            &[
                ("customer", "=HYPERLINK(1)"),
                ("cake_id", "1"),
                ("quantity", "2"),
            ],
        )
        .await?;
    assert_eq!(order.header("location"), Some("/orders/4"));
    let nowhere = [("customer", "Nobody"), ("cake_id", "99"), ("quantity", "2")];
    assert_eq!(ada.post("/orders", &nowhere).await?.status, 404);
    assert_eq!(ada.post("/orders/4/deliver", &[]).await?.status, 303);
    assert!(
        ada.get("/orders.csv?delivered=true")
            .await?
            .body
            .contains("\n4,'=HYPERLINK(1),")
    );
    assert_eq!(ada.post("/orders/4/delete", &[]).await?.status, 303);
    let refused = ada.post("/cakes/1/delete", &[]).await?;
    assert_eq!(refused.status, 422, "a cake that is ordered stays");

    let records = shop.records().await?;
    let seen: Vec<_> = records[1..]
        .iter()
        .map(|record| {
            (
                record.action.as_str(),
                record.table_name.as_deref().unwrap_or_default(),
                record.object_id.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("CREATE", "cake_order", "4"),
            ("CREATE", "order_line", "[4,1]"),
            ("UPDATE", "cake_order", "4"),
            ("EXPORT", "audit_data_export", "1"),
            ("DELETE", "order_line", "[4,1]"),
            ("DELETE", "cake_order", "4"),
        ]
    );
    assert_eq!(records[5].request_id, records[6].request_id);
    Ok(())
}

/// Opening the shop again migrates nothing, seeds nothing, and records nothing.
pub async fn the_second_run_goes_on_where_the_first_ended(t: &mut Test) -> Outcome {
    let first = Shop::open(t).await?;
    let second = Shop::open(t).await?;
    assert_eq!((first.seeded, second.seeded), (15, 15));
    let seed = &records(&second.db).await?[0];
    assert_eq!(seed.actor_id.as_deref(), Some("system:seed"));
    let hash = &seed.new_values.as_ref().expect("a create has values")["password_hash"];
    assert_eq!(hash, "***");
    Ok(())
}
