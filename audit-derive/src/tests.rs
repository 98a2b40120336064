//! What the derive makes of each entity format.
//!
//! What it says to misuse is pinned in `tests/ui`, with the place that each error points at.

use syn::{DeriveInput, parse_quote};

use crate::expand;

fn expanded(input: &DeriveInput) -> String {
    let file = syn::parse2(expand::derive(input)).expect("the expansion is a list of items");
    prettyplease::unparse(&file)
}

#[track_caller]
fn assert_rejected(input: &DeriveInput, messages: &[&str]) {
    let all = expand::derive(input).to_string();
    assert_eq!(
        all.matches("compile_error").count(),
        messages.len(),
        "{all}"
    );
    for message in messages {
        assert!(all.contains(message), "{message:?} is not in {all}");
    }
}

#[test]
fn compact_entity_gets_both_impls() {
    let input = parse_quote! {
        #[sea_orm(table_name = "cake")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i32,
            pub name: String,
        }
    };
    assert_eq!(expanded(&input), include_str!("tests/snapshots/compact.rs"));
}

#[test]
fn expanded_entity_has_what_its_attributes_say() {
    let input = parse_quote! {
        #[audited(skip("draft_*"), repr = "title", table = "shop.cake")]
        #[audited(mask("password*"), capture = "triggers", manual_hooks)]
        pub struct Model {
            pub id: i32,
            pub title: String,
            #[audited(skip)]
            pub cached_at: String,
            #[audited(mask)]
            pub draft_price: i32,
        }
    };
    assert_eq!(
        expanded(&input),
        include_str!("tests/snapshots/expanded.rs")
    );
}

#[test]
fn dense_entity_has_no_column_for_its_relations() {
    let input = parse_quote! {
        #[sea_orm(table_name = "cake")]
        #[audited(manual_hooks)]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i32,
            #[audited(mask)]
            pub code: String,
            #[sea_orm(belongs_to, from = "bakery_id", to = "id", on_delete = "Cascade")]
            pub bakery: BelongsTo<super::bakery::Entity>,
            #[sea_orm(has_many)]
            pub fruits: sea_orm::HasMany<super::fruit::Entity>,
            #[sea_orm(ignore)]
            pub note: String,
        }
    };
    assert_eq!(expanded(&input), include_str!("tests/snapshots/dense.rs"));
}

#[test]
fn ignored_columns_are_those_that_are_skipped() {
    let input = parse_quote! {
        #[audited(skip("fulltext", "cache_*", "elsewhere"), mask("note"), manual_hooks)]
        pub struct Model {
            pub id: i32,
            #[sea_orm(ignore, column_type = "custom(\"tsvector\")", select_as = "text")]
            pub fulltext: String,
            #[sea_orm(ignore)]
            pub cache_hits: i32,
            #[sea_orm(ignore, column_name = "features")]
            #[audited(skip)]
            pub special_features: String,
            #[sea_orm(ignore)]
            pub note: String,
            pub cache_misses: i32,
        }
    };
    let all = expanded(&input);
    let listed = r#"&["fulltext", "cache_hits", "features"]"#;
    assert!(all.contains(listed), "{all}");
}

#[test]
fn a_list_names_the_column_of_an_ignored_field() {
    let input = parse_quote! {
        #[audited(skip("special_features"))]
        pub struct Model {
            pub id: i32,
            #[sea_orm(ignore, column_name = "features")]
            pub special_features: String,
        }
    };
    assert_rejected(&input, &["is named `features`"]);
}

#[test]
fn model_ex_gets_nothing() {
    let input = parse_quote! {
        #[audited(repr = "name", mask("name", "a b"))]
        pub struct ModelEx {
            #[sea_orm(primary_key)]
            #[audited(mask)]
            pub id: i32,
            #[audited(hide)]
            pub name: String,
            pub bakery: HasOne<super::bakery::Entity>,
        }
    };
    assert_eq!(expanded(&input), "");
}

#[test]
fn model_ex_tells_what_is_wrong_on_its_relations() {
    let input = parse_quote! {
        pub struct ModelEx {
            #[audited(skip)]
            pub bakery: HasOne<super::bakery::Entity>,
            #[audited(hide)]
            pub fruits: HasMany<super::fruit::Entity>,
        }
    };
    assert_rejected(
        &input,
        &[
            "`bakery` is a relation and has no column",
            "unknown key `hide`",
        ],
    );
}

