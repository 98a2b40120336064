//! The layers around requests, on real servers over real sockets.

mod aborted;
mod actix;
mod actor_watch;
mod context;
mod events;
mod everywhere;
mod failures;
mod flood;
mod grpc;
mod incident;
mod interleaving;
mod killed;
mod logins;
mod nested;
mod plain;
mod security;
mod sessions;
mod shutdown;
mod tower_http;
mod views;

pub use aborted::{
    a_body_that_is_cut_off_leaves_an_event, a_client_that_goes_leaves_an_event,
    answers_without_a_body_are_not_aborted, half_a_request_leaves_nothing,
};
pub use actix::{
    a_body_of_actix_that_is_cut_off_leaves_an_event, a_client_of_actix_that_goes_leaves_an_event,
    a_middleware_inside_another_tells_nothing_twice,
    a_request_of_actix_gives_its_context_to_every_record,
    a_resolver_of_actix_that_panics_is_an_event, a_websocket_of_actix_has_its_context,
    an_actor_that_a_handler_of_actix_sets_is_in_the_events_too,
    an_id_of_actix_is_taken_and_sent_back_as_told, answers_of_actix_without_a_body_are_not_aborted,
    errors_of_actix_are_reported_with_their_text, many_requests_of_actix_keep_their_actors,
    panics_of_actix_are_reported_and_answered, panics_of_actix_go_on_where_told_to,
    probes_of_actix_are_security_events, slow_requests_of_actix_are_reported,
};
pub use actor_watch::{
    a_layer_that_finds_nobody_says_so_once, an_actor_that_comes_late_is_somebody,
};
pub use context::{
    a_request_gives_its_context_to_every_record, a_request_id_is_taken_only_from_whom_it_may,
    an_actor_that_an_extractor_sets_is_in_the_events_too, hostile_headers_are_cut_and_clean,
};
pub use events::{
    a_failing_database_fails_no_request, a_queue_full_of_probes_takes_errors,
    dropped_events_are_counted_and_told, probes_hide_no_errors, repeated_events_are_collapsed,
    skip_lists_hold_for_events_of_requests,
};
pub use everywhere::{
    a_request_is_the_same_wherever_it_works, a_websocket_has_no_context_by_itself,
};
pub use failures::{
    a_handler_that_is_cut_off_is_an_event, a_panic_that_a_layer_inside_answers_is_told_whole,
    a_resolver_that_panics_is_an_event, panics_are_reported_and_answered,
    panics_go_on_where_told_to, server_errors_are_reported, slow_requests_are_reported,
};
pub use flood::a_flood_hides_no_failure;
pub use grpc::failures_of_grpc_are_reported;
pub use incident::{a_flush_without_a_connection_ends, an_exhausted_pool_loses_no_event};
pub use interleaving::thousand_requests_of_fifty_users_keep_their_actors;
pub use killed::a_killed_process_has_written_its_counts;
pub use logins::{
    counted_logins_are_written_when_their_window_ends, failed_logins_are_bounded_and_counted,
};
pub use nested::a_layer_inside_another_tells_nothing_twice;
pub use plain::a_service_without_a_framework_is_audited_too;
pub use security::{
    own_routes_are_never_probes, probes_and_scanners_are_security_events,
    without_a_framework_the_answer_tells_probes,
};
pub use sessions::a_session_is_a_digest_from_its_first_request_on;
pub use shutdown::{
    a_second_signal_ends_a_server_at_once, a_signal_ends_a_server_with_all_events,
    a_signal_ends_a_server_without_its_database, a_signal_leaves_events_of_what_it_cuts_off,
    what_is_cut_off_is_reported_once,
};
pub use tower_http::{
    layers_of_tower_http_lose_and_double_nothing, the_request_id_of_tower_http_is_the_trails,
};
pub use views::{views_are_recorded_with_a_success, what_cannot_be_recorded_is_not_shown};

use audit_web::EventReporter;

use crate::Test;

/// A reporter that writes every event.
fn reporter(t: &Test) -> EventReporter {
    EventReporter::new(t.db.clone()).collapse_within(std::time::Duration::ZERO)
}
