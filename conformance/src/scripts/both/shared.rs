//! Shared subscriptions for clients of all versions: our own extension of 3.1 and 3.1.1.

use crate::harness::{Broker, check_eq};
use crate::script::{Script, script};
use crate::version::Version;
use crate::wire::subscribe;

pub(super) const SCRIPTS: &[Script] = &[
    script!(clients_of_all_versions_share).in_3_1(&["X31-100"]).in_3_1_1(&["X311-100"]).in_5_0(&["X50-100"]),
    script!(ill_formed_shared_filters).in_3_1(&["X31-100"]).in_3_1_1(&["X311-100"]),
];

fn clients_of_all_versions_share(broker: &Broker) {
    broker.only_ours("members of a group take turns, of whatever version they are");
    let topic = broker.topic("a");
    let filter = format!("$share/g/{}", broker.topic("+"));
    let mut members: Vec<_> = Version::ALL
        .into_iter()
        .map(|version| {
            let mut client =
                broker.connect_as(version, broker.hello(version.name().replace('.', "").as_str()));
            client.subscribe(&filter, 1);
            client
        })
        .collect();
    let mut publisher = broker.client("p");
    for (number, qos) in [0, 1, 2, 2, 1, 0].into_iter().enumerate() {
        publisher.publish(&topic, number.to_string(), qos);
        members[number % 3].receive(&topic, &number.to_string(), qos.min(1));
        members.iter_mut().for_each(|member| member.expect_nothing());
    }
    // A message that is retained is not sent to who shares.
    publisher.publish_retained(&topic, "kept", 1);
    members[0].receive(&topic, "kept", 1);
    members[1].unsubscribe(&filter);
    members[1].subscribe(&filter, 1);
    members[1].expect_nothing();
}

fn ill_formed_shared_filters(broker: &Broker) {
    broker.only_ours("an ill-formed shared filter is refused before 5.0, too");
    let (topic, good) = (broker.topic("a"), format!("$share/g/{}", broker.topic("a")));
    let code = if broker.version() == Version::V3_1 { 1 } else { 0x80 };
    let mut client = broker.client("a");
    for bad in ["$share/", "$share/g", "$share/g/", "$share//a", "$share/+/a", "$share/+/#"] {
        client.send(subscribe(7).filter(bad, 1).filter(&good, 1));
        let suback = client.expect_suback(7, &[code, 1]);
        check_eq!(suback.codes, [code, 1], "SUBACK for {bad:?}");
    }
    client.publish(&topic, "x", 1);
    client.receive(&topic, "x", 1);
}
