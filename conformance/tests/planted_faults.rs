//! Each fault that is planted in the core is noticed by a script of the statement that it breaks: by one of its
//! expectations, in every version that has the statement; those that no script can notice are for the simulator.
//! With the feature `planted-faults`.

use std::fmt::Write as _;
use std::io::Write as _;

use conformance::runner::{Report, Verdict, choose, run, run_one};
use conformance::simulation::faults::THIRTY;
use conformance::targets::Memory;
use conformance::{Script, Version, all_scripts};
use hushwing_core::{Fault, Violation};

/// Who owns a violation that the core knows by its section, or by the statement that lets anybody close: the
/// statements of 3.1.1 and of 5.0; `-` where the version cannot break it, or has nothing to say.
const OWNERS: &[(Violation, &str, &str)] = &[
    (Violation::ReservedPacketType, "MQTT-4.8.0-1", "X50-003"),
    (Violation::AuthFlags, "-", "MQTT-3.15.1-1"),
    (Violation::VariableByteIntegerTooLong, "X311-002", "X50-002"),
    (Violation::VariableByteIntegerNotMinimal, "-", "MQTT-1.5.5-1"),
    (Violation::FieldPastEnd, "MQTT-3.1.4-1", "MQTT-3.1.4-1"),
    (Violation::SurplusBytes, "MQTT-3.1.4-1", "MQTT-3.1.4-1"),
    (Violation::PacketTooLarge, "-", "MQTT-3.2.2-15"),
    (Violation::ServerOnlyPacket, "MQTT-4.8.0-1", "X50-004"),
    (Violation::AnswerTooLarge, "-", "MQTT-3.1.2-24"),
    (Violation::PropertyUnknown, "-", "X50-005"),
    (Violation::PropertyNotAllowed, "-", "X50-005"),
    (Violation::PropertyRepeated, "-", "X50-008"),
    (Violation::PropertyNotBoolean, "-", "X50-012"),
    (Violation::PayloadFormatIndicatorInvalid, "-", "MQTT-4.13.1-1"),
    (Violation::ReceiveMaximumZero, "-", "X50-009"),
    (Violation::MaximumPacketSizeZero, "-", "X50-010"),
    (Violation::SubscriptionIdentifierZero, "-", "X50-052"),
    (Violation::SubscriptionIdentifierFromClient, "-", "MQTT-3.3.4-6"),
    (Violation::ResponseTopicEmpty, "-", "MQTT-4.7.3-1"),
    (Violation::ResponseTopicWildcard, "-", "MQTT-3.3.2-14"),
    (Violation::AuthenticationDataWithoutMethod, "-", "X50-015"),
    (Violation::AuthenticationMethodMissing, "-", "X50-068"),
    (Violation::ShareNameEmpty, "-", "MQTT-4.8.2-1"),
    (Violation::ShareNameInvalid, "-", "MQTT-4.8.2-2"),
    (Violation::SharedSubscriptionsNotSupported, "-", "X50-030"),
    (Violation::SharedSubscriptionNoLocal, "-", "MQTT-3.8.3-4"),
    (Violation::TopicAliasInvalid, "-", "MQTT-3.3.2-9"),
    (Violation::TopicAliasUnknown, "-", "X50-035"),
    (Violation::ConnectTimeout, "X311-004", "X50-023"),
    (Violation::PasswordWithoutUserName, "MQTT-3.1.2-22", "-"),
    (Violation::ClientIdentifierEmpty, "MQTT-3.1.3-8", "-"),
    (Violation::QoSNotSupported, "MQTT-4.8.0-1", "MQTT-3.2.2-11"),
    (Violation::RetainNotSupported, "MQTT-4.8.0-1", "MQTT-3.2.2-14"),
    (Violation::ReceiveMaximumExceeded, "-", "MQTT-3.3.4-7"),
    (Violation::AcknowledgementOfWrongKind, "-", "MQTT-4.13.1-1"),
    (Violation::PubackReasonCode, "-", "MQTT-3.4.2-1"),
    (Violation::PubrecReasonCode, "-", "MQTT-3.5.2-1"),
    (Violation::PubrelReasonCode, "-", "MQTT-3.6.2-1"),
    (Violation::PubcompReasonCode, "-", "MQTT-3.7.2-1"),
    (Violation::SubscriptionQoS3, "MQTT-3.8.3-4", "X50-053"),
    (Violation::RetainHandling3, "-", "X50-054"),
    (Violation::WildcardsNotSupported, "-", "X50-028"),
    (Violation::SubscriptionIdentifiersNotSupported, "-", "X50-029"),
    (Violation::DisconnectReasonCode, "-", "MQTT-3.14.2-1"),
    (Violation::SessionExpiryRaisedAtDisconnect, "-", "X50-061"),
    (Violation::AuthReasonCode, "-", "MQTT-3.15.2-1"),
    (Violation::AuthWithoutMethod, "-", "MQTT-4.12.0-7"),
    (Violation::AuthenticationMethodChanged, "-", "MQTT-4.12.0-5"),
    (Violation::AuthenticationUnfinished, "-", "MQTT-3.1.2-30"),
    (Violation::AuthUnexpected, "-", "MQTT-4.12.1-1"),
    (Violation::AuthenticationTimeout, "-", "X50-023"),
    (Violation::AnswerTimeout, "-", "MQTT-4.12.0-4"),
];

