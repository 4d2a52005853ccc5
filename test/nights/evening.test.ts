// The evening check and the loud drill in a whole home on virtual time: the rule, the outbox, encrypted pushes, the taps.
import { afterEach, describe, expect, test } from "vitest";
import { type RehearsedHome, rehearsalConfig, startRehearsedHome } from "../../src/cli/nights.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import { SECOND_MS, wall } from "../../src/domain/time.ts";
import { createEvening } from "../../src/edge-evening.ts";
import { answersTo } from "../../src/edge-keys.ts";
import { composeHome } from "../../src/home.ts";
import type { PushPayload } from "../../src/port/channel.ts";
import { createRehearsalWorld, type RehearsalWorld } from "../../src/rehearse.ts";
import type { TargetBook } from "../../src/watch/target-book.ts";
import { createPushReceiver } from "../support/push-receiver.ts";

const MEI = { id: "p-mei", name: "Mei", role: "owner", language: "en" } as const;
const BA = { id: "p-ba", name: "Ba", role: "caregiver", language: "zh-Hans" } as const;
const receivers = { mei: createPushReceiver(), ba: createPushReceiver() };
type Phone = keyof typeof receivers;

interface Got extends PushPayload {
  readonly atMs: number;
}

/** A configured home: no demo. */
const CONFIG: HomeConfig = { ...rehearsalConfig("B"), demo: false };

const runs: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.stop();
});

async function addPhones({ world, home }: Pick<RehearsedHome, "world" | "home">): Promise<void> {
  await world.state.putPerson(MEI);
  await world.state.putPerson(BA);
  for (const [id, person] of [
    ["mei", MEI],
    ["ba", BA],
  ] as const) {
    const { p256dh, auth } = receivers[id];
    await world.state.putTarget({
      ...{ id, channel: "web-push", person: person.id, label: `${person.name}'s phone` },
      settings: { endpoint: `https://push.example.org/send/${id}`, p256dh, auth },
      addedAt: wall(world.clock.wall()),
    });
  }
  await home.edge.targets.refresh();
}

/** What a phone was pushed, decrypted. */
const gotIn = (world: RehearsalWorld, phone: Phone): readonly Got[] =>
  world.http.requests
    .filter(({ url, method }) => method === "POST" && url.endsWith(`/send/${phone}`))
    .map(({ body, atMs }) => ({
      ...(JSON.parse(receivers[phone].decrypt(body as Uint8Array)) as PushPayload),
      atMs,
    }));

async function start(seed: number) {
  const run = await startRehearsedHome(seed, CONFIG);
  runs.push(run);
  await addPhones(run);
  const { world, home } = run;
  await world.clock.advance(10 * SECOND_MS);
  expect(home.edge.live.fold("b1")?.open).toEqual([]);
  return {
    ...run,
    evening: home.edge.evening,
    got: (phone: Phone) => gotIn(world, phone),
    /** Taps on the newest message that asks. */
    async tap(phone: Phone): Promise<number> {
      const asking = gotIn(world, phone).findLast(({ acknowledgeUrl }) => acknowledgeUrl !== undefined);
      const { pathname } = new URL(asking?.acknowledgeUrl ?? "", "http://home.local");
      const answer = await home.app.inject({ method: "POST", url: pathname });
      await world.clock.advance(1);
      return answer.statusCode;
    },
    run: (seconds: number) => world.clock.advance(seconds * SECOND_MS),
  };
}

const provenOf = async ({ world }: { world: RehearsalWorld }, phone: Phone) => {
  await world.clock.advance(10);
  const found = (await world.state.targets()).find(({ id }) => id === phone);
  return { quiet: found?.lastProofAt, loud: found?.lastLoudProofAt };
};

