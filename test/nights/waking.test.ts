// A family's night: who is called when, through the real home, its real rota and its real channels, minute by minute.
import { expect, test } from "vitest";
import { rehearsalConfig, startRehearsedHome } from "../../src/cli/nights.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import type { CallRule } from "../../src/domain/calling.ts";
import { accessName } from "../../src/domain/channel-access.ts";
import type { RotaEntry } from "../../src/domain/duty.ts";
import { HOUR_MS, localDate, MINUTE_MS, minuteOfDay, SECOND_MS, wall } from "../../src/domain/time.ts";
import { composeHome } from "../../src/home.ts";
import { createRehearsalWorld } from "../../src/rehearse.ts";
import { openIn } from "../support/home-rehearsed.ts";
import { outsideBell } from "../support/outside-channel.ts";

const MEI = { id: "p-mei", name: "Mei" };
const BA = { id: "p-ba", name: "Ba" };
const AUNT = { id: "p-aunt", name: "Aunt" };
const CALL = { how: "switch", kind: "come" } as const;

/** A bed without devices: there is nothing to be simulated, so people are called. */
const realConfig = (): HomeConfig => {
  const config = rehearsalConfig("B");
  return { ...config, demo: false, beds: config.beds.map((bed) => ({ ...bed, devices: [] })) };
};

/** Three people: each with a phone that takes messages, Mei also with one that rings like a call. */
async function startFamily() {
  const run = await startRehearsedHome(7, realConfig());
  const { clock, state, http } = run.world;
  const { zone } = run.home.edge.live.bed("b1") ?? { zone: "UTC" };
  let broken = new Set<string>();
  http.answer = ({ method, url, body }) => {
    if (method !== "POST") return { status: 404, headers: {}, body: "" };
    if (url.includes("api.twilio.com")) {
      const sid = `CA${"a".repeat(32)}`;
      return { status: 201, headers: {}, body: JSON.stringify({ sid, status: "queued" }) };
    }
    const { topic } = JSON.parse(String(body));
    if (broken.has(topic)) return { status: 503, headers: {}, body: "" };
    return {
      status: 200,
      headers: {},
      body: JSON.stringify({ id: "sPs71M8A2T", time: 1_643_935_928, event: "message", topic }),
    };
  };
  for (const each of [MEI, BA, AUNT]) {
    await state.putPerson({ ...each, role: "caregiver", language: "en" });
    const settings = { topic: each.name.toLowerCase() };
    await state.putTarget({
      ...{ id: `${each.id}-push`, channel: "ntfy", settings, person: each.id, label: "phone" },
      addedAt: clock.wall(),
      lastProofAt: wall(clock.wall() - HOUR_MS),
    });
  }
  await state.putTarget({
    ...{ id: "p-mei-call", channel: "twilio", person: MEI.id, label: "call" },
    settings: { phone: "+861380000000", what: "call" },
    addedAt: clock.wall(),
  });
  await state.setValue(accessName("ntfy"), JSON.stringify({ server: "https://ntfy.example.org" }));
  const account = { accountSid: `AC${"b".repeat(32)}`, secret: "c".repeat(32), from: "+12025550100" };
  await state.setValue(accessName("twilio"), JSON.stringify(account));
  const weekday = new Date(`${localDate(clock.wall(), zone)}T00:00:00Z`).getUTCDay() || 7;
  const begin = minuteOfDay(clock.wall(), zone);
  /** Mei from now for four hours, then Ba; the aunt wants to be woken only when nobody else has answered. */
  const rota: readonly RotaEntry[] = [
    { person: MEI.id, weekday, from: begin, to: (begin + 240) % 1_440 },
    { person: BA.id, weekday: (weekday % 7) + 1, from: (begin + 240) % 1_440, to: (begin + 720) % 1_440 },
  ];
  const calling: readonly CallRule[] = [{ person: AUNT.id, turn: "last" }];
  await state.adoptDuty({
    ...{ bed: "b1", version: 1, at: clock.wall(), by: MEI, change: "calling", rota, handovers: [] },
    calling,
  });
  await run.home.edge.targets.refresh();
  let seen = http.requests.length;
  let since = clock.mono();
  return {
    ...run,
    /** The service of these answers with errors from now on. */
    breaks: (...topics: readonly string[]) => {
      broken = new Set(topics);
    },
    call: (id: string): void => {
      since = clock.mono();
      seen = http.requests.length;
      run.home.edge.command("b1", { kind: "call", id, call: CALL });
    },
    /** Who was called since the alarm, by the second after it, each send once. */
    table: (): string[] => {
      const lines = http.requests.slice(seen).flatMap(({ atMs, method, url, body }) => {
        if (method !== "POST") return [];
        const second = Math.round((atMs - since) / SECOND_MS);
        if (url.endsWith("/Calls.json")) return [`${second} mei by call`];
        if (url.includes("twilio")) return [];
        const { topic, actions, title } = JSON.parse(String(body));
        return [actions === undefined ? `${second} ${topic} reads: ${title}` : `${second} ${topic}`];
      });
      return [...new Set(lines)];
    },
    /** A tap on the newest message that somebody got. */
    tap(topic: string) {
      const bodies = http.requests.flatMap(({ method, body }) => (method === "POST" ? [String(body)] : []));
      const newest = bodies
        .filter((body) => body.startsWith("{"))
        .map((body): { topic?: string; actions?: { url: string }[] } => JSON.parse(body))
        .findLast((one) => one.topic === topic && one.actions !== undefined);
      const { pathname } = new URL(newest?.actions?.[0]?.url ?? "");
      return run.home.app.inject({ method: "POST", url: pathname, headers: { accept: "application/json" } });
    },
    answer(by: typeof MEI): void {
      const occurrence = openIn(run, "PATIENT_CALL")?.id ?? "";
      run.home.edge.command("b1", { kind: "with_patient", id: `with-${clock.mono()}`, occurrence, by });
    },
  };
}

