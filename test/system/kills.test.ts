// A home that is killed (SIGKILL) while it calls: between any two steps somebody is still called, with the same key, and
// nobody once it was answered.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { Occurrence } from "../../src/domain/alarm.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import {
  ask,
  signIn,
  startHome,
  temporaryFolder,
  until,
  watchBeds,
  writeHomeConfig,
} from "../support/home.ts";

interface Rung {
  readonly key: string;
  readonly kind: string;
  readonly occurrence: string;
}

/** When the kill comes: so many milliseconds after the call was taken, or in the middle of the first send. */
type When = number | "sending";

/** Sends of a call that nobody answers, ms after the first. */
const LATER_SENDS = [30_000, 60_000];

/** Every day's, or as many as `npm run nightly -- kills` asks for: mostly early, where the steps are, or about a later send. */
function kills(): readonly When[] {
  const many = Number(process.env["BREATHWATCH_KILLS"] ?? 0);
  if (many === 0) return [0, 60, 700, "sending"];
  const random = createSeededRandom(Number(process.env["BREATHWATCH_KILLS_SEED"] ?? 1));
  return Array.from({ length: many }, () => {
    const which = random.uniform();
    if (which < 0.1) return "sending";
    const later = LATER_SENDS[Math.floor((which - 0.1) / 0.1)];
    return Math.round(
      later === undefined ? 3_000 * random.uniform() ** 3 : later - 150 + 300 * random.uniform(),
    );
  });
}

/** A receiver in the house that notes what rings, and can leave a send without an answer. */
async function startAunt() {
  const rung: Rung[] = [];
  const state = { isMute: false };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      // Whether it is there at all is asked now and then, too.
      if (request.method !== "POST") return void response.end();
      const { key, kind } = JSON.parse(Buffer.concat(parts).toString()) as Omit<Rung, "occurrence">;
      rung.push({ key, kind, occurrence: key.split("/")[1] ?? "" });
      if (!state.isMute) response.end("ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { rung, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ring` };
}

test("a home that is killed at any moment of a call rings for it, with the same key at most twice, until it is answered", {
  timeout: 3_600_000,
}, async () => {
  const folder = temporaryFolder();
  const dataDir = path.join(folder, "data");
  const aunt = await startAunt();
  const config = writeHomeConfig(folder, {
    beds: [{ id: "b1", devices: [{ family: "nonin-serial", port: "/dev/breathwatch-nothing-there" }] }],
    channels: { webhooks: [{ label: "Aunt", url: aunt.url, secret: "correct horse battery" }] },
  });
  const start = () => startHome(["home", "--config", config], { folder, dataDir });
  let home = await start();
  onTestFinished(async () => void (await home.stop()));
  const kill = async (): Promise<void> => {
    home.line.kill("SIGKILL");
    await home.line.ended;
  };

  const ana = await signIn(home, "Ana");
  const answered = new Set<string>();
  for (const when of kills()) {
    aunt.state.isMute = when === "sending";
    const before = aunt.rung.length;
    const called = await ask(home, "POST", "/api/beds/b1/call", { how: "touch", kind: "come" });
    expect(called.status, `${when}`).toBe(200);
    if (when === "sending") await until(() => aunt.rung.length > before, 20_000);
    else await sleep(when);
    await kill();
    aunt.state.isMute = false;
    home = await start();
    const live = await watchBeds(home);
    const isNew = ({ id, condition }: Occurrence) => condition === "PATIENT_CALL" && !answered.has(id);
    const { alarms } = await live.until(({ alarms: { open } }) => open.some(isNew), 20_000);
    const id = alarms.open.find(isNew)?.id ?? "";
    answered.add(id);
    const sends = () =>
      aunt.rung.slice(before).filter(({ kind, occurrence }) => kind === "alarm" && occurrence === id);
    await until(() => sends().length > 0, 20_000);
    const counts = [...Map.groupBy(sends(), ({ key }) => key).values()].map((same) => same.length);
    expect(Math.max(...counts), `killed ${when}: ${JSON.stringify(sends())}`).toBeLessThanOrEqual(2);

    // Answered, and killed at once: nobody is called for it any more.
    const answer = `/api/beds/b1/occurrences/${id}/acknowledge`;
    expect((await ask(home, "POST", answer, { place: "going" }, ana)).status).toBe(200);
    await kill();
    const rungSoFar = sends().length;
    home = await start();
    const back = await watchBeds(home);
    await back.until(
      ({ alarms: { open } }) => open.some((one) => one.id === id && one.acknowledgement !== undefined),
      20_000,
    );
    await sleep(1_500);
    expect(sends().length, `answered, killed ${when}`).toBe(rungSoFar);
    expect((await ask(home, "POST", answer, { place: "bedside" }, ana)).status).toBe(200);
  }
});
