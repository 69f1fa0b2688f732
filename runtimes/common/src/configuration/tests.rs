//! What is accepted, and what every mistake is told.

use hushwing_core::{Action, Decision, Rule};

use super::*;

/// Loads `file` (if it is not empty) with these options; the file's folder is left out of messages.
fn load_with(file: &str, mut options: ServeOptions) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    if !file.is_empty() {
        let path = folder.path().join("hushwing.toml");
        std::fs::write(&path, file).unwrap();
        options.config = Some(path);
    }
    let shown = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    load(&options).map_err(|problems| problems.to_string().replace(&shown, ""))
}

fn options(listen: &[&str], set: &[&str]) -> ServeOptions {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_string()).collect();
    ServeOptions { listen: owned(listen), set: owned(set), ..ServeOptions::default() }
}

fn addresses(settings: &Settings) -> Vec<String> {
    settings.listeners.iter().map(|listener| listener.address.to_string()).collect()
}

#[test]
fn nothing_said_is_the_default() {
    let settings = load_with("", ServeOptions::default()).unwrap();
    assert_eq!(addresses(&settings), ["127.0.0.1:1883"]);
    assert_eq!(settings.log_level, Level::INFO);
    assert_eq!(settings.config.limits, hushwing_core::Limits::default());
    assert_eq!(settings.config.policy, hushwing_core::Policy::default());
    assert_eq!(settings.config.listeners.len(), 1);
    assert!(!settings.config.journal);
}

#[test]
fn the_printed_default_is_the_default() {
    let printed = load_with(&print_default(), ServeOptions::default()).unwrap();
    assert_eq!(printed, load_with("", ServeOptions::default()).unwrap());
    insta::assert_snapshot!(print_default());
}

#[test]
fn a_file_says_it_all() {
    let file = "
        allow_anonymous = true
        listeners = [{ address = '0.0.0.0:1883' }, { address = 'localhost:0' }]
        [limits]
        queue_messages = 7
        memory_bytes = 9_000_000_000
        [policy]
        queue_qos0_offline = true
        [log]
        level = 'warn'
    ";
    let settings = load_with(file, ServeOptions::default()).unwrap();
    assert_eq!(addresses(&settings), ["0.0.0.0:1883", "127.0.0.1:0"]);
    assert_eq!(settings.config.listeners.len(), 2);
    assert_eq!(settings.config.limits.queue_messages, 7);
    assert_eq!(settings.config.limits.memory_bytes, 9_000_000_000);
    assert!(settings.config.policy.queue_qos0_offline);
    assert_eq!(settings.log_level, Level::WARN);
}

#[test]
fn access_is_the_same_at_every_listener() {
    let file = "
        [access]
        authentication = 'refuse'
        otherwise = 'deny'
        [[access.rules]]
        action = 'publish_direct'
        filter = '$direct/a/#'
        decision = 'allow'
        [[access.rules]]
        filter = '+/b'
        decision = 'deny'
        [policy]
        maximum_qos = 1
    ";
    let rule = |action, filter: &str, decision| Rule { action, filter: filter.into(), decision };
    let settings = load_with(file, options(&["127.0.0.1:0", "0.0.0.0:0"], &[])).unwrap();
    assert_eq!(settings.config.listeners.len(), 2);
    for listener in &settings.config.listeners {
        assert_eq!(listener.authentication, Authentication::Refuse);
        assert_eq!(listener.rules.otherwise, Decision::Deny);
        let direct = rule(Some(Action::PublishDirect), "$direct/a/#", Decision::Allow);
        assert_eq!(listener.rules.rules, [direct, rule(None, "+/b", Decision::Deny)]);
    }
    assert_eq!(settings.config.policy.maximum_qos, hushwing_core::wire::QoS::AtLeastOnce);

    let set = ["access.rules=[{ action='publish', filter='#', decision='deny' }]"];
    let settings = load_with("", options(&[], &set)).unwrap();
    assert_eq!(settings.config.listeners[0].rules.rules, [rule(Some(Action::Publish), "#", Decision::Deny)]);
}

#[test]
fn wrong_rules() {
    insta::assert_snapshot!(files(&[
        "[access]\nauthentication = 'password'\notherwise = 'perhaps'\nrules = 5\n",
        "[access]\nrules = [5, {}, { filter = 7, decision = 'ask' }]\n",
        "[[access.rules]]\nfilter = 'a/#/b'\ndecision = 'deny'\nactoin = 'publish'\n",
        "[[access.rules]]\naction = 'subscribe'\nfilter = '$share/g/a'\ndecision = 'deny'\n",
        "[policy]\nmaximum_qos = 3\n",
    ]));
}

#[test]
fn the_command_line_overrules_the_file() {
    let file = "
        [[listeners]]
        address = '127.0.0.1:1'
        [limits]
        queue_messages = 7
        queue_bytes = 8
    ";
    let set = ["limits.queue_messages=9", "log.level=error", "listeners.0.address=127.0.0.1:2"];
    let settings = load_with(file, options(&[], &set)).unwrap();
    assert_eq!(settings.config.limits.queue_messages, 9);
    assert_eq!(settings.config.limits.queue_bytes, 8);
    assert_eq!(settings.log_level, Level::ERROR);
    assert_eq!(addresses(&settings), ["127.0.0.1:2"]);

    let mut given = options(&["[::1]:3"], &["listeners.1.address=127.0.0.1:2", "limits.queue_messages = 10"]);
    given.port = Some("4".into());
    given.verbose = 1;
    let settings = load_with(file, given).unwrap();
    assert_eq!(addresses(&settings), ["[::1]:3", "127.0.0.1:4"]);
    assert_eq!(settings.config.limits.queue_messages, 10);
    assert_eq!(settings.log_level, Level::DEBUG);
}

