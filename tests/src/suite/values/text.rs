use sea_orm::{
    Value,
    prelude::{Json, Uuid},
};
use serde_json::json;

use super::matrix::{Case, Column, case};
use crate::{
    Backend::Postgres,
    Outcome, Test,
    entity::column_types::{
        bytes as bytes_column, json as json_column, json_binary, string, text, text_uuid, uuid,
    },
};

const NO_NUL: &str = "text of PostgreSQL holds no NUL";

/// Text of every kind.
pub async fn texts(t: &mut Test) -> Outcome {
    let texts = [
        "",
        " ",
        "it's \"quoted\" \\ `so` $1 ? :p",
        "null",
        "\"$json\"",
        "***",
        "1",
        "😀👩‍👩‍👧‍👦🇫🇷 ｆｕｌｌ Ω≈ç√",
        // Marks that turn the direction of what follows, and a character that cannot be seen.
        "\u{202e}evil\u{202c} \u{2066}x\u{2069} \u{200b}\u{feff}",
        "\t\r\n\u{1}\u{1f}\u{7f}\u{85}\u{2028}\u{fffd}\u{10ffff}",
        // Equal to the eye, and to a collation, but not the same.
        "é",
        "e\u{301}",
        "E\u{301}",
    ];
    let column = Column::new(t, string::Entity).await?;
    let nul = || case("a\0b\0", "a\0b\0").refused(&[Postgres], NO_NUL);
    column
        .keeps(
            texts
                .map(|text| case(text, text))
                .into_iter()
                .chain([nul()]),
        )
        .await?;
    let column = Column::new(t, text::Entity).await?;
    column
        .keeps(
            texts
                .map(|text| case(text, text))
                .into_iter()
                .chain([nul()]),
        )
        .await
}

/// Values of 1 MB.
pub async fn megabytes(t: &mut Test) -> Outcome {
    let column = Column::new(t, text::Entity)
        .await?
        .mysql_type("longtext")
        .await?;
    let long = |pattern: &str| pattern.repeat((1 << 20) / pattern.len() + 1);
    let texts = ["x", "\"\\\u{1}", "😀"].map(long);
    column
        .keeps(texts.map(|text| case(text.as_str(), text.as_str())))
        .await?;
    let column = Column::new(t, bytes_column::Entity)
        .await?
        .mysql_type("longblob")
        .await?;
    column
        .keeps([case(vec![0xfe_u8; 1 << 20], "fe".repeat(1 << 20))])
        .await
}

/// Bytes that are not UTF-8.
pub async fn bytes(t: &mut Test) -> Outcome {
    let column = Column::new(t, bytes_column::Entity).await?;
    let every: Vec<u8> = (0..=255).collect();
    let hex: String = every.iter().map(|byte| format!("{byte:02x}")).collect();
    let cases = [
        case(vec![0xff_u8, 0xfe, 0x00, 0xc3, 0x28], "fffe00c328"),
        case(every, hex),
        case(Vec::<u8>::new(), ""),
        case(b"text".to_vec(), "74657874"),
    ];
    column.keeps(cases).await
}

/// Uuids, as such and as text.
pub async fn uuids(t: &mut Test) -> Outcome {
    let some = "01938a5e-7c1d-7e8f-9a0b-c1d2e3f40516";
    let uuids = [Uuid::nil(), Uuid::max(), Uuid::try_parse(some)?];
    let texts = uuids.map(|uuid| uuid.hyphenated().to_string());
    let column = Column::new(t, uuid::Entity).await?;
    column
        .keeps([0, 1, 2].map(|n| case(uuids[n], texts[n].as_str())))
        .await?;
    let column = Column::new(t, text_uuid::Entity)
        .await?
        .never_null("SeaORM cannot read the NULL of a TextUuid");
    column
        .keeps(texts.map(|text| case(text.as_str(), text.as_str())))
        .await
}

fn nested(levels: usize) -> Json {
    (0..levels).fold(json!("x"), |inner, level| {
        if level % 2 == 0 {
            json!([inner])
        } else {
            json!({"a": inner})
        }
    })
}

fn wrapped(json: &Json) -> Json {
    json!({"$json": json.to_string()})
}

fn document(json: &Json) -> Value {
    Value::Json(Some(Box::new(json.clone())))
}

fn documents() -> Vec<Case> {
    let documents = [
        json!({"b": [1, -1, u64::MAX, i64::MIN, 0.1, 1e300, true, null], "a": {"": "it's \"q\""}}),
        json!("text"),
        json!(""),
        json!(false),
        json!([]),
        json!({}),
        json!({"😀": "\u{202e}", "$json": 1, "more": 2}),
        nested(100),
        nested(120),
    ];
    let wrapped_ones = [Json::Null, json!({"$json": "1"}), nested(121), nested(127)];
    let plain = documents
        .iter()
        .map(|json| case(document(json), json.clone()));
    plain
        .chain(
            wrapped_ones
                .iter()
                .map(|json| case(document(json), wrapped(json))),
        )
        .collect()
}

/// JSON, 100 levels deep and more.
pub async fn json(t: &mut Test) -> Outcome {
    let nul = || case(document(&json!({"a\0": "\0"})), json!({"a\0": "\0"}));
    let nul = || {
        nul().refused(
            &[Postgres],
            "SeaORM sends JSON as jsonb, which holds no NUL",
        )
    };
    let column = Column::new(t, json_column::Entity)
        .await?
        .mysql_type("longtext")
        .await?;
    column.keeps(documents().into_iter().chain([nul()])).await?;
    let column = Column::new(t, json_binary::Entity)
        .await?
        .mysql_type("longtext")
        .await?;
    column.keeps(documents().into_iter().chain([nul()])).await
}
