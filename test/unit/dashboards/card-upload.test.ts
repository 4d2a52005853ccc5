import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { broughtFiles, type ChosenFile, packed, send } from "../../../dashboards/therapist/card-upload.ts";
import { openZip } from "../../../src/transport/zip.ts";

/** A file as a browser gives it for a chosen folder. */
const file = (place: string, text: string, name = path.basename(place)): ChosenFile =>
  Object.assign(new Blob([text]), { name, webkitRelativePath: place });

const going = new AbortController().signal;

describe("a folder that was chosen", () => {
  test("is packed with its inner paths, without what computers leave on cards", async () => {
    const brought = broughtFiles([
      file("CARD/DATALOG/20260115/a.edf", "aaaa"),
      file("CARD/STR.edf", "s"),
      file("CARD/.Trashes/x", "t"),
      file("CARD/._STR.edf", "u"),
    ]);
    expect(brought.map((one) => one.path)).toEqual(["DATALOG/20260115/a.edf", "STR.edf"]);
    const pack = await packed(brought, going, () => undefined);
    expect(pack?.name).toBe("card.zip");
    const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-upload-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const zip = path.join(folder, "card.zip");
    writeFileSync(zip, Buffer.from((await pack?.content.arrayBuffer()) ?? new ArrayBuffer(0)));
    const link = await openZip(zip, zip);
    expect(Buffer.from(await link.read("DATALOG/20260115/a.edf", 0, 9)).toString()).toBe("aaaa");
    await link.close();
  });

  test("the mark of a simulated card goes with it", () => {
    expect(broughtFiles([file("CARD/.breathwatch-simulated", "x"), file("CARD/a", "x")])).toHaveLength(2);
  });
});

test("a single file goes as it is, under its own name", async () => {
  const alone = file("", "x", "night.csv");
  const pack = await packed(broughtFiles([alone]), going, () => undefined);
  expect(pack).toMatchObject({ name: "night.csv" });
  expect(await pack?.content.text()).toBe("x");
});

describe("sending", () => {
  const content = new Blob([new Uint8Array((2 << 20) + 5)]);
  const state = { family: "f", phase: "reading", received: 0, nights: 0, rows: 0 };

  test("goes piece by piece, each after the answer to the one before, the last one marked", async () => {
    const asked: [string, number][] = [];
    const api = {
      sendBytes: async (url: string, bytes: Blob) => {
        asked.push([url, bytes.size]);
        return { ok: true, value: state };
      },
    } as unknown as Parameters<typeof send>[0];
    const percents: number[] = [];
    const answer = await send(api, "/p", { family: "f", name: "card.zip", content }, going, (p) =>
      percents.push(p),
    );
    expect(answer).toMatchObject({ ok: true });
    expect(asked.map(([, size]) => size)).toEqual([1 << 20, 1 << 20, 5]);
    expect(asked.map(([url]) => new URLSearchParams(url.split("?")[1]).get("last"))).toEqual([
      "false",
      "false",
      "true",
    ]);
    expect(asked.map(([url]) => new URLSearchParams(url.split("?")[1]).get("at"))).toEqual([
      "0",
      "1048576",
      "2097152",
    ]);
    expect(percents).toEqual([49, 99]);
  });

  test("ends with the first refusal, and quietly when it is stopped", async () => {
    let asked = 0;
    const refused = { ok: false, problem: { kind: "unreachable" } };
    const api = {
      sendBytes: async () => {
        asked += 1;
        return refused;
      },
    } as unknown as Parameters<typeof send>[0];
    const what = { family: "f", name: "card.zip", content };
    expect(await send(api, "/p", what, going, () => undefined)).toEqual(refused);
    expect(asked).toBe(1);
    expect(await send(api, "/p", what, AbortSignal.abort(), () => undefined)).toBeUndefined();
    expect(asked).toBe(1);
  });
});
