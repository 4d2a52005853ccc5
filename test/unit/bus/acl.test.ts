import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  boxRules,
  brokerUser,
  HUB_USER,
  mayPublish,
  maySubscribe,
  withoutShare,
} from "../../../src/bus/acl.ts";
import {
  bedTopic,
  deviceTopic,
  peersTopic,
  shardOf,
  type TopicKind,
  topicMatcher,
} from "../../../src/bus/topics.ts";
import { boxUser } from "../../../src/port/registry.ts";

const home = "abcdefghij";
const other = "bcdefghijk";
const device = "oximeterxx";
const box = brokerUser(boxUser({ home, id: "boxaaaaaaa" }))!;
const otherBox = brokerUser(boxUser({ home: other, id: "boxbbbbbbb" }))!;
const hub = brokerUser(HUB_USER)!;

/** design.md, section 6: what the edge says and what the hub says; written out here once more on purpose. */
const SAID_BY_EDGES = [
  "state",
  "observation",
  "wave",
  "raw",
  "alarm",
  "alarm/event",
  "called",
  "health",
  "command/result",
  "answer",
];
const SAID_BY_HUBS = ["stored", "settings", "command", "health/echo"];
const OF_A_DEVICE = ["observation", "wave", "raw", "stored"];
const KINDS = [...SAID_BY_EDGES, ...SAID_BY_HUBS];

function topicOf(ofHome: string, kind: string, bed = "b1"): string {
  if (OF_A_DEVICE.includes(kind)) return deviceTopic(ofHome, bed, kind as "wave", device);
  return bedTopic(ofHome, bed, kind as Exclude<TopicKind, "observation" | "wave" | "raw" | "stored">);
}

const filterOf = (ofHome: string, kind: string): string =>
  `breathwatch/1/${shardOf(ofHome)}/${ofHome}/+/${kind}${OF_A_DEVICE.includes(kind) ? "/+" : ""}`;

describe("who is who", () => {
  test("follows from the user name alone, and a name of another form is nobody", () => {
    expect(box).toEqual({ kind: "box", home, box: "boxaaaaaaa" });
    expect(hub).toEqual({ kind: "hub" });
    for (const name of [
      "",
      "HUB",
      "hub.x",
      home,
      `${home}.`,
      `${home}.boxaaaaaaa.x`,
      `+.boxaaaaaaa`,
      `${home}/x.boxaaaaaaa`,
    ]) {
      expect(brokerUser(name), name).toBeUndefined();
    }
  });
});

