// mqtt.js under orders: see src/agent.rs for what it reads and prints. Its argument is the folder of the package.
//
// It exits with a stack trace, and so fails the test, as soon as anything is not as ordered.
'use strict'

const assert = require('node:assert')
const readline = require('node:readline')
const mqtt = require(process.argv[2])

const PATIENCE_MILLISECONDS = 60_000
const SESSION_EXPIRY_SECONDS = 300
const VERSIONS = {
  '3.1': { protocolId: 'MQIsdp', protocolVersion: 3 },
  '3.1.1': { protocolId: 'MQTT', protocolVersion: 4 },
  '5.0': { protocolId: 'MQTT', protocolVersion: 5 }
}

const bytes = (word) => Buffer.from(word, 'hex')
const text = (word) => bytes(word).toString()
const hex = (value) => Buffer.from(value ?? '').toString('hex')
const number = (value) => (value === undefined ? '-' : String(value))
const pairs = (word) => (word ? word.split(',').map((part) => part.split(':')) : [])

let client
const messages = []
let wanted

// Release 5.16.0 passes on a QoS 2 message that named only an alias without a topic: what its alias stood for, by packet
// identifier.
const topicOfAlias = new Map()
const topicOfQos2 = new Map()

function noteAlias (packet) {
  const alias = packet.properties?.topicAlias
  if (packet.cmd !== 'publish' || alias === undefined) return
  if (packet.topic) topicOfAlias.set(alias, packet.topic)
  if (packet.qos === 2) topicOfQos2.set(packet.messageId, topicOfAlias.get(alias))
}

function readMessage (words) {
  const [topic, payload, qos, retain, contentType, responseTopic, correlationData, expiry, alias, user] = words
  const properties = {}
  if (contentType) properties.contentType = text(contentType)
  if (responseTopic) properties.responseTopic = text(responseTopic)
  if (correlationData) properties.correlationData = bytes(correlationData)
  if (expiry !== '-') properties.messageExpiryInterval = Number(expiry)
  if (alias !== '-') properties.topicAlias = Number(alias)
  if (user) {
    properties.userProperties = {}
    for (const [name, value] of pairs(user)) {
      const values = (properties.userProperties[text(name)] ??= [])
      values.push(text(value))
    }
  }
  return { topic: text(topic), payload: bytes(payload), qos: Number(qos), retain: retain === '1', properties }
}

function wordsOf (topic, payload, packet) {
  const properties = packet.properties ?? {}
  const user = []
  for (const [name, values] of Object.entries(properties.userProperties ?? {})) {
    for (const value of [values].flat()) user.push(`${hex(name)}:${hex(value)}`)
  }
  return [
    hex(topic || topicOfQos2.get(packet.messageId)),
    payload.toString('hex'),
    packet.qos,
    Number(packet.retain),
    hex(properties.contentType),
    hex(properties.responseTopic),
    hex(properties.correlationData),
    number(properties.messageExpiryInterval),
    number(properties.topicAlias),
    user.join(',')
  ]
}

function within (promise, what) {
  let timer
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what}`)), PATIENCE_MILLISECONDS)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

function login (host, port, clientId, properties) {
  return {
    ...VERSIONS['5.0'],
    protocol: 'mqtt',
    host,
    port: Number(port),
    clientId: text(clientId),
    keepalive: 60,
    reconnectPeriod: 0,
    connectTimeout: PATIENCE_MILLISECONDS,
    properties
  }
}

// How an authentication ends, whichever way.
function verdict () {
  return within(new Promise((resolve) => {
    client.once('connect', (packet) => resolve(['done', hex(packet.properties?.authenticationData)]))
    client.once('authenticated', (packet) => resolve(['done', hex(packet.properties?.authenticationData)]))
    client.once('disconnect', (packet) => resolve(['refused', packet.reasonCode]))
    client.once('error', (error) => resolve(['refused', error.code]))
  }), 'end of the authentication')
}

const orders = {
  async connect (host, port, version, clientId, keep, topicAliasMaximum, subscriptions, ...will) {
    const options = {
      ...VERSIONS[version],
      protocol: 'mqtt',
      host,
      port: Number(port),
      clientId: text(clientId),
      clean: keep === '0',
      keepalive: 60,
      reconnectPeriod: 0,
      connectTimeout: PATIENCE_MILLISECONDS
    }
    if (version === '5.0') {
      options.properties = { sessionExpiryInterval: keep === '1' ? SESSION_EXPIRY_SECONDS : 0 }
      if (topicAliasMaximum !== '0') options.properties.topicAliasMaximum = Number(topicAliasMaximum)
    }
    if (will.length) {
      const { topic, payload, qos, retain } = readMessage(will)
      options.will = { topic, payload, qos, retain }
    }
    client = mqtt.connect(options)
    client.on('packetreceive', noteAlias)
    client.on('message', (...message) => {
      messages.push(wordsOf(...message))
      wanted?.()
    })
    await within(new Promise((resolve, reject) => client.once('connect', resolve).once('error', reject)), 'CONNACK')
    for (const [filter, qos] of pairs(subscriptions)) {
      const granted = await within(client.subscribeAsync(text(filter), { qos: Number(qos) }), 'SUBACK')
      assert.deepStrictEqual(granted.map((grant) => grant.qos), [Number(qos)], 'SUBACK with the QoS asked for')
    }
    return ['done']
  },

  async authenticate (host, port, clientId, method, secret) {
    const properties = { authenticationMethod: text(method) }
    if (text(method) === 'word') properties.authenticationData = bytes(secret)
    client = mqtt.connect(login(host, port, clientId, properties))
    client.secret = secret
    client.handleAuth = (packet, callback) => {
      if (packet.reasonCode === 0) client.emit('authenticated', packet)
      const authenticationData = Buffer.concat([bytes(client.secret), packet.properties.authenticationData ?? Buffer.of()])
      callback(null, { cmd: 'auth', reasonCode: 0x18, properties: { ...properties, authenticationData } })
    }
    return await verdict()
  },

  // It has no method for this that is meant to be called.
  async reauthenticate (secret) {
    client.secret = secret
    const { authenticationMethod } = client.options.properties
    client._sendPacket({ cmd: 'auth', reasonCode: 0x19, properties: { authenticationMethod } })
    return await verdict()
  },

  async publish (...words) {
    const { topic, payload, ...options } = readMessage(words)
    if (client.options.protocolVersion !== 5) delete options.properties
    await within(client.publishAsync(topic, payload, options), 'acknowledgement')
    return ['done']
  },

  async receive () {
    if (!messages.length) await within(new Promise((resolve) => { wanted = resolve }), 'message')
    return ['message', ...messages.shift()]
  },

  async leave () {
    await within(client.endAsync(), 'end of the connection')
    return ['done']
  }
}

async function main () {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [order, ...words] = line.split('\t')
    const answer = await orders[order](...words)
    process.stdout.write(answer.join('\t') + '\n')
  }
  process.exit()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
