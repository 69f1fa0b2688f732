/* Paho C under orders: see src/agent.rs for what it reads and prints.
 *
 * It says why and exits, and so fails the test, as soon as anything is not as ordered. */
#define _GNU_SOURCE
#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MILLISECONDS = 60000, SESSION_EXPIRY_SECONDS = 300, WORDS_MAX = 24, ALIASES_MAX = 65536 };

/* The words of a message, in this order. */
enum { TOPIC, PAYLOAD, QOS, RETAIN, CONTENT_TYPE, RESPONSE_TOPIC, CORRELATION_DATA, EXPIRY, ALIAS, USER, MESSAGE_WORDS };

static MQTTClient client;
static int is_5_0;
static char *topic_of_alias[ALIASES_MAX];

static void fail(const char *what, int code) {
    fprintf(stderr, "paho_c_agent: %s: %d (%s)\n", what, code, MQTTClient_strerror(code));
    exit(1);
}

/* The bytes of hexadecimal digits, up to `end`, and a zero behind them. They are never freed: this program is short. */
static MQTTLenString bytes_between(const char *digits, const char *end) {
    MQTTLenString bytes = {(int)((end - digits) / 2), malloc((size_t)(end - digits) / 2 + 1)};
    for (int at = 0; at < bytes.len; at++) {
        const char pair[3] = {digits[2 * at], digits[2 * at + 1], 0};
        bytes.data[at] = (char)strtoul(pair, NULL, 16);
    }
    bytes.data[bytes.len] = 0;
    return bytes;
}

static MQTTLenString bytes_of(const char *digits) {
    return bytes_between(digits, digits + strlen(digits));
}

static void print_bytes(const void *data, int count) {
    for (int at = 0; at < count; at++) printf("%02x", ((const unsigned char *)data)[at]);
}

static void add_text(MQTTProperties *properties, enum MQTTPropertyCodes code, const char *digits) {
    if (!*digits) return;
    MQTTProperty property = {.identifier = code};
    property.value.data = bytes_of(digits);
    MQTTProperties_add(properties, &property);
}

static void add_integer4(MQTTProperties *properties, enum MQTTPropertyCodes code, unsigned value) {
    MQTTProperty property = {.identifier = code};
    property.value.integer4 = value;
    MQTTProperties_add(properties, &property);
}

static void add_integer2(MQTTProperties *properties, enum MQTTPropertyCodes code, unsigned short value) {
    MQTTProperty property = {.identifier = code};
    property.value.integer2 = value;
    MQTTProperties_add(properties, &property);
}

static MQTTProperties publish_properties(char **words) {
    MQTTProperties properties = MQTTProperties_initializer;
    add_text(&properties, MQTTPROPERTY_CODE_CONTENT_TYPE, words[CONTENT_TYPE]);
    add_text(&properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, words[RESPONSE_TOPIC]);
    add_text(&properties, MQTTPROPERTY_CODE_CORRELATION_DATA, words[CORRELATION_DATA]);
    if (*words[EXPIRY] != '-')
        add_integer4(&properties, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, (unsigned)strtoul(words[EXPIRY], NULL, 10));
    if (*words[ALIAS] != '-')
        add_integer2(&properties, MQTTPROPERTY_CODE_TOPIC_ALIAS, (unsigned short)atoi(words[ALIAS]));
    for (char *pair; (pair = strsep(&words[USER], ",")) != NULL && *pair;) {
        const char *colon = strchr(pair, ':');
        MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};
        property.value.data = bytes_between(pair, colon);
        property.value.value = bytes_of(colon + 1);
        MQTTProperties_add(&properties, &property);
    }
    return properties;
}

