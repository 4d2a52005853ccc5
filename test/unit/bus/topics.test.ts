import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bedTopic,
  createTopicReader,
  deviceTopic,
  homeFilter,
  parseTopic,
  shardOf,
  storedFilter,
  topicMatcher,
} from "../../../src/bus/topics.ts";

const home = "abcdefghij";
const shard = createHash("sha256").update(home).digest()[0]!.toString(16).padStart(2, "0");

describe("topics", () => {
  test("name version, shard, home and bed before anything else", () => {
    expect(shardOf(home)).toBe(shard);
    expect(bedTopic(home, "b1", "alarm/event")).toBe(`breathwatch/1/${shard}/abcdefghij/b1/alarm/event`);
    expect(deviceTopic(home, "b2", "wave", "klmnopqrst")).toBe(
      `breathwatch/1/${shard}/abcdefghij/b2/wave/klmnopqrst`,
    );
  });

  test("read a second time come apart as they did the first time, and what is none stays none", () => {
    const read = createTopicReader();
    const topic = deviceTopic(home, "b1", "observation", "klmnopqrst");
    for (let round = 0; round < 2; round++) {
      expect(read(topic)).toEqual({ home, bed: "b1", kind: "observation", device: "klmnopqrst" });
      expect(read(bedTopic(home, "b1", "state"))).toEqual({ home, bed: "b1", kind: "state" });
      expect(read(topic.replace(`/${shard}/`, "/zz/"))).toBeUndefined();
    }
  });

  test("come apart into what they were made of", () => {
    const name = fc.stringMatching(/^[a-z2-7]{10}$/);
    const deviceKind = fc.constantFrom("observation" as const, "wave" as const, "stored" as const);
    const bedKind = fc.constantFrom(
      "state" as const,
      "alarm" as const,
      "alarm/event" as const,
      "settings" as const,
      "command" as const,
      "command/result" as const,
      "health" as const,
      "health/echo" as const,
    );
    fc.assert(
      fc.property(name, name, deviceKind, bedKind, (someHome, device, kind, otherKind) => {
        expect(parseTopic(deviceTopic(someHome, "b1", kind, device))).toEqual({
          home: someHome,
          bed: "b1",
          kind,
          device,
        });
        expect(parseTopic(bedTopic(someHome, "b12", otherKind))).toEqual({
          home: someHome,
          bed: "b12",
          kind: otherKind,
        });
      }),
    );
  });

  test.each([
    ["another program", "other/1/00/abcdefghij/b1/state"],
    ["another version", `breathwatch/2/${shard}/abcdefghij/b1/state`],
    ["a home in a shard that is not its own", `breathwatch/1/zz/abcdefghij/b1/state`],
    ["no kind", `breathwatch/1/${shard}/abcdefghij/b1`],
    ["an unknown kind", `breathwatch/1/${shard}/abcdefghij/b1/weather`],
    ["a device too many", `breathwatch/1/${shard}/abcdefghij/b1/wave/a/b`],
    ["a device missing", `breathwatch/1/${shard}/abcdefghij/b1/wave`],
    ["an empty device", `breathwatch/1/${shard}/abcdefghij/b1/wave/`],
    ["wildcards", `breathwatch/1/${shard}/abcdefghij/+/state`],
  ])("of %s are not ours", (_, topic) => {
    expect(parseTopic(topic)).toBeUndefined();
  });

  test("cannot be made of names that MQTT would read as levels or wildcards", () => {
    for (const name of ["a/b", "+", "#", "", "a b", "x".repeat(65)]) {
      expect(() => deviceTopic(home, "b1", "wave", name)).toThrow(RangeError);
      expect(() => bedTopic(name, "b1", "state")).toThrow(RangeError);
      expect(() => bedTopic(home, name, "state")).toThrow(RangeError);
    }
  });

  test("are found by the filters for a home and a bed, and by no other home's", () => {
    const topic = deviceTopic(home, "b1", "observation", "klmnopqrst");
    expect(topicMatcher(homeFilter(home, "observation"))(topic)).toBe(true);
    expect(topicMatcher(homeFilter("bcdefghijk", "observation"))(topic)).toBe(false);
    expect(topicMatcher(homeFilter(home, "alarm"))(bedTopic(home, "b1", "alarm/event"))).toBe(false);
    expect(topicMatcher(storedFilter(home, "b1"))(deviceTopic(home, "b1", "stored", "klmnopqrst"))).toBe(
      true,
    );
    expect(topicMatcher(storedFilter(home, "b2"))(deviceTopic(home, "b1", "stored", "klmnopqrst"))).toBe(
      false,
    );
  });

  test.each([
    ["a/b", "a/b", true],
    ["a/b", "a/b/c", false],
    ["a/+", "a/b", true],
    ["a/+", "a", false],
    ["a/+/c", "a/b/c", true],
    ["a/#", "a", true],
    ["a/#", "a/b/c", true],
    ["#", "a/b", true],
    ["+", "a/b", false],
    ["a/b/c", "a/b", false],
    ["a/+", "a/", true],
    ["a/+/+", "a/b", false],
    ["+/b", "aa/b", true],
    ["a/+", "ab/c", false],
    ["a/b/+", "a/bb/c", false],
  ])("filter %s covers %s: %s", (filter, topic, covers) => {
    expect(topicMatcher(filter)(topic)).toBe(covers);
  });
});
