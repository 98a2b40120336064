use super::{Column, Failures};
use crate::{
    Outcome, Test,
    entity::{
        column_types::{
            big, big_array, boolean, boolean_array, bytes, bytes_array, date, date_array,
            date_time, date_time_utc, decimal, decimal_array, double, double_array, float,
            float_array, int, json, json_array, json_binary, small, small_array, string,
            string_array, text, time, uuid, uuid_array,
        },
        selected_types::{
            bit_varying, bits_as_number, date_range, hardware, interval, log_position, money,
            multirange, network, number_as_big, number_range, object_number, point, search_text,
            time_of_zone, time_range, xml,
        },
    },
};

const WHOLE: &[&str] = &["0", "1", "-1", "32767"];
const TEXTS: &[&str] = &[
    "''",
    "'a'",
    "'ab   '",
    "E'\\\\ \"'",
    "E'\\n\\t\\x01'",
    "'ÄÖ€'",
];
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
const JSONS: &[&str] = &[
    "'null'",
    "'{\"a\": [1, 2.50, \"x\"]}'",
    "'{ \"a\":[1,2.50,\"x\"] }'",
    "'1e30'",
    "'\"\"'",
];
const TIMES: &[&str] = &[
    "'2024-02-29 23:59:59.999999'",
    "'0001-01-01 00:00:00'",
    "'9999-12-31 23:59:59'",
];

/// Walks the columns of PostgreSQL.
pub(super) async fn walk(t: &Test, failures: &mut Failures) -> Outcome {
    scalars(t, failures).await?;
    texts(t, failures).await?;
    arrays(t, failures).await?;
    selected(t, failures).await
}

async fn scalars(t: &Test, failures: &mut Failures) -> Outcome {
    let whole = |ddl| Column { ddl, values: WHOLE };
    failures
        .of::<small::Entity>(t, &[whole("smallint")])
        .await?;
    failures
        .of::<int::Entity>(
            t,
            &[whole("integer"), whole("integer CHECK (value < 40000)")],
        )
        .await?;
    failures.of::<big::Entity>(t, &[whole("bigint")]).await?;
    let bools = Column {
        ddl: "boolean",
        values: &["true", "false"],
    };
    failures.of::<boolean::Entity>(t, &[bools]).await?;
    let float = |ddl| Column {
        ddl,
        values: FLOATS,
    };
    failures.of::<float::Entity>(t, &[float("real")]).await?;
    failures
        .of::<double::Entity>(t, &[float("double precision")])
        .await?;
    let decimals = ["numeric", "numeric(10, 2)", "numeric(20, 10)"].map(|ddl| Column {
        ddl,
        values: &["0", "1.50", "-0.01", "12345678.9", "'NaN'"],
    });
    failures.of::<decimal::Entity>(t, &decimals).await?;
    let uuids = Column {
        ddl: "uuid",
        values: &[
            "'00000000-0000-0000-0000-000000000000'",
            "gen_random_uuid()",
        ],
    };
    failures.of::<uuid::Entity>(t, &[uuids]).await?;
    dates(t, failures).await
}

async fn dates(t: &Test, failures: &mut Failures) -> Outcome {
    let days = Column {
        ddl: "date",
        values: &[
            "'2024-02-29'",
            "'0044-03-15 BC'",
            "'5874897-12-31'",
            "'infinity'",
            "'-infinity'",
        ],
    };
    failures.of::<date::Entity>(t, &[days]).await?;
    let times = ["time", "time(0)"].map(|ddl| Column {
        ddl,
        values: &["'00:00'", "'23:59:59.999999'", "'10:00'"],
    });
    failures.of::<time::Entity>(t, &times).await?;
    let stamps = ["timestamp", "timestamp(0)"].map(|ddl| Column { ddl, values: TIMES });
    failures.of::<date_time::Entity>(t, &stamps).await?;
    let far = Column {
        ddl: "timestamp",
        values: &["'infinity'", "'294276-12-31 23:59:59'", "'4713-01-01 BC'"],
    };
    failures.of::<date_time::Entity>(t, &[far]).await?;
    let zoned = ["timestamptz", "timestamptz(3)"].map(|ddl| Column {
        ddl,
        values: &[
            "'2024-03-31 02:30:00+01'",
            "'2024-10-27 02:30:00+02'",
            "'1969-12-31 23:59:59.000001Z'",
        ],
    });
    failures.of::<date_time_utc::Entity>(t, &zoned).await
}

