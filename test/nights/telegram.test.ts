// One bot, two who ask it: an answer in the chat counts, whoever sent the message and whoever hears the press.
import { expect, test } from "vitest";
import { MINUTE_MS, SECOND_MS } from "../../src/domain/time.ts";
import { createLedHome, type LedHome } from "../support/led-home.ts";
import {
  createTelegramDouble,
  TELEGRAM_CHAT,
  TELEGRAM_TOKEN,
  type TelegramDouble,
} from "../support/telegram-double.ts";

async function start(): Promise<{ readonly led: LedHome; readonly telegram: TelegramDouble }> {
  let telegram: TelegramDouble | undefined;
  const led = await createLedHome({
    phones: [{ id: "chat", channel: "telegram", settings: { chat: TELEGRAM_CHAT } }],
    accesses: { telegram: { token: TELEGRAM_TOKEN } },
    service(clock) {
      telegram = createTelegramDouble(clock);
      return telegram.service;
    },
  });
  if (telegram === undefined) throw new Error("nobody serves Telegram");
  return { led, telegram };
}

const callAtBox = ({ box }: LedHome) =>
  box()
    .edge.live.fold("b1")
    ?.open.find(({ condition }) => condition === "PATIENT_CALL");
const answeredAtBox = (led: LedHome): string | undefined => callAtBox(led)?.acknowledgement?.by.name;

/** The newest message of the box or the hub about the call. */
const newestOf = (led: LedHome, { chat }: TelegramDouble, from: "box" | "hub") =>
  chat.findLast((one) => one.from === from && one.text.includes(callAtBox(led)?.id ?? "no call"));

/** The patient calls; then nobody hears the box for a minute and a half, and the hub writes into the chat. */
async function takenOver(): Promise<Awaited<ReturnType<typeof start>>> {
  const made = await start();
  const { led } = made;
  led.call();
  await led.world.clock.advance(30 * SECOND_MS);
  led.cut(true);
  return made;
}

test("a button under a message of the hub counts at the box that is back, when the hub listens no more", {
  timeout: 60_000,
}, async () => {
  const { led, telegram } = await takenOver();
  const { clock } = led.world;
  led.reaches.box = false;
  await clock.advance(90 * SECOND_MS);
  const pressed = newestOf(led, telegram, "hub");
  led.cut(false);
  led.reaches.box = true;
  await clock.advance(2 * MINUTE_MS);
  telegram.press(pressed);
  await clock.advance(5 * SECOND_MS);
  expect(telegram.given.at(-1)).toBe("box");
  expect(answeredAtBox(led)).toBe("Mei");
  expect(telegram.shown).toEqual(["Thank you. The others are told."]);
});

test("a press under a message of the box that the hub hears is brought to the box", {
  timeout: 60_000,
}, async () => {
  const { led, telegram } = await start();
  const { clock } = led.world;
  led.call();
  await clock.advance(10 * SECOND_MS);
  const pressed = newestOf(led, telegram, "box");
  // The box's own way out is closed; hub and box hear one another.
  led.reaches.box = false;
  await clock.advance(2 * MINUTE_MS);
  expect(newestOf(led, telegram, "hub")).toBeDefined();
  telegram.press(pressed);
  await clock.advance(5 * SECOND_MS);
  expect(telegram.given.at(-1)).toBe("hub");
  expect(answeredAtBox(led)).toBe("Mei");
});

test("where both ask, one has the line at any time, and a press is heard at once", {
  timeout: 60_000,
}, async () => {
  const { led, telegram } = await takenOver();
  const { clock } = led.world;
  // Box and hub do not hear one another, and both reach Telegram.
  await clock.advance(180 * SECOND_MS);
  expect(telegram.conflicts.hub).toBeGreaterThan(0);
  expect(telegram.conflicts.box + telegram.conflicts.hub).toBeLessThan(40);
  telegram.press(newestOf(led, telegram, "hub"));
  await clock.advance(3 * SECOND_MS);
  expect(telegram.given).toHaveLength(1);
  expect(telegram.shown).toEqual(["Thank you. The others are told."]);
  led.cut(false);
  await clock.advance(40 * SECOND_MS);
  expect(answeredAtBox(led)).toBe("Mei");
});
