include!(concat!(env!("OUT_DIR"), "/command_line.rs"));

use std::process::ExitCode;

use audit_migration::cli;

/// It reads the arguments of a program, so no test calls it.
#[allow(dead_code, reason = "the compiler sees that it fits")]
fn the_program_compiles() {
    program::main();
}

#[tokio::test]
async fn its_commands_are_those_of_the_chapter() -> crate::Outcome {
    let folder = tempfile::tempdir()?;
    let url = format!(
        "sqlite:{}?mode=rwc",
        folder.path().join("shop.sqlite").display()
    );
    let ask = async |command: &[&str]| {
        let program = ["audit", "--database-url", &url];
        let code = cli::run_from([&program[..], command].concat()).await;
        format!("{code:?}")
    };
    let code = |code: u8| format!("{:?}", ExitCode::from(code));
    assert_eq!(ask(&["up"]).await, code(0));
    assert_eq!(ask(&["history", "cake", "7"]).await, code(1));
    let state = ["state", "cake", "7", "--at", "2026-03-04"];
    assert_eq!(
        ask(&state).await,
        code(2),
        "the bakery has no table of cakes yet"
    );
    assert_eq!(ask(&["sideways"]).await, code(2));
    assert_eq!(ask(&["--help"]).await, code(0));
    Ok(())
}
