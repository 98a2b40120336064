const _: () = {
    #[automatically_derived]
    impl ::audit_sea_orm::__private::Audited for Entity {
        fn field_policy(
            column: <Self as ::audit_sea_orm::__private::sea_orm::EntityTrait>::Column,
        ) -> ::audit_sea_orm::__private::FieldPolicy {
            match column {
                Column::Name => ::audit_sea_orm::__private::FieldPolicy::Mask,
                _ => ::audit_sea_orm::__private::FieldPolicy::Record,
            }
        }
        fn former_tables() -> &'static [&'static str] {
            &["torte", "flan"]
        }
        #[allow(unreachable_patterns)]
        fn former_columns(
            column: <Self as ::audit_sea_orm::__private::sea_orm::EntityTrait>::Column,
        ) -> &'static [&'static str] {
            match column {
                Column::Id => &["nr"],
                Column::Name => &["title", "label"],
                _ => &[],
            }
        }
    }
    ::audit_sea_orm::__private::register_audited!(Entity);
};
