//! Captured tables, as an application's schema changes and its releases follow each other.

mod alter;
mod early;
mod install;
mod names;
mod pinned;
mod postgres;
mod releases;
mod renamed;
mod rollback;
mod scoped;
mod together;
mod writers;

pub use alter::{
    altered_while_others_write, an_alteration_holds_up_no_other_table, an_alteration_that_fails,
    an_alteration_that_fails_half_done, an_alteration_that_is_given_up,
};
pub use early::{
    a_table_that_is_still_to_be_renamed, a_type_that_is_still_to_come,
    triggers_follow_migrations_that_fail,
};
pub use install::{
    a_column_that_is_still_to_come, a_hundred_tables_take_a_statement_each,
    a_trigger_made_later_on_sqlite, an_older_release_leaves_what_it_does_not_know,
    only_the_function_is_made_anew, options_stay, tables_that_are_still_to_come,
    up_takes_a_statement_for_each_table,
};
pub use names::{
    a_chain_of_renamed_tables, a_table_in_the_place_of_another, two_tables_that_exchange_names,
};
pub use pinned::texts_of_this_version_stay_valid;
pub use postgres::{
    a_column_of_another_type, a_schema_with_another_name, a_trail_later_in_the_search_path,
    functions_that_default_privileges_give_away,
};
pub use releases::{a_dropped_field_hides_no_other_change, options_of_an_older_release_count};
pub use renamed::{
    a_table_altered_under_a_former_name, a_table_of_another_schema, a_table_renamed_back,
    a_table_renamed_by_an_alteration, a_table_renamed_by_itself,
};
pub use rollback::{
    fresh_asks_for_a_trail_of_another_migrator, no_table_goes_before_a_rollback_is_refused,
};
pub use scoped::entities_of_one_database;
pub use together::{
    an_installation_that_changes_nothing_waits_for_nobody, installations_at_once,
    installations_beside_alterations,
};

use std::time::Duration;

use audit_sea_orm::capture::{CheckReport, Drift, InstallReport};
use sea_orm::{ConnectionTrait, DbErr};

use crate::Test;

/// Long enough for any machine: what waits for a lock here waits for ever.
const FOR_EVER: Duration = Duration::from_secs(60);

/// Makes the table of muffins as the first release had it.
async fn muffins(t: &Test) -> Result<(), DbErr> {
    let sql =
        "CREATE TABLE growing_muffin (id integer NOT NULL PRIMARY KEY, name varchar(255) NOT NULL)";
    t.db.execute_unprepared(sql).await.map(drop)
}

/// What is reported of the muffins, entity by entity: that of the second release knows more, so triggers are of it.
fn of_muffins(report: &CheckReport) -> Vec<Drift> {
    let drifts = of_table(report, "growing_muffin").into_iter();
    drifts
        .filter(|drift| !matches!(drift, Drift::CapturedAs(_)))
        .collect()
}

/// What is reported of a table.
fn of_table(report: &CheckReport, name: &str) -> Vec<Drift> {
    let tables = report.tables.iter();
    let tables = tables.filter(|table| table.table == name);
    tables.flat_map(|table| table.drifts.clone()).collect()
}

/// The lines of an installation's report that tell of a table.
fn lines(report: &InstallReport, table: &str) -> Vec<String> {
    let text = report.to_string();
    let lines = text.lines().filter(|line| line.starts_with(table));
    lines.map(str::to_owned).collect()
}