describe("an evening check", { timeout: 120_000 }, () => {
  test("asks each phone once, quietly, and is done within 20 s when each is tapped", async () => {
    const home = await start(31);
    const began: number = home.world.clock.mono();
    const check = await home.evening.begin({ kind: "quiet", by: "Mei" });
    expect(check).toMatchObject({ kind: "quiet", by: "Mei", phones: [{ id: "mei" }, { id: "ba" }] });
    await home.run(8);
    const [asked, ...more] = home.got("mei");
    expect(more).toEqual([]);
    expect(asked).toMatchObject({
      ...{ kind: "alarm", priority: "low", check: "quiet", simulated: true, drill: true },
      title: "Evening check: tap once",
    });
    expect((asked?.atMs ?? Number.POSITIVE_INFINITY) - began).toBeLessThan(6_000);
    expect(home.got("ba").map(({ title }) => title)).toEqual(["晚间检查：请点一下"]);

    expect(await home.tap("mei")).toBe(200);
    expect(home.evening.running?.phones).toMatchObject([{ answeredMs: expect.any(Number) }, { id: "ba" }]);
    expect(home.evening.running?.phones[1]?.answeredMs).toBeUndefined();
    expect(await home.tap("ba")).toBe(200);
    expect(home.evening.running).toBeUndefined();
    expect(home.evening.last.quiet).toMatchObject({ end: "done", by: "Mei" });
    const { startedAt = 0, endedAt = 0 } = home.evening.last.quiet ?? {};
    expect(endedAt - startedAt).toBeLessThan(20_000);
    expect((await provenOf(home, "mei")).quiet).toBeGreaterThan(startedAt);
    expect((await provenOf(home, "mei")).loud).toBeUndefined();
    // What was tapped is not rung again, and its phone is thanked quietly.
    await home.run(60);
    expect(home.got("mei").map(({ kind }) => kind)).toEqual(["alarm", "closed"]);
    expect(home.got("mei").at(-1)).toMatchObject({ title: "Thank you: this phone answers" });
  });

  test("touches nothing of the real bed: no sound, no alarm on a page, no journal, no audit record, no number", async () => {
    const home = await start(32);
    const before = home.home.edge.live.fold("b1");
    const audit = async () => {
      let text = "";
      for await (const piece of home.home.edge.auditRecord(
        "b1",
        "jsonl",
        wall(0),
        wall(Number.MAX_SAFE_INTEGER),
      ))
        text += piece;
      return text;
    };
    const recorded = await audit();
    const devices = home.home.edge.devices().map(({ device }) => device);
    await home.evening.begin({ kind: "quiet", by: "Mei" });
    await home.run(200);
    const { open, drillUntil, revision } = home.home.edge.live.fold("b1") ?? {};
    expect({ open, drillUntil, revision }).toEqual({
      open: [],
      drillUntil: undefined,
      revision: before?.revision,
    });
    expect(home.home.edge.live.states().map(({ bed }) => bed)).toEqual(["b1"]);
    expect(home.home.edge.devices().map(({ device }) => device)).toEqual(devices);
    expect(home.events).toEqual([]);
    expect(home.world.audio.starts).toEqual([]);
    expect(await audit()).toBe(recorded);
    const everything = { bed: "b1", from: wall(0), to: wall(Number.MAX_SAFE_INTEGER) };
    expect(await home.world.timeseries.events(everything)).toEqual([]);
    expect((await home.world.timeseries.beds()).map(({ bed }) => bed)).toEqual(["b1"]);
  });

  test("ends by itself after three minutes, proves nobody who did not tap, and a tap that comes later is refused", async () => {
    const home = await start(33);
    await home.evening.begin({ kind: "quiet", by: "Mei" });
    await home.run(60);
    expect(home.got("mei")).toHaveLength(1);
    await home.run(125);
    expect(home.evening.running).toBeUndefined();
    expect(home.evening.last.quiet).toMatchObject({ end: "time" });
    expect(home.got("mei").map(({ kind, title }) => [kind, title])).toEqual([
      ["alarm", "Evening check: tap once"],
      ["closed", "The check is over"],
    ]);
    expect(await home.tap("mei")).toBe(409);
    expect(await provenOf(home, "mei")).toEqual({});
    await home.run(60);
    expect(home.got("mei")).toHaveLength(2);
  });

  test("is tried again while the service does not take it, and says what the service said", async () => {
    const home = await start(34);
    home.world.http.answer = ({ url }) =>
      url.endsWith("/ba")
        ? { status: 503, headers: {}, body: "later" }
        : { status: 201, headers: {}, body: "" };
    await home.evening.begin({ kind: "quiet", by: "Mei" });
    await home.run(20);
    expect(home.evening.running?.phones[1]).toMatchObject({
      id: "ba",
      trouble: expect.stringContaining("503"),
    });
    expect(home.evening.running?.phones[1]?.acceptedMs).toBeUndefined();
    home.world.http.answer = () => ({ status: 201, headers: {}, body: "" });
    await home.run(60);
    expect(home.evening.running?.phones[1]).toMatchObject({ id: "ba", acceptedMs: expect.any(Number) });
    expect(home.evening.running?.phones[1]?.trouble).toBeUndefined();
    expect(await home.tap("ba")).toBe(200);
  });

  test("runs once at a time, and not while a real alarm rings", async () => {
    const home = await start(35);
    await home.evening.begin({ kind: "quiet", by: "Mei" });
    await expect(home.evening.begin({ kind: "loud", by: "Ba" })).rejects.toMatchObject({ code: "CONFLICT" });
    home.evening.stop();
    expect(home.evening.last.quiet).toMatchObject({ end: "stopped" });
    home.home.edge.command("b1", { kind: "drill", id: "d", forMs: 600_000, by: MEI });
    home.patient.apply("mask_off");
    await home.run(60);
    expect(home.home.edge.live.fold("b1")?.open).not.toEqual([]);
    await expect(home.evening.begin({ kind: "quiet", by: "Mei" })).rejects.toMatchObject({
      code: "CONFLICT",
    });
  });

  test("can be done again, also of one phone alone, which says nothing of the evening", async () => {
    const home = await start(37);
    for (const phone of ["mei", "ba"] as const) {
      const before = home.got(phone).length;
      await home.evening.begin({ kind: "quiet", by: "Mei", phones: [phone] });
      await home.run(8);
      expect(home.got(phone)).toHaveLength(before + 1);
      expect(await home.tap(phone)).toBe(200);
      expect(home.evening.running).toBeUndefined();
      expect(home.evening.latest).toMatchObject({ end: "done", some: true, phones: [{ id: phone }] });
    }
    expect(home.got("mei").map(({ kind }) => kind)).toEqual(["alarm", "closed"]);
    expect(home.evening.last.quiet).toBeUndefined();
  });

  test("reaches by email, too: the address in the letter shows a page with one button, which is the answer", async () => {
    const home = await start(38);
    const { world } = home;
    const server = {
      host: "mail.example.org",
      port: "465",
      user: "box",
      password: "p",
      from: "box@example.org",
    };
    await world.state.setValue("channel_access email", JSON.stringify(server));
    await world.state.putTarget({
      ...{ id: "inbox", channel: "email", person: MEI.id, label: "Inbox", addedAt: wall(world.clock.wall()) },
      settings: { address: "mei@example.org" },
    });
    await home.home.edge.targets.refresh();
    await home.evening.begin({ kind: "quiet", by: "Mei", phones: ["inbox"] });
    await home.run(8);
    const [letter] = world.mail.letters;
    expect(letter?.subject).toContain("Evening check: tap once");
    const [address = ""] = /https?:\/\/\S+\/api\/a\/[\w.-]+/.exec(letter?.text ?? "") ?? [];
    const { pathname } = new URL(address);
    const page = await home.home.app.inject({ url: pathname, headers: { accept: "text/html" } });
    expect(page.body).toContain('<form method="post">');
    expect(home.evening.running?.phones).toMatchObject([{ id: "inbox", acceptedMs: expect.any(Number) }]);
    const headers = { accept: "text/html" };
    expect((await home.home.app.inject({ method: "POST", url: pathname, headers })).statusCode).toBe(200);
    expect(home.evening.latest).toMatchObject({ end: "done" });
  });

  test("gives way to a real alarm, which goes out at once", async () => {
    const home = await start(36);
    home.home.edge.command("b1", { kind: "drill", id: "d", forMs: 600_000, by: MEI });
    await home.evening.begin({ kind: "quiet", by: "Mei" });
    await home.run(8);
    home.home.edge.command("b1", { kind: "call", id: "c1", call: { how: "touch", kind: "come" } });
    await home.world.clock.advance(1);
    const real = home.got("mei").filter(({ kind, check }) => kind === "alarm" && check === undefined);
    expect(real).toMatchObject([{ title: expect.stringContaining("look now") }]);
    expect(home.evening.running).toBeUndefined();
    expect(home.evening.last.quiet).toMatchObject({ end: "alarm" });
    expect(home.world.audio.playing).toBe(true);
    await home.run(1);
    expect(home.got("mei").at(-1)).toMatchObject({ kind: "closed", title: "The check is over" });
  });
});

