//! It runs with nothing to set up, and once more on the database that it left.

use std::{error::Error, process::Command};

#[test]
fn it_runs_twice() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    for beginning in [
        "A new database",
        "The database is there from an earlier run",
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_quickstart"))
            .env("TMPDIR", folder.path())
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let errors = String::from_utf8(output.stderr)?;
        assert!(output.status.success(), "{errors}");
        assert!(text.starts_with(beginning), "{text}");
    }
    Ok(())
}
