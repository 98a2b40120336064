//! What may be asked.

use clap::{ArgGroup, Args, Parser, Subcommand};
use sea_orm_migration::sea_orm::prelude::DateTimeUtc;

use super::time;

const EXIT_CODES: &str = "Exit codes:
  0  done; of `check` and `doctor`: all is as it should be
  1  of `check` and `doctor`: something is not as it should be; of `history` and `state`: there is no
     such record, or the object was not there; of `undo`: conflicts stand in the way
  2  it could not be done: no connection, wrong arguments, or refused";

/// The examples of a command, above the exit codes.
macro_rules! examples {
    ($($example:literal)*) => {
        concat!("Examples:\n", $("  ", $example, "\n",)* "
Exit codes:
  0  done
  1  there is no such record, the object was not there, or conflicts stand in the way
  2  it could not be done: no connection, wrong arguments, or refused")
    };
}

/// Creates, shows, checks and removes the tables of the audit trail, and answers questions about what is recorded.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// The database, such as `postgres://user:password@host/name`, `mysql://…` or `sqlite:path?mode=rwc`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(super) database_url: String,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Applies the migrations that are pending.
    Up,
    /// Rolls every migration back: deletes the whole trail.
    Down {
        /// Says that this is meant: without it nothing is deleted.
        #[arg(long)]
        delete_the_trail: bool,
    },
    /// Lists the migrations, applied and pending. Changes nothing.
    Status,
    /// Says whether the trail is up to date and every capture trigger whole, and fails where not. Changes nothing.
    ///
    /// It compares with the entities that this program links; `audit-migration` links none.
    #[command(after_help = EXIT_CODES)]
    Check {
        /// Prints the report as one JSON document.
        #[arg(long)]
        json: bool,
        /// Answers warnings with 1 too.
        #[arg(long)]
        deny_warnings: bool,
    },
    /// Lists the records that no longer fit: their table or column is gone, and why. Reads every record, changes nothing.
    ///
    /// Of a table whose entity this program does not link it finds names that are gone, and no types. A table that its entity gives
    /// another name in records is unknown then.
    #[command(after_help = EXIT_CODES)]
    Doctor {
        /// Begins behind the record with that number.
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// Prints the diagnosis as one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Lists the records of one object, the newest first: who changed what, when and why.
    #[command(after_help = examples!(
        "audit-migration history cake 7"
        "audit-migration history cake 7 --limit 10 --before 1234"
        "audit-migration history order_line '[11,1]' --json"
        "audit-migration history orders 11 --with order_line"
    ))]
    History(HistoryOf),
    /// Shows one object as it was at a time, also one that is gone.
    ///
    /// It needs a program that links the entity: see `audit_migration::cli`.
    #[command(after_help = examples!(
        "audit state cake 7 --at '2026-03-04 12:00'"
        "audit state cake 7 --at 2026-03-04T12:00:00+01:00 --json"
        "audit state cake 7 --at 2026-03-04        # as it was at the end of that day"
    ))]
    State(StateOf),
    /// Shows what would turn back a request, a transaction or an actor's work, and what stands in the way. Runs it with `--run`.
    ///
    /// It needs a program that links the entities: see `audit_migration::cli`.
    #[command(after_help = examples!(
        "audit undo --request 0198c7f0-5d4e-7000-8000-000000000000"
        "audit undo --transaction 0198c7f0-5d4e-7000-8000-000000000000 --noise updated_at"
        "audit undo --actor 7 --from '2026-03-04 12:00' --until 2026-03-05 --json"
        "audit undo --request req-1 --run --by ada --reason 'imported twice'"
    ))]
    Undo(Undo),
    /// Records what rows hold that have no record, as they are older than the audit log. May run beside writers, and again.
    ///
    /// It needs a program that links the entities: see `audit_migration::cli`.
    #[command(after_help = examples!(
        "audit baseline cake pie"
        "audit baseline --all --by deployment --reason 'auditing begins'"
    ))]
    Baseline(BaselineOf),
}

/// Names an object as records do.
#[derive(Args)]
pub(super) struct Object {
    /// The name of its table in records.
    pub(super) table: String,
    /// Its key, as `object_id` has it: `7`, or `[11,1]` where it has two columns.
    #[arg(allow_hyphen_values = true)]
    pub(super) key: String,
}

