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
///
/// # Example: an id alone
/// What takes an actor takes an id as well, of the usual types.
/// ```
/// use audit_core::{Actor, AuditContext};
///
/// let user_id: i64 = 42;
/// assert_eq!(AuditContext::new().actor(user_id), AuditContext::new().actor(Actor::new("42")));
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

macro_rules! known_by_id {
    ($($id:ty),+) => {$(
        impl From<$id> for Actor {
            /// An actor known by its id alone.
            fn from(id: $id) -> Self {
                Self::new(id)
            }
        }
    )+};
}

known_by_id!(i16, i32, i64, u16, u32, u64, &str, &String);
#[cfg(feature = "with-uuid")]
known_by_id!(uuid::Uuid);

impl From<String> for Actor {
    /// An actor known by its id alone.
    fn from(id: String) -> Self {
        Self { id, name: None }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or(&self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_any_usual_type_is_an_actor() {
        let actors: [Actor; 8] = [
            7_i16.into(),
            7_i32.into(),
            7_i64.into(),
            7_u16.into(),
            7_u32.into(),
            7_u64.into(),
            "7".into(),
            "7".to_owned().into(),
        ];
        for actor in actors {
            assert_eq!(actor, Actor::new(7));
        }
        assert_eq!(Actor::from(u64::MAX).id(), "18446744073709551615");
    }

    #[cfg(feature = "with-uuid")]
    #[test]
    fn a_uuid_is_an_actor_by_its_hyphenated_text() {
        let id = uuid::Uuid::from_u128(0x0123_4567_89ab_4def_8123_4567_89ab_cdef);
        let text = "01234567-89ab-4def-8123-456789abcdef";
        assert_eq!(Actor::from(id).id(), text);
    }
}
