//! Capture triggers: they see every write, and write the records of the hooks.

mod backup;
mod context;
mod drift;
mod install;
mod kept;
mod limits;
mod names;
mod postgres;
mod replay;
mod seen;
mod silence;
mod sqlite;
mod types;
mod whole;
mod writes;

pub use backup::{
    a_backup_is_restored_with_its_triggers, data_alone_is_restored_once,
    data_alone_is_restored_past_triggers,
};
pub use context::{a_context_stands_in_the_record, unaudited_and_skip_lists_hold};
pub use drift::{
    a_writer_needs_no_rights_on_the_trail, check_tells_of_columns_and_tables_that_are_gone,
    check_tells_of_outdated_triggers, check_tells_of_strays, check_tells_of_tables_without_entity,
    removing_all_keeps_other_trails, removing_keeps_other_schemas,
};
pub(super) use install::triggers;
pub use install::{
    check_tells_every_drift, installing_twice_changes_nothing, removing_leaves_nothing,
    rolling_back_removes_every_trigger, what_must_not_be_captured_is_refused,
};
pub use kept::{
    any_value_in_any_column, json_that_no_reader_takes, json_with_other_blanks_is_no_change,
    modes_of_the_installer, padded_numbers_and_bits, times_as_sqlite_has_them,
    times_that_are_not_written, timestamps_of_other_zones, triggers_have_no_arrows,
};
pub use limits::{
    bulk_loads, inherited_tables, own_triggers, partitions, replaced_rows, replicated_writes,
    values_of_megabytes,
};
pub use names::{composite_keys, equal_by_collation, hostile_names, hostile_texts_for_people};
pub use postgres::{
    a_rule_that_is_made_later, columns_read_by_a_cast, digits_of_numbers_in_texts,
    json_that_others_cannot_read, keys_that_change_hands, logins_and_roles, many_skipped_rows,
    odd_contexts, padded_texts, rows_changed_several_times, rows_of_one_key,
    styled_texts_and_far_dates, tables_named_at_run_time, tables_with_rules, the_most_parameters,
    values_of_types_that_panic, virtual_columns,
};
pub use replay::every_table_can_be_rebuilt;
pub use seen::{
    attached_databases, check_names_a_schema_that_it_may_not_use,
    check_names_columns_that_it_cannot_see, columns_that_seaorm_ignores,
};
pub use silence::{
    a_context_of_any_size_is_cut, a_context_that_cannot_be_read_fails_no_write,
    a_session_cannot_choose_the_time, a_temporary_table_by_the_name_of_the_trail,
    a_write_that_reads_the_trail, deep_metadata_hides_nothing, the_login_stands_in_every_record,
    who_waited_comes_later,
};
pub use sqlite::{a_key_that_is_dropped, keys_by_any_name};
pub use types::every_type_of_column_is_recorded;
pub use whole::{
    a_server_that_ignores_the_case_of_tables, check_needs_no_right_to_use_a_schema,
    check_tells_of_cascades, check_tells_of_definers, check_tells_of_functions_with_other_rights,
    check_tells_of_strangers_made_anew, check_tells_of_triggers_made_anew,
    check_tells_of_triggers_on_the_trail, check_tells_what_it_cannot_see,
    entities_that_share_a_table, tables_with_capitals, versions_of_triggers,
};
pub use writes::{
    bulk_after_single, cascades, changed_keys, masks_and_skips, raw_sql, single_writes, truncate,
    upserts,
};

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use crate::{
    Test,
    entity::ledger::{account, entry},
};

/// Makes the tables of accounts and entries, with their triggers.
pub(super) async fn ledger(t: &Test) -> Result<(), DbErr> {
    t.create_table(account::Entity).await?;
    t.create_table(entry::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    capture::install(&t.db, entry::Entity).await.map(drop)
}

async fn run(db: &DatabaseConnection, statements: &[&str]) -> Result<(), DbErr> {
    for sql in statements {
        db.execute_unprepared(sql).await?;
    }
    Ok(())
}

/// Each record as its action, its table and its object.
fn outline(records: &[audit_log::Model]) -> Vec<String> {
    let line = |record: &audit_log::Model| {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        format!(
            "{} {} {}",
            record.action,
            part(&record.table_name).trim_start_matches("ledger_"),
            part(&record.object_id)
        )
    };
    records.iter().map(line).collect()
}
