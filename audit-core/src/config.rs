mod environment;

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use wildmatch::WildMatchPattern;

use crate::{Action, ConfigError};

/// What to leave out of the trail, and what to do when it cannot be written.
///
/// One configuration is in force in a process: the one that was [`install`](Self::install)ed, else the
/// [environment's](Self::from_env), read at the first audited write. [`scope`](Self::scope) puts another in
/// force for one future.
///
/// It is for hooks and for events. Capture triggers stand in the database, and learn what to skip from an audited
/// connection: see each setting.
///
/// A variable that cannot be read fails every audited write, first noticed at the first. To notice it when the
/// program starts, install what was read in `main`: `AuditConfig::from_env()?.install()?`.
///
/// # Example
/// ```
/// use audit_core::{AuditConfig, OnFailure};
///
/// let config = AuditConfig::new()
///     .skip_models(["sessions", "cache_*"])?
///     .skip_actions(["VIEW"])?
///     .on_failure(OnFailure::Log);
/// assert!(config.skips_model("cache_pages"));
/// # Ok::<(), audit_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AuditConfig {
    enabled: bool,
    skip_models: Vec<Pattern>,
    skip_actions: Vec<Action>,
    require_transaction: bool,
    on_failure: OnFailure,
    label: Cow<'static, str>,
}

/// A pattern of table names: `*` for any characters, letter case ignored.
type Pattern = WildMatchPattern<'*', '\0'>;

/// What becomes of a write whose record cannot be written.
///
/// It is for what the application writes itself: the records of hooks, and events. What a capture trigger cannot write is an
/// error of the statement that fired it, whatever this says, and nothing of either stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFailure {
    /// The write reports the error; in a transaction the caller rolls both back. The default: no change without its record.
    #[default]
    Fail,
    /// The failure is logged and counted, and the application goes on: a change may be without its record.
    Log,
}

static INSTALLED: OnceLock<Result<Arc<AuditConfig>, ConfigError>> = OnceLock::new();

impl AuditConfig {
    /// Everything is recorded, and a record that cannot be written fails the write.
    pub fn new() -> Self {
        Self {
            enabled: true,
            // Nothing is left out unless somebody said so: a gap must be a decision.
            skip_models: Vec::new(),
            skip_actions: Vec::new(),
            // Off, as most applications begin without transactions; turn it on when a change must never lack its record.
            require_transaction: false,
            on_failure: OnFailure::Fail,
            label: Cow::Borrowed(""),
        }
    }

    /// Reads `AUDIT_SKIP_MODELS`, `AUDIT_SKIP_ACTIONS`, `AUDIT_REQUIRE_TRANSACTION`, `AUDIT_ON_FAILURE` and `AUDIT_ENABLED`.
    ///
    /// Lists are separated by commas; switches are `true`, `false`, `1`, `0`, `yes`, `no`, `on` or `off`;
    /// `AUDIT_ON_FAILURE` is `fail` or `log`. Letter case does not matter. A variable that is not set, or
    /// holds nothing but blanks, leaves the default.
    ///
    /// # Errors
    /// [`ConfigError::Environment`] names the variable, its value and what would be right.
    pub fn from_env() -> Result<Self, ConfigError> {
        environment::read(std::env::var_os)
    }

    /// Adds tables whose rows and events are not recorded.
    ///
    /// A name matches in every schema, `schema.table` in that schema only; letter case is ignored and `*`
    /// stands for any characters.
    ///
    /// # Errors
    /// [`ConfigError::Pattern`] where a pattern is empty or holds white space.
    pub fn skip_models<I>(mut self, patterns: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        for pattern in patterns {
            let pattern = pattern.as_ref();
            if pattern.is_empty() || pattern.contains(char::is_whitespace) {
                let pattern = pattern.to_owned();
                return Err(ConfigError::Pattern { pattern });
            }
            self.skip_models
                .push(Pattern::new_case_insensitive(pattern));
        }
        Ok(self)
    }

    /// Adds actions that are not recorded, by name: `VIEW`, or one of the application's own. Letter case is ignored.
    ///
    /// # Errors
    /// [`ConfigError::Action`] where a name is not that of an action.
    pub fn skip_actions<I>(mut self, actions: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        for action in actions {
            let action = Action::custom(action.as_ref().to_ascii_uppercase())?;
            self.skip_actions.push(action);
        }
        Ok(self)
    }

    /// Whether a write outside a transaction is an error. Default: no.
    ///
    /// On a bare pool a change and its record are two statements that a crash can part.
    ///
    /// It binds hooks, on SeaORM's pools, executors and audited connections. Of a wrapper of the application's own nobody can
    /// see what stands in it: writes through one around a pool are recorded, and not refused. Nor are writes to tables
    /// with capture triggers, which write in the statement's own transaction.
    pub fn require_transaction(mut self, required: bool) -> Self {
        self.require_transaction = required;
        self
    }

