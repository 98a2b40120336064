//! The suite: every test, by subject.

pub mod concurrency;
pub mod hooks;

use crate::runner::TestFn;

/// Lists tests by module: each becomes a name and a function.
macro_rules! list {
    ($($module:ident: [$($test:ident),* $(,)?]),* $(,)?) => {
        &[$($((
            concat!(stringify!($module), "::", stringify!($test)),
            |t| Box::pin($module::$test(t)),
        )),*),*]
    };
}

/// Every test of the suite.
pub const ALL: &[(&str, TestFn)] = list! {
    hooks: [
        create_records_every_column,
        update_records_only_changed_columns,
        delete_records_the_last_values,
        update_that_changes_nothing_leaves_no_record,
        update_that_sets_nothing_leaves_no_record_and_sends_no_more,
        delete_of_a_row_that_is_gone_leaves_no_record,
        failed_delete_does_not_haunt_the_next,
        failed_update_leaves_no_record,
        save_records_what_it_did,
        masked_values_never_appear,
        change_of_skipped_columns_alone_leaves_no_record,
        statement_counts,
        rollback_leaves_no_record,
        savepoint_rollback_leaves_no_record,
        dropped_transaction_leaves_no_record,
        audited_writes_are_atomic,
        bare_pool_is_refused_where_a_transaction_is_required,
        context_stands_in_the_record,
        unaudited_scope_leaves_no_record,
        entity_of_triggers_is_silent,
    ],
    concurrency: [
        many_tasks_update_one_row_in_transactions,
        many_tasks_update_one_row_on_the_pool,
        deferred_transactions_do_not_fail_for_the_read,
        updates_joined_in_one_task,
        updates_of_one_row_joined_in_one_transaction,
        different_entities_with_equal_keys,
        delete_race_leaves_one_record,
        interleaved_contexts,
    ],
};
