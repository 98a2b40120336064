//! The random choices, and the people, requests and times that rows share.

use sea_orm::prelude::DateTimeUtc;

use super::{Plan, words};
use crate::random::Random;

/// The days that a trail lasts.
const DAYS: u64 = 730;

/// The service that did much in the first third of the time, and nothing since.
pub(super) const RETIRED: (&str, &str) = ("import-service", "Import service");

/// A source of choices.
#[derive(Debug)]
pub(super) struct Choices(Random);

impl Choices {
    pub(super) fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound.max(1))
    }

    pub(super) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        self.0.one_of(of)
    }

    /// A number below a bound, of which small ones come far oftener.
    pub(super) fn skewed(&mut self, bound: u64) -> u64 {
        let bound = self.below(bound) + 1;
        let bound = self.below(bound) + 1;
        self.below(bound)
    }

    /// As many hexadecimal digits.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        (0..digits)
            .map(|_| char::from_digit(u32::try_from(self.below(16)).unwrap_or_default(), 16))
            .map(Option::unwrap_or_default)
            .collect()
    }

    /// A few words, seldom ones that attack, seldom very many.
    pub(super) fn text(&mut self) -> String {
        if self.one_in(150) {
            return self.pick(&words::HOSTILE).to_owned();
        }
        let words = if self.one_in(1_000) {
            300
        } else {
            1 + self.below(4)
        };
        let words: Vec<&str> = (0..words).map(|_| self.pick(&words::WORDS)).collect();
        words.join(" ")
    }

    /// A text as long as any column of text takes.
    pub(super) fn line(&mut self) -> String {
        self.text().chars().take(200).collect()
    }

    pub(super) fn address(&mut self) -> String {
        let host = self.skewed(4_000);
        if self.one_in(8) {
            format!("2001:db8::{host:x}")
        } else {
            format!("198.51.{}.{}", 100 + host / 250 % 20, host % 250)
        }
    }

    /// One of the people, of whom a few do most.
    pub(super) fn person(&mut self, people: u64) -> (String, String) {
        let id = self.skewed(people) + 1;
        (id.to_string(), name(id))
    }
}

/// The name of the person of that number.
fn name(id: u64) -> String {
    let of = |names: &[&'static str], at: u64| {
        let many = u64::try_from(names.len()).unwrap_or(1);
        names[usize::try_from(at % many).unwrap_or_default()]
    };
    let first = of(&words::FIRST_NAMES, id);
    format!("{first} {}", of(&words::LAST_NAMES, id / 20 + id))
}

/// When things happen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    from: i64,
}

impl Times {
    pub(super) fn of(plan: Plan) -> Self {
        let days = i64::try_from(DAYS).unwrap_or_default();
        Self {
            from: plan.until.timestamp_micros() - days * 86_400_000_000,
        }
    }

    /// When number `n` of `of` things happens: evenly over the days, and four fifths of a day's between the eighth and
    /// the eighteenth hour. So many seconds early that the order is not quite that of the numbers.
    pub(super) fn at(self, n: u64, of: u64, early: u64) -> DateTimeUtc {
        const HOUR: u64 = 3_600_000_000;
        let share = u128::from(n) * u128::from(DAYS) * 1_000_000 / u128::from(of.max(1));
        let share = u64::try_from(share).unwrap_or_default();
        let (day, part) = (share / 1_000_000, share % 1_000_000);
        let (hours, begins, width, first) = match part {
            ..100_000 => (8, 0, 100_000, 0),
            100_000..900_000 => (10, 100_000, 800_000, 8),
            _ => (6, 900_000, 100_000, 18),
        };
        let micros = first * HOUR + (part - begins) * hours * HOUR / width;
        let micros = (day * 24 * HOUR + micros).saturating_sub(early * 1_000_003);
        let micros = self.from + i64::try_from(micros).unwrap_or_default();
        DateTimeUtc::from_timestamp_micros(micros).unwrap_or_default()
    }
}

/// What the records of one request, or of one job, share.
#[derive(Clone, Debug, Default)]
pub(super) struct Visit {
    /// How many records are still to come.
    pub(super) left: u64,
    pub(super) occurred_at: DateTimeUtc,
    pub(super) actor: Option<(String, String)>,
    pub(super) ip: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) session: Option<String>,
    pub(super) request: Option<String>,
    pub(super) transaction: Option<String>,
    pub(super) module: &'static str,
}

impl Visit {
    /// A job of the night: nobody's, and of many records.
    pub(super) fn job(choices: &mut Choices, at: DateTimeUtc) -> Self {
        Self {
            left: 20 + choices.below(200),
            occurred_at: at,
            transaction: Some(choices.hex(16)),
            module: "jobs::nightly",
            ..Self::default()
        }
    }

    /// A request of somebody's.
    pub(super) fn request(choices: &mut Choices, at: DateTimeUtc, actor: (String, String)) -> Self {
        let is_service = actor.0 == RETIRED.0;
        Self {
            left: 1 + choices.below(5),
            occurred_at: at,
            ip: Some(choices.address()),
            agent: (!is_service).then(|| choices.pick(&words::AGENTS).to_owned()),
            session: (!is_service).then(|| choices.hex(32)),
            request: Some(choices.hex(32)),
            transaction: Some(choices.hex(16)),
            module: if is_service { "import" } else { "web" },
            actor: Some(actor),
        }
    }
}
