use std::str::FromStr;

use sea_orm::sea_query::prelude::{DateTime, NaiveDate};
use sea_orm::{
    Value,
    prelude::{Decimal, TimeDateTimeWithTimeZone, Uuid},
};
use serde_json::json;

use super::{
    enums::create_enum,
    matrix::{Column, case},
};
use crate::{
    Backend, Outcome, Test,
    entity::column_types::{
        Tea, big_array, boolean_array, bytes_array, date_array, date_time_utc_array, decimal_array,
        double_array, float_array, json_array, native_enum_array, small_array, string_array,
        time_date_time_zoned_array, uuid_array,
    },
};

/// Whether columns can be arrays: PostgreSQL's alone can, and SeaORM cannot even make them elsewhere.
fn has_arrays(t: &Test) -> bool {
    t.backend == Backend::Postgres
}

/// Arrays of every kind of element.
pub async fn arrays(t: &mut Test) -> Outcome {
    if !has_arrays(t) {
        return Ok(());
    }
    numbers(t).await?;
    texts(t).await?;
    times(t).await?;
    create_enum::<Tea>(t).await?;
    let column = Column::new(t, native_enum_array::Entity).await?;
    let teas = case(
        vec![Tea::EarlGrey, Tea::Green],
        json!(["Earl \"Grey\"", "Green"]),
    );
    column
        .keeps([case(Vec::<Tea>::new(), json!([])), teas])
        .await
}

async fn numbers(t: &Test) -> Outcome {
    let column = Column::new(t, small_array::Entity).await?;
    column
        .keeps([case(
            vec![i16::MIN, 0, i16::MAX],
            json!([-32_768, 0, 32_767]),
        )])
        .await?;
    let column = Column::new(t, big_array::Entity).await?;
    let empty = case(Vec::<i64>::new(), json!([]));
    column
        .keeps([
            empty,
            case(vec![i64::MIN, i64::MAX], json!([i64::MIN, i64::MAX])),
        ])
        .await?;
    let column = Column::new(t, boolean_array::Entity).await?;
    column
        .keeps([case(vec![true, false], json!([true, false]))])
        .await?;
    let column = Column::new(t, double_array::Entity).await?;
    let odd = case(
        vec![f64::NAN, 0.5, f64::INFINITY],
        json!(["NaN", 0.5, "Infinity"]),
    );
    column
        .keeps([case(vec![f64::MAX], json!([f64::MAX])), odd])
        .await?;
    let column = Column::new(t, float_array::Entity).await?;
    column
        .keeps([case(
            vec![0.1_f32, f32::NEG_INFINITY],
            json!([0.1, "-Infinity"]),
        )])
        .await?;
    let column = Column::new(t, decimal_array::Entity).await?;
    let decimal = Decimal::from_str("-123456789012345678.0123456789")?;
    column
        .keeps([case(
            vec![decimal, Decimal::TEN],
            json!(["-123456789012345678.0123456789", "10"]),
        )])
        .await
}

async fn texts(t: &Test) -> Outcome {
    let column = Column::new(t, string_array::Entity).await?;
    let odd = ["", "{}", "a,b", "\"", "NULL", "😀"];
    column
        .keeps([case(odd.map(str::to_owned).to_vec(), json!(odd))])
        .await?;
    let column = Column::new(t, bytes_array::Entity).await?;
    column
        .keeps([case(
            vec![vec![0xff_u8, 0], Vec::new()],
            json!(["ff00", ""]),
        )])
        .await?;
    let column = Column::new(t, uuid_array::Entity).await?;
    let nil = json!(["00000000-0000-0000-0000-000000000000"]);
    column.keeps([case(vec![Uuid::nil()], nil)]).await?;
    let column = Column::new(t, json_array::Entity).await?;
    let documents = vec![json!({"a": [1]}), json!(null)];
    column
        .keeps([case(
            Value::from(documents),
            json!([{"a": [1]}, {"$json": "null"}]),
        )])
        .await
}

async fn times(t: &Test) -> Outcome {
    let column = Column::new(t, date_array::Entity).await?;
    column
        .keeps([case(vec![NaiveDate::MAX], json!(["+262142-12-31"]))])
        .await?;
    let column = Column::new(t, date_time_utc_array::Entity).await?;
    column
        .keeps([case(
            vec![DateTime::UNIX_EPOCH],
            json!(["1970-01-01T00:00:00.000000Z"]),
        )])
        .await?;
    let column = Column::new(t, time_date_time_zoned_array::Entity).await?;
    let epoch = TimeDateTimeWithTimeZone::UNIX_EPOCH;
    column
        .keeps([case(vec![epoch], json!(["1970-01-01T00:00:00.000000Z"]))])
        .await
}
