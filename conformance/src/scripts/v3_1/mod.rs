//! MQTT 3.1 (`MQIsdp`), where it differs from 3.1.1.

mod differences;

use crate::script::Script;

pub(crate) const SCRIPTS: &[&[Script]] = &[differences::SCRIPTS];
