//! What travels to the triggers: a context, the id of the transaction and the configuration, as one JSON text.

use audit_core::{AuditConfig, AuditContext};
use sea_orm::IdenStatic;

use crate::{
    Result,
    record::{context_columns, encoding::WRAPPED_JSON, transaction_id::TransactionId},
};

/// The payload of a write at this moment, in that transaction; `None` where there is nothing to say.
pub(crate) fn now(
    explicit: Option<&AuditContext>,
    transaction: Option<&TransactionId>,
) -> Result<Option<String>> {
    if AuditContext::is_unaudited() {
        return Ok(Some(unaudited(transaction)));
    }
    let config = AuditConfig::current()?;
    if !config.get_enabled() {
        return Ok(Some(unaudited(transaction)));
    }
    let current = AuditContext::current();
    let context = match explicit {
        Some(explicit) => explicit.clone().or(current),
        None => current,
    };
    Ok(of(&context, transaction, &config))
}

/// Nothing is recorded, but that it was not.
fn unaudited(transaction: Option<&TransactionId>) -> String {
    let mut entries = vec![r#""unaudited":true"#.to_owned()];
    entries.extend(transaction.map(entry_of));
    object(&entries)
}

/// The id of a transaction, as a payload holds it.
pub(crate) fn entry_of(transaction: &TransactionId) -> String {
    format!("\"transaction_id\":{}", json(transaction.as_str()))
}

fn object(entries: &[String]) -> String {
    format!("{{{}}}", entries.join(","))
}

fn of(
    context: &AuditContext,
    transaction: Option<&TransactionId>,
    config: &AuditConfig,
) -> Option<String> {
    let mut entries: Vec<String> = transaction.map(entry_of).into_iter().collect();
    let mut push = |key: &str, json: String| entries.push(format!("\"{key}\":{json}"));
    for (column, text) in context_columns::texts(context) {
        if let Some(text) = text {
            push(column.as_str(), json(&text));
        }
    }
    let models: Vec<_> = config.get_skip_models().map(|glob| like(&glob)).collect();
    if !models.is_empty() {
        push("skip_models", json(&models));
    }
    let actions: Vec<_> = config.get_skip_actions().collect();
    if !actions.is_empty() {
        push("skip_actions", json(&actions));
    }
    if let Some(metadata) = context_columns::metadata(context) {
        push("metadata", shallow(metadata));
    }
    (!entries.is_empty()).then(|| object(&entries))
}

/// Wrapped, as records wrap JSON, where it may be deeper than MariaDB's functions see, to which the whole payload would then
/// be no JSON.
fn shallow(metadata: String) -> String {
    const MOST_BRACKETS: usize = 30;
    if metadata.matches(['[', '{']).count() <= MOST_BRACKETS {
        return metadata;
    }
    format!("{{\"{WRAPPED_JSON}\":{}}}", json(&metadata))
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("text is always JSON")
}

/// A glob as a pattern of SQL's `LIKE`, with `\` as the escape character.
fn like(glob: &str) -> String {
    let mut pattern = String::with_capacity(glob.len());
    for c in glob.to_lowercase().chars() {
        match c {
            '*' => pattern.push('%'),
            '%' | '_' | '\\' => pattern.extend(['\\', c]),
            c => pattern.push(c),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use audit_core::Actor;
    use sea_orm::DbBackend;

    use super::*;

    #[test]
    fn a_payload_is_a_flat_object_of_columns_and_lists() {
        let context = AuditContext::new()
            .actor(Actor::new("7").with_name("Ada \"A\"\nL"))
            .ip([192, 0, 2, 1])
            .metadata(serde_json::json!({"a": [1]}));
        let config = AuditConfig::new().skip_models(["Cache_*"]).unwrap();
        let config = config.skip_actions(["UPDATE"]).unwrap();
        let expected = r#"{"actor_id":"7","actor_name":"Ada \"A\"�L","ip_address":"192.0.2.1","skip_models":["cache\\_%"],"skip_actions":["UPDATE"],"metadata":{"a":[1]}}"#;
        assert_eq!(of(&context, None, &config).as_deref(), Some(expected));
        let nothing = AuditContext::new();
        assert_eq!(of(&nothing, None, &AuditConfig::new()), None);
        let id = TransactionId::on(DbBackend::Sqlite).unwrap();
        let payload = of(&nothing, Some(&id), &AuditConfig::new());
        let expected = format!(r#"{{"transaction_id":"{}"}}"#, id.as_str());
        assert_eq!(payload, Some(expected));
    }

    const UNAUDITED: &str = r#"{"unaudited":true}"#;

    #[tokio::test]
    async fn an_unaudited_scope_and_a_configuration_that_is_off_say_so() {
        let explicit = AuditContext::new().reason("r");
        let in_scope =
            AuditContext::unaudited("test", async { now(Some(&explicit), None).unwrap() }).await;
        assert_eq!(in_scope.as_deref(), Some(UNAUDITED));
        let off = AuditConfig::new().enabled(false);
        let off = off
            .scope(async { now(Some(&explicit), None).unwrap() })
            .await;
        assert_eq!(off.as_deref(), Some(UNAUDITED));
    }

    #[tokio::test]
    async fn explicit_beats_ambient_field_by_field() {
        let ambient = AuditContext::new().reason("ambient").module("m");
        let payload = ambient
            .scope(async { now(Some(&AuditContext::new().reason("explicit")), None) })
            .await;
        assert_eq!(
            payload.unwrap().as_deref(),
            Some(r#"{"reason":"explicit","module":"m"}"#)
        );
    }

    #[test]
    fn a_glob_is_a_like_pattern() {
        assert_eq!(like(r"Shop.*_50%\"), r"shop.%\_50\%\\");
    }
}
