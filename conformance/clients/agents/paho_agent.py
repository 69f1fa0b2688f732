"""Paho under orders: one JSON object a line on standard input, one a line on standard output.

It exits with a traceback, and so fails the test, as soon as anything is not as ordered.
"""

import json
import os
import queue
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PATIENCE_SECONDS = 20
VERSIONS = {"3.1": mqtt.MQTTv31, "3.1.1": mqtt.MQTTv311, "5.0": mqtt.MQTTv5}


def say(**fields):
    print(json.dumps(fields), flush=True)


def publish_properties(message):
    properties = Properties(PacketTypes.PUBLISH)
    if message["content_type"]:
        properties.ContentType = message["content_type"]
    if message["response_topic"]:
        properties.ResponseTopic = message["response_topic"]
    if message["correlation_data"]:
        properties.CorrelationData = bytes.fromhex(message["correlation_data"])
    if message["user"]:
        properties.UserProperty = [tuple(pair) for pair in message["user"]]
    return properties


def describe(message):
    properties = getattr(message, "properties", None)
    return {
        "topic": message.topic,
        "payload": message.payload.hex(),
        "qos": message.qos,
        "retain": bool(message.retain),
        "content_type": getattr(properties, "ContentType", ""),
        "response_topic": getattr(properties, "ResponseTopic", ""),
        "correlation_data": getattr(properties, "CorrelationData", b"").hex(),
        "user": getattr(properties, "UserProperty", []),
    }


class Agent:
    def __init__(self, order):
        self.connected, self.subscribed, self.messages = queue.Queue(), queue.Queue(), queue.Queue()
        self.is_5_0 = order["version"] == "5.0"
        clean = {} if self.is_5_0 else {"clean_session": not order["keep_session"]}
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=order["client_identifier"],
            protocol=VERSIONS[order["version"]],
            **clean,
        )
        self.client.on_connect = lambda _c, _u, flags, code, _p: self.connected.put((code, flags))
        self.client.on_subscribe = lambda _c, _u, _mid, codes, _p: self.subscribed.put(codes)
        self.client.on_message = lambda _c, _u, message: self.messages.put(describe(message))
        if order["will"]:
            will = order["will"]
            self.client.will_set(will["topic"], bytes.fromhex(will["payload"]), will["qos"], will["retain"])
        self.connect(order)

    def connect(self, order):
        extra = {}
        if self.is_5_0:
            extra["clean_start"] = not order["keep_session"]
            extra["properties"] = Properties(PacketTypes.CONNECT)
            extra["properties"].SessionExpiryInterval = 300 if order["keep_session"] else 0
        self.client.connect(order["host"], order["port"], 60, **extra)
        self.client.loop_start()
        code, _flags = self.connected.get(timeout=PATIENCE_SECONDS)
        assert not code.is_failure, f"CONNACK {code}"
        for topic_filter, qos in order["subscriptions"]:
            self.client.subscribe(topic_filter, qos)
            codes = self.subscribed.get(timeout=PATIENCE_SECONDS)
            assert [code.value for code in codes] == [qos], f"SUBACK {codes}, not the QoS {qos} asked for"

    def publish(self, order):
        message = order["message"]
        extra = {"properties": publish_properties(message)} if self.is_5_0 else {}
        payload = bytes.fromhex(message["payload"])
        info = self.client.publish(message["topic"], payload, message["qos"], message["retain"], **extra)
        info.wait_for_publish(PATIENCE_SECONDS)
        assert info.is_published(), "not acknowledged"

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()


def main():
    agent = Agent(json.loads(sys.stdin.readline()))
    say(done="connect")
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "publish":
            agent.publish(order)
            say(done="publish")
        elif order["do"] == "receive":
            say(done="receive", message=agent.messages.get(timeout=PATIENCE_SECONDS))
        elif order["do"] == "leave":
            agent.leave()
            say(done="leave")
        else:
            raise ValueError(line)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        # Without this, the network thread would keep the process alive.
        os._exit(1)