#[derive(Args)]
pub(super) struct HistoryOf {
    #[command(flatten)]
    pub(super) object: Object,
    /// How many records at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(super) limit: u64,
    /// Goes on before the record with that number.
    #[arg(long)]
    pub(super) before: Option<i64>,
    /// Together with its parts in that table, those that are gone too; once for each. It needs a program that links the entities.
    #[arg(long = "with", value_name = "TABLE")]
    pub(super) parts: Vec<String>,
    /// Prints one JSON document, of `records` and of `next`, which `--before` takes.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args)]
pub(super) struct StateOf {
    #[command(flatten)]
    pub(super) object: Object,
    /// The time: `2026-03-04 12:00:00` in UTC, RFC 3339 for another zone, or a day, which means its end in UTC.
    #[arg(long, value_name = "TIME", value_parser = time::or_end_of_day)]
    pub(super) at: DateTimeUtc,
    /// Prints one JSON document: `columns`, and `unknown` with the reasons; `null` where it was not there.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args)]
#[command(group(ArgGroup::new("origin").required(true).args(["request", "transaction", "actor"])))]
pub(super) struct Undo {
    /// What one request wrote.
    #[arg(long, value_name = "ID")]
    pub(super) request: Option<String>,
    /// What one transaction wrote.
    #[arg(long, value_name = "ID")]
    pub(super) transaction: Option<String>,
    /// What one actor wrote in a time.
    #[arg(long, value_name = "ID", requires = "from")]
    pub(super) actor: Option<String>,
    /// Where the time of the actor begins; a day means its beginning in UTC.
    #[arg(long, value_name = "TIME", requires = "actor", value_parser = time::or_start_of_day)]
    pub(super) from: Option<DateTimeUtc>,
    /// Before when it ends; a day means its beginning in UTC. Without it: now.
    #[arg(long, value_name = "TIME", requires = "actor", value_parser = time::or_start_of_day)]
    pub(super) until: Option<DateTimeUtc>,
    /// A column in which a change since is no conflict; once for each.
    #[arg(long, value_name = "COLUMN")]
    pub(super) noise: Vec<String>,
    /// Runs the plan, if nothing stands in the way.
    #[arg(long, requires = "by", requires = "reason")]
    pub(super) run: bool,
    /// Who runs it.
    #[arg(long, value_name = "ACTOR", requires = "run")]
    pub(super) by: Option<String>,
    /// Why.
    #[arg(long, requires = "run")]
    pub(super) reason: Option<String>,
    /// Prints one JSON document.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args)]
pub(super) struct BaselineOf {
    /// The names of the tables in records.
    #[arg(required_unless_present = "all")]
    pub(super) tables: Vec<String>,
    /// Every table of an audited entity that this program links.
    #[arg(long, conflicts_with = "tables")]
    pub(super) all: bool,
    /// Who makes it.
    #[arg(long, value_name = "ACTOR")]
    pub(super) by: Option<String>,
    /// Why.
    #[arg(long)]
    pub(super) reason: Option<String>,
    /// Prints one JSON document.
    #[arg(long)]
    pub(super) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, error::ErrorKind};

    use super::*;

    /// A line as a shell splits it.
    fn words(line: &str) -> Vec<String> {
        let line = line.split(" #").next().unwrap_or_default();
        let (mut words, mut is_quoted) = (vec![String::new()], false);
        for char in line.trim().chars() {
            match char {
                '\'' => is_quoted = !is_quoted,
                ' ' if !is_quoted => words.push(String::new()),
                _ => words.last_mut().expect("never empty").push(char),
            }
        }
        words.retain(|word| !word.is_empty());
        words.insert(1, "--database-url=sqlite::memory:".to_owned());
        words
    }

    #[test]
    fn the_arguments_fit_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_example_is_understood() {
        let mut examples = 0;
        for command in Arguments::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string);
            for line in help.unwrap_or_default().lines() {
                if line.starts_with("  audit") {
                    let parsed = Arguments::try_parse_from(words(line)).map(drop);
                    assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                    examples += 1;
                }
            }
        }
        assert!(examples > 10, "{examples}");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |line: &str| {
            let parsed = Arguments::try_parse_from(words(line)).map(drop);
            parsed.expect_err(line).kind()
        };
        for line in [
            "audit undo",
            "audit undo --actor 7",
            "audit undo --request a --run",
            "audit undo --request a --run --by ada",
            "audit baseline",
            "audit state cake 7",
        ] {
            assert_eq!(refused(line), ErrorKind::MissingRequiredArgument, "{line}");
        }
        for line in [
            "audit undo --request a --transaction b",
            "audit baseline cake --all",
        ] {
            assert_eq!(refused(line), ErrorKind::ArgumentConflict, "{line}");
        }
        for line in [
            "audit state cake 7 --at monday",
            "audit history cake 7 --limit 0",
            "audit undo --actor 7 --from 2026-02-30",
        ] {
            assert_eq!(refused(line), ErrorKind::ValueValidation, "{line}");
        }
    }
}
