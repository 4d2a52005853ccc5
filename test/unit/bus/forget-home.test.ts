import { expect, it } from "vitest";
import { emptyRetained } from "../../../src/bus/forget-home.ts";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { bedTopic, deviceTopic } from "../../../src/bus/topics.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

it("empties all that a broker retains of a home, and nothing of another", async () => {
  const clock = createVirtualClock(wall(0));
  const { connector } = createMemoryBus(clock);
  const connect = (clientId: string) => connector.connect({ url: "mqtt://memory", clientId });
  const [bus, late] = [connect("hub"), connect("late")];
  await clock.advance(10);
  const ours = [
    bedTopic("homeaaaaaa", "b1", "state"),
    deviceTopic("homeaaaaaa", "b2", "stored", "oxiaaaaaaa"),
  ];
  const theirs = bedTopic("homebbbbbb", "b1", "state");
  for (const topic of [...ours, theirs]) {
    const published = bus.publish(topic, '{"name":"Zhao"}', { retain: true });
    await clock.advance(10);
    await published;
  }
  const emptied = emptyRetained({ bus, clock }, "homeaaaaaa");
  await clock.advance(10_000);
  expect(await emptied).toBe(2);
  const seen: string[] = [];
  late.subscribe("breathwatch/#", (topic, payload) => {
    if (payload !== "") seen.push(topic);
  });
  await clock.advance(1_000);
  expect(seen).toEqual([theirs]);
  await Promise.all([bus.close(), late.close()]);
});
