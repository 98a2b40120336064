//! What an installation did.

use std::fmt;

use sea_orm::DbErr;

use crate::capture::{state::State, table::Table};

/// What [`install`](crate::capture::install) or [`install_all`](crate::capture::install_all) did, table by table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstallReport {
    /// In the order of their names.
    pub tables: Vec<TableInstallation>,
}

/// What was done for one table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableInstallation {
    /// The table's name in records.
    pub table: String,
    /// What was done.
    pub outcome: Installation,
    /// The columns of the entity that the table does not have, so that the triggers do not know them.
    pub left_out: Vec<String>,
}

/// What was done for a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Installation {
    /// Triggers were made.
    Installed,
    /// They were as they should be.
    UpToDate,
    /// A later release of this library made them: they stay.
    Newer,
    /// They record these columns too, which the entity does not have: they stay.
    RecordsMore(Vec<String>),
    /// There is no such table in this database.
    NoTable,
}

impl TableInstallation {
    /// Of a table whose triggers were in that state before.
    pub(super) fn new(table: &Table, before: State, left_out: &[String]) -> Self {
        Self {
            table: table.audit_name.clone(),
            outcome: match before {
                State::Behind => Installation::Installed,
                State::UpToDate => Installation::UpToDate,
                State::Newer => Installation::Newer,
                State::RecordsMore(columns) => Installation::RecordsMore(columns),
            },
            left_out: left_out.to_vec(),
        }
    }

    pub(super) fn no_table(table: &Table) -> Self {
        Self {
            table: table.audit_name.clone(),
            outcome: Installation::NoTable,
            left_out: Vec::new(),
        }
    }

    fn trace(&self) {
        let table = &self.table;
        if !self.left_out.is_empty() {
            let columns = self.left_out.join(", ");
            tracing::warn!(
                table,
                columns,
                "columns that the table does not have are not captured"
            );
        }
        match &self.outcome {
            Installation::NoTable => tracing::warn!(table, "there is no such table to capture"),
            Installation::Installed => tracing::info!(table, "capture triggers installed"),
            Installation::UpToDate | Installation::Newer | Installation::RecordsMore(_) => {}
        }
    }
}

impl fmt::Display for TableInstallation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match &self.outcome {
            Installation::Installed => "installed",
            Installation::UpToDate => "up to date",
            Installation::Newer => "made by a later release of the library, left as it is",
            Installation::RecordsMore(_) => "made for more columns, left as it is",
            Installation::NoTable => "there is no such table, left out",
        };
        write!(f, "{}: {outcome}", self.table)?;
        if !self.left_out.is_empty() {
            let columns = self.left_out.join(", ");
            write!(f, "; without {columns}, which the table does not have")?;
        }
        Ok(())
    }
}

impl fmt::Display for InstallReport {
    /// A line for each table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tables
            .iter()
            .try_for_each(|table| writeln!(f, "{table}"))
    }
}

/// The report, or one error that names every table that failed.
pub(super) fn of(
    tables: Vec<TableInstallation>,
    failures: &[(String, DbErr)],
) -> Result<InstallReport, DbErr> {
    tables.iter().for_each(TableInstallation::trace);
    match failures {
        [] => Ok(InstallReport { tables }),
        // What comes after the first failure in a transaction of PostgreSQL (25P02) tells nothing of its own.
        [(table, error), others @ ..] => {
            let mut text = format!("no triggers on `{table}`: {error}");
            for (table, error) in others {
                let error = error.to_string();
                if error.contains("current transaction is aborted") {
                    text += &format!("; nor on `{table}`, as the transaction had failed");
                } else {
                    text += &format!("; on `{table}`: {error}");
                }
            }
            Err(DbErr::Custom(text))
        }
    }
}
