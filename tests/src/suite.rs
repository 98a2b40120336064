//! The suite: every test, by subject.

pub mod admin;
pub mod cancellation;
pub mod concurrency;
pub mod events;
pub mod failure;
pub mod hooks;
pub mod keys;
pub mod kill;
pub mod masking;
pub mod migration;
pub mod nested;
pub mod queries;
pub mod skip;
pub mod values;

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
    keys: [
        integers,
        uuids,
        binary,
        strings_that_look_alike,
        letter_case_and_trailing_blanks,
        long_strings,
        very_long_strings,
        strings_with_nul,
        number_and_text,
        three_texts,
        equal_keys_of_different_tables,
        keys_that_the_table_takes_for_equal,
    ],
    values: [
        booleans,
        integers,
        unsigned_integers,
        floats,
        decimals,
        texts,
        megabytes,
        bytes,
        uuids,
        json,
        dates_and_times_of_chrono,
        zoned_times_of_chrono,
        dates_and_times_of_time,
        zoned_times_of_time,
        arrays,
        enums,
        newtypes,
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
    migration: [
        migration_that_saves_before_the_tables_exist_is_not_recorded,
        schema_sync_finds_nothing_to_do,
        rolling_back_is_refused_unless_it_is_allowed,
        merged_migrations_live_in_the_applications_own_table,
        migrating_again_changes_nothing,
        interrupted_migration_goes_on,
        the_program_migrates,
        the_program_explains_a_wrong_url,
    ],
    skip: [
        skipped_tables_leave_no_record_and_cost_nothing,
        skipped_actions_leave_no_record,
        skip_lists_hold_for_events_by_hand,
        the_environment_is_read,
        a_malformed_environment_fails_the_write_whole,
    ],
    failure: [
        under_fail_the_caller_learns_of_it,
        under_log_the_change_stands,
        events_by_hand_fail_or_are_counted,
        full_disk_is_never_a_silent_success,
        locked_trail_is_reported_or_counted,
        locked_row_ends_a_transaction_with_an_error,
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
    admin: [
        whoever_is_not_admitted_sees_nothing,
        every_path_and_method_answers_as_it_should,
        pages_hold_every_row_once_forward_and_back,
        filters_find_their_rows,
        a_search_looks_a_window_at_a_time,
        hostile_parameters_are_refused_or_find_nothing,
        every_page_is_strict,
        every_link_works_under_any_prefix,
        a_history_is_rebuilt_and_compared,
        an_event_is_resolved_once_and_recorded,
        only_a_superuser_deletes_and_says_why,
        forms_need_their_token_and_their_origin,
        exports_hold_every_row_and_are_recorded,
        views_are_recorded_where_that_is_wanted,
        masked_values_appear_on_no_page,
        the_api_answers_as_it_is_described,
        every_list_is_read_by_an_index,
    ],
};
