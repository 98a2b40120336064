//! The programs that are built with the suite, to be run beside it.

use std::{env, path::PathBuf};

use tokio::process::Command;

/// What the library reads of the environment, of which a program here gets what its test gives it.
const AUDIT_VARIABLES: [&str; 5] = [
    "AUDIT_SKIP_MODELS",
    "AUDIT_SKIP_ACTIONS",
    "AUDIT_REQUIRE_TRANSACTION",
    "AUDIT_ON_FAILURE",
    "AUDIT_ENABLED",
];

/// A program of this package, ready to be started; cargo builds it along with the suite.
///
/// # Panics
/// Where it is not there.
#[must_use]
pub fn program(name: &str) -> Command {
    let test = env::current_exe().expect("a program knows its path");
    // `target/debug/deps/sqlite-1234` and `target/debug/child`.
    let folder = test.parent().and_then(|deps| deps.parent());
    let path: PathBuf = folder.expect("cargo's folders").join(name);
    let path = path.with_extension(env::consts::EXE_EXTENSION);
    assert!(path.exists(), "{} is not built", path.display());
    let mut command = Command::new(path);
    command.kill_on_drop(true);
    for variable in AUDIT_VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// As [`program`], by a clock that differs by so much from the machine's, such as `+5s`: where `AUDIT_TEST_FAKETIME` has the
/// path of the library of Debian's `libfaketime`.
#[must_use]
pub fn by_clock(name: &str, differs_by: &str) -> Command {
    let mut command = program(name);
    if let Ok(library) = env::var("AUDIT_TEST_FAKETIME") {
        command.env("LD_PRELOAD", library);
        command.env("FAKETIME", differs_by);
    }
    command
}
