"""Paho Python under orders: see src/agent.rs for what it reads and prints.

It exits with a traceback, and so fails the test, as soon as anything is not as ordered.
"""

import os
import queue
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PATIENCE_SECONDS = 60
SESSION_EXPIRY_SECONDS = 300
VERSIONS = {"3.1": mqtt.MQTTv31, "3.1.1": mqtt.MQTTv311, "5.0": mqtt.MQTTv5}


def text(word):
    return bytes.fromhex(word).decode()


def pairs(word):
    return [part.split(":") for part in word.split(",")] if word else []


def number(value):
    return "-" if value is None else str(value)


class Message:
    """The words of a message to publish."""

    def __init__(self, words):
        topic, payload, qos, retain, *self.properties = words
        self.topic, self.payload = text(topic), bytes.fromhex(payload)
        self.qos, self.retain = int(qos), retain == "1"

    def publish_properties(self):
        content_type, response_topic, correlation_data, expiry, alias, user = self.properties
        properties = Properties(PacketTypes.PUBLISH)
        if content_type:
            properties.ContentType = text(content_type)
        if response_topic:
            properties.ResponseTopic = text(response_topic)
        if correlation_data:
            properties.CorrelationData = bytes.fromhex(correlation_data)
        if expiry != "-":
            properties.MessageExpiryInterval = int(expiry)
        if alias != "-":
            properties.TopicAlias = int(alias)
        if user:
            properties.UserProperty = [(text(name), text(value)) for name, value in pairs(user)]
        return properties


def words_of(message, aliases):
    properties = getattr(message, "properties", None)
    user = getattr(properties, "UserProperty", [])
    alias = getattr(properties, "TopicAlias", None)
    topic = message.topic
    # It leaves aliases to its user.
    if alias is not None:
        topic = aliases.setdefault(alias, topic) if not topic else topic
        aliases[alias] = topic
    return [
        topic.encode().hex(),
        message.payload.hex(),
        str(message.qos),
        str(int(message.retain)),
        getattr(properties, "ContentType", "").encode().hex(),
        getattr(properties, "ResponseTopic", "").encode().hex(),
        getattr(properties, "CorrelationData", b"").hex(),
        number(getattr(properties, "MessageExpiryInterval", None)),
        number(alias),
        ",".join(f"{name.encode().hex()}:{value.encode().hex()}" for name, value in user),
    ]


class Agent:
    def __init__(self, host, port, version, client_identifier, keep_session, alias_maximum, subscriptions, *will):
        self.connected, self.subscribed, self.messages = queue.Queue(), queue.Queue(), queue.Queue()
        self.is_5_0, self.keeps = version == "5.0", keep_session == "1"
        clean = {} if self.is_5_0 else {"clean_session": not self.keeps}
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=text(client_identifier),
            protocol=VERSIONS[version],
            **clean,
        )
        aliases = {}
        self.client.on_connect = lambda _c, _u, flags, code, _p: self.connected.put((code, flags))
        self.client.on_subscribe = lambda _c, _u, _mid, codes, _p: self.subscribed.put(codes)
        self.client.on_message = lambda _c, _u, message: self.messages.put(words_of(message, aliases))
        if will:
            will = Message(will)
            self.client.will_set(will.topic, will.payload, will.qos, will.retain)
        self.connect(host, int(port), int(alias_maximum))
        for topic_filter, qos in pairs(subscriptions):
            self.subscribe(text(topic_filter), int(qos))

    def connect(self, host, port, alias_maximum):
        extra = {}
        if self.is_5_0:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = SESSION_EXPIRY_SECONDS if self.keeps else 0
            if alias_maximum:
                properties.TopicAliasMaximum = alias_maximum
            extra = {"clean_start": not self.keeps, "properties": properties}
        self.client.connect(host, port, 60, **extra)
        self.client.loop_start()
        code, _flags = self.connected.get(timeout=PATIENCE_SECONDS)
        assert not code.is_failure, f"CONNACK {code}"

    def subscribe(self, topic_filter, qos):
        self.client.subscribe(topic_filter, qos)
        codes = self.subscribed.get(timeout=PATIENCE_SECONDS)
        assert [code.value for code in codes] == [qos], f"SUBACK {codes}, not the QoS {qos} asked for"

    def publish(self, *words):
        message = Message(words)
        extra = {"properties": message.publish_properties()} if self.is_5_0 else {}
        info = self.client.publish(message.topic, message.payload, message.qos, message.retain, **extra)
        info.wait_for_publish(PATIENCE_SECONDS)
        assert info.is_published(), "not acknowledged"
        return ["done"]

    def receive(self):
        return ["message", *self.messages.get(timeout=PATIENCE_SECONDS)]

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()
        return ["done"]


def authenticate(host, port, client_identifier, method, secret):
    """It knows the properties, but not AUTH: methods with one step only."""
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2, client_id=text(client_identifier), protocol=mqtt.MQTTv5
    )
    connected = queue.Queue()
    client.on_connect = lambda _c, _u, _flags, code, properties: connected.put((code, properties))
    properties = Properties(PacketTypes.CONNECT)
    properties.AuthenticationMethod = text(method)
    properties.AuthenticationData = bytes.fromhex(secret)
    client.connect(host, int(port), 60, properties=properties)
    client.loop_start()
    code, told = connected.get(timeout=PATIENCE_SECONDS)
    client.disconnect()
    client.loop_stop()
    if code.is_failure:
        return ["refused", str(code.value)]
    return ["done", getattr(told, "AuthenticationData", b"").hex()]


def main():
    agent = None
    for line in sys.stdin:
        order, *words = line.rstrip("\n").split("\t")
        if order == "connect":
            agent, answer = Agent(*words), ["done"]
        elif order == "authenticate":
            answer = authenticate(*words)
        else:
            answer = getattr(agent, order)(*words)
        print("\t".join(answer), flush=True)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        # Without this, the network thread would keep the process alive.
        os._exit(1)
