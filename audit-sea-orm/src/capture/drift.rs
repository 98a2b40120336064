//! What may be wrong with a table of the trail, or with what captures one.

use std::fmt;

use serde::Serialize;

/// A difference between what is in the database and what should be.
///
/// As JSON it has the `kind`, which is the variant's name in `snake_case`, and what it is `about`: a name, or an object with
/// the variant's fields. In a [report](crate::capture::CheckReport) there are also the `message`, as it is displayed, and whether it
/// is a `warning`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "about")]
#[non_exhaustive]
pub enum Drift {
    /// A table is not there: of the trail, run the migrations; or the entity's own.
    NoTable(String),
    /// A table of the trail lacks a column: it is behind the migrations.
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A trigger or a rule that somebody else put on `audit_log`: it runs for each record, and may change or remove it. A
    /// [warning](Self::is_warning), as it may have been put there for good.
    Intercepted(String),
    /// A trigger is not there: changes go unrecorded.
    NoTrigger(String),
    /// The table is in a database that was attached to SQLite's main one: no trigger can write from one to the other. What
    /// hooks record may be there.
    Attached {
        /// The table.
        table: String,
        /// The name under which its database is attached.
        database: String,
    },
    /// A table, its columns or a trigger are hidden from the user who asks, so nothing can be said of it. Check as a user
    /// who has the right. MySQL and MariaDB hide what one has no right on, PostgreSQL the schemas of the search path that
    /// one may not use.
    Hidden {
        /// The table, its columns, or the trigger.
        what: String,
        /// The right that lets it be seen.
        right: String,
    },
    /// A trigger was made from another state of the entity, or by an earlier version of this library.
    Outdated(String),
    /// A later version of this library made the trigger, of which this one cannot judge. A [warning](Self::is_warning):
    /// so it is while one version takes the place of another.
    Newer(String),
    /// A trigger's text is not what this library made of it.
    Altered(String),
    /// A trigger was made anew, or its function altered, so that it no longer does what this library made it for.
    Reshaped {
        /// The trigger.
        trigger: String,
        /// What is not as it was made: `event`, `timing`, `level`, `condition`, `columns`, `transition tables`, `function`;
        /// of the function `language`, `security`, `settings`; `sql_mode`; `order`, on SQLite, whose
        /// trigger that was made last fires first; or `owner`, where the triggers of one table
        /// have different ones.
        part: String,
        /// As it is.
        found: String,
        /// As it was made.
        made: String,
    },
    /// A trigger is switched off, or fires only for what is replicated.
    Disabled(String),
    /// Others than the owner may execute the trigger's function, on PostgreSQL: on a table of their own it forges records.
    Executable {
        /// The trigger, whose function has the same name.
        trigger: String,
        /// Who may, `PUBLIC` for everyone.
        by: String,
    },
    /// The trigger runs with the rights of somebody who lacks one that it needs: every write to the table fails.
    Powerless {
        /// The trigger.
        trigger: String,
        /// The owner of its function, on MariaDB and MySQL its definer.
        owner: String,
        /// The right, and on what.
        right: String,
    },
    /// The trigger runs with the rights of an account that is gone, on MariaDB and MySQL: every write to the table fails.
    NoOwner {
        /// The trigger.
        trigger: String,
        /// The account.
        owner: String,
    },
    /// Whether the account exists that the trigger runs as, and what rights it has, cannot be seen by the user who asks, on
    /// MariaDB and MySQL. A [warning](Self::is_warning).
    OwnerHidden {
        /// The trigger.
        trigger: String,
        /// The account.
        owner: String,
    },
    /// The table has a column that the trigger does not know: its values go unrecorded.
    UnknownColumn(String),
    /// The trigger names a column that the table has no more: writes will fail.
    GoneColumn(String),
    /// The table lacks a column of the entity, so it goes unrecorded: a migration is still to run.
    AbsentColumn(String),
    /// The triggers record a column that the entity does not have: those of a later release of the application, or the entity
    /// lost it. A [warning](Self::is_warning). [`install`](crate::capture::install) leaves such triggers alone; to make them
    /// forget the column, [`remove`](crate::capture::remove) them first.
    RecordsMore(String),
    /// Hooks record the entity, and triggers do too: each change is recorded twice.
    RecordedTwice,
    /// Triggers record the table as another entity of the program. A [warning](Self::is_warning): the records are there, with
    /// the columns and the policy of that one.
    CapturedAs(String),
    /// A foreign key changes rows of this table by a cascade that fires no triggers, on MariaDB and MySQL: those changes go
    /// unrecorded. A [warning](Self::is_warning) where the server has no variable that mends it.
    Cascade {
        /// The foreign key, with what it does.
        key: String,
        /// The variable of the session that lets cascades fire triggers, where the server has one (MySQL 9.7).
        variable: Option<String>,
    },
}

