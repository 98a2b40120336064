use sea_orm::prelude::{BigDecimal, Decimal};
use serde_json::json;

use super::matrix::{Case, Column, all, case};
use crate::{
    Backend::{MySql, Postgres, Sqlite},
    Outcome, Test,
    entity::column_types::{
        big, big_decimal, big_unsigned, boolean, decimal, double, float, int, small,
        small_unsigned, tiny, tiny_unsigned, unsigned,
    },
};

/// Truth values.
pub async fn booleans(t: &mut Test) -> Outcome {
    let column = Column::new(t, boolean::Entity).await?;
    column.keeps([case(true, true), case(false, false)]).await
}

/// Signed integers of every width, at their ends.
pub async fn integers(t: &mut Test) -> Outcome {
    let no_tiny = |case: Case| {
        case.refused(
            &[Postgres],
            "has no integer of one byte, and SeaORM reads none",
        )
    };
    let column = Column::new(t, tiny::Entity).await?;
    column
        .keeps(all(
            [case(i8::MIN, -128), case(-1_i8, -1), case(i8::MAX, 127)],
            no_tiny,
        ))
        .await?;
    let column = Column::new(t, small::Entity).await?;
    column
        .keeps([
            case(i16::MIN, -32_768),
            case(0_i16, 0),
            case(i16::MAX, 32_767),
        ])
        .await?;
    let column = Column::new(t, int::Entity).await?;
    column
        .keeps([
            case(i32::MIN, -2_147_483_648_i64),
            case(i32::MAX, 2_147_483_647),
        ])
        .await?;
    let column = Column::new(t, big::Entity).await?;
    let beyond_doubles = case(9_007_199_254_740_993_i64, 9_007_199_254_740_993_i64);
    column
        .keeps([
            case(i64::MIN, i64::MIN),
            beyond_doubles,
            case(i64::MAX, i64::MAX),
        ])
        .await
}

/// Unsigned integers of every width, at their ends.
pub async fn unsigned_integers(t: &mut Test) -> Outcome {
    let unread = |case: Case| {
        case.refused(
            &[Postgres],
            "SeaORM reads none: sqlx has no such type there",
        )
    };
    let column = Column::new(t, tiny_unsigned::Entity).await?;
    column
        .keeps(all([case(0_u8, 0), case(u8::MAX, 255)], unread))
        .await?;
    let column = Column::new(t, small_unsigned::Entity).await?;
    column
        .keeps(all([case(0_u16, 0), case(u16::MAX, 65_535)], unread))
        .await?;
    let column = Column::new(t, unsigned::Entity).await?;
    let unread = |case: Case| {
        case.refused(
            &[Postgres],
            "keeps it as bigint, which SeaORM does not read as u32",
        )
    };
    column
        .keeps(all([case(0_u32, 0), case(u32::MAX, u32::MAX)], unread))
        .await?;
    let column = Column::new(t, big_unsigned::Entity).await?;
    let refused = |case: Case| case.refused(&[Postgres, Sqlite], "SeaORM reads u64 on MySQL only");
    let mut cases = all(
        [
            case(0_u64, 0),
            case(9_007_199_254_740_993_u64, 9_007_199_254_740_993_u64),
        ],
        refused,
    );
    cases.push(case(u64::MAX, u64::MAX).unsendable(&[Postgres, Sqlite], "SeaORM sends u64 as i64"));
    column.keeps(cases).await
}

/// Floats, those that are no numbers among them.
pub async fn floats(t: &mut Test) -> Outcome {
    let none = "MySQL and MariaDB have no such float";
    let column = Column::new(t, float::Entity).await?;
    let singles = [
        case(0.1_f32, json!(0.1)),
        case(-2.5_f32, json!(-2.5)),
        case(f32::MAX, json!(3.4028235e38)),
        case(f32::MIN_POSITIVE, json!(1.1754944e-38)),
        case(16_777_216_f32, json!(16_777_216.0)),
        // As a double and then rounded once more, it would be its neighbour.
        case(f32::from_bits(0x15ae_43fd), json!(7.038531e-26)),
        case(f32::INFINITY, "Infinity").refused(&[MySql], none),
        case(f32::NEG_INFINITY, "-Infinity").refused(&[MySql], none),
        case(f32::NAN, "NaN")
            .refused(&[MySql], none)
            .otherwise(&[Sqlite], "SQLite makes NULL of NaN"),
    ];
    column.keeps(singles).await?;
    let column = Column::new(t, double::Entity).await?;
    let doubles = [
        case(0.1_f64 + 0.2, json!(0.300_000_000_000_000_04)),
        case(f64::MAX, json!(1.797_693_134_862_315_7e308)),
        case(f64::MIN_POSITIVE, json!(2.225_073_858_507_201_4e-308)),
        case(1e23_f64, json!(1e23)),
        case(5.0_f64, json!(5.0)),
        case(f64::INFINITY, "Infinity").refused(&[MySql], none),
        case(f64::NEG_INFINITY, "-Infinity").refused(&[MySql], none),
        case(f64::NAN, "NaN")
            .refused(&[MySql], none)
            .otherwise(&[Sqlite], "SQLite makes NULL of NaN"),
    ];
    column.keeps(doubles).await
}

/// Decimals of 28 digits and more.
pub async fn decimals(t: &mut Test) -> Outcome {
    let rounded =
        |case: Case| case.otherwise(&[Sqlite], "SeaORM keeps a decimal as a double there");
    let number = |text: &str| Decimal::from_str_exact(text).expect("a decimal");
    let decimals = [
        "123456789012345678.0123456789",
        "-9999999999999999999999999999",
        "12345678901234567.89",
    ];
    let column = Column::new(t, decimal::Entity).await?;
    let mut cases = all(decimals.map(|text| case(number(text), text)), rounded);
    // Padded by the database to its scale, and not in the trail.
    cases.extend([
        case(number("2.50"), "2.5"),
        case(number("-0.125"), "-0.125"),
        case(number("0"), "0"),
    ]);
    column.keeps(cases).await?;
    let number = |text: &str| text.parse::<BigDecimal>().expect("a decimal");
    let decimals = [
        "1234567890123456789012345678901234567890.01234567890123456789",
        "-0.00000000000000000001",
    ];
    let column = Column::new(t, big_decimal::Entity).await?;
    let mut cases = all(decimals.map(|text| case(number(text), text)), rounded);
    cases.extend([case(number("1e3"), "1000"), case(number("2.500"), "2.5")]);
    column.keeps(cases).await
}