static void subscribe(char *filter, int wanted) {
    int granted = wanted;
    if (is_5_0) {
        MQTTResponse response = MQTTClient_subscribe5(client, filter, wanted, NULL, NULL);
        granted = (int)response.reasonCode;
        MQTTResponse_free(response);
    } else {
        int code = MQTTClient_subscribeMany(client, 1, &filter, &granted);
        if (code != MQTTCLIENT_SUCCESS) fail("SUBACK", code);
    }
    if (granted != wanted) fail("SUBACK, not with the QoS asked for", granted);
}

/* host port version client_identifier keep_session topic_alias_maximum subscriptions [will] */
static void do_connect(char **words, int count) {
    char *server;
    if (asprintf(&server, "tcp://%s:%s", words[0], words[1]) < 0) fail("no memory", 0);
    is_5_0 = !strcmp(words[2], "5.0");
    const int keeps = atoi(words[4]);
    MQTTClient_connectOptions plain = MQTTClient_connectOptions_initializer;
    MQTTClient_connectOptions of_5_0 = MQTTClient_connectOptions_initializer5;
    MQTTClient_connectOptions options = is_5_0 ? of_5_0 : plain;
    options.MQTTVersion = is_5_0 ? MQTTVERSION_5 : !strcmp(words[2], "3.1") ? MQTTVERSION_3_1 : MQTTVERSION_3_1_1;
    /* Without callbacks it sends only while it is called: it has no thread for pings. */
    options.keepAliveInterval = 0;
    options.connectTimeout = PATIENCE_MILLISECONDS / 1000;
    if (is_5_0) options.cleanstart = !keeps;
    else options.cleansession = !keeps;

    MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
    if (count > 7) {
        char **message = words + 7;
        const MQTTLenString payload = bytes_of(message[PAYLOAD]);
        will.topicName = bytes_of(message[TOPIC]).data;
        will.payload.len = payload.len;
        will.payload.data = payload.data;
        will.qos = atoi(message[QOS]);
        will.retained = atoi(message[RETAIN]);
        options.will = &will;
    }

    MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
    create.MQTTVersion = options.MQTTVersion;
    int code = MQTTClient_createWithOptions(&client, server, bytes_of(words[3]).data, MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                            &create);
    if (code != MQTTCLIENT_SUCCESS) fail("create", code);
    MQTTClient_setCommandTimeout(client, PATIENCE_MILLISECONDS);
    if (is_5_0) {
        MQTTProperties properties = MQTTProperties_initializer;
        add_integer4(&properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, keeps ? SESSION_EXPIRY_SECONDS : 0);
        if (atoi(words[5]))
            add_integer2(&properties, MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM, (unsigned short)atoi(words[5]));
        MQTTResponse response = MQTTClient_connect5(client, &options, &properties, NULL);
        code = (int)response.reasonCode;
        MQTTResponse_free(response);
    } else {
        code = MQTTClient_connect(client, &options);
    }
    if (code != MQTTCLIENT_SUCCESS) fail("CONNACK", code);

    for (char *pair; (pair = strsep(&words[6], ",")) != NULL && *pair;) {
        const char *colon = strchr(pair, ':');
        subscribe(bytes_between(pair, colon).data, atoi(colon + 1));
    }
    puts("done");
}

static void do_publish(char **words) {
    const MQTTLenString payload = bytes_of(words[PAYLOAD]);
    MQTTClient_message plain = MQTTClient_message_initializer;
    MQTTClient_message message = plain;
    message.payload = payload.data;
    message.payloadlen = payload.len;
    message.qos = atoi(words[QOS]);
    message.retained = atoi(words[RETAIN]);
    MQTTClient_deliveryToken token = 0;
    int code;
    const char *topic = bytes_of(words[TOPIC]).data;
    if (is_5_0) {
        message.properties = publish_properties(words);
        MQTTResponse response = MQTTClient_publishMessage5(client, topic, &message, &token);
        code = (int)response.reasonCode;
        MQTTResponse_free(response);
    } else {
        code = MQTTClient_publishMessage(client, topic, &message, &token);
    }
    if (code != MQTTCLIENT_SUCCESS) fail("publish", code);
    if (message.qos > 0) {
        code = MQTTClient_waitForCompletion(client, token, PATIENCE_MILLISECONDS);
        if (code != MQTTCLIENT_SUCCESS) fail("acknowledgement", code);
    }
    puts("done");
}

