use sea_orm::{ActiveEnum, ConnectionTrait, Schema};
use serde_json::json;

use super::matrix::{Column, case};
use crate::{
    Outcome, Test,
    entity::column_types::{
        Address, Coffee, Grams, Priority, Size, Tag, Tea, integer_enum, json_struct, native_enum,
        native_enum_as_text, newtype, string_enum, string_newtype,
    },
};

/// Makes the type of a native enum, where the database has such.
pub(super) async fn create_enum<E: ActiveEnum>(t: &Test) -> Outcome {
    if let Some(statement) =
        Schema::new(t.db.get_database_backend()).create_enum_from_active_enum::<E>()
    {
        t.db.execute(&statement).await?;
    }
    Ok(())
}

/// Native enums, and those kept as text or number.
pub async fn enums(t: &mut Test) -> Outcome {
    create_enum::<Tea>(t).await?;
    create_enum::<Coffee>(t).await?;
    let column = Column::new(t, native_enum::Entity).await?;
    column
        .keeps([
            case(Tea::Green, "Green"),
            case(Tea::EarlGrey, "Earl \"Grey\""),
        ])
        .await?;
    let column = Column::new(t, native_enum_as_text::Entity).await?;
    column
        .keeps([case(Coffee::Black, "black"), case(Coffee::White, "white")])
        .await?;
    let column = Column::new(t, string_enum::Entity).await?;
    column
        .keeps([case(Size::Small, "S"), case(Size::Large, "L")])
        .await?;
    let column = Column::new(t, integer_enum::Entity).await?;
    column
        .keeps([case(Priority::Low, -10), case(Priority::High, 10)])
        .await
}

/// Types of the application's own, over those of columns.
pub async fn newtypes(t: &mut Test) -> Outcome {
    let column = Column::new(t, newtype::Entity).await?;
    column
        .keeps([case(Grams(i64::MIN), i64::MIN), case(Grams(250), 250)])
        .await?;
    let column = Column::new(t, string_newtype::Entity).await?;
    let tag = |text: &str| Tag(text.split('/').map(str::to_owned).collect());
    column
        .keeps([case(tag("a/b"), "a/b"), case(tag("\"c\""), "\"c\"")])
        .await?;
    let column = Column::new(t, json_struct::Entity).await?;
    let address = |number| Address {
        street: "Rue d'\"Ulm\"".to_owned(),
        number,
    };
    let json = |number: Option<u32>| json!({"street": "Rue d'\"Ulm\"", "number": number});
    column
        .keeps([
            case(address(Some(45)), json(Some(45))),
            case(address(None), json(None)),
        ])
        .await
}