describe.each(KINDS)("a topic of the kind %s", (kind) => {
  const byEdge = SAID_BY_EDGES.includes(kind);

  test("is published by its home's box or not at all, and by the hub", () => {
    expect(mayPublish(box, topicOf(home, kind))).toBe(byEdge);
    expect(mayPublish(box, topicOf(home, kind, "b12"))).toBe(byEdge);
    expect(mayPublish(otherBox, topicOf(home, kind))).toBe(false);
    expect(mayPublish(hub, topicOf(home, kind))).toBe(true);
  });

  test("is read by its home's box only when the hub says it, and by the hub", () => {
    for (const filter of [topicOf(home, kind), filterOf(home, kind)]) {
      expect(maySubscribe(box, filter)).toBe(!byEdge);
      expect(maySubscribe(otherBox, filter)).toBe(false);
      expect(maySubscribe(hub, filter)).toBe(true);
      expect(maySubscribe(hub, `$share/ingest/${filter}`)).toBe(true);
      expect(maySubscribe(box, `$share/ingest/${filter}`)).toBe(false);
    }
  });

  test("is found by the rules that other brokers get, on the right side", () => {
    const rules = boxRules(home);
    const covers = (filters: readonly string[]): boolean =>
      filters.some((filter) => topicMatcher(filter)(topicOf(home, kind)));
    expect(covers(rules.publish)).toBe(byEdge);
    expect(covers(rules.subscribe)).toBe(!byEdge);
  });

  test("cannot be reached by a topic or filter that is nearly one of ours", () => {
    const topic = topicOf(home, kind);
    const shard = shardOf(home);
    const near = [
      `/${topic}`,
      `${topic}/`,
      `${topic}/x`,
      topic.replace("breathwatch", "Breathwatch"),
      topic.replace("/1/", "/2/"),
      topic.replace("/1/", "/+/"),
      topic.replace(shard, "+"),
      topic.replace(shard, shard === "00" ? "01" : "00"),
      topic.replace(home, "+"),
      topic.replace(home, `${home}x`),
      topic.replace("/b1/", "//"),
      topic.replace("/b1/", "/b 1/"),
      topic.replace("/b1/", "/b+/"),
      topic.replace("/b1/", `/${"b".repeat(65)}/`),
      topic.replace(/\/b1\/.*/, "/#"),
      topic.replace(/\/b1\/.*/, "/b1/#"),
      topic.replace(/\/b1\/.*/, "/b1/+"),
      topic.replace(/\/b1\/.*/, "/+/+/+"),
      `breathwatch/1/${shard}/#`,
      "#",
      "+/#",
      "$SYS/#",
      "$CONTROL/dynamic-security/v1",
      `$share/x/${topic}`,
    ];
    for (const each of near) {
      expect(mayPublish(box, each), `publish ${each}`).toBe(false);
      expect(maySubscribe(box, each), `subscribe ${each}`).toBe(false);
    }
  });
});

describe("rights", () => {
  test("never let a box publish into, or read from, anything beside its home, whatever the topic is made of", () => {
    const level = fc.oneof(
      fc.constantFrom(
        "breathwatch",
        "1",
        shardOf(home),
        shardOf(other),
        home,
        other,
        "b1",
        "+",
        "#",
        "",
        "$share",
        "g",
      ),
      fc.constantFrom(...KINDS.flatMap((kind) => kind.split("/"))),
      fc.string({ maxLength: 5 }),
    );
    const own = topicMatcher(`breathwatch/1/${shardOf(home)}/${home}/#`);
    const foreign = topicOf(other, "observation");
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 9 }), (levels) => {
        const place = levels.join("/");
        if (mayPublish(box, place)) expect(own(place) && !/[+#]/.test(place)).toBe(true);
        if (maySubscribe(box, place)) {
          expect(place.startsWith(`breathwatch/1/${shardOf(home)}/${home}/`)).toBe(true);
          expect(topicMatcher(place)(foreign)).toBe(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("leave what hubs tell one another to hubs", () => {
    const topic = peersTopic("ingest");
    expect([mayPublish(hub, topic), maySubscribe(hub, topic)]).toEqual([true, true]);
    expect([mayPublish(box, topic), maySubscribe(box, topic)]).toEqual([false, false]);
  });

  test("of the hub end at our own topics, wildcards and shares included", () => {
    for (const place of [
      "homeassistant/x",
      "breathwatch/2/x",
      "#",
      "+/1/#",
      "$SYS/#",
      "$share/g/#",
      "$share/g/+/1/#",
    ]) {
      expect(maySubscribe(hub, place), place).toBe(false);
      expect(mayPublish(hub, place), place).toBe(false);
    }
    expect(maySubscribe(hub, "breathwatch/1/#")).toBe(true);
    expect(maySubscribe(hub, "$share/ingest/breathwatch/1/+/+/+/observation/+")).toBe(true);
    expect(mayPublish(hub, "breathwatch/1/#")).toBe(false);
  });

  test.each([
    ["$share/g/a/+", "a/+"],
    ["$share/g//a", "/a"],
    ["a/b", "a/b"],
    ["$share/g", "$share/g"],
    ["$share//a", "$share//a"],
    ["$share/+/a", "$share/+/a"],
  ])("see behind the share of %s", (filter, plain) => {
    expect(withoutShare(filter)).toBe(plain);
  });
});