static void print_text(MQTTProperties *properties, enum MQTTPropertyCodes code) {
    putchar('\t');
    const MQTTProperty *property = MQTTProperties_getProperty(properties, code);
    if (property != NULL) print_bytes(property->value.data.data, property->value.data.len);
}

static void print_number(MQTTProperties *properties, enum MQTTPropertyCodes code) {
    if (MQTTProperties_hasProperty(properties, code))
        printf("\t%u", (unsigned)MQTTProperties_getNumericValue(properties, code));
    else
        printf("\t-");
}

/* It leaves aliases to its user. */
static const char *resolve(const char *topic, MQTTProperties *properties) {
    if (!MQTTProperties_hasProperty(properties, MQTTPROPERTY_CODE_TOPIC_ALIAS)) return topic;
    const int alias = MQTTProperties_getNumericValue(properties, MQTTPROPERTY_CODE_TOPIC_ALIAS);
    if (*topic) topic_of_alias[alias] = strdup(topic);
    if (topic_of_alias[alias] == NULL) fail("a Topic Alias that was never given", alias);
    return topic_of_alias[alias];
}

static void do_receive(void) {
    char *topic = NULL;
    int length = 0;
    MQTTClient_message *message = NULL;
    const int code = MQTTClient_receive(client, &topic, &length, &message, PATIENCE_MILLISECONDS);
    if (message == NULL) fail("receive", code);
    MQTTProperties *properties = &message->properties;
    const char *name = resolve(topic, properties);
    printf("message\t");
    print_bytes(name, (int)strlen(name));
    putchar('\t');
    print_bytes(message->payload, message->payloadlen);
    printf("\t%d\t%d", message->qos, message->retained);
    print_text(properties, MQTTPROPERTY_CODE_CONTENT_TYPE);
    print_text(properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
    print_text(properties, MQTTPROPERTY_CODE_CORRELATION_DATA);
    print_number(properties, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL);
    print_number(properties, MQTTPROPERTY_CODE_TOPIC_ALIAS);
    putchar('\t');
    const int pairs = MQTTProperties_propertyCount(properties, MQTTPROPERTY_CODE_USER_PROPERTY);
    for (int at = 0; at < pairs; at++) {
        const MQTTProperty *pair = MQTTProperties_getPropertyAt(properties, MQTTPROPERTY_CODE_USER_PROPERTY, at);
        if (at > 0) putchar(',');
        print_bytes(pair->value.data.data, pair->value.data.len);
        putchar(':');
        print_bytes(pair->value.value.data, pair->value.value.len);
    }
    putchar('\n');
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
}

static void do_leave(void) {
    int code = is_5_0 ? MQTTClient_disconnect5(client, PATIENCE_MILLISECONDS, MQTTREASONCODE_SUCCESS, NULL)
                      : MQTTClient_disconnect(client, PATIENCE_MILLISECONDS);
    if (code != MQTTCLIENT_SUCCESS) fail("disconnect", code);
    puts("done");
}

int main(void) {
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, stdin) > 0) {
        char *words[WORDS_MAX] = {0}, *rest = strtok(line, "\n");
        int count = 0;
        while (count < WORDS_MAX && (words[count] = strsep(&rest, "\t")) != NULL) count++;
        if (!strcmp(words[0], "connect") && count >= 8) do_connect(words + 1, count - 1);
        else if (!strcmp(words[0], "publish") && count == 1 + MESSAGE_WORDS) do_publish(words + 1);
        else if (!strcmp(words[0], "receive")) do_receive();
        else if (!strcmp(words[0], "leave")) do_leave();
        else fail("no such order", count);
        fflush(stdout);
    }
    return 0;
}
