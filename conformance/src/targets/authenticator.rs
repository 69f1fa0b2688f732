//! Who may connect where somebody is asked: made up for the scripts.

use hushwing_core::{Answer, Ask};

/// The answer, if there ever is one.
pub(super) fn answer(about: &Ask) -> Option<Answer> {
    match about {
        Ask::Authenticate(about) => match about.user_name.as_deref() {
            Some("elsewhere") => Some(elsewhere(false, Some("other.example:1883 third.example"))),
            Some("moved") => Some(elsewhere(true, Some("other.example"))),
            Some("anywhere") => Some(elsewhere(false, None)),
            _ => Some(Answer::Accept { rules: None }),
        },
        Ask::Authorize { .. } => None,
    }
}

fn elsewhere(permanent: bool, server_reference: Option<&str>) -> Answer {
    Answer::Redirect { permanent, server_reference: server_reference.map(str::to_owned) }
}