const firsts = (table: readonly string[]): readonly string[] => {
  const who = new Set<string>();
  return table.filter((line) => {
    const name = line.replace(/^\d+ /, "");
    if (who.has(name) || name.includes("reads")) return false;
    who.add(name);
    return true;
  });
};

test("a family's night: duty first, then the next, then everybody, and nobody who need not wake", {
  timeout: 120_000,
}, async () => {
  const run = await startFamily();
  const { clock } = run.world;
  await clock.advance(10 * MINUTE_MS);

  // Mei is on duty and answers within 20 seconds: Ba and the aunt sleep on.
  run.call("call-1");
  await clock.advance(20 * SECOND_MS);
  run.answer(MEI);
  await clock.advance(5 * MINUTE_MS);
  expect(run.table()).toEqual(["0 mei", expect.stringMatching(/^2\d mei reads: /)]);

  // Mei sleeps deeply: her phone rings as a call after half a minute, Ba's after a minute; Ba goes.
  await clock.advance(HOUR_MS);
  run.call("call-2");
  await clock.advance(75 * SECOND_MS);
  run.answer(BA);
  await clock.advance(5 * MINUTE_MS);
  expect(firsts(run.table())).toEqual(["0 mei", "30 mei by call", "60 ba"]);
  expect(run.table().filter((line) => line.includes("aunt"))).toEqual([]);

  // The service of Mei's phone is down: her line rings at once, and Ba's turn comes half a minute sooner.
  await clock.advance(HOUR_MS);
  run.breaks("mei");
  run.call("call-3");
  await clock.advance(40 * SECOND_MS);
  expect(firsts(run.table())).toEqual(["0 mei", "0 mei by call", "30 ba"]);
  run.answer(MEI);
  run.breaks();

  // Past the change of the duty: Ba first.
  await clock.advance(2 * HOUR_MS);
  run.call("call-4");
  await clock.advance(70 * SECOND_MS);
  expect(firsts(run.table())).toEqual(["0 ba", "60 mei"]);
  run.answer(BA);

  // Nobody answers: the aunt is woken after four minutes, and after five the box says so itself.
  await clock.advance(HOUR_MS);
  run.call("call-5");
  await clock.advance(4 * MINUTE_MS + 50 * SECOND_MS);
  expect(firsts(run.table())).toEqual(["0 ba", "60 mei", "120 mei by call", "240 aunt"]);
  expect(openIn(run, "ESCALATION_EXHAUSTED")).toBeUndefined();
  await clock.advance(20 * SECOND_MS);
  expect(openIn(run, "ESCALATION_EXHAUSTED")?.priority).toBe("high");
  run.answer(AUNT);
  await clock.advance(MINUTE_MS);
  expect(openIn(run, "ESCALATION_EXHAUSTED")).toBeUndefined();
  await run.stop();
});

test("a night with a time without duty is told in the evening; meanwhile everybody is called at once", async () => {
  const run = await startFamily();
  const { clock, state } = run.world;
  const book = await state.duty("b1");
  if (book === undefined) throw new Error("no duty");
  await state.adoptDuty({ ...book, version: 2, rota: book.rota.slice(1), calling: [] });
  await run.home.edge.targets.refresh();
  await clock.advance(3 * MINUTE_MS);
  expect(openIn(run, "NOBODY_ON_CALL")?.values["detail"]).toMatch(
    /^nobody is on duty from \d\d:\d\d to \d\d:\d\d$/,
  );
  run.call("call-1");
  await clock.advance(SECOND_MS);
  expect(firsts(run.table()).filter((line) => line.startsWith("0 "))).toEqual(
    expect.arrayContaining(["0 mei", "0 ba", "0 aunt"]),
  );
  run.answer(MEI);
  await state.adoptDuty({ ...book, version: 3 });
  await run.home.edge.targets.refresh();
  await clock.advance(10 * SECOND_MS);
  expect(openIn(run, "NOBODY_ON_CALL")).toBeUndefined();
  await run.stop();
});

