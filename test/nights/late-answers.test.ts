// Answers given at a hub whose box nobody hears: by the time that the box has them, it knows more.
import { expect, test } from "vitest";
import { SECOND_MS } from "../../src/domain/time.ts";
import { createLedHome, type LedHome } from "../support/led-home.ts";

const openAtBox = (led: LedHome, condition: string) =>
  led
    .box()
    .edge.live.fold("b1")
    ?.open.find((one) => one.condition === condition);

/** The box is cut off from the hub, and from everybody's phones; the hub has taken over. */
async function cutOff(led: LedHome): Promise<void> {
  led.cut(true);
  led.reaches.box = false;
  await led.world.clock.advance(60 * SECOND_MS);
}

/** The newest message about an alarm: the address of its button. */
function newestAbout(led: LedHome, occurrence: string | undefined): string {
  const newest = led.rung.findLast(({ kind, key }) => kind === "alarm" && key.split("/")[1] === occurrence);
  return newest?.acknowledgeUrl ?? "";
}

/** A tap on a message; by itself the newest about this alarm. */
async function tap(
  led: LedHome,
  occurrence: string | undefined,
  address: string = newestAbout(led, occurrence),
): Promise<number> {
  const url = new URL(address).pathname;
  return (await led.hub().app.inject({ method: "POST", url })).statusCode;
}

test("an answer to what the hub showed is none to what the box knows is worse: it goes on calling", {
  timeout: 60_000,
}, async () => {
  const led = await createLedHome();
  const { clock } = led.world;
  // Its way to the phones is closed: high when it has been so for five minutes, which the hub does not hear any more.
  led.reaches.box = false;
  led.call();
  while (openAtBox(led, "NET_DOWN") === undefined) await clock.advance(SECOND_MS);
  await clock.advance(10 * SECOND_MS);
  const shown = openAtBox(led, "NET_DOWN");
  expect(shown?.priority).toBe("medium");
  await cutOff(led);
  while (openAtBox(led, "NET_DOWN")?.priority === "medium") await clock.advance(SECOND_MS);
  expect(await tap(led, shown?.id)).toBe(200);
  led.cut(false);
  await clock.advance(40 * SECOND_MS);
  expect(openAtBox(led, "NET_DOWN")).toMatchObject({ id: shown?.id, priority: "high" });
  expect(openAtBox(led, "NET_DOWN")?.acknowledgement).toBeUndefined();
  const calls = led.rung.filter(({ kind, key, atMs }) => {
    return kind === "alarm" && key.includes(`${shown?.id}/`) && atMs > clock.mono() - 60 * SECOND_MS;
  });
  expect(calls.length).toBeGreaterThan(0);
  expect(await tap(led, shown?.id)).toBe(200);
  await clock.advance(5 * SECOND_MS);
  expect(openAtBox(led, "NET_DOWN")?.acknowledgement?.by.name).toBe("Mei");
});

test("an answer counts from the tap, not from when the box has it", { timeout: 60_000 }, async () => {
  const led = await createLedHome();
  const { clock } = led.world;
  led.call();
  await clock.advance(10 * SECOND_MS);
  await cutOff(led);
  const call = openAtBox(led, "PATIENT_CALL");
  const tappedAt = clock.wall();
  expect(await tap(led, call?.id)).toBe(200);
  await clock.advance(100 * SECOND_MS);
  led.cut(false);
  await clock.advance(10 * SECOND_MS);
  const answer = openAtBox(led, "PATIENT_CALL")?.acknowledgement;
  expect(answer?.by.name).toBe("Mei");
  expect(Math.abs((answer?.at ?? 0) - tappedAt)).toBeLessThan(SECOND_MS);
  expect((answer?.until ?? 0) - (answer?.at ?? 0)).toBe(180 * SECOND_MS);
});

test("an answer does not take the place of a newer one, given at the box", { timeout: 60_000 }, async () => {
  const led = await createLedHome();
  const { clock } = led.world;
  led.call();
  await clock.advance(10 * SECOND_MS);
  await cutOff(led);
  const call = openAtBox(led, "PATIENT_CALL");
  expect(await tap(led, call?.id)).toBe(200);
  await clock.advance(20 * SECOND_MS);
  const by = { id: "bababababa", name: "Ba" };
  const newer = { kind: "acknowledge", id: "ba", occurrence: call?.id ?? "", by, place: "going" } as const;
  expect(led.box().edge.command("b1", newer)).toEqual({ accepted: true });
  const stands = openAtBox(led, "PATIENT_CALL")?.acknowledgement;
  await clock.advance(10 * SECOND_MS);
  led.cut(false);
  await clock.advance(10 * SECOND_MS);
  expect(openAtBox(led, "PATIENT_CALL")?.acknowledgement).toEqual(stands);
});

test("the button of an old message answers what that message was about, and each counts once", {
  timeout: 60_000,
}, async () => {
  const led = await createLedHome();
  const { clock } = led.world;
  led.reaches.box = false;
  led.call();
  while (openAtBox(led, "NET_DOWN") === undefined) await clock.advance(SECOND_MS);
  await clock.advance(10 * SECOND_MS);
  const id = openAtBox(led, "NET_DOWN")?.id;
  const milder = newestAbout(led, id);
  while (openAtBox(led, "NET_DOWN")?.priority === "medium") await clock.advance(SECOND_MS);
  expect(await tap(led, id, milder)).toBe(422);
  expect(openAtBox(led, "NET_DOWN")?.acknowledgement).toBeUndefined();

  await clock.advance(20 * SECOND_MS);
  const urgent = newestAbout(led, id);
  expect(urgent).not.toBe(milder);
  expect([await tap(led, id, urgent), await tap(led, id, urgent)]).toEqual([200, 200]);
  expect(openAtBox(led, "NET_DOWN")?.acknowledgement?.by.name).toBe("Mei");
  await clock.advance(200 * SECOND_MS);
  expect(openAtBox(led, "NET_DOWN")?.acknowledgement).toBeUndefined();
  expect(await tap(led, id, urgent)).toBe(422);
  expect(openAtBox(led, "NET_DOWN")?.acknowledgement).toBeUndefined();
  expect(newestAbout(led, id)).not.toBe(urgent);
  expect(await tap(led, id)).toBe(200);
  expect(openAtBox(led, "NET_DOWN")?.acknowledgement?.by.name).toBe("Mei");
});
