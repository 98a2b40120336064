use super::{Column, Failures, columns};
use crate::{
    Outcome, Test,
    entity::column_types::{
        big, boolean, bytes, date, date_time, date_time_utc, decimal, double, int, integer_enum,
        json, string, string_enum, text, time, uuid,
    },
};

/// A value of every kind that SQLite keeps, whatever the column says.
const ANY: &[&str] = &[
    "0",
    "1",
    "-9223372036854775808",
    "0.5",
    "9e999",
    "-9e999",
    "'a'",
    "''",
    "'ab \"\\ '",
    "'10'",
    "x'00ff'",
    "CAST(x'fffe' AS TEXT)",
    "'null'",
    "'a' || char(0) || 'b'",
];
const JSONS: &[&str] = &[
    "'null'",
    "'{\"a\": [1, 2.50, \"x\"]}'",
    "'{ \"a\":[1,2.50,\"x\"] }'",
    "'1e400'",
    "'\"\\ud800\"'",
    "'not JSON'",
    "'{a: 1}'",
    "5",
    "0.5",
    "x'00ff'",
];
const CLOCKS: &[&str] = &[
    "'10:00'",
    "'10:00:00'",
    "'10:00:00.5'",
    "'23:59:59.999999'",
    "'soon'",
    "5",
];
const TIMES: &[&str] = &[
    "'2024-01-01 10:00:00'",
    "'2024-01-01T10:00:00'",
    "'2024-01-01 10:00'",
    "'2024-01-01T10:00'",
    "'2024-01-01T10:00:00Z'",
    "'2024-01-01 10:00:00.5'",
    "'2024-01-01T10:00:00.123456+00:00'",
    "'2024-01-01T10:00:00.123+05:45'",
    "CURRENT_TIMESTAMP",
    "'2024-01-01'",
    "1704103200",
    "2460310.9",
    "'soon'",
];

/// Walks the columns of SQLite.
pub(super) async fn walk(t: &Test, failures: &mut Failures) -> Outcome {
    columns! {t, failures;
        int: ["INTEGER", "MEDIUMINT"] => ANY;
        big: ["BIGINT", "NUMERIC", ""] => ANY;
        boolean: ["BOOLEAN", "TINYINT"] => ANY;
        double: ["REAL", "DOUBLE PRECISION"] => ANY;
        decimal: ["DECIMAL(10, 2)", "REAL"] => ANY;
        string: ["VARCHAR(9)", "TEXT COLLATE NOCASE"] => ANY;
        text: ["TEXT", "CLOB", "BLOB"] => ANY;
        bytes: ["BLOB", "VARBINARY(9)"] => ANY;
        uuid: ["uuid_text", "BLOB"] => ANY;
        string_enum: ["TEXT", "enum_text"] => &["'S'", "'L'", "'XL'", "5"];
        integer_enum: ["INTEGER"] => &["-10", "10", "11", "'low'"];
        json: ["JSON", "json_text", "jsonb_text"] => JSONS;
        time: ["TIME", "time_text"] => CLOCKS;
        date: ["DATE", "date_text"] => TIMES;
        date_time: ["DATETIME", "datetime_text", "TEXT"] => TIMES;
        date_time_utc: ["TIMESTAMP", "timestamp_with_timezone_text", "DATETIME"] => TIMES;
    }
    Ok(())
}
