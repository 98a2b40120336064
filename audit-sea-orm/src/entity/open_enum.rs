//! Enums of which newer versions may know more.

/// An enum that is kept as text, with a variant for the texts that this version does not know.
macro_rules! open_enum {
    (
        $(#[$attribute:meta])*
        $name:ident { $($(#[$of_variant:meta])* $variant:ident = $text:literal,)+ }
    ) => {
        $(#[$attribute])*
        ///
        /// Read from any text and written back unchanged, so that two versions of this library can run side by side.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, DeriveValueType, Serialize, Deserialize)]
        #[sea_orm(value_type = "String")]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$of_variant])* $variant,)+
            /// One that this version does not know.
            Other(String),
        }

        impl $name {
            /// The text in the column.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text),
                }
            }
        }

        impl From<$name> for String {
            fn from(it: $name) -> Self {
                it.as_str().to_owned()
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(text.to_owned().into())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::entity::reading::Reading for $name {
            fn read(
                row: &QueryResult,
                pre: &str,
                column: &str,
            ) -> Result<Self, sea_orm::TryGetError> {
                <String as $crate::entity::reading::Reading>::read(row, pre, column).map(Self::from)
            }
        }
    };
}

pub(crate) use open_enum;
