// A lone box behind a house router: its phones away from home answer through a relay that it reads from.
import { expect, test } from "vitest";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import { startDrilledHome } from "../support/home-rehearsed.ts";

const SECRET = "correct horse battery";

test("an answer through the relay stops the ringing, once, and a forged one stops nothing", {
  timeout: 120_000,
}, async () => {
  const base = rehearsalConfig("B");
  const run = await startDrilledHome(11, {
    ...base,
    relay: { server: "https://relay.example.org" },
    webhooks: [{ label: "Aunt", url: "https://hook.example.org/x", secret: SECRET }],
  });
  const { world, home } = run;
  await world.clock.advance(5_000);
  const [stream] = world.http.streams;
  expect(stream?.url).toMatch(/^https:\/\/relay\.example\.org\/breathwatch-[a-z2-7]{40}\/json\?since=60m$/);
  stream?.onLine('{"event":"open"}');
  expect(home.edge.live.states()[0]?.readiness.away).toEqual({ by: "relay", ok: true, detail: "listening" });

  home.edge.command("b1", { kind: "call", id: "call-1", call: { how: "switch", kind: "come" } });
  await world.clock.advance(20_000);
  const asked = world.http.requests.find(({ url }) => url === "https://hook.example.org/x");
  const { acknowledgeUrl } = JSON.parse(new TextDecoder().decode(asked?.body)) as { acknowledgeUrl: string };
  const address = new URL(acknowledgeUrl);
  expect(stream?.url.startsWith(`${address.origin}${address.pathname}/json`)).toBe(true);
  const token = address.searchParams.get("message") ?? "";
  const open = () => home.edge.live.fold("b1")?.open.find(({ condition }) => condition === "PATIENT_CALL");
  const post = (id: string, message: string): void =>
    stream?.onLine(JSON.stringify({ event: "message", id, message }));

  post("m1", `${token.slice(0, -2)}AA`);
  expect(open()?.acknowledgement).toBeUndefined();
  expect(world.audio.playing).toBe(true);
  post("m2", token);
  await world.clock.advance(2_000);
  expect(open()?.acknowledgement?.by.name).toBe("Aunt");
  expect(world.audio.playing).toBe(false);
  post("m3", token);
  const answers = world.log.notes.filter(({ event }) => event === "relay.not_taken");
  expect(answers).toEqual([]);

  // It rings again since nobody came. Whoever keeps what was posted, or a relay that tells it again, is not a person.
  await world.clock.advance(4 * 60_000);
  expect(world.audio.playing).toBe(true);
  post("m4", token);
  await world.clock.advance(2_000);
  expect(open()?.acknowledgement).toBeUndefined();
  expect(world.audio.playing).toBe(true);
  await run.stop();
});
