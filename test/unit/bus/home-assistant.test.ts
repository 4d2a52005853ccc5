import { describe, expect, test } from "vitest";
import { createHomeAssistant } from "../../../src/bus/home-assistant.ts";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { NIGHT } from "../../support/alarms.ts";
import { silentLog } from "../../support/silent-log.ts";

const TOPIC = "homeassistant/device/breathwatch_abcdefghij_b1/config";

async function setUp() {
  const clock = createVirtualClock(NIGHT);
  const memory = createMemoryBus(clock);
  const place = { host: "127.0.0.1", port: 1, username: "u", password: "p" };
  const broker = await memory.starter.start(place);
  const connect = (clientId: string) =>
    memory.connector.connect({ url: broker.url, clientId, username: "u", password: "p" });
  const home = connect("home");
  const heard: { topic: string; payload: string }[] = [];
  const assistant = connect("assistant");
  assistant.subscribe("homeassistant/#", (topic, payload) => heard.push({ topic, payload }));
  const announcer = createHomeAssistant({
    ...{ bus: home, clock, random: createSeededRandom(1), log: silentLog },
    ...{ prefix: "homeassistant", language: "zh-Hans", version: "1.2.3" },
    beds: [
      {
        ...{ home: "abcdefghij", bed: "b1", label: "床" },
        devices: [{ id: "deviceaaaa", label: "Finger", signals: ["spo2", "mains"] }],
      },
    ],
  });
  return { clock, assistant, heard, announcer };
}

describe("Home Assistant", () => {
  test("is told of every signal and of open alarms, and that this is no alarm", async () => {
    const { clock, heard, announcer } = await setUp();
    await clock.advance(1_000);
    announcer.start();
    await clock.advance(1_000);
    expect(heard.map(({ topic }) => topic)).toEqual([TOPIC]);
    const told = JSON.parse(heard[0]?.payload ?? "") as {
      readonly device: { readonly model: string; readonly identifiers: readonly string[] };
      readonly components: { readonly [id: string]: { readonly [field: string]: unknown } };
    };
    expect(told.device).toMatchObject({ identifiers: ["breathwatch_abcdefghij_b1"] });
    expect(told.device.model).toContain("仅供参考");
    expect(told.components["breathwatch_abcdefghij_b1_deviceaaaa_spo2"]).toMatchObject({
      ...{ p: "sensor", unit_of_measurement: "%", expire_after: 30 },
      state_topic: expect.stringMatching(/^breathwatch\/1\/..\/abcdefghij\/b1\/observation\/deviceaaaa$/),
    });
    expect(told.components["breathwatch_abcdefghij_b1_deviceaaaa_mains"]).toMatchObject({
      p: "binary_sensor",
    });
    expect(Object.keys(told.components).filter((id) => id.includes("_alarm_"))).toHaveLength(3);
    announcer.stop();
  });

  test("is told again when it comes up, a little later, and not for other words", async () => {
    const { clock, assistant, heard, announcer } = await setUp();
    await clock.advance(1_000);
    announcer.start();
    await clock.advance(1_000);
    await assistant.publish("homeassistant/status", "offline", { retain: false });
    await clock.advance(6_000);
    expect(heard.filter(({ topic }) => topic === TOPIC)).toHaveLength(1);
    await assistant.publish("homeassistant/status", "online", { retain: false });
    await clock.advance(6_000);
    expect(heard.filter(({ topic }) => topic === TOPIC)).toHaveLength(2);
    announcer.stop();
    await assistant.publish("homeassistant/status", "online", { retain: false });
    await clock.advance(6_000);
    expect(heard.filter(({ topic }) => topic === TOPIC)).toHaveLength(2);
  });
});
