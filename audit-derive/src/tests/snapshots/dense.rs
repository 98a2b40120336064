const _: () = {
    #[automatically_derived]
    impl ::audit_sea_orm::__private::Audited for Entity {
        fn field_policy(
            column: <Self as ::audit_sea_orm::__private::sea_orm::EntityTrait>::Column,
        ) -> ::audit_sea_orm::__private::FieldPolicy {
            match column {
                Column::Code => ::audit_sea_orm::__private::FieldPolicy::Mask,
                _ => ::audit_sea_orm::__private::FieldPolicy::Record,
            }
        }
    }
    ::audit_sea_orm::__private::register_audited!(Entity);
};
