use serde_json::Value;

use super::seed;
use crate::{Outcome, Test, site::Site};

/// Every path of the description answers, with just the members that it describes; and every parameter is known.
pub async fn the_api_answers_as_it_is_described(t: &mut Test) -> Outcome {
    seed(t, 20).await?;
    let site = Site::new(&t.db);
    let api: Value = serde_json::from_str(&site.page("/api/openapi.json").await.text)?;
    let paths = api["paths"].as_object().ok_or("paths")?;
    assert_eq!(paths.len(), 13);
    for (path, item) in paths {
        let query = match path.as_str() {
            "/api/history" => "?table=tart&object=2",
            "/api/request" => "?id=request-1",
            "/api/transaction" => "?id=transaction-1",
            _ => "",
        };
        let answer = site
            .page(&format!("{}{query}", path.replace("{id}", "3")))
            .await;
        let schema = &item["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        if path != "/api/openapi.json" {
            check(&api, schema, &serde_json::from_str(&answer.text)?, path);
        }
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            let (name, schema) = (&parameter["name"], &parameter["schema"]);
            let Some(value) = schema["enum"].get(0) else {
                continue;
            };
            let value = value.to_string().replace('"', "");
            let name = name.as_str().ok_or("a name")?;
            site.page(&format!("{path}?{name}={value}")).await;
            if name != "days" {
                let bad = site.get(&format!("{path}?{name}=no-such")).await;
                assert_eq!(bad.status, 400, "{path} {name}");
            }
        }
    }
    Ok(())
}

fn check(api: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return check(api, &api["components"]["schemas"][name], value, at);
    }
    if let Some(items) = schema.get("items") {
        for (n, item) in value.as_array().expect(at).iter().enumerate() {
            check(api, items, item, &format!("{at}[{n}]"));
        }
    } else if let Some(properties) = schema["properties"].as_object() {
        let described: Vec<_> = properties.keys().collect();
        let answered: Vec<_> = value.as_object().expect(at).keys().collect();
        assert_eq!(described, answered, "{at}");
        for (name, schema) in properties {
            check(api, schema, &value[name], &format!("{at}.{name}"));
        }
    } else if let Some(kind) = schema.get("type") {
        let is = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let kinds = kind
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![kind.clone()]);
        assert!(
            kinds.iter().any(|kind| kind == is),
            "{at}: {value} is no {kind}"
        );
    }
}
