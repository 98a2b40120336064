//! It runs with nothing to set up, and tells the whole story.

use std::{error::Error, process::Command};

#[test]
fn it_tells_the_past_and_brings_it_back() -> Result<(), Box<dyn Error>> {
    let output = Command::new(env!("CARGO_BIN_EXE_time-machine")).output()?;
    let text = String::from_utf8(output.stdout)?;
    let errors = String::from_utf8(output.stderr)?;
    assert!(output.status.success(), "{errors}");
    for part in [
        "| DELETE | chioma        |",
        "longitude: -144.7959825 -> 144.7959825",
        "Airports on Guam then: 1",
        "undo of request cleanup: 1 write\n1. INSERT airport GUM: ",
        "| CREATE | dmitri |",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    Ok(())
}
