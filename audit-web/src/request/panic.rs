//! Catches a panic together with where it came from.
//!
//! A caught panic is only its payload. Where it was raised, and the stack there, is known to the panic hook alone: one
//! notes both for the thread, for the short time in which a layer polls on it.

use std::{
    any::Any,
    backtrace::Backtrace,
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    sync::Once,
};

/// What the client gets when a handler panics; an ERROR event is reported either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnPanic {
    /// An empty answer with status 500, to a gRPC call one with the status `INTERNAL`, which also ends an answer to a call that
    /// has begun. The default.
    #[default]
    Respond,
    /// The panic goes on to whoever is outside, such as a layer that makes an answer of it.
    Rethrow,
}

/// A panic that was caught.
#[derive(Debug)]
pub(crate) struct Panic {
    pub(crate) payload: Box<dyn Any + Send>,
    pub(super) origin: Option<Origin>,
}

/// What was said, and where it was raised.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(super) message: String,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) backtrace: Backtrace,
}

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static ORIGIN: RefCell<Option<Origin>> = const { RefCell::new(None) };
}

/// Sets a panic hook, once in a process, so that events of panics say where they were raised.
///
/// Call it in `main`. It notes the file, the line and the backtrace of a panic below [`AuditLayer`](crate::AuditLayer) or the
/// middleware of actix-web, and calls the hook that was set before. Without it the event of a panic has the message alone,
/// and a panic that a layer inside answers with 500 is reported as that answer. A hook that is set later should call the one
/// before it.
///
/// # Example
/// ```
/// audit_web::install_panic_hook();
/// ```
pub fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if WATCHED.get() {
                note(info);
            }
            previous(info);
        }));
    });
}

fn note(info: &PanicHookInfo<'_>) {
    let origin = info.location().map(|location| Origin {
        message: info.payload_as_str().unwrap_or(NO_TEXT).to_owned(),
        file: location.file().to_owned(),
        line: location.line(),
        // Whatever RUST_BACKTRACE says: it is about what is printed.
        backtrace: Backtrace::force_capture(),
    });
    ORIGIN.set(origin);
}

/// Runs a function. `Err` is its panic; with `Ok` comes one that it caught itself, if there was one.
pub(crate) fn catch<R>(function: impl FnOnce() -> R) -> Result<(R, Option<Origin>), Panic> {
    let outer = WATCHED.replace(true);
    // One that the handler caught itself is not the origin of what it may raise again later.
    drop(ORIGIN.take());
    // OK to go on: what the function works on is dropped after a panic, not used.
    let caught = panic::catch_unwind(AssertUnwindSafe(function));
    WATCHED.set(outer);
    let origin = ORIGIN.take();
    match caught {
        Ok(result) => Ok((result, origin)),
        Err(payload) => Err(Panic { payload, origin }),
    }
}

/// The message of a panic that has none.
const NO_TEXT: &str = "a value that is no text";

impl Panic {
    /// What was said.
    pub(super) fn message(&self) -> &str {
        let text = self.payload.downcast_ref::<&'static str>().copied();
        text.or_else(|| self.payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or(NO_TEXT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_hook_a_panic_has_its_message() {
        let caught = catch(|| panic!("expected by the test"));
        let panic = caught.expect_err("it panics");
        assert_eq!(panic.message(), "expected by the test");
        assert!(panic.origin.is_none());
    }
}
