//! The application's migrations: Sakila as it is published, and ten changes.

mod m20260105_000000_create_sakila;
mod m20260112_000001_add_loyalty_points;
mod m20260209_000002_rename_category_name;
mod m20260309_000003_drop_staff_picture;
mod m20260413_000004_widen_film_length;
mod m20260511_000005_create_review;
mod m20260608_000006_split_phone_from_address;
mod m20260713_000007_rename_store;
mod m20260810_000008_one_city_of_a_name;
mod m20260914_000009_keep_paid_rentals;
mod m20261012_000010_widen_payment_id;

use sea_orm_migration::prelude::*;

/// The migrator of a release: it knows the first so many of the ten changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Release<const CHANGES: usize>;

impl<const CHANGES: usize> MigratorTrait for Release<CHANGES> {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut migrations = audit_migration::migrations();
        migrations.extend(ours().into_iter().take(1 + CHANGES));
        audit_migration::unaudited(migrations)
    }
}

fn ours() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20260105_000000_create_sakila::Migration),
        Box::new(m20260112_000001_add_loyalty_points::Migration),
        Box::new(m20260209_000002_rename_category_name::Migration),
        Box::new(m20260309_000003_drop_staff_picture::Migration),
        Box::new(m20260413_000004_widen_film_length::Migration),
        Box::new(m20260511_000005_create_review::Migration),
        Box::new(m20260608_000006_split_phone_from_address::Migration),
        Box::new(m20260713_000007_rename_store::Migration),
        Box::new(m20260810_000008_one_city_of_a_name::Migration),
        Box::new(m20260914_000009_keep_paid_rentals::Migration),
        Box::new(m20261012_000010_widen_payment_id::Migration),
    ]
}
