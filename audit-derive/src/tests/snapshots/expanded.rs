const _: () = {
    #[automatically_derived]
    impl ::audit_sea_orm::__private::Audited for Entity {
        fn audit_table() -> ::std::string::String {
            ::std::string::String::from("shop.cake")
        }
        fn field_policy(
            column: <Self as ::audit_sea_orm::__private::sea_orm::EntityTrait>::Column,
        ) -> ::audit_sea_orm::__private::FieldPolicy {
            match column {
                Column::CachedAt => ::audit_sea_orm::__private::FieldPolicy::Skip,
                Column::DraftPrice => ::audit_sea_orm::__private::FieldPolicy::Mask,
                _ => {
                    ::audit_sea_orm::__private::policy_by_name(
                        ::audit_sea_orm::__private::sea_orm::IdenStatic::as_str(&column),
                        &["draft_*"],
                        &["password*"],
                    )
                }
            }
        }
        fn object_repr(
            model: &<Self as ::audit_sea_orm::__private::sea_orm::EntityTrait>::Model,
        ) -> ::std::string::String {
            ::audit_sea_orm::__private::column_repr::<Self>(model, Column::Title)
        }
        fn repr_column() -> ::core::option::Option<
            <Self as ::audit_sea_orm::__private::sea_orm::EntityTrait>::Column,
        > {
            ::core::option::Option::Some(Column::Title)
        }
        fn capture() -> ::audit_sea_orm::__private::Capture {
            ::audit_sea_orm::__private::Capture::Triggers
        }
    }
    ::audit_sea_orm::__private::register_audited!(Entity);
};