describe("a loud drill", { timeout: 120_000 }, () => {
  test("rings as an alarm does, again and again, and is kept apart from the quiet proof", async () => {
    const home = await start(41);
    await home.evening.begin({ kind: "loud", by: "Mei" });
    await home.run(50);
    const rung = home.got("mei");
    expect(rung.length).toBeGreaterThanOrEqual(2);
    for (const message of rung) {
      expect(message).toMatchObject({
        kind: "alarm",
        priority: "high",
        check: "loud",
        drill: true,
        simulated: true,
      });
      expect(message.title).toContain("DRILL");
    }
    expect(home.world.audio.starts).toEqual([]);
    expect(await home.tap("mei")).toBe(200);
    const proven = await provenOf(home, "mei");
    expect(proven.loud).toBe(proven.quiet);
    await home.run(140);
    expect(home.got("mei").slice(rung.length)).toMatchObject([
      { kind: "closed", title: "Thank you: this phone was heard" },
    ]);
    expect(home.evening.last.loud).toMatchObject({
      end: "time",
      phones: [{ id: "mei", answeredMs: expect.any(Number) }, { id: "ba" }],
    });
    expect(home.evening.last.quiet).toBeUndefined();
    expect(await provenOf(home, "ba")).toEqual({});
  });

  test("lets the sounder ring too where that was chosen, until it is over", async () => {
    const home = await start(42);
    await home.evening.begin({ kind: "loud", by: "Mei", sounder: true });
    await home.run(10);
    expect(home.world.audio.playing).toBe(true);
    await home.tap("mei");
    expect(home.world.audio.playing).toBe(true);
    await home.tap("ba");
    expect(home.world.audio.playing).toBe(false);
    expect(home.evening.last.loud).toMatchObject({ end: "done", sounder: true });
  });
});

