//! The README's code stands here too, compiled and run: the last test compares the two.

#![expect(clippy::print_stdout, reason = "the README prints")]
#![expect(unreachable_pub, reason = "the README is for a crate of its own")]

mod cake {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "cake")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
        pub price: i32,
        #[audited(mask)] // records show that it changed, as `***`, never what it held
        pub secret_recipe: String,
        #[audited(skip)] // never appears
        pub draft: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

mod migrator {
    use sea_orm::DatabaseConnection;
    use sea_orm_migration::prelude::*;

    pub struct Migrator;

    impl MigratorTrait for Migrator {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            let mut migrations = audit_migration::migrations();
            migrations.extend(my_migrations());
            audit_migration::unaudited(migrations) // what migrations save by active models is not recorded
        }
    }

    pub async fn deploy(db: &DatabaseConnection) -> Result<(), DbErr> {
        audit_migration::up::<Migrator>(db).await // the migrations, then every capture trigger
    }

    struct CreateCake;

    impl MigrationName for CreateCake {
        fn name(&self) -> &'static str {
            "m20261122_000002_create_cake"
        }
    }

    #[expect(
        elided_lifetimes_in_paths,
        reason = "async_trait needs the signature as the trait has it"
    )]
    #[async_trait::async_trait]
    impl MigrationTrait for CreateCake {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            let schema = sea_orm::Schema::new(manager.get_database_backend());
            manager
                .create_table(schema.create_table_from_entity(super::cake::Entity))
                .await
        }
    }

    fn my_migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(CreateCake)]
    }
}

mod service {
    use super::cake;

    use audit_sea_orm::prelude::*;
    use sea_orm::{DatabaseConnection, DbErr, IntoActiveModel, Set};

    async fn raise_price(
        cake: cake::Model,
        price: i32,
        db: &DatabaseConnection,
    ) -> Result<cake::Model, DbErr> {
        let mut cake = cake.into_active_model();
        cake.price = Set(price);
        // The change and its record, both or neither.
        cake.audited_update(db).await
    }

    pub async fn handler(
        user_id: i32,
        cake: cake::Model,
        db: &DatabaseConnection,
    ) -> Result<(), DbErr> {
        let who = AuditContext::new().actor(user_id).reason("new season");
        who.scope(raise_price(cake, 480, db)).await.map(drop)
    }

    pub async fn who_changed_the_price(
        cake: &cake::Model,
        db: &DatabaseConnection,
    ) -> Result<(), DbErr> {
        let page = audit_log::Entity::for_object(cake)
            .changed("price")
            .newest_first()
            .page(db, 50)
            .await?;
        for record in page.rows {
            println!(
                "{} {:?} {:?}",
                record.occurred_at,
                record.actor_name,
                record.changes()
            );
        }
        Ok(())
    }
}

mod web {
    use audit_sea_orm::prelude::*;
    use audit_web::{AuditLayer, ClientAddress};
    use axum::{Router, http::request::Parts};
    use sea_orm::DatabaseConnection;

    #[derive(Clone)]
    pub struct User {
        pub id: i32,
    } // as an authentication layer outside leaves it

    pub fn audited(router: Router, db: &DatabaseConnection) -> Router {
        let proxies = ["10.0.0.0/8".parse().expect("a network")];
        router.layer(
            AuditLayer::new(db)
                .client_address(ClientAddress::trusting(proxies))
                .resolve_actor(|parts: &Parts| {
                    Some(Actor::new(parts.extensions.get::<User>()?.id))
                }),
        )
    }
}

mod shutdown {
    use audit_web::{EventReporter, Shutdown};
    use axum::Router;
    use tokio::net::TcpListener;

    pub async fn serve(
        app: Router,
        listener: TcpListener,
        reporter: EventReporter,
    ) -> std::io::Result<()> {
        let shutdown = Shutdown::on_signals()?;
        let server = axum::serve(listener, app).with_graceful_shutdown(shutdown.requested());
        shutdown.graceful(server, &reporter).await
    }
}

#[tokio::test]
async fn a_server_serves_until_a_signal() -> Result<(), Box<dyn std::error::Error>> {
    let db = sea_orm::Database::connect("sqlite::memory:").await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let serving = shutdown::serve(
        axum::Router::new(),
        listener,
        audit_web::EventReporter::new(&db),
    );
    let waiting = tokio::time::timeout(std::time::Duration::from_millis(50), serving).await;
    assert!(waiting.is_err(), "it serves until a signal");
    Ok(())
}

