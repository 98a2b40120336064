//! Keys of every kind, and keys that look alike: each object keeps a history of its own.

mod history;

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, IntoActiveModel, ModelTrait, QueryOrder, Set, prelude::Uuid,
};
use serde_json::json;

use self::history::{check_life, separate_histories};
use crate::{
    Backend, Outcome, Test,
    entity::keyed::{
        by_big, by_big_unsigned, by_bytes, by_int, by_number_and_text, by_string, by_three_texts,
        by_uuid,
    },
};

/// Integers of both signs, to their ends.
pub async fn integers(t: &mut Test) -> Outcome {
    t.create_table(by_int::Entity).await?;
    let rows = [1, 10, 11, -1, i32::MIN].map(|id| by_int::Model { id, value: 0 });
    separate_histories::<by_int::Entity>(t, rows.to_vec(), &["1", "10", "11", "-1", "-2147483648"])
        .await?;
    t.create_table(by_big::Entity).await?;
    let rows = [0, i64::MAX, i64::MAX - 1].map(|id| by_big::Model { id, value: 0 });
    let texts = ["0", "9223372036854775807", "9223372036854775806"];
    separate_histories::<by_big::Entity>(t, rows.to_vec(), &texts).await?;
    if reads_u64(t) {
        t.create_table(by_big_unsigned::Entity).await?;
        let rows = [1, u64::MAX].map(|id| by_big_unsigned::Model { id, value: 0 });
        separate_histories::<by_big_unsigned::Entity>(
            t,
            rows.to_vec(),
            &["1", "18446744073709551615"],
        )
        .await?;
    }
    Ok(())
}

/// SeaORM reads `u64` from MySQL and MariaDB only.
fn reads_u64(t: &Test) -> bool {
    t.backend == Backend::MySql
}

/// Uuids.
pub async fn uuids(t: &mut Test) -> Outcome {
    t.create_table(by_uuid::Entity).await?;
    let texts = [
        "00000000-0000-0000-0000-000000000000",
        "01938a5e-7c1d-7e8f-9a0b-c1d2e3f40516",
    ];
    let rows = texts.map(|text| Uuid::try_parse(text).map(|id| by_uuid::Model { id, value: 0 }));
    let rows = rows.into_iter().collect::<Result<_, _>>()?;
    separate_histories::<by_uuid::Entity>(t, rows, &texts).await
}

/// Bytes, of which some are also text, and some the text of others.
pub async fn binary(t: &mut Test) -> Outcome {
    t.create_table(by_bytes::Entity).await?;
    let keys: [&[u8]; 6] = [b"\xff\xfe", b"\x00", b"\x00\x00", b"fffe", b"A", b"a"];
    let rows = keys.map(|id| by_bytes::Model {
        id: id.to_vec(),
        value: 0,
    });
    let texts = ["fffe", "00", "0000", "66666665", "41", "61"];
    separate_histories::<by_bytes::Entity>(t, rows.to_vec(), &texts).await
}

/// Makes the table of text keys, which compares them as they are.
async fn with_strings(t: &Test) -> Outcome {
    t.create_table(by_string::Entity).await?;
    if t.backend == Backend::MySql {
        // Otherwise its own table takes `a` and `A`, `a` and `a ` for one key.
        let collation = if t.is_mariadb().await? {
            "utf8mb4_nopad_bin"
        } else {
            "utf8mb4_0900_bin"
        };
        with_collation(t, collation).await?;
    }
    Ok(())
}

async fn with_collation(t: &Test, collation: &str) -> Outcome {
    let modify = format!(
        "ALTER TABLE by_string MODIFY id varchar(700) CHARACTER SET utf8mb4 COLLATE {collation}"
    );
    t.db.execute_unprepared(&modify).await?;
    Ok(())
}

async fn strings(t: &Test, keys: &[&str]) -> Outcome {
    with_strings(t).await?;
    let rows = keys.iter().map(|id| by_string::Model {
        id: (*id).to_owned(),
        value: 0,
    });
    separate_histories::<by_string::Entity>(t, rows.collect(), keys).await
}

/// Text that looks like another key, or like the text of one.
pub async fn strings_that_look_alike(t: &mut Test) -> Outcome {
    let alike = [
        "1",
        "\"1\"",
        "01",
        "1.0",
        "[1]",
        "[\"a\",\"b\"]",
        "[\"a,b\"]",
        "a,b",
        "",
        "null",
        "***",
    ];
    let odd = [
        "it's",
        "it''s",
        "\\",
        "\\\\",
        "%",
        "_",
        "😀",
        "é",
        "e\u{301}",
        "\u{202e}x",
        "a\nb",
        "a\tb",
    ];
    strings(t, &[alike.as_slice(), odd.as_slice()].concat()).await
}

/// Letter case and blanks at the end tell keys apart where the application's own table does.
pub async fn letter_case_and_trailing_blanks(t: &mut Test) -> Outcome {
    strings(t, &["a", "A", "a ", "a  ", " a", "ä", "Ä", "ss", "ß"]).await
}

/// Keys of 300 characters that differ in the last, and in what follows the 191 that MySQL indexes.
pub async fn long_strings(t: &mut Test) -> Outcome {
    let [x, y, z] = ["x", "y", "z"].map(|end| format!("{}{end}", "k".repeat(299)));
    let wide = "😀".repeat(300);
    strings(t, &[&x, &y, &z, &x[..299], &wide]).await
}