describe("a box that is killed in the middle of a drill", { timeout: 120_000 }, () => {
  test("takes back what it left on phones when it starts again, and rings no more", async () => {
    const first = await startRehearsedHome(51, CONFIG);
    await addPhones(first);
    await first.world.clock.advance(10 * SECOND_MS);
    await first.home.edge.evening.begin({ kind: "loud", by: "Mei", sounder: true });
    await first.world.clock.advance(40 * SECOND_MS);
    expect(gotIn(first.world, "mei").length).toBeGreaterThanOrEqual(2);

    // The clock of the dead one stands still from here on.
    const disk = first.world.disk.powerCut(first.world.random);
    const fresh = createRehearsalWorld({ seed: 52, startsAt: wall(first.world.clock.wall() + 20_000), disk });
    await fresh.state.close();
    const { state, accounts, homes } = first.world;
    const world = { ...fresh, state, accounts, homes };
    const home = await composeHome(world, CONFIG, { pagesFolder: "/nonexistent" });
    runs.push({
      async stop() {
        const stopping = home.stop();
        await world.clock.advance(5_000);
        await stopping;
        await fresh.timeseries.close();
        await state.close();
      },
    });
    await world.clock.advance(90 * SECOND_MS);
    expect(gotIn(world, "mei").map(({ kind, title }) => [kind, title])).toEqual([
      ["closed", "The check is over"],
    ]);
    expect(gotIn(world, "ba")).toHaveLength(1);
    expect(world.audio.starts).toEqual([]);
    expect(home.edge.evening.running).toBeUndefined();
    expect(home.edge.evening.last.loud).toMatchObject({ end: "cut" });
  });
});

