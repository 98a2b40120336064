//! Three months at the bakery, for pictures: a trail as a shop of that size has it.

use audit_sea_orm::{
    entity::{login_attempt::Status, system_event::EventType},
    prelude::*,
};
use audit_tests::{Outcome, random::Random};
use chrono::{DateTime, Datelike, Duration, Utc, Weekday};
use sea_orm::{DatabaseConnection, EntityTrait, Set, sea_query::Expr};
use serde_json::{Value, json};

const DAYS: i64 = 90;

const BAKERS: [(&str, &str, &str); 4] = [
    ("1", "Ada Lovelace", "192.0.2.10"),
    ("2", "Bruno Kreisky", "192.0.2.11"),
    ("3", "Clara Haber", "192.0.2.12"),
    ("4", "Dora Kallmus", "198.51.100.7"),
];

const CAKES: [(&str, &str, i64); 5] = [
    ("1", "Sachertorte", 480),
    ("2", "Linzer Torte", 390),
    ("3", "Gugelhupf", 350),
    ("4", "Esterházy", 520),
    ("5", "Apfelstrudel", 420),
];

const CUSTOMERS: [&str; 5] = [
    "Café Central",
    "Mrs Novak",
    "Town hall",
    "Hotel Imperial",
    "School kitchen",
];

const REASONS: [&str; 4] = [
    "new season",
    "butter is dearer",
    "asked for by the customer",
    "typing error",
];

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// Writes them into the trail of a shop that was just made.
pub async fn write(db: &DatabaseConnection) -> Outcome {
    let end = end();
    let opened = end - Duration::days(DAYS);
    audit_log::Entity::update_many()
        .col_expr(audit_log::Column::OccurredAt, Expr::value(opened))
        .exec(db)
        .await?;
    let mut season = Season::new();
    for day in 0..DAYS {
        let date = opened + Duration::days(day);
        let busy = match date.weekday() {
            Weekday::Sun => 2,
            Weekday::Fri | Weekday::Sat => 14,
            _ => 8,
        };
        for n in 0..busy + season.random.below(6) {
            let time = date + Duration::minutes(i64::try_from(20 + n * 25)?);
            season.work(time);
        }
        season.close(date + Duration::hours(9), day);
    }
    season.save(db).await
}

/// Now, but for the seconds in which this is written.
#[expect(
    clippy::disallowed_methods,
    reason = "the clock of the trail is for what is written into it"
)]
fn end() -> DateTime<Utc> {
    Utc::now() - Duration::hours(10)
}

struct Season {
    random: Random,
    prices: [i64; 5],
    /// The customer of each order, the first of which the shop began with.
    orders: Vec<&'static str>,
    records: Vec<audit_log::ActiveModel>,
    logins: Vec<login_attempt::ActiveModel>,
    exports: Vec<data_export::ActiveModel>,
    events: Vec<system_event::ActiveModel>,
}

impl Season {
    fn new() -> Self {
        Self {
            random: Random::new(7),
            prices: CAKES.map(|(_, _, price)| price),
            orders: vec!["Café Central", "Mrs Novak", "Town hall"],
            records: Vec::new(),
            logins: Vec::new(),
            exports: Vec::new(),
            events: Vec::new(),
        }
    }

    /// One thing that somebody does.
    fn work(&mut self, time: DateTime<Utc>) {
        match self.random.below(10) {
            0 => self.price(time),
            1..=4 => self.order(time),
            5..=6 => self.deliver(time),
            _ => self.look(time),
        }
    }

    fn record(
        &mut self,
        time: DateTime<Utc>,
        action: &str,
        module: &str,
    ) -> audit_log::ActiveModel {
        let (id, name, ip) = self.random.one_of(&BAKERS);
        let request = self.random.below(1 << 48);
        audit_log::ActiveModel {
            occurred_at: Set(time),
            action: Set(action.to_owned()),
            actor_id: Set(Some(id.to_owned())),
            actor_name: Set(Some(name.to_owned())),
            ip_address: Set(Some(ip.to_owned())),
            user_agent: Set(Some(FIREFOX.to_owned())),
            request_id: Set(Some(format!("019abc41-0c2e-7d14-b3a5-{request:012x}"))),
            module: Set(Some(module.to_owned())),
            ..Default::default()
        }
    }

    fn price(&mut self, time: DateTime<Utc>) {
        let at = self.random.one_of(&[0, 0, 1, 2, 3, 4]);
        let (id, name, _) = CAKES[at];
        let (old, new) = (
            self.prices[at],
            self.prices[at] + self.random.one_of(&[-20, -15, 15, 20]),
        );
        self.prices[at] = new;
        let reason = self.random.one_of(&REASONS);
        let record = self.record(time, "UPDATE", "POST /cakes/{id}");
        let mut values = [json!({"price": old}), json!({"price": new})];
        if self.random.below(4) == 0 {
            values
                .iter_mut()
                .for_each(|held| held["secret_recipe"] = json!("***"));
        }
        self.records.push(audit_log::ActiveModel {
            reason: Set(Some(reason.to_owned())),
            ..changed("cake", id, name, values, record)
        });
    }

    fn order(&mut self, time: DateTime<Utc>) {
        let customer = self.random.one_of(&CUSTOMERS);
        self.orders.push(customer);
        let (id, cake) = (self.orders.len(), self.random.one_of(&CAKES));
        let quantity = 1 + self.random.below(12);
        let record = self.record(time, "CREATE", "POST /orders");
        let of_line = record.clone();
        let held = json!({"id": id, "customer": customer, "is_delivered": false});
        let held = [Value::Null, held];
        self.records
            .push(changed("order", &id.to_string(), customer, held, record));
        let held =
            json!({"order_id": id, "cake_id": cake.0.parse().unwrap_or(0), "quantity": quantity});
        let (key, name) = (
            format!("[{id},{}]", cake.0),
            format!("{quantity} × {}", cake.1),
        );
        self.records.push(changed(
            "order_line",
            &key,
            &name,
            [Value::Null, held],
            of_line,
        ));
    }

