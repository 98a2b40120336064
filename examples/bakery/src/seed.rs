//! What a new shop begins with. The trail knows that nobody did it but the seed.

use audit_sea_orm::prelude::*;
use sea_orm::{ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, PaginatorTrait, Set};

use crate::{
    entity::{baker, cake, order, order_line},
    password,
};

/// The demo accounts: user name, name, password.
pub const ACCOUNTS: [(&str, &str, &str); 2] = [
    ("ada", "Ada Lovelace", "apricot jam"),
    ("bruno", "Bruno Kreisky", "rum and raisins"),
];

/// Cakes: name, price in cents, recipe, and which of the accounts bakes it.
const CAKES: [(&str, i32, &str, usize); 5] = [
    (
        "Sachertorte",
        480,
        "Apricot jam under the glaze, and none in the middle.",
        0,
    ),
    ("Linzer Torte", 390, "Redcurrants, not raspberries.", 0),
    (
        "Gugelhupf",
        350,
        "A day in the tin before anybody cuts it.",
        1,
    ),
    ("Esterházy", 520, "Walnuts from Burgenland.", 1),
    (
        "Apfelstrudel",
        420,
        "The dough is thin when a love letter can be read through it.",
        1,
    ),
];

/// Orders: customer, and the cakes by their place in `CAKES`, with how many.
const ORDERS: [(&str, &[(usize, i32)]); 3] = [
    ("Café Central", &[(0, 12), (4, 6)]),
    ("Mrs Novak", &[(2, 1)]),
    ("Town hall", &[(1, 3), (3, 2)]),
];

/// Fills an empty shop, all or nothing; another stays as it is.
pub async fn seed(db: &DatabaseConnection) -> Result<(), DbErr> {
    if baker::Entity::find().count(db).await? > 0 {
        return Ok(());
    }
    let context = AuditContext::new()
        .actor(Actor::system("seed"))
        .reason("a new shop");
    context.scope(fill(db)).await
}

async fn fill(db: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = db.begin_write().await?;
    let mut bakers = Vec::new();
    for (username, name, typed) in ACCOUNTS {
        let baker = baker::ActiveModel {
            username: Set(username.to_owned()),
            name: Set(name.to_owned()),
            password_hash: Set(password::hash(typed.to_owned()).await),
            ..Default::default()
        };
        bakers.push(baker.insert(&transaction).await?.id);
    }
    let mut cakes = Vec::new();
    for (name, price, recipe, baker) in CAKES {
        let cake = cake::ActiveModel {
            name: Set(name.to_owned()),
            price: Set(price),
            secret_recipe: Set(recipe.to_owned()),
            baker_id: Set(bakers[baker]),
            ..Default::default()
        };
        cakes.push(cake.insert(&transaction).await?.id);
    }
    for (customer, lines) in ORDERS {
        let order = order::ActiveModel {
            customer: Set(customer.to_owned()),
            is_delivered: Set(false),
            ..Default::default()
        };
        let order_id = order.insert(&transaction).await?.id;
        for &(cake, quantity) in lines {
            let line = order_line::ActiveModel {
                order_id: Set(order_id),
                cake_id: Set(cakes[cake]),
                quantity: Set(quantity),
            };
            line.insert(&transaction).await?;
        }
    }
    transaction.commit().await
}