impl Drift {
    /// Whether it is something to know, with which a [report](crate::capture::CheckReport) is clean all the same.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::Intercepted(_)
                | Self::Newer(_)
                | Self::OwnerHidden { .. }
                | Self::CapturedAs(_)
                | Self::RecordsMore(_)
                | Self::Cascade { variable: None, .. }
        )
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable(table) => write!(f, "table `{table}` is missing"),
            Self::NoColumn { table, column } => {
                write!(
                    f,
                    "column `{column}` of `{table}` is missing: run the migrations"
                )
            }
            Self::Intercepted(what) => write!(f, "{what} runs for each record, and may change or remove it"),
            Self::NoTrigger(name) => write!(f, "trigger `{name}` is missing"),
            Self::Hidden { what, right } => {
                write!(f, "{what} cannot be seen: the check needs {right}")
            }
            Self::Attached { table, database } => write!(
                f,
                "table `{table}` is in the attached database `{database}`: the trail, and what triggers record, belong \
                 in the main one"
            ),
            Self::UnknownColumn(column) => {
                write!(f, "column `{column}` is not known to the triggers")
            }
            Self::GoneColumn(column) => {
                write!(f, "column `{column}` is gone, but the triggers name it")
            }
            Self::AbsentColumn(column) => write!(
                f,
                "column `{column}` of the entity is missing: run the migration that adds it, then install"
            ),
            Self::RecordsMore(column) => write!(
                f,
                "column `{column}` is recorded, which the entity does not have"
            ),
            Self::RecordedTwice => f.write_str(
                "hooks and triggers both record it: put `capture = \"triggers\"` on the entity, or remove the triggers",
            ),
            Self::CapturedAs(entity) => {
                write!(f, "triggers record this table as the entity `{entity}`")
            }
            Self::Cascade { key, variable } => cascade(f, key, variable.as_deref()),
            of_trigger => of_trigger.fmt_trigger(f),
        }
    }
}

impl Drift {
    /// What is wrong with a trigger that is there.
    fn fmt_trigger(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outdated(name) => write!(f, "trigger `{name}` is outdated: install it anew"),
            Self::Newer(name) => write!(f, "trigger `{name}` was made by a later release"),
            Self::Altered(name) => {
                write!(
                    f,
                    "trigger `{name}` was altered by hand: its text; install it anew"
                )
            }
            Self::Reshaped {
                trigger,
                part,
                found,
                made,
            } => write!(
                f,
                "trigger `{trigger}` was altered by hand: its {part} is {}, and was made {}; install it anew",
                shown(found),
                shown(made)
            ),
            Self::Disabled(name) => write!(f, "trigger `{name}` is disabled"),
            Self::Executable { trigger, by } => write!(
                f,
                "the function of trigger `{trigger}` may be executed by {by}, who can forge records with it: \
                 install it anew, or revoke EXECUTE from {by}"
            ),
            Self::Powerless {
                trigger,
                owner,
                right,
            } => write!(
                f,
                "trigger `{trigger}` runs as `{owner}`, who lacks {right}: grant it, or remove the triggers and install them as another user"
            ),
            Self::NoOwner { trigger, owner } => write!(
                f,
                "trigger `{trigger}` runs as `{owner}`, who does not exist: create that account, or remove the triggers and install them as another"
            ),
            Self::OwnerHidden { trigger, owner } => write!(
                f,
                "trigger `{trigger}` runs as `{owner}`, of whom nothing can be seen: the check needs SELECT on `mysql`.*"
            ),
            _ => Ok(()),
        }
    }
}

fn shown(value: &str) -> String {
    if value.is_empty() {
        "none".to_owned()
    } else {
        format!("`{value}`")
    }
}

fn cascade(f: &mut fmt::Formatter<'_>, key: &str, variable: Option<&str>) -> fmt::Result {
    write!(
        f,
        "foreign key {key}: changes rows here without firing triggers; "
    )?;
    match variable {
        Some(variable) => write!(
            f,
            "set the session variable `{variable}` to ON for every connection"
        ),
        None => {
            f.write_str("give it RESTRICT, and change these rows before those that they refer to")
        }
    }
}