describe("the evening of a home", { timeout: 120_000 }, () => {
  test("begins the check by itself at its time, once, and not where the home chose so", async () => {
    const home = await start(61);
    // Rehearsals begin at 22:00.
    await home.evening.set({ on: true, atMinute: 22 * 60 + 2 });
    await home.run(60);
    expect(home.evening.running).toBeUndefined();
    expect(home.evening.due).toEqual({ check: false, begins: false });
    await home.run(90);
    expect(home.evening.running).toMatchObject({ kind: "quiet" });
    expect(home.evening.running?.by).toBeUndefined();
    await home.run(190);
    expect(home.got("mei").filter(({ kind }) => kind === "alarm")).toHaveLength(1);
    // Nobody tapped: it is still asked for, by people.
    expect(home.evening.due).toEqual({ check: true, begins: false });

    await home.evening.set({ on: false, atMinute: 22 * 60 + 7 });
    await home.run(120);
    expect(home.got("mei").filter(({ kind }) => kind === "alarm")).toHaveLength(1);
  });
});

describe("the sounder at the pillow", { timeout: 120_000 }, () => {
  const MORE_ROOMS = {
    rooms: [
      { name: "Bedroom", for: "caregiver", siren: "always", device: "bedroom" },
      { name: "Bedside", for: "patient", siren: "exhausted", device: "bedside" },
    ],
  } as const;

  test("sounds in the caregiver's room alone after time to lie down, calls no phone, and is proven by who heard it", async () => {
    const run = await startRehearsedHome(45, { ...CONFIG, sounder: MORE_ROOMS });
    runs.push(run);
    await addPhones(run);
    const { world, home } = run;
    await world.clock.advance(10 * SECOND_MS);
    const { evening } = home.edge;
    const [bedroom, bedside] = [world.audioAt("bedroom"), world.audioAt("bedside")];
    const real = home.edge.live.fold("b1");

    await evening.begin({ kind: "pillow", by: "Mei" });
    await world.clock.advance(19 * SECOND_MS);
    expect(bedroom.playing).toBe(false);
    expect(() => evening.heard(true, "Mei")).toThrow("The sounder has not been tried.");
    await world.clock.advance(8 * SECOND_MS);
    expect([bedroom.playing, bedside.playing]).toEqual([true, false]);
    expect(evening.running).toMatchObject({ kind: "pillow", soundedMs: expect.any(Number) });
    await world.clock.advance(30 * SECOND_MS);
    expect(bedroom.playing).toBe(false);
    expect(evening.last.pillow).toBeUndefined();

    await evening.heard(true, "Mei");
    expect(evening.running).toBeUndefined();
    expect(evening.last.pillow).toMatchObject({ end: "done", heard: true, heardBy: "Mei" });
    await world.clock.advance(60 * SECOND_MS);
    expect(bedside.starts).toEqual([]);
    expect([...gotIn(world, "mei"), ...gotIn(world, "ba")]).toEqual([]);
    expect(home.edge.live.fold("b1")?.open).toEqual(real?.open);
  });

  test("is silent at once where somebody says so, and what nobody answered proves nothing and takes nothing back", async () => {
    const home = await start(46);
    await home.evening.begin({ kind: "pillow", by: "Mei" });
    await home.run(30);
    expect(home.world.audio.playing).toBe(true);
    await home.evening.heard(true, "Mei");
    expect(home.world.audio.playing).toBe(false);

    await home.evening.begin({ kind: "pillow", by: "Mei" });
    await home.run(3 * 60 + 1);
    expect(home.world.audio.playing).toBe(false);
    expect(home.evening.latest).toMatchObject({ kind: "pillow", end: "time" });
    expect(home.evening.last.pillow).toMatchObject({ heard: true });

    await home.evening.begin({ kind: "pillow", by: "Mei" });
    await home.run(30);
    await home.evening.heard(false, "Ba");
    expect(home.evening.last.pillow).toMatchObject({ heard: false, heardBy: "Ba" });
  });

  test("is answered by a button of the house, without a screen", async () => {
    const home = await start(44);
    expect(home.evening.atPillow).toBeUndefined();
    await home.evening.begin({ kind: "pillow", by: "Mei" });
    await home.run(30);
    const sounding = home.evening.atPillow;
    if (sounding === undefined) throw new Error("nothing sounds");
    const [press] = answersTo(sounding, "going", BA, false);
    if (press === undefined) throw new Error("a button answers nothing");
    expect(home.evening.answer({ ...press.command, id: "key-1" })).toEqual({
      accepted: true,
    });
    expect(home.evening.last.pillow).toMatchObject({ heard: true, heardBy: "Ba" });
    expect(home.evening.atPillow).toBeUndefined();
    expect(home.world.audio.playing).toBe(false);
  });

  test("a press that was meant for the trial does not answer the alarm that cut it off; the next one does", async () => {
    const home = await start(43);
    await home.evening.begin({ kind: "pillow", by: "Mei" });
    await home.run(30);
    expect(home.evening.takesLatePress()).toBe(false);
    home.home.edge.command("b1", { kind: "drill", id: "d", forMs: 600_000, by: MEI });
    home.home.edge.command("b1", { kind: "call", id: "c1", call: { how: "touch", kind: "come" } });
    await home.run(2);
    expect(home.evening.atPillow).toBeUndefined();
    expect([home.evening.takesLatePress(), home.evening.takesLatePress()]).toEqual([true, false]);

    // Later a press is what it always is.
    home.home.edge.command("b1", { kind: "end_watch", id: "e", by: MEI });
    await home.run(60);
    expect(home.evening.takesLatePress()).toBe(false);
  });

  test("is not heard by anybody once its output broke, and is silent when it is stopped before it sounds", async () => {
    const home = await start(42);
    await home.evening.begin({ kind: "pillow", by: "Mei" });
    await home.run(10);
    home.evening.stop();
    await home.run(60);
    expect(home.world.audio.starts).toEqual([]);
    expect(home.evening.last.pillow).toBeUndefined();

    let works = true;
    const nobody = { list: () => [] } as unknown as TargetBook;
    const tried = await createEvening({
      ...{ world: home.world, config: CONFIG, targets: () => nobody, channels: () => [], folds: () => [] },
      ...{ toWatch() {}, toSounder() {}, sounderWorks: () => works, hasAskPage: true, onMinute() {} },
    });
    await tried.begin({ kind: "pillow", by: "Mei" });
    await home.run(30);
    works = false;
    expect(() => tried.heard(true, "Mei")).toThrow("The sounder broke.");
    await tried.heard(false, "Mei");
    expect(tried.last.pillow).toMatchObject({ heard: false });
  });

  test("gives way to a real alarm, which goes on sounding", async () => {
    const home = await start(47);
    await home.evening.begin({ kind: "pillow", by: "Mei" });
    await home.run(30);
    home.home.edge.command("b1", { kind: "drill", id: "d", forMs: 600_000, by: MEI });
    home.home.edge.command("b1", { kind: "call", id: "c1", call: { how: "touch", kind: "come" } });
    await home.run(1);
    expect(home.evening.latest).toMatchObject({ kind: "pillow", end: "alarm" });
    expect(home.world.audio.playing).toBe(true);
    expect(() => home.evening.heard(true, "Mei")).toThrow("The sounder has not been tried.");
  });

  test("is refused while no caregiver would hear it", async () => {
    const home = await start(48);
    home.world.audio.works = false;
    await home.run(400);
    await expect(home.evening.begin({ kind: "pillow", by: "Mei" })).rejects.toMatchObject({
      code: "CONFLICT",
    });
  });

  test("is kept over a restart with the same outputs, and has to be heard anew with others", async () => {
    const { world, evening, run } = await start(49);
    await evening.begin({ kind: "pillow", by: "Mei" });
    await run(30);
    await evening.heard(true, "Mei");
    await run(1);
    // As the next start reads it.
    const heardWith = async (config: HomeConfig) => {
      const nobody = { list: () => [] } as unknown as TargetBook;
      const again = await createEvening({
        ...{ world, config, targets: () => nobody, channels: () => [], folds: () => [] },
        ...{ toWatch() {}, toSounder() {}, sounderWorks: () => true, hasAskPage: true, onMinute() {} },
      });
      return again.last.pillow?.heard;
    };
    expect(await heardWith(CONFIG)).toBe(true);
    expect(await heardWith({ ...CONFIG, sounder: MORE_ROOMS })).toBeUndefined();
  });
});