    fn deliver(&mut self, time: DateTime<Utc>) {
        let ids: Vec<usize> = (1..=self.orders.len()).collect();
        let id = self.random.one_of(&ids);
        let record = self.record(time, "UPDATE", "POST /orders/{id}/deliver");
        let values = [
            json!({"is_delivered": false}),
            json!({"is_delivered": true}),
        ];
        let customer = self.orders[id - 1];
        self.records
            .push(changed("order", &id.to_string(), customer, values, record));
    }

    fn look(&mut self, time: DateTime<Utc>) {
        let (id, name, _) = self.random.one_of(&CAKES);
        let record = self.record(time, "VIEW", "GET /cakes/{id}");
        let values = [Value::Null, Value::Null];
        self.records.push(changed("cake", id, name, values, record));
    }

    /// What a day has beside: logins, a file, and what goes wrong.
    fn close(&mut self, time: DateTime<Utc>, day: i64) {
        for (_, name, ip) in BAKERS {
            let username = name.split(' ').next().unwrap_or_default().to_lowercase();
            self.logins
                .push(login(time, &username, Status::Success, ip));
            if self.random.below(5) == 0 {
                self.logins.push(login(time, &username, Status::Failed, ip));
            }
        }
        if day % 11 == 4 {
            let tried = ["admin", "root", "admin", "ada", "admin", "admin"];
            self.logins
                .extend(tried.map(|name| login(time, name, Status::Failed, "203.0.113.66")));
            self.logins
                .push(login(time, "admin", Status::Blocked, "203.0.113.66"));
            self.event(time, EventType::Security, "Probe for /wp-login.php", "404");
        }
        if day % 7 == 5 {
            self.exports.push(export(time, self.orders.len()));
        }
        match day % 9 {
            2 => self.event(time, EventType::Error, "POST /orders answered 500", "500"),
            6 => self.event(
                time,
                EventType::Performance,
                "GET /orders.csv took 6.2 s",
                "SLOW",
            ),
            _ => {}
        }
    }

    fn event(&mut self, time: DateTime<Utc>, kind: EventType, title: &str, code: &str) {
        let is_old = self.events.len() < 12;
        self.events.push(system_event::ActiveModel {
            occurred_at: Set(time),
            event_type: Set(kind),
            title: Set(title.to_owned()),
            description: Set(Some(format!("{title}\nfile: src/orders.rs"))),
            module: Set(Some("bakery::orders".to_owned())),
            line_number: Set(Some(54)),
            error_code: Set(Some(code.to_owned())),
            actor_id: Set(Some("2".to_owned())),
            actor_name: Set(Some("Bruno Kreisky".to_owned())),
            resolved: Set(is_old),
            resolved_at: Set(is_old.then_some(time)),
            resolved_by: Set(is_old.then(|| "Ada Lovelace".to_owned())),
            ..Default::default()
        });
    }

    async fn save(self, db: &DatabaseConnection) -> Outcome {
        for records in self.records.chunks(200) {
            audit_log::Entity::insert_many(records.to_vec())
                .exec(db)
                .await?;
        }
        login_attempt::Entity::insert_many(self.logins)
            .exec(db)
            .await?;
        data_export::Entity::insert_many(self.exports)
            .exec(db)
            .await?;
        system_event::Entity::insert_many(self.events)
            .exec(db)
            .await?;
        Ok(())
    }
}

/// A record of an object, with what it held before and after.
fn changed(
    table: &str,
    id: &str,
    name: &str,
    [old, new]: [Value; 2],
    record: audit_log::ActiveModel,
) -> audit_log::ActiveModel {
    let held = |value: Value| Set((!value.is_null()).then_some(value));
    audit_log::ActiveModel {
        table_name: Set(Some(table.to_owned())),
        object_id: Set(Some(id.to_owned())),
        object_repr: Set(Some(name.to_owned())),
        old_values: held(old),
        new_values: held(new),
        ..record
    }
}

fn login(
    time: DateTime<Utc>,
    username: &str,
    status: Status,
    ip: &str,
) -> login_attempt::ActiveModel {
    login_attempt::ActiveModel {
        occurred_at: Set(time),
        username: Set(username.to_owned()),
        failure_reason: Set((status != Status::Success).then(|| "wrong password".to_owned())),
        status: Set(status),
        ip_address: Set(Some(ip.to_owned())),
        user_agent: Set(Some(FIREFOX.to_owned())),
        country: Set(Some("Austria".to_owned())),
        city: Set(Some("Vienna".to_owned())),
        ..Default::default()
    }
}

fn export(time: DateTime<Utc>, orders: usize) -> data_export::ActiveModel {
    let records = i64::try_from(orders).unwrap_or(0);
    data_export::ActiveModel {
        occurred_at: Set(time),
        actor_id: Set(Some("1".to_owned())),
        actor_name: Set(Some("Ada Lovelace".to_owned())),
        export_type: Set("Orders".to_owned()),
        file_format: Set("CSV".to_owned()),
        record_count: Set(records),
        file_size: Set(records * 43),
        filters_applied: Set(Some(json!({"delivered": true}))),
        ip_address: Set(Some("192.0.2.10".to_owned())),
        download_count: Set(0),
        ..Default::default()
    }
}
