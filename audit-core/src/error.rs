use thiserror::Error;

/// The name of an action does not fit: see [`Action::custom`](crate::Action::custom).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{name}` is not the name of an action: use 1 to 32 of A-Z, 0-9 and _, beginning with a letter, such as PUBLISH"
)]
#[non_exhaustive]
pub struct ActionError {
    /// The name that was refused.
    pub name: String,
}

/// The configuration could not be read or installed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An environment variable holds a value that is not one of those it may hold.
    #[error("environment variable {variable} is `{value}`: {expected}")]
    Environment {
        /// The variable's name.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: String,
    },
    /// A pattern of a table's name is empty or holds white space.
    #[error(
        "`{pattern}` is not a table pattern: write a table's name, optionally `schema.table`, with `*` for any characters"
    )]
    Pattern {
        /// The pattern that was refused.
        pattern: String,
    },
    /// The name of an action to skip does not fit.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// A configuration is in force already: it was installed, or read from the environment at the first write.
    #[error(
        "an audit configuration is in force already: install it once, before the first audited write, or use `scope`"
    )]
    AlreadyInstalled,
}
