use super::{Column, Failures};
use crate::{
    Outcome, Test,
    entity::column_types::{
        big, big_unsigned, boolean, bytes, date, date_time, date_time_utc, decimal, double, float,
        int, json, small, small_unsigned, string, text, time, tiny, tiny_unsigned, unsigned,
    },
};

const SIGNED: &[&str] = &["0", "1", "-1", "127"];
const UNSIGNED: &[&str] = &["0", "1", "5", "200"];
const FLOATS: &[&str] = &["0", "0.5", "-2.25", "1e10"];
const TEXTS: &[&str] = &["''", "'a'", "'ab '", "'\\\\ \"'", "'\\n\\t'", "'ÄÖ€'"];
const DECIMALS: &[&str] = &["0", "1.5", "12345.67"];
const BYTES: &[&str] = &["''", "0x00FF", "'abc'"];
const STAMPS: &[&str] = &[
    "'2024-02-29 23:59:59.999999'",
    "'2024-03-31 02:30:00'",
    "'1970-01-02 00:00:00'",
];

/// Walks the columns of MariaDB and MySQL.
pub(super) async fn walk(t: &Test, failures: &mut Failures) -> Outcome {
    numbers(t, failures).await?;
    zero_filled(t, failures).await?;
    texts(t, failures).await?;
    times(t, failures).await?;
    if t.is_mariadb().await? {
        mariadb(t, failures).await?;
    }
    Ok(())
}

async fn numbers(t: &Test, failures: &mut Failures) -> Outcome {
    let signed = |ddl| Column {
        ddl,
        values: SIGNED,
    };
    let unsigned_of = |ddl| Column {
        ddl,
        values: UNSIGNED,
    };
    failures.of::<tiny::Entity>(t, &[signed("tinyint")]).await?;
    let bools = Column {
        ddl: "tinyint(1)",
        values: &["0", "1"],
    };
    failures.of::<boolean::Entity>(t, &[bools]).await?;
    let bit = Column {
        ddl: "bit(1)",
        values: &["b'0'", "b'1'"],
    };
    failures.of::<boolean::Entity>(t, &[bit]).await?;
    failures
        .of::<small::Entity>(t, &[signed("smallint")])
        .await?;
    failures
        .of::<int::Entity>(t, &[signed("mediumint"), signed("int")])
        .await?;
    failures.of::<big::Entity>(t, &[signed("bigint")]).await?;
    failures
        .of::<tiny_unsigned::Entity>(t, &[unsigned_of("tinyint unsigned")])
        .await?;
    let years = Column {
        ddl: "year",
        values: &["0", "1999", "2155"],
    };
    failures
        .of::<small_unsigned::Entity>(t, &[unsigned_of("smallint unsigned"), years])
        .await?;
    failures
        .of::<unsigned::Entity>(t, &[unsigned_of("int unsigned")])
        .await?;
    let bits = ["bit(8)", "bit(40)", "bit(64)"].map(|ddl| Column {
        ddl,
        values: &["0", "b'101'", "200", "65"],
    });
    failures.of::<big_unsigned::Entity>(t, &bits).await?;
    let most = Column {
        ddl: "bigint unsigned",
        values: &["0", "18446744073709551615"],
    };
    failures.of::<big_unsigned::Entity>(t, &[most]).await?;
    let float = |ddl| Column {
        ddl,
        values: FLOATS,
    };
    failures
        .of::<float::Entity>(t, &[float("float"), float("float unsigned")])
        .await?;
    failures
        .of::<double::Entity>(t, &[float("double"), float("double(12, 3)")])
        .await?;
    let decimals = [
        "decimal(10, 2)",
        "decimal(30, 10)",
        "decimal(10, 2) unsigned",
    ]
    .map(|ddl| Column {
        ddl,
        values: DECIMALS,
    });
    failures.of::<decimal::Entity>(t, &decimals).await
}