#[test]
fn a_set_value_adds_a_listener() {
    let settings = load_with("", options(&[], &["listeners.1={address='127.0.0.1:2'}"])).unwrap();
    assert_eq!(addresses(&settings), ["127.0.0.1:1883", "127.0.0.1:2"]);
    let settings = load_with("", options(&[], &["listeners=[{address='127.0.0.1:2'}]"])).unwrap();
    assert_eq!(addresses(&settings), ["127.0.0.1:2"]);
}

#[test]
fn consent_opens_other_addresses() {
    for address in ["0.0.0.0:1883", "[::]:1883", "192.0.2.7:1883"] {
        let mut given = options(&[address], &[]);
        load_with("", given.clone()).unwrap_err();
        given.allow_anonymous = true;
        assert_eq!(addresses(&load_with("", given).unwrap()), [address]);
        load_with("", options(&[address], &["allow_anonymous=true"])).unwrap();
    }
    load_with("", options(&["[::ffff:127.0.0.1]:0", "127.1.2.3:0"], &[])).unwrap();
}

#[test]
fn everything_wrong_is_told_at_once() {
    let file = "\
listeners = [{ address = \"0.0.0.0:1883\" }, { adress = \"127.0.0.1:1883\" }, 5]
alow_anonymous = true
[limits]
queue_mesages = 5
receive_maximum = 0
queue_bytes = \"many\"
memory_bytes = -1
colour = 3
[polcy]
[policy]
queue_qos0_offline = 1
[log]
level = \"loud\"
";
    let mut given = options(&[], &["limits.topic_bytes=70000", "nonsense"]);
    given.port = Some("x".into());
    insta::assert_snapshot!(load_with(file, given).unwrap_err());
}

/// What each of these cases is told, one after the other.
fn told(cases: &[(&str, String)]) -> String {
    cases.iter().map(|(case, told)| format!("# {case}\n{told}\n")).collect()
}

/// What each of these files is told.
fn files(files: &[&str]) -> String {
    let wrong = |file| (file, load_with(file, ServeOptions::default()).unwrap_err());
    files.iter().copied().map(wrong).map(|(file, told)| format!("# {file:?}\n{told}\n")).collect()
}

#[test]
fn files_that_cannot_be_read() {
    let missing = ServeOptions { config: Some("no/such/file.toml".into()), ..ServeOptions::default() };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin.toml");
    std::fs::write(&path, b"# K\xe4se\n").unwrap();
    let latin = ServeOptions { config: Some(path), ..ServeOptions::default() };
    let shown = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    insta::assert_snapshot!(told(&[
        ("missing", load(&missing).unwrap_err().to_string()),
        ("not UTF-8", load(&latin).unwrap_err().to_string().replace(&shown, "")),
    ]));
}

#[test]
fn syntax_errors() {
    insta::assert_snapshot!(files(&[
        "[limits]\nqueue_messages =\n",
        "queue_messages 5\n[limits\nqueue_bytes = 5\n",
        "[limits]\nqueue_bytes = 5\nqueue_bytes = 6\n",
        "[log]\nlevel = warn\n",
    ]));
}

#[test]
fn wrong_types() {
    insta::assert_snapshot!(files(&[
        "limits = 5\n",
        "listeners = '127.0.0.1:1883'\n",
        "[listeners]\naddress = '127.0.0.1:1883'\n",
        "listeners = []\n",
        "[[listeners]]\naddress = 1883\n",
        "[log]\nlevel = 3\n",
        "[limits]\nqueue_bytes = 1.5\nqueue_messages = 2026-01-01\ntopic_bytes = [1]\ntopic_levels = {}\n\
            user_name_bytes = true\nmemory_bytes = 99999999999999999999999999999999999999999999\n",
    ]));
}

#[test]
fn unknown_keys() {
    insta::assert_snapshot!(files(&[
        "[policy]\nzzz = 1\n",
        "[storage]\npath = 'x'\n",
        "[limits]\nzzz = 5\nrecieve_maximum=5\n"
    ]));
}

#[test]
fn wrong_arguments() {
    let arguments = ["limits.queue_bytes", "=5", "limits.=5", "listeners.7.address=127.0.0.1:1"];
    let more = ["listeners.address=127.0.0.1:1", "limits.recieve_maximum=5", "limits.queue_bytes=many"];
    let wrong = |set: &str| load_with("", options(&[], &[set])).unwrap_err();
    insta::assert_snapshot!(arguments.into_iter().chain(more).map(wrong).collect::<String>());
}

#[test]
fn wrong_addresses() {
    let addresses = ["1883", "example.org:1883", "127.0.0.1", "127.0.0.1:70000", "0.0.0.0:1883", "[::]:0"];
    let wrong = |address: &str| load_with("", options(&[address], &[])).unwrap_err();
    let mut told: String = addresses.into_iter().map(wrong).collect();
    let twice = options(&["127.0.0.1:1883", "127.0.0.1:1883", "127.0.0.1:0", "127.0.0.1:0"], &[]);
    told.push_str(&load_with("", twice).unwrap_err());
    insta::assert_snapshot!(told);
}
