//! A panic is a sentence like any other that a world can end with.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether this thread keeps its panics to itself, and where the last one was.
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Does `work`; a panic becomes an error with its place.
///
/// # Errors
/// Those of `work`, and panics.
pub fn caught<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    listen();
    let before = CATCHING.replace(true);
    // What `work` has left half done is looked at and not gone on with.
    let done = catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(before);
    done.unwrap_or_else(|panic| {
        let place = PLACE.take().unwrap_or_default();
        Err(format!("a panic at {place}: {}", words(panic.as_ref())))
    })
}

/// The other panics of the process are told as they were.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = take_hook();
        set_hook(Box::new(move |panic| {
            if CATCHING.get() {
                PLACE.set(panic.location().map(|place| format!("{}:{}", place.file(), place.line())));
            } else {
                tell(panic);
            }
        }));
    });
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words")
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[test]
    fn a_panic_becomes_a_sentence() {
        let none: [u8; 0] = [];
        let index = none.len() + 3;
        let wrong = caught(|| Ok(none[index])).expect_err("a panic");
        assert!(wrong.starts_with("a panic at ") && wrong.contains("caught.rs:"), "{wrong}");
        assert!(wrong.ends_with("the len is 0 but the index is 3"), "{wrong}");
        assert_eq!(caught(|| Err::<u8, _>("said".to_owned())), Err("said".to_owned()));
        assert_eq!(caught(|| Ok(7)), Ok(7));
    }
}
