use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ActionError;

/// What was done to an object, or by an actor.
///
/// Written as upper-case text ([`as_str`](Self::as_str), `Display`), read back with [`FromStr`]. The
/// nine named actions are those the library itself records; [`Action::custom`] makes others.
///
/// # Example
/// ```
/// use audit_core::Action;
///
/// assert_eq!(Action::Create.as_str(), "CREATE");
/// assert_eq!("LOGIN_FAILED".parse::<Action>()?, Action::LoginFailed);
/// assert_eq!(Action::custom("PUBLISH")?.to_string(), "PUBLISH");
/// # Ok::<(), audit_core::ActionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Action {
    /// A row was inserted.
    Create,
    /// A row was changed.
    Update,
    /// A row was deleted.
    Delete,
    /// An object was looked at.
    View,
    /// Somebody logged in.
    Login,
    /// Somebody failed, or was not allowed, to log in.
    LoginFailed,
    /// Somebody logged out.
    Logout,
    /// Data left the system.
    Export,
    /// Data entered the system in bulk.
    Import,
    /// An action of the application's own.
    Custom(CustomAction),
}

/// The checked name of an application's own action, made by [`Action::custom`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CustomAction(Cow<'static, str>);

impl Action {
    /// The longest name of an action, in characters: the width of its column.
    pub const MAX_LEN: usize = 32;

    const NAMED: [Self; 9] = [
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::View,
        Self::Login,
        Self::LoginFailed,
        Self::Logout,
        Self::Export,
        Self::Import,
    ];

    /// Makes an action of the application's own, such as `PUBLISH`.
    ///
    /// The name of one of the library's actions gives that action, so that no action has two values.
    ///
    /// # Errors
    /// [`ActionError`] unless the name is 1 to 32 characters of `A`–`Z`, `0`–`9` and `_`, beginning with a letter.
    ///
    /// # Example
    /// ```
    /// use audit_core::Action;
    ///
    /// assert_eq!(Action::custom("UPDATE")?, Action::Update);
    /// assert!(Action::custom("publish").is_err());
    /// # Ok::<(), audit_core::ActionError>(())
    /// ```
    pub fn custom(name: impl Into<Cow<'static, str>>) -> Result<Self, ActionError> {
        let name = name.into();
        if let Some(named) = Self::NAMED.iter().find(|action| action.as_str() == name) {
            return Ok(named.clone());
        }
        if is_action_name(&name) {
            Ok(Self::Custom(CustomAction(name)))
        } else {
            Err(ActionError {
                name: name.into_owned(),
            })
        }
    }

    /// The action's text, as it stands in the `action` column.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Custom(name) => &name.0,
            named => named.name(),
        }
    }

    /// The text of a named action.
    fn name(&self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::View => "VIEW",
            Self::Login => "LOGIN",
            Self::LoginFailed => "LOGIN_FAILED",
            Self::Logout => "LOGOUT",
            Self::Export => "EXPORT",
            Self::Import => "IMPORT",
            Self::Custom(_) => unreachable!("a custom action holds its text"),
        }
    }
}

/// The action's text; a named action's is not copied.
impl From<Action> for Cow<'static, str> {
    fn from(action: Action) -> Self {
        match action {
            Action::Custom(name) => name.0,
            named => Self::Borrowed(named.name()),
        }
    }
}

fn is_action_name(name: &str) -> bool {
    name.len() <= Action::MAX_LEN
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Action {
    type Err = ActionError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::custom(name.to_owned())
    }
}

impl TryFrom<String> for Action {
    type Error = ActionError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::custom(name)
    }
}

impl From<Action> for String {
    fn from(action: Action) -> Self {
        action.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_action_reads_back() {
        for action in Action::NAMED {
            assert_eq!(action.as_str().parse::<Action>(), Ok(action));
        }
    }

    #[test]
    fn names_that_do_not_fit_the_column_are_refused() {
        let longest = "A".repeat(Action::MAX_LEN);
        assert!(Action::custom(longest.clone()).is_ok());
        for bad in [
            "",
            "publish",
            "1ST",
            "_A",
            "A B",
            "A-B",
            "É",
            "A\0",
            &format!("{longest}A"),
        ] {
            let error = Action::custom(bad.to_owned()).unwrap_err();
            assert_eq!(error.name, bad);
        }
    }

    #[test]
    fn serde_refuses_a_bad_name() {
        assert!(serde_json::from_str::<Action>("\"drop table\"").is_err());
        let publish = Action::custom("PUBLISH").unwrap();
        let text = serde_json::to_string(&publish).unwrap();
        assert_eq!(serde_json::from_str::<Action>(&text).unwrap(), publish);
    }
}
