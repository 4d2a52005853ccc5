// A certificate that ends while pages and broker show it: clients refuse, the box says so, new files count without a restart.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import mqtt from "mqtt";
import { afterEach, expect, test } from "vitest";
import { createBrokerStarter } from "../../src/bus/broker.ts";
import { createAuthority, issueCertificate } from "../../src/crypt/authority.ts";
import { endingOf, readCertificate } from "../../src/crypt/certificate.ts";
import { DAY_MS, wall } from "../../src/domain/time.ts";
import { openFileCertificates } from "../../src/ops/certificates.ts";
import { createRandom } from "../../src/ops/random.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { listen, renewCertificate } from "../../src/server/listen.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { startHarness } from "../unit/server/harness.ts";

/** Long before now: what is issued then has ended by now, or ends when it is wanted to. */
const THEN = Date.now() - 500 * DAY_MS;
const names = ["localhost", "127.0.0.1"];

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

test("one that ends is refused at pages and broker from that moment, and its successor is taken without a restart", async () => {
  const random = createRandom();
  const authority = {
    ...createAuthority({ names, label: "Box", now: THEN, random }),
    label: "Box",
  };
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-ending-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const [certFile, keyFile] = [path.join(folder, "cert.pem"), path.join(folder, "key.pem")];
  const lastsMs =
    readCertificate(issueCertificate(authority, { names, now: THEN, random }).cert).until - THEN;
  const put = (leftMs: number): void => {
    const pair = issueCertificate(authority, { names, now: Date.now() + leftMs - lastsMs, random });
    writeFileSync(certFile, pair.cert);
    writeFileSync(keyFile, pair.key);
  };
  put(8_000);
  const clock = createVirtualClock(wall(Date.now()), true);
  const certificates = await openFileCertificates({ certFile, keyFile, clock, log });
  certificates.start();
  undo.push(() => certificates.stop());
  const pages = await startHarness({ tls: certificates.current() });
  undo.push(() => pages.close());
  const { port } = await listen(pages.app, { host: "127.0.0.1", port: 0, tls: certificates.current() });
  const broker = await createBrokerStarter({ log }).start({
    ...{ host: "127.0.0.1", port: 0, username: "hub", password: "own secret" },
    tls: { ...certificates.current(), host: "127.0.0.1", port: 0 },
  });
  undo.push(() => broker.close());
  // As the roots do it (home.ts, hub.ts).
  certificates.onChange((pair) => {
    renewCertificate(pages.app, pair);
    broker.setCertificate(pair).catch(() => undefined);
  });

  const ca = authority.cert;
  const page = (): Promise<string> =>
    new Promise((resolve) => {
      const request = get({ host: "127.0.0.1", port, path: "/healthz", ca, agent: false }, (answer) => {
        answer.resume();
        resolve(String(answer.statusCode));
      });
      request.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  const box = (): Promise<string> =>
    new Promise((resolve) => {
      const client = mqtt.connect(`mqtts://127.0.0.1:${broker.tlsPort}`, {
        ...{ ca, username: "hub", password: "own secret", reconnectPeriod: 0 },
      });
      const end = (said: string): void => {
        client.end(true);
        resolve(said);
      };
      client.once("connect", () => end("in"));
      client.once("error", (error) => end("code" in error ? String(error.code) : error.message));
    });
  expect([await page(), await box()]).toEqual(["200", "in"]);
  // Somebody who is there already.
  const before: TLSSocket = connectTls({ host: "127.0.0.1", port, ca });
  undo.push(() => before.destroy());
  await once(before, "secureConnect");

  await expect.poll(page, { timeout: 20_000, interval: 500 }).toBe("CERT_HAS_EXPIRED");
  expect(await box()).toBe("CERT_HAS_EXPIRED");
  expect(endingOf(certificates.facts(), wall(Date.now()))).toMatchObject({
    stage: "ended",
    fault: { code: "CERTIFICATE_ENDING" },
  });
  before.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
  const [heard] = (await once(before, "data")) as [Buffer];
  expect(heard.toString()).toMatch(/^HTTP\/1.1 200 /);

  put(90 * DAY_MS);
  await clock.advance(31_000);
  await expect.poll(page, { timeout: 10_000 }).toBe("200");
  await expect.poll(box, { timeout: 10_000 }).toBe("in");
  expect(endingOf(certificates.facts(), wall(Date.now()))).toBeUndefined();
  expect(before.destroyed).toBe(false);
});
