// A clinic's code in a real browser: the modules that the pages import, on the browser's own cryptography.
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { keyFingerprint, presetCryptoOf, readPresetCode } from "../../src/domain/preset-code.ts";
import { wall } from "../../src/domain/time.ts";
import { createClinic } from "../support/clinic.ts";
import { type Browser, startBrowser } from "../support/pages-browser.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("chromium");

const DOMAIN = path.join(import.meta.dirname, "../../src/domain");

/** What a page does with the text of a code. */
const PAGE = `<!doctype html><link rel=icon href="data:,"><script type=module>
  import { keyFingerprint, presetCryptoOf, verifyPresetCode } from "/preset-code.ts";
  const presetCrypto = presetCryptoOf(crypto.subtle);
  globalThis.read = async (text) => {
    try {
      const { preset, key } = await verifyPresetCode(text, presetCrypto);
      return { preset, digits: await keyFingerprint(key, presetCrypto) };
    } catch (error) {
      return { refused: String(error) };
    }
  };
</script>`;

/** Serves src/domain as scripts, as a build would. */
async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const name = path.basename(request.url ?? "");
    if (!name.endsWith(".ts")) {
      response.setHeader("content-type", "text/html").end(PAGE);
      return;
    }
    readFile(path.join(DOMAIN, name), "utf8").then(
      (source) => response.setHeader("content-type", "text/javascript").end(stripTypeScriptTypes(source)),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}

describe("a clinic's code in a browser", () => {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    server = await serve();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  test("is read and verified, with the same digits; a changed one is refused", async () => {
    const preset = {
      ...{ clinic: "呼吸门诊", name: "low", issue: 7, issuedAt: wall(1_790_000_000_000) },
      limits: { SPO2_LOW: { limit: 86.5, on: true } },
    };
    const code = await (await createClinic()).sign(preset);
    const { page, troubles } = await browser.open(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    );
    const read = (text: string): Promise<unknown> => page.evaluate(`read(${JSON.stringify(text)})`);
    const digits = await keyFingerprint(readPresetCode(code).key, presetCryptoOf(crypto.subtle));
    expect(await read(code)).toEqual({ preset, digits });
    const changed = `${code.slice(0, 90)}${code.charAt(90) === "A" ? "B" : "A"}${code.slice(91)}`;
    expect(await read(changed)).toEqual({ refused: expect.stringContaining("PRESET_CODE_BAD") });
    expect(troubles).toEqual([]);
  });
});
