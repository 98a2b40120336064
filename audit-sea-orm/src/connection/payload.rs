//! What travels to the triggers: a context and the configuration, as one JSON text.

use audit_core::{AuditConfig, AuditContext};
use sea_orm::IdenStatic;

use crate::{
    Result,
    encoding::WRAPPED_JSON,
    writer::{context_texts, metadata_text},
};

/// Nothing is recorded.
const UNAUDITED: &str = r#"{"unaudited":true}"#;

/// The payload of a write at this moment; `None` where there is nothing to say.
pub(crate) fn now(explicit: Option<&AuditContext>) -> Result<Option<String>> {
    if AuditContext::is_unaudited() {
        return Ok(Some(UNAUDITED.to_owned()));
    }
    let config = AuditConfig::current()?;
    if !config.is_enabled() {
        return Ok(Some(UNAUDITED.to_owned()));
    }
    let current = AuditContext::current();
    let context = match explicit {
        Some(explicit) => explicit.clone().or(current),
        None => current,
    };
    Ok(of(&context, &config))
}

fn of(context: &AuditContext, config: &AuditConfig) -> Option<String> {
    let mut entries = Vec::new();
    let mut push = |key: &str, json: String| entries.push(format!("\"{key}\":{json}"));
    for (column, text) in context_texts(context) {
        if let Some(text) = text {
            push(column.as_str(), json(&text));
        }
    }
    let models: Vec<_> = config.skipped_models().map(|glob| like(&glob)).collect();
    if !models.is_empty() {
        push("skip_models", json(&models));
    }
    let actions: Vec<_> = config.skipped_actions().collect();
    if !actions.is_empty() {
        push("skip_actions", json(&actions));
    }
    if let Some(metadata) = metadata_text(context) {
        push("metadata", shallow(metadata));
    }
    (!entries.is_empty()).then(|| format!("{{{}}}", entries.join(",")))
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
        assert_eq!(of(&context, &config).as_deref(), Some(expected));
        assert_eq!(of(&AuditContext::new(), &AuditConfig::new()), None);
    }

    #[tokio::test]
    async fn an_unaudited_scope_and_a_configuration_that_is_off_say_so() {
        let explicit = AuditContext::new().reason("r");
        let in_scope =
            AuditContext::unaudited("test", async { now(Some(&explicit)).unwrap() }).await;
        assert_eq!(in_scope.as_deref(), Some(UNAUDITED));
        let off = AuditConfig::new().enabled(false);
        let off = off.scope(async { now(Some(&explicit)).unwrap() }).await;
        assert_eq!(off.as_deref(), Some(UNAUDITED));
    }

    #[tokio::test]
    async fn explicit_beats_ambient_field_by_field() {
        let ambient = AuditContext::new().reason("ambient").module("m");
        let payload = ambient
            .scope(async { now(Some(&AuditContext::new().reason("explicit"))) })
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
