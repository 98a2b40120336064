//! Runs the suite on one backend, as a test program.

use std::{env, pin::Pin, process::ExitCode, thread, time::Duration};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::{Outcome, Target, Test, random::scaled, suite};

/// A test of the suite.
pub type TestFn = for<'t> fn(&'t mut Test) -> Pin<Box<dyn Future<Output = Outcome> + Send + 't>>;

/// Lists tests by module: each becomes a name and a function.
#[macro_export]
macro_rules! list {
    ($($module:ident: [$($test:ident),* $(,)?]),* $(,)?) => {
        &[$($((
            concat!(stringify!($module), "::", stringify!($test)),
            |t| Box::pin($module::$test(t)),
        )),*),*]
    };
}

/// How many tests run on a server at once, unless the command line says: each holds ten connections and some more, and
/// a server has a hundred of them by default, however many cores the machine has.
const AT_ONCE_ON_A_SERVER: usize = 4;

/// How many seconds a test may take in a long run: what hangs fails by its name. Many times what the longest takes on a slow
/// machine.
const LONGEST: usize = 9_000;

/// The tests that start a server of their own, or make a backup.
const WITH_PROGRAMS: [&str; 5] = [
    "kill::a_killed_server_never_parts_a_change_from_its_record",
    "triggers::a_backup_is_restored_with_its_triggers",
    "triggers::data_alone_is_restored_once",
    "triggers::data_alone_is_restored_past_triggers",
    "year::sakila_lives_through_a_year",
];

/// The `main` of a test program that runs the suite on a database.
#[must_use]
pub fn main(target: impl Into<Target>) -> ExitCode {
    audit_web::install_panic_hook();
    let target = target.into();
    let mut arguments = Arguments::from_args();
    let configured = target.is_configured();
    if !configured && !arguments.list {
        explain_skip(target);
        if env::var_os("CI").is_some() {
            return ExitCode::FAILURE;
        }
    }
    if target.url_variable.is_some() && arguments.test_threads.is_none() {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        arguments.test_threads = Some(cores.min(AT_ONCE_ON_A_SERVER));
    }
    let trials = suite::ALL.iter().map(|&(name, test)| {
        let runs = configured && (target.has_programs || !WITH_PROGRAMS.contains(&name));
        Trial::test(name, move || run(target, name, test)).with_ignored_flag(!runs)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

#[expect(clippy::print_stderr, reason = "a test program's output")]
fn explain_skip(target: Target) {
    let (backend, variable) = (target.backend, target.url_variable.unwrap_or_default());
    eprintln!("\n{backend} is skipped: set {variable} to the URL of a server to run its tests.");
}

/// Runs a test in a database of its own.
pub fn run(target: impl Into<Target>, name: &str, test: TestFn) -> Result<(), Failed> {
    let target = target.into();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // In a task, as the code of an application is.
        let name = database_name(name);
        let outcome = tokio::spawn(async move {
            let mut t = Test::new(target, &name).await?;
            test(&mut t).await?;
            t.remove().await?;
            Outcome::Ok(())
        });
        let longest = Duration::from_secs(scaled(LONGEST) as u64);
        let Ok(outcome) = tokio::time::timeout(longest, outcome).await else {
            return Err(format!("it did not end within {longest:?}").into());
        };
        match outcome {
            Ok(outcome) => outcome.map_err(|error| Failed::from(format!("{error:?}\n{error}"))),
            Err(panicked) => Err(panic_message(panicked)),
        }
    })
}

fn panic_message(panicked: tokio::task::JoinError) -> Failed {
    let payload = panicked.into_panic();
    let text = payload.downcast_ref::<String>().cloned();
    let text = text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string));
    text.unwrap_or_default().into()
}

/// The name of a test as that of a database, which no two runs at the same time share: 63 bytes at most.
fn database_name(test: &str) -> String {
    let test: String = test
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let process = std::process::id();
    let kept = &test[test.len().saturating_sub(40)..];
    format!("audit_{process}_{kept}")
}
