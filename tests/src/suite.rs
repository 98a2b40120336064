//! The suite: every test, by subject.

pub mod cancellation;
pub mod concurrency;
pub mod events;
pub mod hooks;
pub mod kill;
pub mod masking;
pub mod nested;
pub mod queries;

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
    events: [
        hostile_texts_are_cut_and_clean,
        a_login_attempt_is_whole,
        an_export_is_whole,
        a_system_event_is_whole,
        an_audit_event_is_whole,
        the_two_rows_of_an_event_are_both_or_neither,
    ],
    masking: [no_secret_stands_in_the_trail],
    queries: [
        each_question_finds_its_records,
        pages_hold_every_row_once,
        changed_finds_just_the_records_with_the_column,
        each_question_has_its_index,
        the_summary_counts,
        a_select_can_be_refined,
    ],
    nested: [
        every_row_of_a_nested_save_is_recorded,
        every_row_of_a_nested_delete_is_recorded,
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
    kill: [a_kill_never_parts_a_change_from_its_record],
    cancellation: [
        atomic_updates_dropped_anywhere_are_whole_or_nothing,
        pool_updates_dropped_anywhere_leave_no_phantom,
        aborted_tasks_leave_both_or_neither,
        updates_that_fail_leave_nothing_behind,
        updates_without_returning_leave_nothing_behind,
        images_of_large_rows_stay_bounded,
    ],
};
