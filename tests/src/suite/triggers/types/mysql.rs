use super::{Column, Failures, columns};
use crate::{
    Outcome, Test,
    entity::column_types::{
        big, big_unsigned, boolean, bytes, date, date_time, date_time_utc, decimal, double, float,
        int, integer_enum, json, native_enum, small, small_unsigned, string, string_enum, text,
        time, tiny, tiny_unsigned, unsigned,
    },
};

const SIGNED: &[&str] = &["0", "1", "-1", "127"];
const UNSIGNED: &[&str] = &["0", "1", "5", "200"];
const BITS: &[&str] = &["0", "b'101'", "200", "65"];
const FLOATS: &[&str] = &["0", "0.5", "-2.25", "1e10"];
const DECIMALS: &[&str] = &["0", "1.5", "12345.67"];
const TEXTS: &[&str] = &["''", "'a'", "'ab '", "'\\\\ \"'", "'\\n\\t'", "'ÄÖ€'"];
const BYTES: &[&str] = &["''", "0x00FF", "'abc'"];
const JSONS: &[&str] = &[
    "'null'",
    "'{\"a\": [1, 2.5, \"x\"]}'",
    "'{ \"a\":[1,2.5,\"x\"] }'",
    "'\"\"'",
    "'1e30'",
];
const UNREADABLE_JSONS: &[&str] = &["'1e400'", "'\"\\\\ud800\"'"];
const CLOCKS: &[&str] = &["'00:00'", "'23:59:59.999999'", "'10:00'"];
const TIMES: &[&str] = &[
    "'2024-02-29 23:59:59.999999'",
    "'2024-03-31 02:30:00'",
    "'1970-01-02 00:00:00'",
];

/// Walks the columns of MariaDB and MySQL.
pub(super) async fn walk(t: &Test, failures: &mut Failures) -> Outcome {
    numbers(t, failures).await?;
    columns! {t, failures;
        string: [
            "char(9)", "varchar(9)", "varchar(9) character set latin1", "varchar(9) character set ucs2",
            "varchar(9) character set utf16", "char(9) character set utf32", "varchar(9) collate utf8mb4_bin",
            "enum('a', 'ab', '')",
        ] => TEXTS;
        string: ["set('a', 'b', 'c')"] => &["''", "'a,c'", "'b'"];
        native_enum: ["enum('Green', 'Earl \"Grey\"')"] => &["'Green'", "'Earl \"Grey\"'"];
        string_enum: ["varchar(8)"] => &["'S'", "'L'"];
        integer_enum: ["int"] => &["-10", "10"];
        bytes: ["point", "geometry"] => &["ST_GeomFromText('POINT(1 2)')"];
        text: ["tinytext", "text", "mediumtext", "longtext", "text character set latin1"] => TEXTS;
        bytes: ["binary(4)", "varbinary(9)", "tinyblob", "blob", "mediumblob", "longblob"] => BYTES;
        json: ["json"] => JSONS;
        json: ["json"] => UNREADABLE_JSONS;
        date: ["date"] => &["'2024-02-29'", "'1000-01-01'", "'9999-12-31'"];
        time: ["time", "time(6)"] => CLOCKS;
        date_time: ["datetime", "datetime(6)"] => TIMES;
        date_time_utc: ["datetime(6)", "timestamp NULL", "timestamp(6) NULL"] => TIMES;
    }
    if t.is_mariadb().await? {
        columns! {t, failures;
            string: ["inet6"] => &["'2001:db8::1'", "'::'"];
            string: ["inet4"] => &["'192.0.2.1'"];
            string: ["uuid"] => &["'01938a5e-7c1d-7e8f-9a0b-c1d2e3f40516'"];
        }
    }
    Ok(())
}

async fn numbers(t: &Test, failures: &mut Failures) -> Outcome {
    columns! {t, failures;
        tiny: ["tinyint"] => SIGNED;
        boolean: ["tinyint(1)"] => &["0", "1"];
        boolean: ["bit(1)"] => &["b'0'", "b'1'"];
        small: ["smallint"] => SIGNED;
        int: ["mediumint", "int"] => SIGNED;
        big: ["bigint"] => SIGNED;
        tiny_unsigned: ["tinyint unsigned", "tinyint(3) unsigned zerofill"] => UNSIGNED;
        small_unsigned: ["smallint unsigned", "smallint(5) unsigned zerofill"] => UNSIGNED;
        small_unsigned: ["year"] => &["0", "1999", "2155"];
        unsigned: ["int unsigned", "int(8) unsigned zerofill", "mediumint(7) unsigned zerofill"] => UNSIGNED;
        big_unsigned: ["bit(8)", "bit(40)", "bit(64)"] => BITS;
        big_unsigned: ["bigint unsigned"] => &["0", "18446744073709551615"];
        big_unsigned: ["bigint(20) unsigned zerofill"] => UNSIGNED;
        float: ["float", "float unsigned"] => FLOATS;
        float: ["float unsigned zerofill"] => &["0", "0.5", "2.25"];
        double: ["double", "double(12, 3)"] => FLOATS;
        double: ["double unsigned zerofill"] => &["0", "0.5", "2.25"];
        decimal: [
            "decimal(10, 2)", "decimal(30, 10)", "decimal(10, 2) unsigned", "decimal(10, 2) unsigned zerofill",
        ] => DECIMALS;
    }
    Ok(())
}
