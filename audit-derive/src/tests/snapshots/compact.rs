const _: () = {
    #[automatically_derived]
    impl ::audit_sea_orm::__private::Audited for Entity {}
    #[::audit_sea_orm::__private::async_trait]
    #[automatically_derived]
    impl ::audit_sea_orm::__private::sea_orm::ActiveModelBehavior for ActiveModel {
        async fn before_save<C>(
            self,
            db: &C,
            insert: bool,
        ) -> ::core::result::Result<Self, ::audit_sea_orm::__private::sea_orm::DbErr>
        where
            C: ::audit_sea_orm::__private::sea_orm::ConnectionTrait,
        {
            ::audit_sea_orm::__private::hooks::before_save::<Self, C>(self, db, insert)
                .await
        }
        async fn after_save<C>(
            model: Model,
            db: &C,
            insert: bool,
        ) -> ::core::result::Result<Model, ::audit_sea_orm::__private::sea_orm::DbErr>
        where
            C: ::audit_sea_orm::__private::sea_orm::ConnectionTrait,
        {
            ::audit_sea_orm::__private::hooks::after_save::<Self, C>(model, db, insert)
                .await
        }
        async fn before_delete<C>(
            self,
            db: &C,
        ) -> ::core::result::Result<Self, ::audit_sea_orm::__private::sea_orm::DbErr>
        where
            C: ::audit_sea_orm::__private::sea_orm::ConnectionTrait,
        {
            ::audit_sea_orm::__private::hooks::before_delete::<Self, C>(self, db).await
        }
        async fn after_delete<C>(
            self,
            db: &C,
        ) -> ::core::result::Result<Self, ::audit_sea_orm::__private::sea_orm::DbErr>
        where
            C: ::audit_sea_orm::__private::sea_orm::ConnectionTrait,
        {
            ::audit_sea_orm::__private::hooks::after_delete::<Self, C>(self, db).await
        }
    }
    ::audit_sea_orm::__private::register_audited!(Entity);
};
