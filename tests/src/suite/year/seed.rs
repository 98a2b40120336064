//! Some rows of each table, the same in every run, as the first release writes them.

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, Set,
    prelude::{Date, DateTime, Decimal},
    sea_query::prelude::chrono::Duration,
};

use super::old::{
    actor, address, category, city, country, customer, film, film_actor, film_category, inventory,
    language, payment, rental, sea_orm_active_enums::MpaaRating, staff, store,
};

/// The time of the first rental. Others come some seconds later.
pub(super) fn date(seconds: i32) -> DateTime {
    let first = Date::from_ymd_opt(2005, 5, 24).and_then(|date| date.and_hms_opt(0, 0, 0));
    first.unwrap_or_default() + Duration::seconds(seconds.into())
}

/// How many rows each table has that others refer to: their keys run from 1.
pub(super) const STORES: i32 = 2;
pub(super) const CATEGORIES: i32 = 4;
pub(super) const FILMS: i32 = 10;
pub(super) const CUSTOMERS: i32 = 8;
pub(super) const COPIES: i32 = 16;
pub(super) const RENTALS: i32 = 12;

/// Fills the tables.
pub(super) async fn sow<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    places(db).await?;
    stores(db).await?;
    films(db).await?;
    rentals(db).await
}

async fn many<A: ActiveModelTrait, C: ConnectionTrait>(
    db: &C,
    count: i32,
    row: impl Fn(i32) -> A + Send,
) -> Result<(), DbErr> {
    <A::Entity as EntityTrait>::insert_many((1..=count).map(row).collect::<Vec<_>>())
        .exec_without_returning(db)
        .await
        .map(drop)
}

async fn places<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    many(db, 3, |n| country::ActiveModel {
        country: Set(format!("Country {n}")),
        ..Default::default()
    })
    .await?;
    many(db, 6, |n| city::ActiveModel {
        city: Set(format!("City {n}")),
        country_id: Set(1 + n % 3),
        ..Default::default()
    })
    .await?;
    many(db, 8, |n| address::ActiveModel {
        address: Set(format!("{n} High Street")),
        address2: Set((n % 2 == 0).then(|| "Back yard".to_owned())),
        district: Set("Old Town".to_owned()),
        city_id: Set(1 + n % 6),
        phone: Set(format!("+1 555 {n:04}")),
        ..Default::default()
    })
    .await
}

async fn stores<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    many(db, STORES, |n| store::ActiveModel {
        address_id: Set(n),
        ..Default::default()
    })
    .await?;
    many(db, 2, |n| staff::ActiveModel {
        first_name: Set(format!("Clerk {n}")),
        last_name: Set("O'Hara \\ Sons".to_owned()),
        address_id: Set(2 + n),
        store_id: Set(n),
        username: Set(format!("clerk{n}")),
        picture: Set((n == 1).then(|| vec![0x89, b'P', 0, 0xff])),
        active: Set(true),
        ..Default::default()
    })
    .await?;
    for n in 1..=STORES {
        let managed = store::ActiveModel {
            store_id: sea_orm::Unchanged(n),
            manager_staff_id: Set(Some(n)),
            ..Default::default()
        };
        managed.update(db).await?;
    }
    many(db, CUSTOMERS, |n| customer::ActiveModel {
        store_id: Set(1 + n % STORES),
        first_name: Set(format!("Ann {n}")),
        last_name: Set("Müller".to_owned()),
        email: Set(Some(format!("ann{n}@example.org"))),
        address_id: Set(4 + n % 4),
        active: Set(n != 3),
        ..Default::default()
    })
    .await
}

async fn films<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    many(db, 2, |n| language::ActiveModel {
        name: Set(["English", "日本語"][usize::from(n == 2)].to_owned()),
        ..Default::default()
    })
    .await?;
    many(db, CATEGORIES, |n| category::ActiveModel {
        name: Set(format!("Category {n}")),
        ..Default::default()
    })
    .await?;
    many(db, 8, |n| actor::ActiveModel {
        first_name: Set("PENELOPE".to_owned()),
        last_name: Set(format!("GUINESS {n}")),
        ..Default::default()
    })
    .await?;
    many(db, FILMS, |n| film::ActiveModel {
        title: Set(format!("ACADEMY DINOSAUR {n}")),
        description: Set(Some(
            "An epic drama of a feminist and a mad scientist".to_owned(),
        )),
        release_year: Set(Some(2000 + n)),
        language_id: Set(1),
        original_language_id: Set((n % 3 == 0).then_some(2)),
        rental_duration: Set(6),
        rental_rate: Set(Decimal::new(99, 2)),
        length: Set(i16::try_from(80 + n).ok()),
        replacement_cost: Set(Decimal::new(2099, 2)),
        rating: Set(Some(
            [MpaaRating::Pg13, MpaaRating::Nc17][usize::from(n % 2 == 0)].clone(),
        )),
        ..Default::default()
    })
    .await?;
    many(db, FILMS, |n| film_category::ActiveModel {
        film_id: Set(n),
        category_id: Set(1 + n % CATEGORIES),
        ..Default::default()
    })
    .await?;
    many(db, 2 * FILMS, |n| film_actor::ActiveModel {
        actor_id: Set(1 + n % 8),
        film_id: Set(1 + n / 2 % FILMS),
        ..Default::default()
    })
    .await
}

async fn rentals<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    many(db, COPIES, |n| inventory::ActiveModel {
        film_id: Set(1 + n % FILMS),
        store_id: Set(1 + n % STORES),
        ..Default::default()
    })
    .await?;
    many(db, RENTALS, |n| rental::ActiveModel {
        rental_date: Set(date(-n)),
        inventory_id: Set(n),
        customer_id: Set(1 + n % CUSTOMERS),
        return_date: Set((n % 2 == 0).then(|| date(3_600))),
        staff_id: Set(1 + n % 2),
        ..Default::default()
    })
    .await?;
    many(db, RENTALS, |n| payment::ActiveModel {
        customer_id: Set(1 + n % CUSTOMERS),
        staff_id: Set(1 + n % 2),
        rental_id: Set(Some(n)),
        amount: Set(Decimal::new((99 + 100 * n).into(), 2)),
        payment_date: Set(date(n)),
        ..Default::default()
    })
    .await
}
