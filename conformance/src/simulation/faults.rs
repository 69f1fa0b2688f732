//! The faults that the simulator has to find, one at a time.

use hushwing_core::{Fault, Promise};

/// Their numbers, the faults of the machine, and what each is. The eighteenth can be made in two ways.
pub const THIRTY: [(u8, Fault, &str); 31] = [
    (1, Fault::Unheld(Promise::Puback), "PUBACK before its record"),
    (2, Fault::Unheld(Promise::Pubcomp), "PUBCOMP before removal"),
    (3, Fault::Unheld(Promise::Pubrel), "PUBREL before \"PUBREC received\""),
    (4, Fault::Unheld(Promise::PublishExactlyOnce), "QoS 2 PUBLISH before its identifier"),
    (5, Fault::IdentifierReusedInRelease, "identifier reused while in PUBREL stage"),
    (6, Fault::InFlightOrderLost, "in-flight order lost on resume"),
    (7, Fault::QueueBeforeInFlight, "queued before unacknowledged on resume"),
    (8, Fault::ResentWithoutDuplicate, "DUP missing on resend"),
    (9, Fault::WindowGrows, "window grows by a PUBCOMP of an older connection"),
    (10, Fault::PubrelWaitsForWindow, "PUBREL held back by the window"),
    (11, Fault::WillTwiceAtTakeover, "will fired twice over takeover"),
    (12, Fault::WillLostWithSession, "will dropped at session end before its delay"),
    (13, Fault::RetainedNotRemoved, "retained not cleared by an empty payload"),
    (14, Fault::RetainHandlingNeverNew, "Retain Handling 1 treated as 0"),
    (15, Fault::NoLocalIgnoredInQueue, "No Local ignored on a queued copy"),
    (16, Fault::ExpiryNotCountedDown, "expiry not reduced by waiting"),
    (17, Fault::ExpiredIsSent, "expired message delivered from the queue"),
    (18, Fault::SharedNotHandedOn, "a QoS 1 shared message not passed on when its member's session ends"),
    (18, Fault::SharedStartedHandedOn, "a started QoS 2 shared message passed on"),
    (19, Fault::TopicAliasKept, "alias kept over a reconnect"),
    (20, Fault::DollarFoundByWildcards, "`$` topics matched by `#`"),
    (21, Fault::SendingKeepsAlive, "packets sent to a client count as its activity"),
    (22, Fault::RouteKept, "route cache kept after an unsubscribe"),
    (23, Fault::MemoryMiscounted, "memory count off by one on a dropped QoS 0"),
    (24, Fault::ConnackBeforeClearing, "CONNACK before a cleared session's record"),
    (25, Fault::IncomingForgottenAtTakeover, "incoming QoS 2 identifier forgotten at takeover"),
    (26, Fault::GroupCut, "a group cut between message and incoming identifier"),
    (27, Fault::RepeatedPubrecUnheld, "repeated PUBREC not held"),
    (28, Fault::UnknownPubcompUnheld, "PUBCOMP for an unknown identifier not held"),
    (29, Fault::ReplayForgotten, "retained cursor forgotten at disconnect"),
    (30, Fault::CancelledWillReturns, "a cancelled will back after a restart"),
];