/// Numbers whose text has zeros in front.
async fn zero_filled(t: &Test, failures: &mut Failures) -> Outcome {
    let zerofill = |ddl| Column {
        ddl,
        values: UNSIGNED,
    };
    failures
        .of::<tiny_unsigned::Entity>(t, &[zerofill("tinyint(3) unsigned zerofill")])
        .await?;
    failures
        .of::<small_unsigned::Entity>(t, &[zerofill("smallint(5) unsigned zerofill")])
        .await?;
    let ints = ["int(8) unsigned zerofill", "mediumint(7) unsigned zerofill"].map(zerofill);
    failures.of::<unsigned::Entity>(t, &ints).await?;
    failures
        .of::<big_unsigned::Entity>(t, &[zerofill("bigint(20) unsigned zerofill")])
        .await?;
    let decimals = Column {
        ddl: "decimal(10, 2) unsigned zerofill",
        values: DECIMALS,
    };
    failures.of::<decimal::Entity>(t, &[decimals]).await?;
    let floats = Column {
        ddl: "float unsigned zerofill",
        values: &["0", "0.5", "2.25"],
    };
    failures.of::<float::Entity>(t, &[floats]).await?;
    let doubles = Column {
        ddl: "double unsigned zerofill",
        values: &["0", "0.5", "2.25"],
    };
    failures.of::<double::Entity>(t, &[doubles]).await
}

async fn texts(t: &Test, failures: &mut Failures) -> Outcome {
    let texts = [
        "char(9)",
        "varchar(9)",
        "varchar(9) character set latin1",
        "varchar(9) character set ucs2",
        "varchar(9) character set utf16",
        "char(9) character set utf32",
        "varchar(9) collate utf8mb4_bin",
        "enum('a', 'ab', '')",
    ]
    .map(|ddl| Column { ddl, values: TEXTS });
    failures.of::<string::Entity>(t, &texts).await?;
    let long = [
        "tinytext",
        "text",
        "mediumtext",
        "longtext",
        "text character set latin1",
    ]
    .map(|ddl| Column { ddl, values: TEXTS });
    failures.of::<text::Entity>(t, &long).await?;
    let bytes = [
        "binary(4)",
        "varbinary(9)",
        "tinyblob",
        "blob",
        "mediumblob",
        "longblob",
    ]
    .map(|ddl| Column { ddl, values: BYTES });
    failures.of::<bytes::Entity>(t, &bytes).await?;
    let jsons = Column {
        ddl: "json",
        values: &[
            "'null'",
            "'{\"a\": [1, 2.5, \"x\"]}'",
            "'{ \"a\":[1,2.5,\"x\"] }'",
            "'\"\"'",
            "'1e30'",
        ],
    };
    failures.of::<json::Entity>(t, &[jsons]).await?;
    let far = Column {
        ddl: "json",
        values: &["'1e400'", "'\"\\\\ud800\"'"],
    };
    failures.of::<json::Entity>(t, &[far]).await
}

async fn times(t: &Test, failures: &mut Failures) -> Outcome {
    let days = Column {
        ddl: "date",
        values: &["'2024-02-29'", "'1000-01-01'", "'9999-12-31'"],
    };
    failures.of::<date::Entity>(t, &[days]).await?;
    let times = ["time", "time(6)"].map(|ddl| Column {
        ddl,
        values: &["'00:00'", "'23:59:59.999999'", "'10:00'"],
    });
    failures.of::<time::Entity>(t, &times).await?;
    let stamps = ["datetime", "datetime(6)"].map(|ddl| Column {
        ddl,
        values: STAMPS,
    });
    failures.of::<date_time::Entity>(t, &stamps).await?;
    let zoned = ["datetime(6)", "timestamp NULL", "timestamp(6) NULL"].map(|ddl| Column {
        ddl,
        values: STAMPS,
    });
    failures.of::<date_time_utc::Entity>(t, &zoned).await
}

/// Types that MariaDB alone has.
async fn mariadb(t: &Test, failures: &mut Failures) -> Outcome {
    let addresses = [
        Column {
            ddl: "inet6",
            values: &["'2001:db8::1'", "'::'"],
        },
        Column {
            ddl: "inet4",
            values: &["'192.0.2.1'"],
        },
        Column {
            ddl: "uuid",
            values: &["'01938a5e-7c1d-7e8f-9a0b-c1d2e3f40516'"],
        },
    ];
    failures.of::<string::Entity>(t, &addresses).await
}
