//! A day at the bakery of `examples/bakery`, over a real socket: what people do there, and what the trail tells of it.

mod client;
mod day;
mod faults;
mod logins;
mod orders;
pub mod shop;

pub use day::{a_day_leaves_exactly_these_records, a_day_leaves_its_attempts_and_its_export};
pub use faults::what_goes_wrong_leaves_events;
pub use logins::{a_guesser_is_locked_out_and_recorded_as_blocked, any_name_can_fail_to_log_in};
pub use orders::{
    an_order_is_recorded_with_its_lines, the_second_run_goes_on_where_the_first_ended,
};