    /// What becomes of a write whose record cannot be written, by hooks or of an event. Default: [`OnFailure::Fail`].
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Names the configuration where losses are counted and traced, to tell two databases or two tests apart. Choose few: a
    /// count is kept of each. Default: an empty one.
    pub fn label(mut self, label: impl Into<Cow<'static, str>>) -> Self {
        self.label = label.into();
        self
    }

    /// Whether anything is recorded at all. Default: yes.
    ///
    /// Where a table has capture triggers, a write through an audited connection that is not to be recorded leaves a record
    /// with the action `SKIPPED`, unless they were installed to leave none. One through a plain connection is recorded.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Puts this configuration in force for the whole process.
    ///
    /// # Errors
    /// [`ConfigError::AlreadyInstalled`] where one is in force already.
    pub fn install(self) -> Result<(), ConfigError> {
        INSTALLED
            .set(Ok(Arc::new(self)))
            .map_err(|_| ConfigError::AlreadyInstalled)
    }

    /// The configuration of the process: the installed one, or the environment's.
    pub(crate) fn of_process() -> Result<Arc<Self>, ConfigError> {
        INSTALLED
            .get_or_init(|| Self::from_env().map(Arc::new))
            .clone()
    }

    /// Whether anything is recorded at all.
    #[must_use]
    pub fn get_enabled(&self) -> bool {
        self.enabled
    }

    /// Whether a write outside a transaction is an error.
    #[must_use]
    pub fn get_require_transaction(&self) -> bool {
        self.require_transaction
    }

    /// What becomes of a write whose record cannot be written.
    #[must_use]
    pub fn get_on_failure(&self) -> OnFailure {
        self.on_failure
    }

    /// The label under which losses are counted.
    #[must_use]
    pub fn get_label(&self) -> &str {
        &self.label
    }

    /// Whether an action is left out.
    #[must_use]
    pub fn skips_action(&self, action: &str) -> bool {
        self.skip_actions
            .iter()
            .any(|skipped| skipped.as_str() == action)
    }

    /// The patterns of the tables that are left out, as they were given.
    pub fn get_skip_models(&self) -> impl Iterator<Item = String> + '_ {
        self.skip_models.iter().map(Pattern::pattern)
    }

    /// The names of the actions that are left out.
    pub fn get_skip_actions(&self) -> impl Iterator<Item = &str> {
        self.skip_actions.iter().map(Action::as_str)
    }

    /// Whether a table, named `table` or `schema.table`, is left out.
    #[must_use]
    pub fn skips_model(&self, table: &str) -> bool {
        let bare = table.rsplit_once('.').map_or(table, |(_, bare)| bare);
        self.skip_models
            .iter()
            .any(|pattern| pattern.matches(table) || pattern.matches(bare))
    }
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipping(patterns: &[&str]) -> AuditConfig {
        AuditConfig::new().skip_models(patterns).unwrap()
    }

    #[test]
    fn a_name_skips_its_table_in_every_schema_and_letter_case() {
        let config = skipping(&["Cake"]);
        for table in ["cake", "CAKE", "shop.cake"] {
            assert!(config.skips_model(table), "{table}");
        }
        for table in ["cakes", "cake.order", "pancake"] {
            assert!(!config.skips_model(table), "{table}");
        }
    }

    #[test]
    fn a_qualified_name_skips_its_schema_only() {
        let config = skipping(&["shop.cake"]);
        assert!(config.skips_model("shop.cake"));
        assert!(!config.skips_model("cake") && !config.skips_model("bakery.cake"));
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        let config = skipping(&["cache_*", "*.tmp"]);
        assert!(config.skips_model("cache_pages") && config.skips_model("a.tmp"));
        assert!(!config.skips_model("my_cache") && !config.skips_model("tmp"));
        assert!(skipping(&["*"]).skips_model("anything.at_all"));
    }

    #[test]
    fn the_lists_can_be_read_back() {
        let config = skipping(&["Cache_*", "shop.cake"]);
        let config = config.skip_actions(["view"]).unwrap();
        let models: Vec<_> = config.get_skip_models().collect();
        assert_eq!(models, ["Cache_*", "shop.cake"]);
        assert_eq!(config.get_skip_actions().collect::<Vec<_>>(), ["VIEW"]);
    }

    #[test]
    fn a_question_mark_is_only_itself() {
        assert!(!skipping(&["cak?"]).skips_model("cake"));
    }

    #[test]
    fn patterns_and_actions_that_cannot_be_are_named() {
        let blank = AuditConfig::new().skip_models(["a b"]).unwrap_err();
        assert!(blank.to_string().contains("`a b`"), "{blank}");
        let action = AuditConfig::new().skip_actions(["DROP TABLE"]).unwrap_err();
        assert!(action.to_string().contains("`DROP TABLE`"), "{action}");
    }

    #[test]
    fn a_second_configuration_is_refused() {
        AuditConfig::new().install().unwrap();
        assert_eq!(
            AuditConfig::new().install(),
            Err(ConfigError::AlreadyInstalled)
        );
    }
}
