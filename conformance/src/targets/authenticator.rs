//! Who may connect where somebody is asked: made up for the scripts.

use std::sync::Arc;

use hushwing_core::wire::ReasonCode;
use hushwing_core::{Answer, Ask, Decision, Rules};

/// The one Authentication Method that is known.
const METHOD: &str = "steps";

/// The answer, if there ever is one.
pub fn answer(about: &Ask) -> Option<Answer> {
    match about {
        Ask::Authenticate(about) => match about.authentication_method.as_deref() {
            Some(METHOD) => step(about.authentication_data.as_deref()),
            Some(_) => Some(Answer::Refuse(ReasonCode::BadAuthenticationMethod)),
            None => by_name(about.user_name.as_deref()),
        },
        Ask::Continue(about) | Ask::Reauthenticate(about) => step(about.data.as_deref()),
        Ask::Authorize { .. } => None,
    }
}

fn by_name(user_name: Option<&str>) -> Option<Answer> {
    Some(match user_name {
        Some("elsewhere") => elsewhere(false, Some("other.example:1883 third.example")),
        Some("moved") => elsewhere(true, Some("other.example")),
        Some("anywhere") => elsewhere(false, None),
        // Nonsense: this client cannot go on.
        Some("more") => Answer::Continue(None),
        _ => Answer::Accept { rules: None, data: None },
    })
}

/// A step of the method: the data says what becomes of it, anything else is asked again.
fn step(data: Option<&[u8]>) -> Option<Answer> {
    let narrow = || Arc::new(Rules { rules: Vec::new(), otherwise: Decision::Deny });
    Some(match data {
        Some(b"in") => Answer::Accept { rules: None, data: Some(b"welcome".to_vec()) },
        Some(b"quietly") => Answer::Accept { rules: None, data: None },
        Some(b"narrow") => Answer::Accept { rules: Some(narrow()), data: None },
        Some(b"no") => Answer::Refuse(ReasonCode::NotAuthorized),
        // Not one that DISCONNECT has.
        Some(b"bad") => Answer::Refuse(ReasonCode::BadUserNameOrPassword),
        Some(b"elsewhere") => elsewhere(false, Some("other.example")),
        Some(b"silence") => return None,
        Some(data) => Answer::Continue(Some([data, b"?"].concat())),
        None => Answer::Continue(None),
    })
}

fn elsewhere(permanent: bool, server_reference: Option<&str>) -> Answer {
    Answer::Redirect { permanent, server_reference: server_reference.map(str::to_owned) }
}
