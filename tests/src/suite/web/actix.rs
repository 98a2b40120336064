//! The middlewares of actix-web.

mod aborted;
mod context;
mod failures;
mod nested;
mod upgraded;

pub use aborted::{
    a_body_of_actix_that_is_cut_off_leaves_an_event, a_client_of_actix_that_goes_leaves_an_event,
    answers_of_actix_without_a_body_are_not_aborted,
};
pub use context::{
    a_request_of_actix_gives_its_context_to_every_record,
    an_actor_that_a_handler_of_actix_sets_is_in_the_events_too,
    an_id_of_actix_is_taken_and_sent_back_as_told, many_requests_of_actix_keep_their_actors,
};
pub use failures::{
    a_resolver_of_actix_that_panics_is_an_event, errors_of_actix_are_reported_with_their_text,
    panics_of_actix_are_reported_and_answered, panics_of_actix_go_on_where_told_to,
    probes_of_actix_are_security_events, slow_requests_of_actix_are_reported,
};
pub use nested::a_middleware_inside_another_tells_nothing_twice;
pub use upgraded::a_websocket_of_actix_has_its_context;
