#!/usr/bin/env bash
# SeaORM 2.0.4: `ActiveModel::to_arrow` writes NULL for every JSON and UUID value, without an error.
#
# `arrow_schema` gives such columns the types Utf8 and Binary, so the schema promises them. `to_arrow` turns the value of
# each row to that type, and what it does not know becomes NULL. Where the column may be NULL the batch is made, and a
# file written from it lacks those values without a word.
#
# Seen with sea-orm 2.0.4, for one row with a value in every column:
#
#     id (Int32): 1 row(s), 0 NULL
#     name (Utf8): 1 row(s), 0 NULL
#     details (Utf8): 1 row(s), 1 NULL
#     token (Binary): 1 row(s), 1 NULL
#
# Packages (cargo): sea-orm =2.0.4 with `with-arrow`; Rust 1.94 or newer. Exits with 1 where the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "shown"
version = "0.0.0"
edition = "2024"
[dependencies]
sea-orm = { version = "=2.0.4", default-features = false, features = ["macros", "with-arrow", "with-json", "with-uuid"] }
[workspace]
TOML
cat >"$folder/src/main.rs" <<'RUST'
use sea_orm::{ArrowSchema, Set, arrow::array::Array, entity::prelude::*, prelude::Json};

mod cake {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "cake", arrow_schema)]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: Option<String>,
        #[sea_orm(column_type = "Json")]
        pub details: Option<Json>,
        #[sea_orm(column_type = "Uuid")]
        pub token: Option<Uuid>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn main() -> Result<(), DbErr> {
    let cake = cake::ActiveModel {
        id: Set(1),
        name: Set(Some("Sacher".to_owned())),
        details: Set(Some(Json::from(vec!["apricot", "chocolate"]))),
        token: Set(Some(Uuid::from_u128(7))),
    };
    let batch = cake::ActiveModel::to_arrow(&[cake], &cake::Entity::arrow_schema())?;
    let mut nulls = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let (name, kind) = (field.name(), field.data_type());
        println!("{name} ({kind}): {} row(s), {} NULL", column.len(), column.null_count());
        nulls.push(column.null_count());
    }
    if nulls != [0, 0, 1, 1] {
        println!("this is another behaviour than the one described");
        std::process::exit(1);
    }
    Ok(())
}
RUST
cd "$folder"
CARGO_TARGET_DIR=$folder/target CARGO_PROFILE_DEV_DEBUG=0 cargo run --quiet
