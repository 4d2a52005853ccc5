import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClock } from "../../src/ops/clock.ts";
import { createCertificate } from "../support/certificate.ts";
import { requires } from "../support/require.ts";
import { run } from "../support/terminal.ts";

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-drill-"));
});
afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** Stands in for a running home: keeps what it was asked and answers as told. */
async function home(
  status: number,
  answer: object,
  secure?: { readonly key: string; readonly cert: string },
) {
  const asked: Asked[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    let text = "";
    request.on("data", (piece) => (text += String(piece)));
    request.on("end", () => {
      const { method, url, headers } = request;
      asked.push({ method, url, authorization: headers.authorization, body: JSON.parse(text) });
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  };
  const started = secure === undefined ? createServer(listener) : createSecureServer(secure, listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const { port } = started.address() as AddressInfo;
  return { asked, url: `${secure === undefined ? "http" : "https"}://127.0.0.1:${port}` };
}

function leave(data: string, control: object | string): void {
  mkdirSync(path.join(folder, data), { recursive: true });
  const text = typeof control === "string" ? control : JSON.stringify(control);
  writeFileSync(path.join(folder, data, "control.json"), text, { mode: 0o600 });
}

const drill = (...args: readonly string[]) =>
  run(["drill", "--bed", "b1", ...args], { folder, clock: createClock() });

describe("drill asks the home that runs", () => {
  test("in the owner's name, for ten minutes unless told otherwise", async () => {
    const { asked, url } = await home(200, { accepted: true });
    leave(".breathwatch", { url, token: "secret-token" });
    const { code, data, words } = await drill();
    expect(code).toBe(0);
    expect(JSON.parse(data)).toEqual({ bed: "b1", forMs: 600_000, accepted: true });
    expect(words).toMatch(/marked DRILL/);
    expect(`${data}${words}`).not.toContain("secret-token");
    await drill("--for", "90s");
    expect(asked).toEqual([
      {
        method: "POST",
        url: "/api/beds/b1/drill",
        authorization: "Bearer secret-token",
        body: { forMs: 600_000 },
      },
      {
        method: "POST",
        url: "/api/beds/b1/drill",
        authorization: "Bearer secret-token",
        body: { forMs: 90_000 },
      },
    ]);
  });

  test("the demo is found where nothing is configured, another folder by its name", async () => {
    const { asked, url } = await home(200, { accepted: true });
    leave(".breathwatch-demo", { url, token: "demo" });
    leave("elsewhere", { url, token: "elsewhere" });
    expect((await drill()).code).toBe(0);
    expect((await drill("--data", "elsewhere")).code).toBe(0);
    expect(asked.map(({ authorization }) => authorization)).toEqual(["Bearer demo", "Bearer elsewhere"]);
  });

  test("what the home says no with is said here, with its code", async () => {
    const { url } = await home(409, {
      detail: "Bed b1 has no simulated device.",
      code: "CONFLICT",
      fix: "Ask for another bed.",
    });
    leave(".breathwatch", { url, token: "t" });
    const { code, data, words } = await drill();
    expect({ code, data }).toEqual({ code: 1, data: "" });
    expect(words).toBe(
      "breathwatch drill: Bed b1 has no simulated device. Ask for another bed. (CONFLICT)\n",
    );
  });

  test("an answer that is none of ours is a failure, not a crash", async () => {
    const { url } = await home(502, ["odd"]);
    leave(".breathwatch", { url, token: "t" });
    const { code, words } = await drill();
    expect(code).toBe(1);
    expect(words).toMatch(/The home answered 502\. \(SERVER_FAILED\)/);
  });

  test("nothing running, a home that was killed and a damaged file each say what to do", async () => {
    const nothing = await drill();
    expect(nothing.code).toBe(1);
    expect(nothing.words).toMatch(
      /No home is running on .*\.breathwatch or .*\.breathwatch-demo\. Start it.*\(NOT_FOUND\)/,
    );
    leave(".breathwatch", { url: "http://127.0.0.1:9", token: "t" });
    const killed = await drill();
    expect(killed.code).toBe(1);
    expect(killed.words).toMatch(
      /does not answer at http:\/\/127\.0\.0\.1:9.*still running\?.*\(NOT_FOUND\)/,
    );
    leave(".breathwatch", "{");
    const damaged = await drill();
    expect(damaged.code).toBe(1);
    expect(damaged.words).toMatch(/does not say where the home listens.*\(INPUT_INVALID\)/);
  });
});

describe("a home with TLS", () => {
  const { test } = requires("openssl");

  test("is trusted by the certificate that it names, whatever host is on it, and by no other", async () => {
    const certificate = createCertificate();
    const foreign = createCertificate();
    try {
      const { asked, url } = await home(200, { accepted: true }, certificate);
      leave(".breathwatch", { url, token: "t", certificate: readFileSync(certificate.certPath, "utf8") });
      expect((await drill()).code).toBe(0);
      leave(".breathwatch", { url, token: "t", certificate: foreign.cert });
      const refused = await drill();
      expect(refused.code).toBe(1);
      expect(refused.words).toMatch(/certificate/);
      expect(asked.length).toBe(1);
    } finally {
      certificate.remove();
      foreign.remove();
    }
  });
});
