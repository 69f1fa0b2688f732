//! `-L mqtt://[user[:password]@]host[:port][/topic]`.

use super::unsupported::not_supported;
use super::{UsageError, usage};

/// The parts that were there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) user_name: Option<String>,
    pub(super) password: Option<String>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) topic: Option<String>,
}

/// Takes a URL apart. As in Mosquitto's tools, nothing is percent-decoded.
pub(super) fn parse(url: &str) -> Result<Url, UsageError> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return usage(format!("{url:?} is not a URL such as mqtt://host:1883/topic"));
    };
    if scheme != "mqtt" && scheme != "tcp" {
        return usage(not_supported(&format!("{scheme}://")));
    }
    let (authority, topic) = match rest.split_once('/') {
        Some((authority, topic)) => (authority, Some(topic)),
        None => (rest, None),
    };
    let (credentials, address) = match authority.rsplit_once('@') {
        Some((credentials, address)) => (Some(credentials), address),
        None => (None, authority),
    };
    let (user_name, password) = match credentials.map(|text| text.split_once(':').unwrap_or((text, ""))) {
        Some((user_name, "")) => (Some(user_name.into()), None),
        Some((user_name, password)) => (Some(user_name.into()), Some(password.into())),
        None => (None, None),
    };
    let (host, port) = host_and_port(address)?;
    let topic = topic.filter(|topic| !topic.is_empty()).map(Into::into);
    Ok(Url { user_name, password, host, port, topic })
}

fn host_and_port(address: &str) -> Result<(String, Option<u16>), UsageError> {
    // An IPv6 address stands in brackets, since it has colons of its own.
    let bracketed = address.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = match bracketed {
        Some((host, "")) => (host, None),
        Some((host, after)) => (host, after.strip_prefix(':').or(Some(after))),
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    if host.is_empty() {
        return usage("the URL has no host");
    }
    let Some(port) = port else { return Ok((host.into(), None)) };
    match port.parse() {
        Ok(port) if port > 0 => Ok((host.into(), Some(port))),
        _ => usage(format!("{port:?} is not a port: it is a number from 1 to 65535")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let host = |host: &str| Url { host: host.into(), ..Url::default() };
        let all = Url {
            user_name: Some("u".into()),
            password: Some("p@:".into()),
            host: "h".into(),
            port: Some(1),
            topic: Some("a/b".into()),
        };
        let some = |text: &str| Some(text.to_owned());
        for (text, expected) in [
            ("mqtt://h", host("h")),
            ("tcp://h/", host("h")),
            ("mqtt://u:p@:@h:1/a/b", all),
            ("mqtt://u@h", Url { user_name: some("u"), ..host("h") }),
            ("mqtt://[::1]", host("::1")),
            ("mqtt://[::1]:99//x", Url { port: Some(99), topic: some("/x"), ..host("::1") }),
        ] {
            assert_eq!(parse(text).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn problems() {
        let problems = ["h", "mqtts://h", "ws://h", "mqtt://", "mqtt://h:0", "mqtt://h:x", "mqtt://[::1]x"]
            .map(|text| parse(text).unwrap_err().0);
        insta::assert_snapshot!(problems.join("\n"));
    }
}