/// Keys longer than PostgreSQL can index, where the table itself may have such.
pub async fn very_long_strings(t: &mut Test) -> Outcome {
    t.create_table(by_string::Entity).await?;
    if t.backend == Backend::MySql {
        // Latin 1, as the bytes of an index's key are counted by the widest character.
        let wide =
            "ALTER TABLE by_string MODIFY id varchar(3000) CHARACTER SET latin1 COLLATE latin1_bin";
        t.db.execute_unprepared(wide).await?;
    }
    if t.backend == Backend::Postgres {
        t.db.execute_unprepared("ALTER TABLE by_string ALTER COLUMN id TYPE text")
            .await?;
    }
    let keys = ["x", "y"].map(|end| format!("{}{end}", "k".repeat(2_499)));
    let texts = [keys[0].as_str(), keys[1].as_str(), &keys[0][..2_499]];
    let rows = texts.map(|id| by_string::Model {
        id: id.to_owned(),
        value: 0,
    });
    separate_histories::<by_string::Entity>(t, rows.to_vec(), &texts).await
}

/// Keys with NUL in them, where text can hold it.
pub async fn strings_with_nul(t: &mut Test) -> Outcome {
    if t.backend == Backend::Postgres {
        // Text of PostgreSQL holds none.
        return Ok(());
    }
    strings(t, &["a", "a\0", "a\0b", "\0"]).await
}

/// Keys of two columns.
pub async fn number_and_text(t: &mut Test) -> Outcome {
    t.create_table(by_number_and_text::Entity).await?;
    let keys = [
        (1, "1"),
        (11, ""),
        (1, ""),
        (1, "\"1"),
        (1, "],["),
        (-1, "1"),
    ];
    let rows = keys.map(|(number, text)| by_number_and_text::Model {
        number,
        text: text.to_owned(),
        value: 0,
    });
    let texts = [
        r#"[1,"1"]"#,
        r#"[11,""]"#,
        r#"[1,""]"#,
        r#"[1,"\"1"]"#,
        r#"[1,"],["]"#,
        r#"[-1,"1"]"#,
    ];
    separate_histories::<by_number_and_text::Entity>(t, rows.to_vec(), &texts).await
}

/// Keys of three columns, whose parts could be cut otherwise.
pub async fn three_texts(t: &mut Test) -> Outcome {
    t.create_table(by_three_texts::Entity).await?;
    let [long, other] = ["x", "y"].map(|end| format!("{}{end}", "k".repeat(99)));
    let keys = [
        ["a", "b", "c"],
        ["a,b", "", "c"],
        ["a", "b,c", ""],
        ["a\",\"b", "c", ""],
        ["", "a", "bc"],
        ["", "ab", "c"],
        ["\\", "\"", "😀"],
        [&long, &long, &long],
        [&long, &long, &other],
    ];
    let texts = keys.map(|key| json!(key).to_string());
    let rows = keys.map(|key| {
        let [a, b, c] = key.map(str::to_owned);
        by_three_texts::Model { a, b, c, value: 0 }
    });
    separate_histories::<by_three_texts::Entity>(
        t,
        rows.to_vec(),
        &texts.each_ref().map(String::as_str),
    )
    .await
}

/// Equal keys of different tables are different objects.
pub async fn equal_keys_of_different_tables(t: &mut Test) -> Outcome {
    t.create_table(by_int::Entity).await?;
    let number = by_int::Model { id: 1, value: 0 };
    with_strings(t).await?;
    let text = by_string::Model {
        id: "1".to_owned(),
        value: 0,
    };
    number
        .clone()
        .into_active_model()
        .reset_all()
        .insert(&t.db)
        .await?;
    text.clone()
        .into_active_model()
        .reset_all()
        .insert(&t.db)
        .await?;
    let of_number = audit_log::Entity::for_object(&number).all(&t.db).await?;
    let of_text = audit_log::Entity::for_object(&text).all(&t.db).await?;
    assert_eq!((of_number.len(), of_text.len()), (1, 1));
    assert_ne!(of_number[0].id, of_text[0].id);
    assert_eq!(of_number[0].object_id, of_text[0].object_id);
    Ok(())
}

/// A table that takes `a` and `A` for one key: the history is that of the row, by the key the row has.
pub async fn keys_that_the_table_takes_for_equal(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql {
        // Only MySQL's and MariaDB's tables ignore letter case unless told otherwise.
        return Ok(());
    }
    t.create_table(by_string::Entity).await?;
    // MySQL's default tells a blank at the end.
    with_collation(t, "utf8mb4_general_ci").await?;
    let row = |id: &str, value| by_string::Model {
        id: id.to_owned(),
        value,
    };
    let made = row("a", 0).into_active_model().reset_all();
    let made = made.insert(&t.db).await?;
    let mut edited = row("A", 0).into_active_model();
    edited.value = Set(1);
    edited.update(&t.db).await?;
    row("A ", 1).delete(&t.db).await?;
    let history = audit_log::Entity::for_object(&made).order_by_asc(audit_log::Column::Id);
    check_life(&history.all(&t.db).await?, 1, "a");
    Ok(())
}
