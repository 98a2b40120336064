//! Country and city from a MaxMind database file.
