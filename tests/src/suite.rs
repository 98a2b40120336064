//! The suite: every test, by subject.

pub mod bakery;
pub mod cancellation;
pub mod captured;
pub mod concurrency;
pub mod context;
pub mod coverage;
pub mod events;
pub mod failure;
pub mod far_future;
pub mod hooks;
pub mod keys;
pub mod kill;
pub mod masking;
pub mod migration;
pub mod nested;
pub mod queries;
pub mod skip;
pub mod triggers;
pub mod tripwire;
pub mod values;
pub mod web;

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
        the_program_checks,
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
    kill: [
        a_kill_never_parts_a_change_from_its_record,
        a_kill_never_parts_a_change_from_what_its_trigger_records,
    ],
    cancellation: [
        atomic_updates_dropped_anywhere_are_whole_or_nothing,
        pool_updates_dropped_anywhere_leave_no_phantom,
        aborted_tasks_leave_both_or_neither,
        updates_that_fail_leave_nothing_behind,
        updates_without_returning_leave_nothing_behind,
        images_of_large_rows_stay_bounded,
    ],
    far_future: [events_keep_their_time],
    bakery: [
        a_day_leaves_exactly_these_records,
        a_day_leaves_its_attempts_and_its_export,
        what_goes_wrong_leaves_events,
        an_order_is_recorded_with_its_lines,
        a_guesser_is_locked_out_and_recorded_as_blocked,
        any_name_can_fail_to_log_in,
        the_second_run_goes_on_where_the_first_ended,
    ],
    web: [
        a_request_gives_its_context_to_every_record,
        hostile_headers_are_cut_and_clean,
        a_request_id_is_taken_only_from_whom_it_may,
        an_actor_that_an_extractor_sets_is_in_the_events_too,
        a_service_without_a_framework_is_audited_too,
        half_a_request_leaves_nothing,
        panics_are_reported_and_answered,
        panics_go_on_where_told_to,
        server_errors_are_reported,
        slow_requests_are_reported,
        a_client_that_goes_leaves_an_event,
        a_body_that_is_cut_off_leaves_an_event,
        answers_without_a_body_are_not_aborted,
        repeated_events_are_collapsed,
        dropped_events_are_counted_and_told,
        a_failing_database_fails_no_request,
        skip_lists_hold_for_events_of_requests,
        probes_and_scanners_are_security_events,
        own_routes_are_never_probes,
        without_a_framework_the_answer_tells_probes,
        views_are_recorded_with_a_success,
        what_cannot_be_recorded_is_not_shown,
        thousand_requests_of_fifty_users_keep_their_actors,
    ],
    events: [unaudited_events_leave_nothing],
    queries: [the_summary_keeps_to_its_period],
    context: [
        every_write_carries_its_context,
        the_payload_is_whole,
        hooks_and_events_take_the_connections_context,
        a_required_transaction_is_seen_through_an_audited_connection,
        statements_are_counted,
        a_transaction_carries_the_context_of_each_write,
        a_write_of_no_row_does_not_lose_the_context,
        a_raw_savepoint_does_not_lose_the_context,
        joined_writes_do_not_exchange_contexts,
        the_next_user_of_the_connection_has_no_context,
        a_cancelled_write_leaves_no_context,
        reads_pass_through,
        streams_that_write_carry_the_context,
        trees_are_saved_loaded_and_deleted,
        transactions_begin_in_every_way,
        errors_come_out_unchanged,
        restricted_connections_carry_the_context,
        statements_on_a_restricted_connection_are_counted,
    ],
    tripwire: [the_tripwire_counts_what_slips_through],
    coverage: [
        active_model_insert,
        active_model_update,
        active_model_save,
        active_model_delete,
        model_delete,
        nested_save,
        nested_delete,
        update_without_returning,
        entity_insert,
        entity_update,
        entity_delete,
        insert_many,
        upsert,
        update_many,
        delete_many,
        built_statement,
        raw_execute,
        raw_query,
        raw_script,
        raw_stream,
        migration_write,
        another_program,
        foreign_key_cascade,
    ],
    triggers: [
        single_writes,
        bulk_after_single,
        upserts,
        raw_sql,
        changed_keys,
        cascades,
        truncate,
        masks_and_skips,
        hostile_names,
        composite_keys,
        hostile_texts_for_people,
        a_context_stands_in_the_record,
        unaudited_and_skip_lists_hold,
        installing_twice_changes_nothing,
        removing_leaves_nothing,
        rolling_back_removes_every_trigger,
        what_must_not_be_captured_is_refused,
        check_tells_every_drift,
        every_table_can_be_rebuilt,
    ],
    captured: [
        many_writers_leave_unbroken_chains,
        records_of_triggers_have_the_whole_context,
    ],
};
