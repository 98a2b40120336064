use wildmatch::WildMatchPattern;

/// What stands in a record instead of a masked value.
pub const MASK: &str = "***";

/// What of a column may be recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldPolicy {
    /// The value is recorded. The default.
    #[default]
    Record,
    /// That the value changed is recorded, as `"***"` on both sides; the value never is.
    Mask,
    /// The column never appears, and a change to it alone writes no record.
    Skip,
}

impl FieldPolicy {
    /// The policy of a column by lists of names, in which `*` stands for any characters; to skip wins over to mask.
    ///
    /// # Example
    /// ```
    /// use audit_core::FieldPolicy;
    ///
    /// let policy = |column| FieldPolicy::by_name(column, &["draft_*"], &["password*"]);
    /// assert_eq!(policy("password_hash"), FieldPolicy::Mask);
    /// assert_eq!(policy("draft_body"), FieldPolicy::Skip);
    /// assert_eq!(policy("name"), FieldPolicy::Record);
    /// ```
    #[must_use]
    pub fn by_name(column: &str, skip: &[&str], mask: &[&str]) -> Self {
        let is_in = |patterns: &[&str]| {
            patterns
                .iter()
                .any(|pattern| WildMatchPattern::<'*', '\0'>::new(pattern).matches(column))
        };
        if is_in(skip) {
            Self::Skip
        } else if is_in(mask) {
            Self::Mask
        } else {
            Self::Record
        }
    }
}

/// A column that appears in records: its name, and whether its value is masked.
///
/// Skipped columns have no field: they are left out before anything is captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    name: String,
    masked: bool,
}

impl Field {
    /// The field of a column under a policy; `None` where the policy is to skip it.
    ///
    /// # Example
    /// ```
    /// use audit_core::{Field, FieldPolicy};
    ///
    /// assert!(Field::new("price", FieldPolicy::Record).is_some());
    /// assert!(Field::new("draft", FieldPolicy::Skip).is_none());
    /// ```
    pub fn new(name: impl Into<String>, policy: FieldPolicy) -> Option<Self> {
        let masked = match policy {
            FieldPolicy::Record => false,
            FieldPolicy::Mask => true,
            FieldPolicy::Skip => return None,
        };
        Some(Self {
            name: name.into(),
            masked,
        })
    }

    /// The column's name, the key in `old_values` and `new_values`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether records show [`MASK`] instead of the value.
    #[must_use]
    pub fn is_masked(&self) -> bool {
        self.masked
    }
}
