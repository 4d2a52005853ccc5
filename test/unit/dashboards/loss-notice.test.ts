import { expect, test } from "vitest";
import { LossNotice } from "../../../dashboards/shared/loss-notice.ts";
import { PageAlarm } from "../../../dashboards/shared/page-alarm.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { alarms, bedState, notWatching } from "../../support/pages-beds.ts";

function setUp() {
  const clock = createVirtualClock(wall(0));
  const said: string[] = [];
  const alarm = new PageAlarm(clock, { ring: () => undefined, ask: () => undefined });
  const notice = new LossNotice(clock, {
    show: async ({ title }) => void said.push(`${clock.mono() / SECOND_MS} ${title}`),
    clear: async () => void said.push(`${clock.mono() / SECOND_MS} clear`),
  });
  const second = async (phase: "live" | "lost", beds = [bedState()]): Promise<void> => {
    alarm.update({ phase, beds, demo: false });
    await notice.update(alarm.lossIsUrgent.value, () => ({ title: "no data", body: "", lang: "en" }));
    await clock.advance(SECOND_MS);
  };
  return { clock, alarm, said, second };
}

test("a phone says by itself that its page has heard nothing for a minute, again and again, until it hears", async () => {
  const { clock, said, second } = setUp();
  await second("live");
  while (clock.mono() < 3.5 * MINUTE_MS) await second("lost");
  expect(said).toEqual(["61 no data", "121 no data", "181 no data"]);
  await second("live");
  await second("live");
  expect(said.at(-1)).toBe("210 clear");
  expect(said).toHaveLength(4);
});

test("not while nobody is watched, nor after somebody said that they look", async () => {
  const { clock, alarm, said, second } = setUp();
  while (clock.mono() < 3 * MINUTE_MS)
    await second("lost", [bedState({ alarms: alarms([], { watch: notWatching }) })]);
  expect(said).toEqual([]);
  while (clock.mono() < 5 * MINUTE_MS) await second("lost");
  const before = said.length;
  expect(before).toBeGreaterThan(0);
  alarm.keepQuiet();
  await second("lost");
  expect(said.at(-1)).toMatch(/clear$/);
  while (clock.mono() < 7 * MINUTE_MS) await second("lost");
  expect(said).toHaveLength(before + 1);
});
