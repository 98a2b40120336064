//! Looks at the admin in Chromium: each test of the library, as one of this program.

use std::{env, process::ExitCode};

use audit_browser_tests::{HOSTILE, ON_EVERY_DATABASE, ON_SQLITE, chromium};
use audit_tests::{
    Backend, Target,
    random::scaled,
    runner::{self, TestFn},
};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = chromium::is_configured().err();
    if let Some(missing) = missing.as_ref().filter(|_| !arguments.list) {
        explain_skip(missing);
        if env::var_os("CI").is_some() {
            return ExitCode::FAILURE;
        }
    }
    let on = |backend: Backend, tests: &'static [(&'static str, TestFn)]| {
        let is_ignored = missing.is_some() || !Target::from(backend).is_configured();
        tests.iter().map(move |&(name, test)| {
            let named = format!("{name} ({backend})");
            let trial = Trial::test(named, move || runner::run(backend, name, test));
            trial.with_ignored_flag(is_ignored)
        })
    };
    let backends = [Backend::Sqlite, Backend::Postgres, Backend::MySql];
    let everywhere = backends.map(|backend| on(backend, ON_EVERY_DATABASE));
    let is_soak = scaled(100) == 100;
    let of_hostile = if is_soak {
        &backends[..]
    } else {
        &backends[..1]
    };
    let hostile = of_hostile.iter().map(|backend| on(*backend, HOSTILE));
    let trials = everywhere.into_iter().chain(hostile).flatten();
    let trials = trials.chain(on(Backend::Sqlite, ON_SQLITE));
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

#[expect(clippy::print_stderr, reason = "a test program's output")]
fn explain_skip(missing: &str) {
    eprintln!("\nThe tests in a browser are skipped: {missing}");
}
