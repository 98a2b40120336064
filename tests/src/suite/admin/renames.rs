use serde_json::{Value, json};

use crate::{Outcome, Test, site::Site, suite::renames::gateaux};

/// Lists, rows, histories and the overview know a renamed table and its columns by their new names, however they are asked.
pub async fn old_records_are_shown_under_the_new_names(t: &mut Test) -> Outcome {
    gateaux(t).await?;
    let site = Site::new(&t.db);
    for table in ["gateau", "torte"] {
        let list = site.page(&format!("/records?table={table}")).await.text;
        assert_eq!(
            list.matches("gateau 1</span>").count(),
            3,
            "{table}: {list}"
        );
        assert!(list.contains("<option selected>gateau</option>"), "{list}");
        // The links to files and dates keep what was asked.
        assert!(table == "torte" || !list.contains("torte"), "{list}");
        assert!(list.contains("price") && !list.contains("cost"), "{list}");
        let one = site
            .page(&format!("/api/records?table={table}&object=1"))
            .await;
        let one: Value = serde_json::from_str(&one.text)?;
        assert_eq!(one["rows"].as_array().map(Vec::len), Some(3));
        let page = site
            .page(&format!("/history?table={table}&object=1&from=1&to=5"))
            .await
            .text;
        let compared = page.split("What differs between the two").nth(1);
        let compared = compared
            .and_then(|rest| rest.split("</section>").next())
            .ok_or("a comparison")?;
        assert!(
            compared.contains(">price</th>")
                && compared.contains("250")
                && compared.contains("300"),
            "{compared}"
        );
        assert!(
            !compared.contains(">name</th>") && !compared.contains(">id</th>"),
            "{compared}"
        );
        assert!(
            page.contains("<code>gateau</code>") && !page.contains(">cost<"),
            "{page}"
        );
    }
    let row = site.page("/records/2").await.text;
    assert!(
        row.contains("UPDATE gateau Sacher") && row.contains(">price</th>"),
        "{row}"
    );
    assert!(row.contains("<code>torte, cost</code>"), "{row}");
    let new = site.page("/records/5").await.text;
    assert!(!new.contains("Recorded as"), "{new}");
    let overview = site.page("/dashboard").await.text;
    assert!(
        overview.contains("records?table=gateau") && !overview.contains("torte"),
        "{overview}"
    );
    assert_states(&site).await
}

/// The states of a history are those of one object.
async fn assert_states(site: &Site) -> Outcome {
    let history = site.page("/api/history?table=gateau&object=2").await;
    let history: Value = serde_json::from_str(&history.text)?;
    assert_eq!(history["table"], "gateau");
    let points = history["points"].as_array().ok_or("points")?;
    let values: Vec<_> = points
        .iter()
        .map(|point| point["state"]["values"].clone())
        .collect();
    let state = |price: i32| json!({"id": 2, "name": "Linzer", "price": price});
    assert_eq!(json!(values), json!([{}, state(275), state(250)]));
    assert!(
        points
            .iter()
            .all(|point| point["state"]["is_complete"] == true)
    );
    assert!(
        points
            .iter()
            .all(|point| point["record"]["table_name"] == "gateau")
    );
    Ok(())
}

/// Files and the API's rows have the new names too.
pub async fn old_records_leave_under_the_new_names(t: &mut Test) -> Outcome {
    gateaux(t).await?;
    let site = Site::new(&t.db);
    for file in ["csv", "jsonl"] {
        let text = site
            .page(&format!("/records/export.{file}?table=gateau"))
            .await
            .text;
        assert_eq!(text.matches("gateau").count(), 6, "{text}");
        assert!(!text.contains("torte") && !text.contains("cost"), "{text}");
    }
    let row = site.page("/api/records/2").await;
    let row: Value = serde_json::from_str(&row.text)?;
    assert_eq!(row["table_name"], "gateau");
    assert_eq!(row["old_values"], json!({"price": 250}));
    assert_eq!(row["new_values"], json!({"price": 275}));
    Ok(())
}
