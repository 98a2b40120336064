use std::fmt;

use serde::{Deserialize, Serialize};

/// Who did it: an id that does not change, and a name for people to read.
///
/// No foreign key leads from the trail to a table of users, so the id is text of any kind: a number, a
/// uuid, `service:billing`. In the trail the id is cut to 255 characters and the name to 255.
///
/// # Example
/// ```
/// use audit_core::Actor;
///
/// let ada = Actor::new(42).with_name("Ada Lovelace");
/// assert_eq!((ada.id(), ada.name()), ("42", Some("Ada Lovelace")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    id: String,
    name: Option<String>,
}

impl Actor {
    /// An actor known by its id alone.
    pub fn new(id: impl fmt::Display) -> Self {
        Self {
            id: id.to_string(),
            name: None,
        }
    }

    /// A part of the system acting by itself: a job, a migration, a command line. Its id is `system:` and the name.
    ///
    /// # Example
    /// ```
    /// use audit_core::Actor;
    ///
    /// assert_eq!(Actor::system("nightly-import").id(), "system:nightly-import");
    /// ```
    pub fn system(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            id: format!("system:{name}"),
            name: Some(name),
        }
    }

    /// The same actor with a name for people to read.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The id that does not change.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name for people to read.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or(&self.id))
    }
}
