//! Every type of column, from value to JSON and back, on the database.
//!
//! Each test is a table of values with their JSON, one JSON for all databases. A row goes through all of them,
//! NULL among them, and every record must say so. Where a database does not keep a value, the table says why.

mod arrays;
mod enums;
mod matrix;
mod numbers;
mod text;
mod times;

pub use arrays::arrays;
pub use enums::{enums, newtypes};
pub use numbers::{booleans, decimals, floats, integers, unsigned_integers};
pub use text::{bytes, json, megabytes, texts, uuids};
pub use times::{
    dates_and_times_of_chrono, dates_and_times_of_time, zoned_times_of_chrono, zoned_times_of_time,
};
