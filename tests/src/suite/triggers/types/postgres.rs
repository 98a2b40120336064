use sea_orm::ConnectionTrait;

use super::{Column, Failures, columns};
use crate::{
    Outcome, Test,
    entity::{
        column_types::{
            big, big_array, boolean, boolean_array, bytes, bytes_array, date, date_array,
            date_time, date_time_utc, date_time_utc_array, decimal, decimal_array, double,
            double_array, float, float_array, int, integer_enum, json, json_array, json_binary,
            native_enum, native_enum_array, small, small_array, string, string_array, string_enum,
            text, time, uuid, uuid_array,
        },
        selected_types::{
            bit_varying, bits_as_number, brew, brew_array, circle, date_multirange, date_range,
            decimal_range, hardware, interval, interval_array, json_path, line, log_position,
            long_hardware, money, multirange, nested_array, network, network_range, number_as_big,
            number_range, object_number, pair, path, plain_time_range, point, polygon, positive,
            rectangle, search_query, search_text, segment, time_array, time_of_zone, time_range,
            time_stamp_array, wide_range, xml, zoned_array,
        },
    },
};

const WHOLE: &[&str] = &["0", "1", "-1", "32767"];
const DECIMALS: &[&str] = &["0", "1.50", "-0.01", "12345678.9", "'NaN'"];
const FLOATS: &[&str] = &[
    "0",
    "-0.0",
    "0.1",
    "1e22",
    "5e-30",
    "'NaN'",
    "'Infinity'",
    "'-Infinity'",
];
const TEXTS: &[&str] = &[
    "''",
    "'a'",
    "'ab   '",
    "E'\\\\ \"'",
    "E'\\n\\t\\x01'",
    "'ÄÖ€'",
];
const JSONS: &[&str] = &[
    "'null'",
    "'{\"a\": [1, 2.50, \"x\"]}'",
    "'{ \"a\":[1,2.50,\"x\"] }'",
    "'1e30'",
    "'\"\"'",
];
const UNREADABLE_JSONS: &[&str] = &[
    "'1e400'",
    "'\"\\ud800\"'",
    "'\"\\u0000\"'",
    "'{\"a\": 1, \"a\": 2}'",
];
const DAYS: &[&str] = &[
    "'2024-02-29'",
    "'0044-03-15 BC'",
    "'5874897-12-31'",
    "'infinity'",
    "'-infinity'",
];
const CLOCKS: &[&str] = &["'00:00'", "'23:59:59.999999'", "'10:00'"];
const TIMES: &[&str] = &[
    "'2024-02-29 23:59:59.999999'",
    "'0001-01-01 00:00:00'",
    "'9999-12-31 23:59:59'",
];
const FAR_TIMES: &[&str] = &["'infinity'", "'294276-12-31 23:59:59'", "'4713-01-01 BC'"];
const ZONED: &[&str] = &[
    "'2024-03-31 02:30:00+01'",
    "'2024-10-27 02:30:00+02'",
    "'1969-12-31 23:59:59.000001Z'",
];
const FLOAT_ARRAYS: &[&str] = &["'{0.1,1e22}'", "'{NaN,Infinity,-Infinity}'"];

/// Walks the columns of PostgreSQL.
pub(super) async fn walk(t: &Test, failures: &mut Failures) -> Outcome {
    columns! {t, failures;
        small: ["smallint"] => WHOLE;
        int: ["integer", "integer CHECK (value < 40000)"] => WHOLE;
        big: ["bigint"] => WHOLE;
        boolean: ["boolean"] => &["true", "false"];
        float: ["real"] => FLOATS;
        double: ["double precision"] => FLOATS;
        decimal: ["numeric", "numeric(10, 2)", "numeric(20, 10)"] => DECIMALS;
        uuid: ["uuid"] => &["'00000000-0000-0000-0000-000000000000'", "gen_random_uuid()"];
        date: ["date"] => DAYS;
        time: ["time"] => CLOCKS;
        // The end of the day is to SeaORM its beginning, so that a change from one to the other is none.
        time: ["time(0)"] => &["'23:59:59.4'", "'24:00'", "'10:00'"];
        date_time: ["timestamp", "timestamp(0)"] => TIMES;
        date_time: ["timestamp"] => FAR_TIMES;
        date_time_utc: ["timestamptz", "timestamptz(3)"] => ZONED;
        string: ["char(5)", "varchar(9)", "name", "\"char\"", "bpchar"] => TEXTS;
        text: ["text", "text COLLATE \"C\"", "char(5)"] => TEXTS;
        bytes: ["bytea"] => &["''", "'\\x00ff'", "'abc'"];
        json: ["json"] => JSONS;
        json: ["json"] => UNREADABLE_JSONS;
        json_binary: ["jsonb", "jsonb NOT NULL DEFAULT '1'"] => JSONS;
    }
    arrays(t, failures).await?;
    selected(t, failures).await?;
    of_geometry(t, failures).await?;
    made_here(t, failures).await
}

async fn arrays(t: &Test, failures: &mut Failures) -> Outcome {
    columns! {t, failures;
        small_array: ["smallint[]"] => &["'{}'", "'{1,2}'", "'{-1,0}'"];
        big_array: ["bigint[]"] => &["'{}'", "'{1,2}'", "'{-1,0}'"];
        boolean_array: ["boolean[]"] => &["'{t,f}'"];
        double_array: ["double precision[]"] => FLOAT_ARRAYS;
        float_array: ["real[]"] => FLOAT_ARRAYS;
        string_array: ["text[]", "varchar(9)[]", "char(4)[]"] => &["'{}'", "ARRAY['a', '\"', '']"];
        bytes_array: ["bytea[]"] => &["ARRAY['\\x00'::bytea, '']"];
        decimal_array: ["numeric(10, 2)[]"] => &["'{1.50,0}'"];
        uuid_array: ["uuid[]"] => &["ARRAY[gen_random_uuid()]"];
        json_array: ["json[]"] => &["ARRAY['{\"a\": 1}'::json, 'null']"];
        date_array: ["date[]"] => &["'{2024-02-29}'"];
    }
    Ok(())
}

