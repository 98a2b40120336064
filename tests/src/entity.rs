//! The entities that the tests write.

pub mod altered;
pub mod author;
pub mod book;
pub mod cake;
pub mod captured;
pub mod cinema;
pub mod column_types;
pub mod growing;
pub mod ignored;
pub mod keyed;
pub mod ledger;
pub mod odd;
pub mod order_line;
pub mod pie;
pub mod renamed;
pub mod scone;
pub mod seams;
pub mod selected_types;
pub mod shared;
pub mod shop;
pub mod society;
pub mod synced;
pub mod tart;
