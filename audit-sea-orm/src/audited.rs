//! The trait of audited entities, and what is known of one.

pub(crate) mod entity_names;
pub(crate) mod intent;
pub(crate) mod object;
pub(crate) mod recorded;
pub mod renames;

use audit_core::FieldPolicy;
use sea_orm::EntityTrait;
use serde::Serialize;

/// An entity whose changes are recorded.
///
/// Derive it on the entity's `Model`, see [`derive@Audited`](crate::Audited), or implement it by hand for the
/// `Entity`: every item has a default. By hand, call the four [`hooks`](crate::hooks) from your own
/// `ActiveModelBehavior`.
///
/// # Example
/// ```
/// mod cake {
///     use sea_orm::entity::prelude::*;
///
///     #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
///     #[sea_orm(table_name = "cake")]
///     pub struct Model {
///         #[sea_orm(primary_key)]
///         pub id: i32,
///         pub name: String,
///         pub secret_recipe: String,
///     }
///
///     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
///     pub enum Relation {}
///
///     impl ActiveModelBehavior for ActiveModel {}
///
///     impl audit_sea_orm::Audited for Entity {
///         fn field_policy(column: Column) -> audit_sea_orm::FieldPolicy {
///             match column {
///                 Column::SecretRecipe => audit_sea_orm::FieldPolicy::Mask,
///                 _ => audit_sea_orm::FieldPolicy::Record,
///             }
///         }
///
///         fn object_repr(cake: &Model) -> String {
///             format!("{} (no. {})", cake.name, cake.id)
///         }
///     }
/// }
/// use audit_sea_orm::Audited;
///
/// assert_eq!(cake::Entity::audit_table(), "cake");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not audited",
    label = "this entity has no field policy",
    note = "put `#[derive(audit_sea_orm::Audited)]` on the entity's `Model`, or implement `Audited` for its `Entity`"
)]
pub trait Audited: EntityTrait {
    /// The name of the table in records. Default: the entity's own, as `schema.table` where it names a schema.
    #[must_use]
    fn audit_table() -> String {
        qualified_name(&Self::default())
    }

    /// What of a column may be recorded. Default: everything.
    ///
    /// Asked once in a process. Key columns are always recorded, as every record names its object by its key.
    #[must_use]
    fn field_policy(column: Self::Column) -> FieldPolicy {
        let _ = column;
        FieldPolicy::Record
    }

    /// The columns of the table that SeaORM ignores (`#[sea_orm(ignore)]`), and of which nothing is to be recorded.
    ///
    /// [`check`](crate::capture::check()) takes them for known. Any other column of the table that the entity does not have it
    /// reports, where triggers record the table. Default: none; the derive lists those that are skipped.
    ///
    /// # Example
    /// ```
    /// mod film {
    ///     use sea_orm::entity::prelude::*;
    ///
    ///     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    ///     #[sea_orm(table_name = "film")]
    ///     #[audited(capture = "triggers", skip("fulltext"))]
    ///     pub struct Model {
    ///         #[sea_orm(primary_key)]
    ///         pub id: i32,
    ///         #[sea_orm(ignore, column_type = "custom(\"tsvector\")", select_as = "text")]
    ///         pub fulltext: String,
    ///     }
    ///
    ///     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    ///     pub enum Relation {}
    /// }
    /// use audit_sea_orm::Audited;
    ///
    /// assert_eq!(film::Entity::ignored_columns(), ["fulltext"]);
    /// ```
    #[must_use]
    fn ignored_columns() -> &'static [&'static str] {
        &[]
    }

    /// The object for people to read; cut to 200 characters in the record.
    ///
    /// Default: the first of the columns `name`, `title`, `label`, `code` and `slug` that is recorded unmasked,
    /// else the table and the key. Build it from unmasked columns only: it is not masked itself.
    #[must_use]
    fn object_repr(model: &Self::Model) -> String {
        object::default_repr::<Self>(model)
    }

    /// The column whose text triggers write as [`object_repr`](Self::object_repr), which SQL cannot call. Default:
    /// none, which stands for the default of `object_repr`.
    ///
    /// A column that is masked or skipped is not shown: the default stands for it.
    #[must_use]
    fn repr_column() -> Option<Self::Column> {
        None
    }

    /// The names that the table had before, as they stand in [`table_name`](crate::entity::audit_log::Model::table_name)
    /// of its records, the last one first. Default: none.
    ///
    /// Old records are read under the present name: see [`renames`](crate::renames). An implementation by hand needs
    /// [`register_audited!`](crate::register_audited) for that.
    #[must_use]
    fn former_tables() -> &'static [&'static str] {
        &[]
    }

    /// The names that a column had before, the last one first. Default: none.
    ///
    /// Old values are read under the present name: see [`renames`](crate::renames). An implementation by hand needs
    /// [`register_audited!`](crate::register_audited) for that.
    #[must_use]
    fn former_columns(column: Self::Column) -> &'static [&'static str] {
        let _ = column;
        &[]
    }

    /// Which tier records this entity. Default: [`Capture::Hooks`].
    #[must_use]
    fn capture() -> Capture {
        Capture::Hooks
    }
}

/// The name of an entity's table, as `schema.table` where it names a schema.
pub(crate) fn qualified_name<E: EntityTrait>(entity: &E) -> String {
    match entity.schema_name() {
        Some(schema) => format!("{schema}.{}", entity.table_name()),
        None => entity.table_name().to_owned(),
    }
}

/// Which tier records an entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Capture {
    /// The hooks of its `ActiveModelBehavior`: all that its active models do. The default.
    #[default]
    Hooks,
    /// Triggers in the database: the hooks stay silent for it.
    Triggers,
}
