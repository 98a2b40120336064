//! The rows of the four tables.

use std::time::Duration;

use audit_sea_orm::{
    entity::{data_export, login_attempt, system_event},
    prelude::*,
};
use sea_orm::Set;
use serde_json::{Map, Value, json};

use super::{
    Plan, Sizes,
    life::{Choices, RETIRED, Times, Visit},
    words,
};

const DAY: Duration = Duration::from_secs(86_400);

/// Makes the rows, each kind in the order of time.
#[derive(Debug)]
pub(super) struct Rows {
    choices: Choices,
    sizes: Sizes,
    times: Times,
    people: u64,
    visit: Visit,
    burst: Burst,
}

/// Logins that somebody tries in a row.
#[derive(Clone, Debug, Default)]
struct Burst {
    left: u64,
    ip: String,
}

/// Whose row it is: nobody's of the first of ten, a branch's of half of the others, and one branch's of the rest.
fn tenant(n: u64) -> Option<String> {
    match n % 10 {
        0 => None,
        1..5 => Some("main-street".to_owned()),
        _ => Some(format!("branch-{}", n % 97)),
    }
}

impl Rows {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            choices: Choices::new(plan.seed),
            sizes: plan.sizes,
            times: Times::of(plan),
            people: (plan.sizes.records / 2_000).clamp(20, 5_000),
            visit: Visit::default(),
            burst: Burst::default(),
        }
    }

    pub(super) fn record(&mut self, n: u64) -> audit_log::ActiveModel {
        if self.visit.left == 0 {
            self.visit = self.next_visit(n);
        }
        self.visit.left -= 1;
        let action = self.action();
        let (table, object) = self.object();
        let (old, new) = self.values(action, n);
        let visit = self.visit.clone();
        let (actor_id, actor_name) = visit.actor.unzip();
        audit_log::ActiveModel {
            occurred_at: Set(visit.occurred_at),
            action: Set(action.to_owned()),
            object_repr: Set(Some(self.choices.line())),
            table_name: Set(Some(table.to_owned())),
            object_id: Set(Some(object)),
            old_values: Set(old),
            new_values: Set(new),
            actor_id: Set(actor_id),
            actor_name: Set(actor_name),
            on_behalf_of_id: Set(n.is_multiple_of(500).then(|| "guest".to_owned())),
            on_behalf_of_name: Set(n.is_multiple_of(500).then(|| "Guest of honour".to_owned())),
            tenant_id: Set(tenant(n)),
            ip_address: Set(visit.ip),
            user_agent: Set(visit.agent),
            session_id: Set(visit.session),
            request_id: Set(visit.request),
            transaction_id: Set(visit.transaction),
            reason: Set(self.choices.one_in(20).then(|| self.choices.line())),
            module: Set(Some(visit.module.to_owned())),
            metadata: Set(self
                .choices
                .one_in(10)
                .then(|| json!({"route": format!("/{table}/{{id}}"), "status": 200}))),
            ..Default::default()
        }
    }

    fn next_visit(&mut self, n: u64) -> Visit {
        let early = self.choices.below(30);
        let at = self.times.at(n, self.sizes.records, early);
        let choices = &mut self.choices;
        if choices.one_in(400) {
            return Visit::job(choices, at);
        }
        if n < self.sizes.records / 3 && choices.one_in(3) {
            let (id, name) = RETIRED;
            return Visit::request(choices, at, (id.to_owned(), name.to_owned()));
        }
        let person = choices.person(self.people);
        Visit::request(choices, at, person)
    }

    fn action(&mut self) -> &'static str {
        match self.choices.below(1_000) {
            ..260 => "CREATE",
            260..850 => "UPDATE",
            850..890 => "DELETE",
            890..980 => "VIEW",
            980..990 => "LOGIN",
            990..995 => "EXPORT",
            995..999 => "IMPORT",
            _ => "PUBLISH",
        }
    }

    /// A table and a key: of one number, an uuid or two parts. One in thirty records is about the one row of
    /// settings.
    fn object(&mut self) -> (&'static str, String) {
        if self.choices.one_in(30) {
            return ("setting", "1".to_owned());
        }
        let at = self.choices.skewed(40);
        let table = words::TABLES[usize::try_from(at).unwrap_or_default()];
        let number = self.choices.skewed(self.sizes.records / 8) + 1;
        let key = match at % 8 {
            6 => format!("{number:08x}-0000-4000-8000-{:012x}", number * 7_919),
            7 => format!(
                "[\"{}\",{number}]",
                ["de", "fr", "日本"][usize::try_from(number % 3).unwrap_or_default()]
            ),
            _ => number.to_string(),
        };
        (table, key)
    }

    fn values(&mut self, action: &str, n: u64) -> (Option<Value>, Option<Value>) {
        let columns = match action {
            "CREATE" | "DELETE" => 6,
            "UPDATE" | "PUBLISH" => 1 + self.choices.below(3),
            _ => return (None, None),
        };
        let (mut old, mut new) = (Map::new(), Map::new());
        for _ in 0..columns {
            let column = self.choices.pick(&words::COLUMNS);
            old.insert(column.to_owned(), self.choices.text().into());
            new.insert(column.to_owned(), self.choices.text().into());
        }
        let price = |n: u64| format!("{}.{}", n % 90, n % 10);
        old.insert("price".to_owned(), price(n).into());
        new.insert("price".to_owned(), price(n + 7).into());
        if self.choices.one_in(40) {
            old.insert("password".to_owned(), "***".into());
            new.insert("password".to_owned(), "***".into());
        }
        let old = (action != "CREATE").then_some(Value::Object(old));
        (old, (action != "DELETE").then_some(Value::Object(new)))
    }

    pub(super) fn login(&mut self, n: u64) -> login_attempt::ActiveModel {
        let is_burst = self.burst.left > 0;
        if is_burst {
            self.burst.left -= 1;
        } else if self.choices.one_in(500) {
            self.burst = Burst {
                left: 40 + self.choices.below(160),
                ip: format!("203.0.113.{}", self.choices.below(40)),
            };
        }
        let choices = &mut self.choices;
        let (_, name) = choices.person(self.people);
        let status = match choices.below(100) {
            _ if is_burst => login_attempt::Status::Failed,
            ..88 => login_attempt::Status::Success,
            88..98 => login_attempt::Status::Failed,
            _ => login_attempt::Status::Blocked,
        };
        let username = if is_burst && choices.one_in(3) {
            choices
                .pick(&["admin", "root", "' OR '1'='1", "<b>test</b>", "postgres"])
                .to_owned()
        } else {
            name.to_lowercase().replace(' ', ".")
        };
        let place = words::CITIES[usize::try_from(choices.skewed(6)).unwrap_or_default()];
        let is_placed = choices.one_in(2);
        login_attempt::ActiveModel {
            occurred_at: Set(self.times.at(n, self.sizes.logins, choices.below(30))),
            username: Set(username),
            status: Set(status.clone()),
            ip_address: Set(Some(if is_burst {
                self.burst.ip.clone()
            } else {
                choices.address()
            })),
            user_agent: Set(Some(choices.pick(&words::AGENTS).to_owned())),
            failure_reason: Set(
                (status != login_attempt::Status::Success).then(|| "wrong password".to_owned())
            ),
            country: Set(is_placed.then(|| place.0.to_owned())),
            city: Set(is_placed.then(|| place.1.to_owned())),
            tenant_id: Set(tenant(n)),
            ..Default::default()
        }
    }

    pub(super) fn export(&mut self, n: u64) -> data_export::ActiveModel {
        let choices = &mut self.choices;
        let (id, name) = choices.person(self.people);
        let rows = i64::try_from(choices.skewed(200_000)).unwrap_or_default();
        let what = choices.pick(&words::EXPORTS);
        let format = words::FORMATS[usize::try_from(choices.skewed(5)).unwrap_or_default()];
        data_export::ActiveModel {
            occurred_at: Set(self.times.at(n, self.sizes.exports, choices.below(30))),
            actor_id: Set(Some(id)),
            actor_name: Set(Some(name)),
            export_type: Set(what.to_owned()),
            file_format: Set(format.to_owned()),
            record_count: Set(rows),
            file_size: Set(rows * 180),
            filters_applied: Set(choices
                .one_in(2)
                .then(|| json!({"table": choices.pick(&words::TABLES)}))),
            ip_address: Set(Some(choices.address())),
            file_path: Set(choices
                .one_in(3)
                .then(|| format!("/var/exports/{what}-{n}"))),
            download_count: Set(i64::try_from(choices.below(4)).unwrap_or_default()),
            tenant_id: Set(tenant(n)),
            ..Default::default()
        }
    }

    /// Errors are dealt with, but for the latest and a few that were forgotten; nobody resolves what only informs.
    pub(super) fn event(&mut self, n: u64) -> system_event::ActiveModel {
        use system_event::EventType;
        let choices = &mut self.choices;
        let event_type = match choices.below(100) {
            ..30 => EventType::Error,
            30..45 => EventType::Warning,
            45..65 => EventType::Info,
            65..85 => EventType::Security,
            85..95 => EventType::Performance,
            _ => EventType::Maintenance,
        };
        let at = self.times.at(n, self.sizes.events, choices.below(30));
        let is_late = n + self.sizes.events / 200 > self.sizes.events;
        let resolved = event_type == EventType::Error && !is_late && !choices.one_in(300);
        let actor = choices.one_in(2).then(|| choices.person(self.people));
        let (actor_id, actor_name) = actor.unzip();
        let is_error = event_type == EventType::Error;
        system_event::ActiveModel {
            occurred_at: Set(at),
            event_type: Set(event_type),
            title: Set(format!(
                "{} failed: {}",
                choices.pick(&words::TABLES),
                choices.line()
            )),
            description: Set(Some(choices.text())),
            module: Set(Some("bakery::oven".to_owned())),
            line_number: Set(Some(i32::try_from(choices.below(900)).unwrap_or_default())),
            error_code: Set(is_error.then(|| format!("E{:04}", choices.skewed(40)))),
            stack_trace: Set(
                is_error.then(|| "0: bakery::oven::heat\n   at src/oven.rs:42\n".repeat(12))
            ),
            actor_id: Set(actor_id),
            actor_name: Set(actor_name),
            ip_address: Set(Some(choices.address())),
            request_id: Set(choices.one_in(2).then(|| choices.hex(32))),
            resolved: Set(resolved),
            resolved_at: Set(resolved.then_some(at + DAY)),
            resolved_by: Set(resolved.then(|| "ada".to_owned())),
            tenant_id: Set(tenant(n)),
            ..Default::default()
        }
    }
}
