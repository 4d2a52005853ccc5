/** Whether something reaches a service from a country: `partly` where it depends on network or phone. */
export type Reach = "yes" | "partly" | "no";

/** One kind of place outside the house that this program may connect to by itself. */
export interface OutboundHost {
  /**
   * The part of the program: a channel's id, or `hub`, `broker`, `store`, `output`, `relay`, `dead-man`, `identities`,
   * `update`, `device`.
   */
  readonly part: string;
  /** A host name, `*.name` for everything below it, or `<setting>`: the host that this setting of the configuration names. */
  readonly host: string;
  readonly ports: readonly number[] | "as configured";
  readonly protocol: string;
  /** When anything goes there. */
  readonly when: string;
  /** What whoever runs it can learn. */
  readonly sees: string;
  /** From mainland China, and from elsewhere. */
  readonly reach: { readonly CN: Reach; readonly elsewhere: Reach };
}

const PUSH = {
  part: "web-push",
  ports: [443],
  protocol: "https",
  when: "an alarm, its updates and its end, to a phone that subscribed through its browser",
  sees: "that, when and how urgently a message goes to a phone; never its text (RFC 8291)",
} as const;

/** A service that somebody at home has added: it gets what the family chose to tell people, never a name or a value. */
const CHAT = {
  ports: [443],
  protocol: "https",
  when: "an alarm, to people whom the family reaches this way; its updates and end where they make no sound",
  sees: "title and text of the message without name and value, a link to the home's page, whom it goes to",
  reach: { CN: "yes", elsewhere: "partly" },
} as const;

/** A service that rings somebody up. */
const CALL = {
  ports: [443],
  protocol: "https",
  when: "an alarm of high or medium priority, to people whom the family has called; then, what became of the call",
  sees: "that, when and whom it calls; nothing of what has happened",
  reach: { CN: "yes", elsewhere: "partly" },
} as const;

/**
 * Every place that this program connects to by itself; docs/outbound.json is written from it, and a test fails on any
 * other connection of a home at work. Nothing is asked for time, names of cities, statistics or new versions.
 */
