use super::{Column, Failures};
use crate::{
    Outcome, Test,
    entity::column_types::{
        big, boolean, bytes, date, date_time, date_time_utc, decimal, double, int, json, string,
        text, time, uuid,
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
const STAMPS: &[&str] = &[
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
    let any = |ddl| Column { ddl, values: ANY };
    failures
        .of::<int::Entity>(t, &["INTEGER", "INT", "MEDIUMINT"].map(any))
        .await?;
    failures
        .of::<big::Entity>(t, &["BIGINT", "NUMERIC", ""].map(any))
        .await?;
    failures
        .of::<boolean::Entity>(t, &["BOOLEAN", "TINYINT"].map(any))
        .await?;
    failures
        .of::<double::Entity>(t, &["REAL", "DOUBLE PRECISION", "FLOAT"].map(any))
        .await?;
    failures
        .of::<decimal::Entity>(t, &["DECIMAL(10, 2)", "REAL"].map(any))
        .await?;
    failures
        .of::<string::Entity>(
            t,
            &["VARCHAR(9)", "CHAR(9)", "TEXT COLLATE NOCASE"].map(any),
        )
        .await?;
    failures
        .of::<text::Entity>(t, &["TEXT", "CLOB", "BLOB"].map(any))
        .await?;
    failures
        .of::<bytes::Entity>(t, &["BLOB", "VARBINARY(9)"].map(any))
        .await?;
    failures
        .of::<uuid::Entity>(t, &["uuid_text", "BLOB"].map(any))
        .await?;
    let json = |ddl| Column { ddl, values: JSONS };
    failures
        .of::<json::Entity>(t, &["JSON", "json_text", "jsonb_text"].map(json))
        .await?;
    let time = |ddl| Column {
        ddl,
        values: &[
            "'10:00'",
            "'10:00:00'",
            "'10:00:00.5'",
            "'23:59:59.999999'",
            "'soon'",
            "5",
        ],
    };
    failures
        .of::<time::Entity>(t, &["TIME", "time_text"].map(time))
        .await?;
    let stamp = |ddl| Column {
        ddl,
        values: STAMPS,
    };
    failures
        .of::<date::Entity>(t, &["DATE", "date_text"].map(stamp))
        .await?;
    failures
        .of::<date_time::Entity>(t, &["DATETIME", "datetime_text", "TEXT"].map(stamp))
        .await?;
    failures
        .of::<date_time_utc::Entity>(
            t,
            &["TIMESTAMP", "timestamp_with_timezone_text", "DATETIME"].map(stamp),
        )
        .await
}
