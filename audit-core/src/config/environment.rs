use std::ffi::OsString;

use crate::{AuditConfig, ConfigError, OnFailure};

/// Reads a configuration through a lookup of variables, so that tests need not change the process's own.
pub(super) fn read(
    get: impl Fn(&'static str) -> Option<OsString>,
) -> Result<AuditConfig, ConfigError> {
    let variable = |name| Variable::read(name, &get);
    let mut config = AuditConfig::new();
    if let Some(models) = variable("AUDIT_SKIP_MODELS")? {
        let hint = "write table names separated by commas, such as `sessions,cache_*`";
        config = config
            .skip_models(models.list(hint)?)
            .map_err(|_| models.error(hint))?;
    }
    if let Some(actions) = variable("AUDIT_SKIP_ACTIONS")? {
        let hint = "write actions separated by commas, such as `VIEW,EXPORT`";
        config = config
            .skip_actions(actions.list(hint)?)
            .map_err(|_| actions.error(hint))?;
    }
    if let Some(required) = variable("AUDIT_REQUIRE_TRANSACTION")? {
        config = config.require_transaction(required.switch()?);
    }
    if let Some(on_failure) = variable("AUDIT_ON_FAILURE")? {
        config = config.on_failure(on_failure.on_failure()?);
    }
    if let Some(enabled) = variable("AUDIT_ENABLED")? {
        config = config.enabled(enabled.switch()?);
    }
    Ok(config)
}

/// An environment variable that holds something.
struct Variable {
    name: &'static str,
    value: String,
}

impl Variable {
    fn read(
        name: &'static str,
        get: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(value) = get(name) else {
            return Ok(None);
        };
        match value.into_string() {
            Ok(value) if value.trim().is_empty() => Ok(None),
            Ok(value) => Ok(Some(Self { name, value })),
            Err(raw) => {
                let value = raw.to_string_lossy().into_owned();
                Err(Self { name, value }.error("write it in UTF-8"))
            }
        }
    }

    fn list(&self, hint: &str) -> Result<Vec<&str>, ConfigError> {
        let entries: Vec<&str> = self.value.split(',').map(str::trim).collect();
        if entries.contains(&"") {
            return Err(self.error(hint));
        }
        Ok(entries)
    }

    fn switch(&self) -> Result<bool, ConfigError> {
        match self.value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(self.error("write `true` or `false`")),
        }
    }

    fn on_failure(&self) -> Result<OnFailure, ConfigError> {
        match self.value.trim().to_ascii_lowercase().as_str() {
            "fail" => Ok(OnFailure::Fail),
            "log" => Ok(OnFailure::Log),
            _ => Err(self.error("write `fail` or `log`")),
        }
    }

    fn error(&self, expected: &str) -> ConfigError {
        ConfigError::Environment {
            variable: self.name,
            value: self.value.clone(),
            expected: expected.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: impl Into<OsString>) -> Result<AuditConfig, ConfigError> {
        let value = value.into();
        read(|asked| (asked == name).then(|| value.clone()))
    }

    #[test]
    fn an_empty_environment_gives_the_defaults() {
        let config = read(|_| None).unwrap();
        assert!(config.get_enabled() && !config.get_require_transaction());
        assert_eq!(config.get_on_failure(), OnFailure::Fail);
        assert!(!config.skips_model("cake") && !config.skips_action("VIEW"));
        assert!(with("AUDIT_ENABLED", " ").unwrap().get_enabled());
    }

    #[test]
    fn lists_switches_and_policies_are_read() {
        let models = with("AUDIT_SKIP_MODELS", "sessions, cache_*").unwrap();
        assert!(models.skips_model("sessions") && models.skips_model("cache_a"));
        let actions = with("AUDIT_SKIP_ACTIONS", "view,PUBLISH").unwrap();
        assert!(actions.skips_action("VIEW") && actions.skips_action("PUBLISH"));
        assert!(
            with("AUDIT_REQUIRE_TRANSACTION", "Yes")
                .unwrap()
                .get_require_transaction()
        );
        assert!(!with("AUDIT_ENABLED", "off").unwrap().get_enabled());
        let log = with("AUDIT_ON_FAILURE", "LOG").unwrap();
        assert_eq!(log.get_on_failure(), OnFailure::Log);
    }

    #[test]
    fn a_value_that_cannot_be_read_is_named_with_its_variable_and_remedy() {
        for (name, value, remedy) in [
            ("AUDIT_SKIP_MODELS", "cake,,pie", "separated by commas"),
            (
                "AUDIT_SKIP_MODELS",
                "cake;pie and more",
                "separated by commas",
            ),
            (
                "AUDIT_SKIP_ACTIONS",
                "VIEW,DROP TABLE",
                "separated by commas",
            ),
            ("AUDIT_REQUIRE_TRANSACTION", "maybe", "`true` or `false`"),
            ("AUDIT_ENABLED", "2", "`true` or `false`"),
            ("AUDIT_ON_FAILURE", "panic", "`fail` or `log`"),
        ] {
            let message = with(name, value).unwrap_err().to_string();
            for part in [name, value, remedy] {
                assert!(message.contains(part), "{message} lacks {part}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_utf8_is_refused() {
        use std::os::unix::ffi::OsStringExt;
        let error = with("AUDIT_SKIP_MODELS", OsString::from_vec(vec![0xff])).unwrap_err();
        assert!(error.to_string().contains("UTF-8"), "{error}");
    }
}