/// Columns that SeaORM reads by a cast: the value recorded is the one that it reads.
async fn selected(t: &Test, failures: &mut Failures) -> Outcome {
    columns! {t, failures;
        money: ["money"] => &["0", "1.5", "-3.25"];
        bits_as_number: ["bit(8)"] => &["B'00000000'", "B'11111111'", "B'00000101'"];
        number_as_big: ["numeric"] => &["5", "5.00", "-7"];
        interval: ["interval"] => &["'1 day 03:00'", "'1 mon -1 days'", "'0'"];
        date_range: ["daterange"] => &["'[2020-01-02,2021-01-01)'", "'empty'", "'(,)'"];
        number_range: ["int4range"] => &["'[1,5)'", "'empty'"];
        time_range: ["tstzrange"] => &["'[2020-01-02,2021-01-01)'"];
        multirange: ["int4multirange"] => &["'{[1,3),[5,7)}'", "'{}'"];
        bit_varying: ["varbit"] => &["B''", "B'101'"];
        xml: ["xml"] => &["'<a>\"</a>'"];
        search_text: ["tsvector"] => &["'a b'::tsvector", "''"];
        point: ["point"] => &["'(1.5,-2)'"];
        network: ["inet"] => &["'192.0.2.1'", "'192.0.2.0/24'", "'2001:db8::1'"];
        hardware: ["macaddr"] => &["'08:00:2b:01:02:03'"];
        time_of_zone: ["timetz"] => &["'10:00+05:45'"];
        log_position: ["pg_lsn"] => &["'16/B374D848'"];
        object_number: ["oid"] => &["0", "4294967295"];
        wide_range: ["int8range"] => &["'[1,5)'", "'(,9223372036854775807)'"];
        decimal_range: ["numrange"] => &["'[1.50,2)'", "'(,)'"];
        plain_time_range: ["tsrange"] => &["'[2020-01-02,2021-01-01 10:00:00.5)'"];
        date_multirange: ["datemultirange"] => &["'{[2020-01-02,2021-01-01)}'"];
        network_range: ["cidr"] => &["'192.0.2.0/24'", "'2001:db8::/32'"];
        long_hardware: ["macaddr8"] => &["'08:00:2b:01:02:03:04:05'"];
        search_query: ["tsquery"] => &["'a & !b'", "''"];
        json_path: ["jsonpath"] => &["'$.a[*] ? (@ > 1)'"];
        time_array: ["time[]"] => &["'{10:00,23:59:59.999999}'", "'{}'"];
        time_stamp_array: ["timestamp[]"] => &["'{2024-02-29 10:00:00.5,infinity}'"];
        interval_array: ["interval[]"] => &["'{1 day 03:00,-1 mon}'"];
        zoned_array: ["timestamptz[]"] => &["'{2024-03-31 02:30:00+01}'"];
        nested_array: ["integer[][]", "integer[]"] => &["'{{1,2},{3,NULL}}'", "'[5:6]={1,2}'"];
    }
    Ok(())
}

async fn of_geometry(t: &Test, failures: &mut Failures) -> Outcome {
    columns! {t, failures;
        line: ["line"] => &["'{1,-1,0.1}'"];
        segment: ["lseg"] => &["'[(0,0),(0.1,1e22)]'"];
        rectangle: ["box"] => &["'((0.1,1),(2,3))'"];
        path: ["path"] => &["'((0,0),(0.1,1))'", "'[(0,0),(1,1)]'"];
        polygon: ["polygon"] => &["'((0,0),(0.1,1),(1,0))'"];
        circle: ["circle"] => &["'<(0.1,2),0.30000000000000004>'"];
    }
    Ok(())
}

/// Columns of types that an application makes.
async fn made_here(t: &Test, failures: &mut Failures) -> Outcome {
    let types = "CREATE TYPE brew AS ENUM ('green', 'Earl \"Grey\"'); \
        CREATE DOMAIN positive AS integer CHECK (VALUE > 0); \
        CREATE DOMAIN label AS varchar(9) CHECK (VALUE <> ''); \
        CREATE TYPE pair AS (a integer, b text); \
        CREATE TYPE tea AS ENUM ('Green', 'Earl \"Grey\"')";
    t.db.execute_unprepared(types).await?;
    columns! {t, failures;
        brew: ["brew"] => &["'green'", "'Earl \"Grey\"'"];
        brew_array: ["brew[]"] => &["ARRAY['green', 'Earl \"Grey\"']::brew[]"];
        native_enum: ["tea"] => &["'Green'", "'Earl \"Grey\"'"];
        native_enum_array: ["tea[]"] => &["ARRAY['Green', 'Earl \"Grey\"']::tea[]", "'{}'"];
        positive: ["positive"] => &["1", "2147483647"];
        int: ["positive"] => &["1", "2147483647"];
        string: ["label"] => &["'a'", "'ab '"];
        pair: ["pair"] => &["ROW(1, 'a\"b')", "ROW(NULL, '')"];
        string_enum: ["varchar(8)", "text"] => &["'S'", "'L'"];
        integer_enum: ["integer"] => &["-10", "10"];
        date_time_utc_array: ["timestamptz[]"] => &["'{2024-03-31 02:30:00.5+01}'", "'{}'"];
    }
    Ok(())
}