/// Violations that no script commits.
const OUT_OF_REACH: &[(&str, &[Violation])] = &[
    (
        "only a server can commit it, against the client that the core has, too",
        &[
            Violation::ClientOnlyPacket,
            Violation::MaximumQoSInvalid,
            Violation::ConnackFlags,
            Violation::ConnackSessionPresent,
            Violation::ConnackReasonCode,
            Violation::SubackEmpty,
            Violation::SubackReasonCode,
            Violation::UnsubackEmpty,
            Violation::UnsubackReasonCode,
        ],
    ),
    (
        "a bound that the server sets for itself: the tests of the limits in the core commit it",
        &[
            Violation::DiscouragedCodePoint,
            Violation::TopicTooLong,
            Violation::TopicTooManyLevels,
            Violation::FilterTooLong,
            Violation::FilterTooManyLevels,
            Violation::WillTooLong,
            Violation::ClientIdentifierTooLong,
            Violation::UserNameTooLong,
            Violation::MemoryExhausted,
            Violation::RetainedQuotaExceeded,
            Violation::MessageRateTooHigh,
            Violation::TooManyFilters,
            Violation::PacketTooSlow,
            Violation::OutputStalled,
            Violation::TooManyUserProperties,
            Violation::PropertiesTooLong,
        ],
    ),
];

#[test]
fn without_a_fault_every_script_passes() {
    let reports = run(&Memory::default(), &choose(&all_scripts(), |_, _| true), 2);
    let bad: Vec<&Report> = reports.iter().filter(|report| !passed(&report.verdict)).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn every_fault_is_noticed_by_a_script_of_its_statement() {
    let scripts = all_scripts();
    let (mut table, mut unnoticed) = (String::new(), Vec::new());
    for (fault, version, statement) in planted() {
        let chosen = choose(&scripts, |script, of| {
            of == version && script.statements(of).is_some_and(|ids| ids.contains(&statement))
        });
        let noticed = chosen.iter().find_map(|script| complaint(fault, script));
        let line = format!("{fault:?} | {} | {statement}", version.name());
        match noticed {
            Some(complaint) => writeln!(table, "{line} | {complaint}").expect("text"),
            None => unnoticed.push(format!("{line}, by none of {} scripts", chosen.len())),
        }
    }
    // Not through `println`, which a passing test hides.
    let _ = write!(std::io::stderr(), "\n{table}{} faults with a name\n", Fault::NAMED.len());
    assert!(unnoticed.is_empty(), "{} faults were not noticed:\n{}", unnoticed.len(), unnoticed.join("\n"));
}

/// Every fault, once for each version with a statement that it breaks.
fn planted() -> Vec<(Fault, Version, &'static str)> {
    let mut all = Vec::new();
    let out_of_reach = |violation: &Violation| OUT_OF_REACH.iter().any(|(_, of)| of.contains(violation));
    let violations = Violation::ALL.iter().filter(|violation| !out_of_reach(violation));
    for fault in Fault::NAMED.iter().copied().chain(violations.copied().map(Fault::Unpunished)) {
        for (version, statement) in [Version::V3_1_1, Version::V5_0].into_iter().zip(statements(fault)) {
            if statement != "-" {
                all.push((fault, version, statement));
            }
        }
    }
    all
}

fn statements(fault: Fault) -> [&'static str; 2] {
    let owner = OWNERS.iter().find(|(violation, ..)| fault == Fault::Unpunished(*violation));
    owner.map_or(fault.statements(), |(_, v3_1_1, v5_0)| [v3_1_1, v5_0])
}

#[test]
fn there_are_faults_enough_and_each_has_a_statement() {
    assert!(Fault::NAMED.len() >= 60, "{} faults have a name", Fault::NAMED.len());
    for fault in planted() {
        assert!(fault.2.starts_with("MQTT-") || fault.2.starts_with('X'), "nobody owns {fault:?}");
    }
}

#[test]
fn what_no_script_notices_is_for_the_simulator() {
    let thirty: Vec<Fault> = THIRTY.iter().map(|(_, fault, _)| *fault).collect();
    let left: Vec<&Fault> = Fault::SIMULATED.iter().filter(|fault| !thirty.contains(fault)).collect();
    assert!(left.is_empty(), "nobody looks for {left:?}");
    for number in 1..=30 {
        assert!(THIRTY.iter().any(|(of, ..)| *of == number), "no fault has the number {number}");
    }
    for (index, fault) in thirty.iter().enumerate() {
        assert!(!thirty[..index].contains(fault), "{fault:?} has two numbers");
    }
}

/// The script and its first expectation that is not met.
fn complaint(fault: Fault, (script, version): &(Script, Version)) -> Option<String> {
    let target = Memory { fault: Some(fault), ..Memory::default() };
    match run_one(&target, script, *version, 0).verdict {
        // A mistake of the machine's own, or a complaint of whoever drives it, is not what the script expects.
        Verdict::Failed(failure)
            if failure.place != "after the script" && !failure.message.starts_with("attempt to") =>
        {
            let message = failure.message.lines().next().unwrap_or_default();
            Some(format!("{} | {message}", script.path()))
        }
        _ => None,
    }
}

fn passed(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Passed)
}