async fn texts(t: &Test, failures: &mut Failures) -> Outcome {
    let texts = [
        "char(5)",
        "varchar(9)",
        "text",
        "name",
        "\"char\"",
        "bpchar",
        "text COLLATE \"C\"",
    ]
    .map(|ddl| Column { ddl, values: TEXTS });
    failures.of::<string::Entity>(t, &texts).await?;
    failures.of::<text::Entity>(t, &texts).await?;
    let bytes = Column {
        ddl: "bytea",
        values: &["''", "'\\x00ff'", "'abc'"],
    };
    failures.of::<bytes::Entity>(t, &[bytes]).await?;
    failures
        .of::<json::Entity>(
            t,
            &[Column {
                ddl: "json",
                values: JSONS,
            }],
        )
        .await?;
    let far = Column {
        ddl: "json",
        values: &[
            "'1e400'",
            "'\"\\ud800\"'",
            "'\"\\u0000\"'",
            "'{\"a\": 1, \"a\": 2}'",
        ],
    };
    failures.of::<json::Entity>(t, &[far]).await?;
    let binary = ["jsonb", "jsonb NOT NULL DEFAULT '1'"].map(|ddl| Column { ddl, values: JSONS });
    failures.of::<json_binary::Entity>(t, &binary).await
}

async fn arrays(t: &Test, failures: &mut Failures) -> Outcome {
    let whole = &["'{}'", "'{1,2}'", "'{-1,0}'"];
    failures
        .of::<small_array::Entity>(
            t,
            &[Column {
                ddl: "smallint[]",
                values: whole,
            }],
        )
        .await?;
    failures
        .of::<big_array::Entity>(
            t,
            &[Column {
                ddl: "bigint[]",
                values: whole,
            }],
        )
        .await?;
    let bools = Column {
        ddl: "boolean[]",
        values: &["'{t,f}'"],
    };
    failures.of::<boolean_array::Entity>(t, &[bools]).await?;
    let floats = &["'{0.1,1e22}'", "'{NaN,Infinity,-Infinity}'"];
    failures
        .of::<double_array::Entity>(
            t,
            &[Column {
                ddl: "double precision[]",
                values: floats,
            }],
        )
        .await?;
    failures
        .of::<float_array::Entity>(
            t,
            &[Column {
                ddl: "real[]",
                values: floats,
            }],
        )
        .await?;
    let texts = ["text[]", "varchar(9)[]", "char(4)[]"].map(|ddl| Column {
        ddl,
        values: &["'{}'", "ARRAY['a', '\"', '']"],
    });
    failures.of::<string_array::Entity>(t, &texts).await?;
    let bytes = Column {
        ddl: "bytea[]",
        values: &["ARRAY['\\x00'::bytea, '']"],
    };
    failures.of::<bytes_array::Entity>(t, &[bytes]).await?;
    let decimals = Column {
        ddl: "numeric(10, 2)[]",
        values: &["'{1.50,0}'"],
    };
    failures.of::<decimal_array::Entity>(t, &[decimals]).await?;
    let uuids = Column {
        ddl: "uuid[]",
        values: &["ARRAY[gen_random_uuid()]"],
    };
    failures.of::<uuid_array::Entity>(t, &[uuids]).await?;
    let jsons = Column {
        ddl: "json[]",
        values: &["ARRAY['{\"a\": 1}'::json, 'null']"],
    };
    failures.of::<json_array::Entity>(t, &[jsons]).await?;
    let days = Column {
        ddl: "date[]",
        values: &["'{2024-02-29}'"],
    };
    failures.of::<date_array::Entity>(t, &[days]).await
}

/// Columns that SeaORM reads by a cast: the value recorded is the one that it reads.
async fn selected(t: &Test, failures: &mut Failures) -> Outcome {
    macro_rules! each {
        ($($entity:ident: $ddl:literal => [$($value:literal),*];)*) => {
            $(failures
                .of::<$entity::Entity>(t, &[Column { ddl: $ddl, values: &[$($value),*] }])
                .await?;)*
        };
    }
    each! {
        money: "money" => ["0", "1.5", "-3.25"];
        bits_as_number: "bit(8)" => ["B'00000000'", "B'11111111'", "B'00000101'"];
        number_as_big: "numeric" => ["5", "5.00", "-7"];
        interval: "interval" => ["'1 day 03:00'", "'1 mon -1 days'", "'0'"];
        date_range: "daterange" => ["'[2020-01-02,2021-01-01)'", "'empty'", "'(,)'"];
        number_range: "int4range" => ["'[1,5)'", "'empty'"];
        time_range: "tstzrange" => ["'[2020-01-02,2021-01-01)'"];
        multirange: "int4multirange" => ["'{[1,3),[5,7)}'", "'{}'"];
        bit_varying: "varbit" => ["B''", "B'101'"];
        xml: "xml" => ["'<a>\"</a>'"];
        search_text: "tsvector" => ["'a b'::tsvector", "''"];
        point: "point" => ["'(1.5,-2)'"];
        network: "inet" => ["'192.0.2.1'", "'192.0.2.0/24'", "'2001:db8::1'"];
        hardware: "macaddr" => ["'08:00:2b:01:02:03'"];
        time_of_zone: "timetz" => ["'10:00+05:45'"];
        log_position: "pg_lsn" => ["'16/B374D848'"];
        object_number: "oid" => ["0", "4294967295"];
    }
    Ok(())
}