test("an alarm that the family has named calls everybody at once, and nobody can pause it", async () => {
  const run = await startFamily();
  const { clock, state } = run.world;
  const book = await state.duty("b1");
  if (book === undefined) throw new Error("no duty");
  await state.adoptDuty({ ...book, version: 2, backstops: ["PATIENT_CALL", "SPO2_CRIT"] });
  await run.home.edge.targets.refresh();
  run.call("call-1");
  await clock.advance(2 * SECOND_MS);
  expect(new Set(run.table())).toEqual(new Set(["0 mei", "0 mei by call", "0 ba", "0 aunt"]));
  const pause = { kind: "pause", id: "pause-1", priority: "high", forMs: MINUTE_MS, by: MEI } as const;
  expect(run.home.edge.command("b1", { ...pause, condition: "SPO2_CRIT" })).toMatchObject({
    accepted: false,
  });
  expect(run.home.edge.command("b1", { ...pause, id: "pause-2", condition: "SPO2_LOW" })).toEqual({
    accepted: true,
  });
  const paused = () => run.home.edge.live.fold("b1")?.pauses.map(({ condition }) => condition);
  expect(paused()).toEqual(["SPO2_LOW"]);
  // From now on nobody can pause this either: not even who did a moment ago.
  await state.adoptDuty({ ...book, version: 3, backstops: ["SPO2_LOW"] });
  await run.home.edge.targets.refresh();
  await clock.advance(SECOND_MS);
  expect(paused()).toEqual([]);
  await run.stop();
});

test("two who tap in the same moment are both thanked, everybody reads that somebody goes, and nobody is called again", async () => {
  const run = await startFamily();
  const { clock } = run.world;
  run.call("call-1");
  await clock.advance(70 * SECOND_MS);
  const taps = Promise.all([run.tap("mei"), run.tap("ba"), run.tap("ba")]);
  await clock.advance(SECOND_MS);
  const answers = await taps;
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
  expect(answers.map((answer) => answer.json().by)).toEqual(["Mei", "Ba", "Ba"]);
  expect(["Mei", "Ba"]).toContain(openIn(run, "PATIENT_CALL")?.acknowledgement?.by.name);
  await clock.advance(100 * SECOND_MS);
  const since = run.table().filter((line) => Number.parseInt(line, 10) >= 70);
  for (const topic of ["mei", "ba"]) {
    expect(since.filter((line) => line.includes(` ${topic} reads: `)).length, topic).toBeGreaterThan(0);
  }
  expect(since.filter((line) => !line.includes(" reads: "))).toEqual([]);
  // Nobody came: the later of the two answers runs out, and those who were called are called again.
  await clock.advance(90 * SECOND_MS);
  expect(openIn(run, "PATIENT_CALL")?.acknowledgement).toBeUndefined();
  expect(firsts(run.table().filter((line) => Number.parseInt(line, 10) >= 250))).toEqual(
    expect.arrayContaining([expect.stringMatching(/ mei$/), expect.stringMatching(/ ba$/)]),
  );
  await run.stop();
});

test("a way to reach people from outside the tree is called as any other", async () => {
  const { module: bell, rung } = outsideBell("door-bell");
  const world = createRehearsalWorld({ seed: 7, startsAt: wall(Date.parse("2026-03-01T22:00:00+08:00")) });
  const home = await composeHome({ ...world, channelModules: [bell] }, realConfig(), {
    pagesFolder: "/nonexistent",
  });
  await world.state.putPerson({ ...MEI, role: "caregiver", language: "en" });
  const target = { id: "door", channel: "door-bell", person: MEI.id, label: "door", settings: {} };
  await world.state.putTarget({ ...target, addedAt: world.clock.wall() });
  await home.edge.targets.refresh();
  await world.clock.advance(MINUTE_MS);
  home.edge.command("b1", { kind: "call", id: "call-1", call: CALL });
  await world.clock.advance(31 * SECOND_MS);
  expect(rung).toEqual(["door alarm", "door alarm"]);
  const stopping = home.stop();
  await world.clock.advance(5 * SECOND_MS);
  await stopping;
});