export const OUTBOUND: readonly OutboundHost[] = [
  { ...PUSH, host: "fcm.googleapis.com", reach: { CN: "no", elsewhere: "yes" } },
  { ...PUSH, host: "*.google.com", reach: { CN: "no", elsewhere: "yes" } },
  { ...PUSH, host: "*.push.services.mozilla.com", reach: { CN: "partly", elsewhere: "yes" } },
  { ...PUSH, host: "*.push.apple.com", reach: { CN: "partly", elsewhere: "yes" } },
  { ...PUSH, host: "*.notify.windows.com", reach: { CN: "partly", elsewhere: "yes" } },
  { ...CHAT, part: "pushplus", host: "www.pushplus.plus" },
  { ...CHAT, part: "wecom-bot", host: "qyapi.weixin.qq.com" },
  { ...CALL, part: "wecom-call", host: "qyapi.weixin.qq.com" },
  { ...CHAT, part: "dingtalk", host: "oapi.dingtalk.com" },
  {
    ...CHAT,
    part: "dingtalk-ding",
    host: "api.dingtalk.com",
    when: "an alarm of high or medium priority, to people whom the family reaches this way; taking it back",
  },
  { ...CHAT, part: "feishu", host: "open.feishu.cn" },
  { ...CHAT, part: "feishu-bot", host: "open.feishu.cn" },
  { ...CHAT, part: "wxpusher", host: "wxpusher.zjiecode.com" },
  { ...CHAT, part: "serverchan", host: "sctapi.ftqq.com" },
  { ...CHAT, part: "serverchan", host: "*.push.ft07.com" },
  { ...CHAT, part: "meow", host: "api.chuckfang.com" },
  { ...CALL, part: "aliyun-voice", host: "dyvmsapi.aliyuncs.com" },
  {
    part: "twilio",
    host: "api.twilio.com",
    ports: [443],
    protocol: "https",
    when: "an alarm to a phone that is called or texted through Twilio; asking what became of it; ending a call",
    sees: "the phone number; title and text without name and value; an address that acknowledges; that a key was pressed",
    reach: { CN: "partly", elsewhere: "yes" },
  },
  {
    part: "webhook",
    host: "<channels.webhooks.url>",
    ports: "as configured",
    protocol: "https, http in the house",
    when: "an alarm, its updates and its end",
    sees: "title and text of the message without name and value, the bed's id, an address that acknowledges",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "bark",
    host: "api.day.app",
    ports: [443],
    protocol: "https",
    when: "an alarm, its updates and its end, to an iPhone that was entered with its Bark key",
    sees: "that, when and how often a message goes to a phone; its text only where encryption was switched off",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "bark",
    host: "<the Bark server that was entered>",
    ports: "as configured",
    protocol: "https, http in the house",
    when: "instead of api.day.app, where a home runs its own",
    sees: "the same",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "ntfy",
    host: "ntfy.sh",
    ports: [443],
    protocol: "https",
    when: "an alarm, its updates and its end, to a phone that was entered with its topic",
    sees: "title and text without name and value, the address that acknowledges, this box's network address",
    reach: { CN: "partly", elsewhere: "yes" },
  },
  {
    part: "ntfy",
    host: "<the ntfy server that was entered>",
    ports: "as configured",
    protocol: "https, http in the house",
    when: "instead of ntfy.sh, where a home runs its own",
    sees: "the same",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "dead-man",
    host: "ntfy.sh",
    ports: [443],
    protocol: "https",
    when: "every few minutes while somebody is watched, or always, where a home has set this up for the box's own death",
    sees: "that the box lives, in which language it would say that it does not, this box's network address",
    reach: { CN: "partly", elsewhere: "yes" },
  },
  {
    part: "dead-man",
    host: "hc-ping.com",
    ports: [443],
    protocol: "https",
    when: "every minute, where a home has entered a check of healthchecks.io",
    sees: "that the box lives, or that it does not work and which part, this box's network address",
    reach: { CN: "partly", elsewhere: "yes" },
  },
  {
    part: "dead-man",
    host: "<the ntfy server or ping address that was entered>",
    ports: "as configured",
    protocol: "https, http in the house",
    when: "instead of those two, where a home runs its own",
    sees: "the same",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "pushover",
    host: "api.pushover.net",
    ports: [443],
    protocol: "https",
    when: "an alarm, its updates and its end; while an alarm rings, whether somebody has answered",
    sees: "title and text without name and value, the page's address, this box's network address",
    reach: { CN: "partly", elsewhere: "yes" },
  },
  {
    part: "home-assistant",
    host: "<the Home Assistant that was entered>",
    ports: "as configured",
    protocol: "https, http in the house",
    when: "an alarm, its updates and its end; always, reading, once a phone was entered, to hear its button",
    sees: "title and text without name and value; its push relay, Apple and Google too where the phone is not at home",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "telegram",
    host: "api.telegram.org",
    ports: [443],
    protocol: "https",
    when: "an alarm, its updates and its end; always, reading, once a chat was entered, to hear its button",
    sees: "title and text without name and value, the page's address, this box's network address",
    reach: { CN: "no", elsewhere: "yes" },
  },
  {
    part: "email",
    host: "<the mail server that was entered>",
    ports: "as configured",
    protocol: "smtp with TLS, from the first byte or by STARTTLS",
    when: "an alarm, its updates and its end, to an address that was entered",
    sees: "title and text without name and value, both addresses, this box's network address",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "relay",
    host: "<relay.server>",
    ports: "as configured",
    protocol: "https",
    when: "always, reading, where a relay is configured",
    sees: "this box's network address, and that somebody answered an alarm",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "hub",
    host: "<the hub that the box was paired with>",
    ports: "as configured",
    protocol: "https",
    when: "pairing, and when something that a spare box needs has changed",
    sees: "everything that the home lets its hub keep: docs/security.md",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "broker",
    host: "<bus.url>",
    ports: "as configured",
    protocol: "mqtt, mqtts",
    when: "always, where another broker than the built-in one is configured or the box is paired",
    sees: "numbers and alarms of the home",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "output",
    host: "<sounder.outputs.url>",
    ports: "as configured",
    protocol: "mqtt, mqtts",
    when: "an alarm begins or ends, and every 5 min, where a lamp or shaker on a broker is configured",
    sees: "when alarms begin and end; nothing of what has happened",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "store",
    host: "<store.influxdb.url>",
    ports: "as configured",
    protocol: "http, https",
    when: "once a second, where an outside store is configured",
    sees: "numbers and alarms, under the ids of home, bed and device; no names",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "identities",
    host: "<hub.oidc.issuer>, and the hosts that its discovery document names",
    ports: "as configured",
    protocol: "https, http on this machine",
    when: "somebody signs in through the clinic's own provider, and `breathwatch check`",
    sees: "that somebody signs in here; nothing of any home",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "device",
    host: "<devices.port>",
    ports: "as configured",
    protocol: "tcp, http, mqtt",
    when: "always, for devices on the house network (docs/links.md)",
    sees: "that they are read",
    reach: { CN: "yes", elsewhere: "yes" },
  },
  {
    part: "update",
    host: "<the address given to breathwatch update>",
    ports: "as configured",
    protocol: "https",
    when: "only when a person runs the command",
    sees: "this box's network address",
    reach: { CN: "yes", elsewhere: "yes" },
  },
];

/** The rows of a host name; `<...>` rows are the configuration's business and match nothing here. */
export const outboundTo = (host: string): readonly OutboundHost[] =>
  OUTBOUND.filter(({ host: known }) =>
    known.startsWith("*.") ? host.endsWith(known.slice(1)) && host.length >= known.length : host === known,
  );