mod state {
    use super::cake;

    use audit_sea_orm::prelude::*;
    use axum::{
        Router,
        extract::{FromRef, State},
        http::StatusCode,
        routing::post,
    };
    use sea_orm::{DatabaseConnection, EntityTrait, prelude::Expr};

    #[derive(Clone, Debug)]
    pub struct App {
        db: AuditedConnection,
        // … and what else handlers need
    }

    impl FromRef<App> for AuditedConnection {
        fn from_ref(app: &App) -> Self {
            app.db.clone()
        }
    }

    async fn season_ends(State(db): State<AuditedConnection>) -> Result<(), StatusCode> {
        let free = cake::Entity::update_many().col_expr(cake::Column::Price, Expr::value(0));
        free.exec(&db)
            .await
            .map(drop)
            .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub fn app(db: &DatabaseConnection) -> Router {
        let routes = Router::new().route("/season/end", post(season_ends));
        routes.with_state(App { db: db.audited() })
    }
}

fn sachertorte() -> cake::ActiveModel {
    use sea_orm::Set;

    cake::ActiveModel {
        name: Set("Sachertorte".to_owned()),
        price: Set(450),
        secret_recipe: Set("apricots".to_owned()),
        draft: Set(String::new()),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_state_with_an_audited_connection_tells_triggers_who_acts()
-> Result<(), Box<dyn std::error::Error>> {
    use audit_sea_orm::prelude::*;
    use axum::{body::Body, http::Request};
    use sea_orm::{ConnectionTrait, Database, EntityTrait, Statement};
    use tower::ServiceExt;

    let db = Database::connect("sqlite::memory:").await?;
    migrator::deploy(&db).await?;
    let cake = sachertorte();
    cake::Entity::insert(cake).exec(&db).await?;
    db.execute_unprepared(
        "CREATE TABLE seen (payload text); CREATE TRIGGER see AFTER UPDATE ON cake BEGIN \
         INSERT INTO seen VALUES ((SELECT payload FROM audit_context)); END",
    )
    .await?;
    let request = Request::post("/season/end").body(Body::empty())?;
    let ada = AuditContext::new().actor(Actor::new("ada"));
    let answer = ada.scope(state::app(&db).oneshot(request)).await?;
    assert!(answer.status().is_success());
    let seen = Statement::from_string(db.get_database_backend(), "SELECT payload FROM seen");
    let seen = db.query_one_raw(seen).await?.ok_or("a changed row")?;
    let payload: String = seen.try_get_by_index(0)?;
    assert!(payload.contains("\"ada\""), "{payload}");
    Ok(())
}

mod plain {
    use audit_sea_orm::prelude::*;
    use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

    pub async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
        let options = ConnectOptions::new(url).propagate_audit_context()?;
        Database::connect(options).await
    }
}

mod entities_first {
    use super::cake;

    use audit_sea_orm::capture;
    use sea_orm::{DatabaseConnection, DbErr};
    use sea_orm_migration::MigratorTrait;

    pub async fn prepare(db: &DatabaseConnection) -> Result<(), DbErr> {
        audit_migration::Migrator::up(db, None).await?;
        db.get_schema_builder()
            .register(cake::Entity)
            .sync(db)
            .await?; // or get_schema_registry("my_shop::*")
        capture::install_all(db).await?;
        Ok(())
    }
}

mod admin {
    use audit_sea_orm::prelude::*;
    use audit_web::admin::{Access, AuditAdmin};
    use axum::{Router, http::request::Parts};
    use sea_orm::DatabaseConnection;

    #[derive(Clone)]
    pub struct LoggedIn {
        pub name: String,
    } // as an authentication layer outside leaves it

    pub fn with_admin(router: Router, db: DatabaseConnection) -> Router {
        let admin = AuditAdmin::new(db).authorize(async |request: Parts| {
            match request.extensions.get::<LoggedIn>() {
                Some(user) => Access::Viewer(Actor::new(&user.name)),
                None => Access::Redirect("/login".to_owned()),
            }
        });
        router.nest_service("/audit", admin.into_router())
    }
}

#[tokio::test]
async fn the_admin_is_for_those_who_are_logged_in() -> Result<(), Box<dyn std::error::Error>> {
    use axum::{
        Extension, Router,
        body::Body,
        http::{Request, StatusCode},
    };
    use tower::ServiceExt;

    let db = sea_orm::Database::connect("sqlite::memory:").await?;
    migrator::deploy(&db).await?;
    let router = admin::with_admin(Router::new(), db);
    let request = || Request::get("/audit/dashboard").body(Body::empty());
    let stranger = router.clone().oneshot(request()?).await?;
    assert_eq!(stranger.status(), StatusCode::SEE_OTHER);
    let name = "ada".to_owned();
    let router = router.layer(Extension(admin::LoggedIn { name }));
    let auditor = router.oneshot(request()?).await?;
    assert_eq!(auditor.status(), StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn entities_that_are_written_first_are_audited() -> Result<(), sea_orm::DbErr> {
    use audit_sea_orm::prelude::*;
    use sea_orm::{Database, EntityTrait};

    let db = Database::connect("sqlite::memory:").await?;
    for _ in 0..2 {
        entities_first::prepare(&db).await?;
    }
    let cake = sachertorte();
    cake.audited_insert(&db).await?;
    assert_eq!(audit_log::Entity::find().all(&db).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_plain_connection_says_who_acts() -> Result<(), sea_orm::DbErr> {
    use audit_sea_orm::{capture, prelude::*};
    use audit_tests::entity::tart;
    use sea_orm::{ActiveModelTrait, EntityTrait};

    let db = plain::connect("sqlite::memory:").await?;
    migrator::deploy(&db).await?;
    audit_tests::test::create_table(&db, tart::Entity).await?;
    capture::install(&db, tart::Entity).await?;
    let ada = AuditContext::new().actor(Actor::new(42));
    ada.scope(tart::priced(1, 450).insert(&db)).await?;
    let record = audit_log::Entity::find().one(&db).await?;
    assert_eq!(
        record.and_then(|record| record.actor_id).as_deref(),
        Some("42")
    );
    Ok(())
}

#[tokio::test]
async fn the_layer_says_who_acts() -> Result<(), Box<dyn std::error::Error>> {
    use audit_sea_orm::AuditContext;
    use axum::{Extension, Router, body::Body, http::Request, routing::get};
    use tower::ServiceExt;

    let db = sea_orm::Database::connect("sqlite::memory:").await?;
    let who = async || {
        let actor = AuditContext::current().actor;
        actor.map(|actor| actor.to_string()).unwrap_or_default()
    };
    let router = web::audited(Router::new().route("/", get(who)), &db);
    let router = router.layer(Extension(web::User { id: 42 }));
    let answer = router.oneshot(Request::new(Body::empty())).await?;
    let body = axum::body::to_bytes(answer.into_body(), 100).await?;
    assert_eq!(body, "42");
    Ok(())
}

#[tokio::test]
async fn the_code_does_what_the_readme_says() -> Result<(), sea_orm::DbErr> {
    use audit_sea_orm::prelude::*;
    use sea_orm::{Database, EntityTrait};

    let db = Database::connect("sqlite::memory:").await?;
    migrator::deploy(&db).await?;
    let cake = sachertorte();
    let cake = cake.audited_insert(&db).await?;
    service::handler(42, cake.clone(), &db).await?;
    service::who_changed_the_price(&cake, &db).await?;

    let records = audit_log::Entity::find().newest_first().all(&db).await?;
    assert_eq!(records[0].reason.as_deref(), Some("new season"));
    assert_eq!(
        records[1].changes().columns().collect::<Vec<_>>(),
        ["id", "name", "price", "secret_recipe"]
    );
    Ok(())
}

#[test]
fn every_block_of_the_readme_stands_here() {
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    let here = squeeze(include_str!("readme.rs"));
    let readme = include_str!("../../README.md");
    let blocks: Vec<&str> = readme
        .split("```rust")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(blocks.len(), 11);
    for block in blocks {
        // rustfmt may break a line here that the README leaves whole, or add a comma where it does.
        let without_commas = |text: &str| text.replace(',', "");
        assert!(
            without_commas(&here).contains(&without_commas(&squeeze(block))),
            "not compiled:{block}"
        );
    }
}