#[test]
fn variants_are_named_as_seaorm_names_them() {
    let input = parse_quote! {
        #[audited(manual_hooks)]
        pub struct Model {
            #[audited(mask)]
            pub r#type: String,
            #[sea_orm(column_type = "Text", enum_name = "Secret", column_name = "tajne")]
            #[audited(mask)]
            pub sekret: String,
            #[audited(mask)]
            pub api_v2_key: String,
            #[audited(skip)]
            pub self_: String,
        }
    };
    let all = expanded(&input);
    for arm in [
        "Column::Type => ::audit_sea_orm::__private::FieldPolicy::Mask",
        "Column::Secret => ::audit_sea_orm::__private::FieldPolicy::Mask",
        "Column::ApiV2Key => ::audit_sea_orm::__private::FieldPolicy::Mask",
        "Column::Self_ => ::audit_sea_orm::__private::FieldPolicy::Skip",
        "_ => ::audit_sea_orm::__private::FieldPolicy::Record",
    ] {
        assert!(all.contains(arm), "{arm:?} is not in {all}");
    }
}

#[test]
fn former_names_stand_in_two_functions() {
    let input = parse_quote! {
        #[sea_orm(table_name = "cake")]
        #[audited(manual_hooks, renamed("torte", "flan"))]
        pub struct Model {
            #[audited(renamed("nr"))]
            pub id: i32,
            #[audited(mask, renamed("title", "label"))]
            pub name: String,
        }
    };
    assert_eq!(expanded(&input), include_str!("tests/snapshots/renamed.rs"));
}

#[test]
fn unknown_sea_orm_attributes_are_passed_over() {
    let input = parse_quote! {
        #[sea_orm(table_name = "cake", model_attrs(derive(Hash), serde(rename_all = "camelCase")), 7, a::b)]
        #[audited(manual_hooks)]
        pub struct Model {
            #[sea_orm(default_expr = "Expr::current_timestamp()", default_value = -1.5, extra(x, y(z)), ignore)]
            pub a: i32,
            #[sea_orm(unique_key = "u", => nonsense, enum_name = "Bee")]
            #[audited(skip)]
            pub b: i32,
        }
    };
    assert!(expanded(&input).contains("Column::Bee =>"));
}

#[test]
fn every_rule_of_renaming_reaches_the_check_of_repr() {
    for (style, column) in [
        ("camelCase", "apiKey"),
        ("PascalCase", "ApiKey"),
        ("kebab-case", "api-key"),
        ("SCREAMING_SNAKE_CASE", "API_KEY"),
        ("SCREAMING-KEBAB-CASE", "API-KEY"),
        ("snake_case", "api_key"),
        ("lowercase", "apikey"),
        ("UPPERCASE", "APIKEY"),
        ("title_case", "Api*Key"),
        ("mixed_case", "apiKey"),
        ("unheard_of", "api_key"),
    ] {
        let input = parse_quote! {
            #[sea_orm(table_name = "cake", rename_all = #style)]
            #[audited(mask(#column), repr = "api_key")]
            pub struct Model {
                pub id: i32,
                pub api_key: String,
            }
        };
        assert_rejected(&input, &["`api_key` is skipped or masked"]);
    }
}

#[test]
fn crate_path_replaces_the_default() {
    let input = parse_quote! {
        #[audited(crate = "crate::audit", manual_hooks)]
        pub struct Model {
            pub id: i32,
        }
    };
    assert!(expanded(&input).contains("impl crate::audit::__private::Audited for Entity"));
}

#[test]
fn all_errors_are_reported_at_once() {
    let input = parse_quote! {
        #[audited(redact("a"), capture = "psychic")]
        #[audited(skip)]
        pub struct Model {
            #[sea_orm(primary_key)]
            #[audited(skip)]
            pub id: i32,
            #[audited(hide, mask = "yes")]
            pub name: String,
        }
    };
    assert_rejected(
        &input,
        &[
            "did you mean `mask",
            "no such way of capture",
            "needs the columns",
            "recorded as `object_id`",
            "did you mean `skip`?",
            "`mask` takes no value",
        ],
    );
}

#[test]
fn errors_leave_the_plainest_impls() {
    let input = parse_quote! {
        #[audited(nonsense)]
        pub struct Model {
            pub id: i32,
        }
    };
    let all = expand::derive(&input).to_string();
    assert!(all.contains("Audited for Entity { }"), "{all}");
    assert!(
        all.contains("ActiveModelBehavior for ActiveModel { }"),
        "{all}"
    );
}

#[test]
fn errors_do_not_doubt_manual_hooks() {
    let input = parse_quote! {
        #[audited(nonsense, manual_hooks)]
        pub struct Model {
            pub id: i32,
        }
    };
    let all = expand::derive(&input).to_string();
    assert!(!all.contains("ActiveModelBehavior"), "{all}");
}
