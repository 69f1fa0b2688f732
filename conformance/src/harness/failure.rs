//! How a script fails.

use std::panic::Location;

/// An expectation that was not met.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What was expected and what came instead.
    pub message: String,
    /// File and line of the expectation.
    pub place: String,
}

/// Why a target cannot be asked what the rest of the script is about.
#[derive(Clone, Debug)]
pub struct Unsupported(pub String);

/// Ends the script: what comes would be no fault of this target's. It unwinds as [`fail`] does.
pub fn unsupported(reason: impl Into<String>) -> ! {
    std::panic::resume_unwind(Box::new(Unsupported(reason.into())))
}

/// Ends the script. It unwinds without a panic message: the runner catches it and reports.
#[track_caller]
pub fn fail(message: impl Into<String>) -> ! {
    let place = Location::caller();
    let failure = Failure { message: message.into(), place: format!("{}:{}", place.file(), place.line()) };
    std::panic::resume_unwind(Box::new(failure))
}

/// Ends the script unless this holds; says why in the words that follow.
macro_rules! check {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            $crate::harness::fail(format!($($words)+));
        }
    };
}

/// Ends the script unless these two are equal; says what they are in the words that follow.
macro_rules! check_eq {
    ($found:expr, $expected:expr, $($words:tt)+) => {
        match (&$found, &$expected) {
            (found, expected) => {
                if *found != *expected {
                    let what = format!($($words)+);
                    $crate::harness::fail(format!("{what}: expected {expected:?}, found {found:?}"));
                }
            }
        }
    };
}

pub(crate) use {check, check_eq};
