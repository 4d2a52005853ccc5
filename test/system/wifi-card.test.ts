// Real HTTP on loopback to a double that has the manners of Wi-Fi memory cards.
import { createServer, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { createClock } from "../../src/ops/clock.ts";
import type { FileLink, OpenLink } from "../../src/port/link.ts";
import { createLinks } from "../../src/transport/links.ts";
import { startWifiCard, type WifiCard, type WifiCardStyle } from "../support/wifi-card.ts";

const never = new AbortController().signal;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (words: string): Uint8Array => new TextEncoder().encode(words);
/** Waits between attempts are over at once; silence lasts as long as it does. */
const clock = { ...createClock(), sleep: () => Promise.resolve() };
let running: WifiCard[] = [];

afterEach(async () => {
  await Promise.all(running.map((card) => card.close()));
  running = [];
});

async function start(style: WifiCardStyle): Promise<WifiCard> {
  const card = await startWifiCard(style);
  running.push(card);
  card.files.set("STR.edf", bytesOf("summary"));
  card.files.set("DATALOG/20260204/BRP.edf", bytesOf("0123456789"));
  return card;
}

const open = (address: string): Promise<OpenLink<FileLink>> =>
  createLinks({ clock }).openFiles(address, never);

describe.each(["ez-share", "flash-air"] as const)("a Wi-Fi card of the kind %s", (style) => {
  test("is listed with its folders and read in parts, and grows", async () => {
    const card = await start(style);
    card.files.set("DATALOG/20260204/a, b & c%.txt", bytesOf("name"));
    const { link, simulated } = await open(card.address);
    expect(simulated).toBe(true);
    expect(link.growing).toBe(true);
    expect((await link.list()).map(({ path }) => path)).toEqual([
      "DATALOG/20260204/BRP.edf",
      "DATALOG/20260204/a, b & c%.txt",
      "STR.edf",
    ]);
    const night = "DATALOG/20260204/BRP.edf";
    expect(text(await link.read(night, 2, 5))).toBe("234");
    expect(text(await link.read(night, 7, 100))).toBe("789");
    expect(text(await link.read(night, 4, Number.POSITIVE_INFINITY))).toBe("456789");
    expect(await link.read(night, 10, 20)).toHaveLength(0);
    expect(await link.read("DATALOG/no.edf", 0, 5)).toHaveLength(0);
    expect(text(await link.read("DATALOG/20260204/a, b & c%.txt", 0, 9))).toBe("name");
    card.files.set(night, bytesOf("0123456789abc"));
    expect(text(await link.read(night, 10, 20))).toBe("abc");
  });

  test("whose listing lags behind is read beyond the size that it gives", async () => {
    const card = await start(style);
    card.statedBytes.set("STR.edf", 0);
    const { link } = await open(card.address);
    const entry = (await link.list()).find(({ path }) => path === "STR.edf");
    expect(entry?.bytes).toBe(0);
    expect(text(await link.read("STR.edf", 0, 100))).toBe("summary");
  });

  test("that breaks off in the middle gives what came, and the rest when asked again", async () => {
    const card = await start(style);
    const { link } = await open(card.address);
    card.mishaps.push("break");
    const first = await link.read("DATALOG/20260204/BRP.edf", 0, 10);
    expect(text(first)).toBe("01234");
    expect(text(await link.read("DATALOG/20260204/BRP.edf", first.length, 10))).toBe("56789");
  });

  test("that fails for a moment while the machine writes is asked again", async () => {
    const card = await start(style);
    const { link } = await open(card.address);
    card.mishaps.push("refuse", "refuse");
    expect(text(await link.read("STR.edf", 0, 3))).toBe("sum");
    card.mishaps.push("busy");
    await expect(link.read("STR.edf", 0, 3)).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  test("is asked one thing at a time", async () => {
    const card = await start(style);
    const { link } = await open(card.address);
    const all = Array.from({ length: 8 }, (_, i) => link.read("STR.edf", i % 7, 7));
    await Promise.all(all);
    expect(card.busiest).toBe(1);
  });

  test("with a folder for every day is not asked for the old ones again and again", async () => {
    const card = await start(style);
    for (let day = 1; day <= 20; day++)
      card.files.set(`DATALOG/202601${String(day).padStart(2, "0")}/BRP.edf`, bytesOf("x"));
    const { link } = await open(card.address);
    expect(await link.list()).toHaveLength(22);
    card.asked.length = 0;
    card.files.set("DATALOG/20260204/PLD.edf", bytesOf("y"));
    expect(await link.list()).toHaveLength(23);
    // The card, DATALOG and the two newest days.
    expect(card.asked).toHaveLength(4);
  });

  test("may be only a folder of one", async () => {
    const card = await start(style);
    const { link } = await open(`${card.address}DATALOG/`);
    expect(await link.list()).toMatchObject([{ path: "20260204/BRP.edf" }]);
    expect(text(await link.read("20260204/BRP.edf", 0, 2))).toBe("01");
  });

  test("cannot be made to leave the folder, by names in its listing or by a driver", async () => {
    const card = await start(style);
    card.files.set("..", bytesOf("x"));
    const { link } = await open(`${card.address}DATALOG`);
    card.asked.length = 0;
    expect(await link.read("../STR.edf", 0, 10)).toHaveLength(0);
    expect(card.asked).toEqual([]);
    expect((await (await open(card.address)).link.list()).map(({ path }) => path)).not.toContain("..");
  });

  test("that went away is not found, and a closed link asks nothing more", async () => {
    const card = await start(style);
    const { link } = await open(card.address);
    await card.close();
    await expect(link.list()).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
    await link.close();
    await expect(link.read("STR.edf", 0, 1)).rejects.toMatchObject({ code: "LINK_LOST" });
  });
});

describe("what is no Wi-Fi card", () => {
  test("is refused when it answers otherwise", async () => {
    const card = await start("other");
    await expect(open(card.address)).rejects.toMatchObject({
      code: "LINK_REFUSED",
      fix: expect.stringContaining("ez Share"),
    });
  });

  test.each(["http://", "http://card/%", "http://user:secret@card/"])(
    "%s is not its address",
    async (address) => {
      await expect(open(address)).rejects.toMatchObject({ code: "LINK_REFUSED", permanent: true });
    },
  );
});

describe("a hostile machine in the place of a Wi-Fi card", () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** Answers listings as a FlashAir does, and files as the test says. */
  async function hostile(answer: (response: ServerResponse, path: string) => void): Promise<string> {
    server = createServer((request, response) => {
      response.on("error", () => undefined);
      const path = request.url ?? "";
      if (path.endsWith("DIR=/")) response.end("WLANSD_FILELIST\r\n,a.edf,1000000,32,0,0\r\n");
      else answer(response, path);
    });
    await new Promise<void>((resolve) => {
      server?.listen(0, "127.0.0.1", resolve);
    });
    const bound = server.address();
    return `http://127.0.0.1:${typeof bound === "object" ? bound?.port : 0}/`;
  }

  test("cannot send us on to another address", async () => {
    let reached = 0;
    const inside = createServer((_, response) => {
      reached += 1;
      response.end("secret");
    });
    await new Promise<void>((resolve) => {
      inside.listen(0, "127.0.0.1", resolve);
    });
    const bound = inside.address();
    const location = `http://127.0.0.1:${typeof bound === "object" ? bound?.port : 0}/`;
    const { link } = await open(await hostile((response) => response.writeHead(302, { location }).end()));
    await expect(link.read("a.edf", 0, 10)).rejects.toMatchObject({ code: "LINK_LOST" });
    expect(reached).toBe(0);
    inside.close();
  });

  test("that sends single bytes fills no memory with them", async () => {
    const bytes = 300_000;
    const address = await hostile((response) => {
      response.socket?.write("HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      response.socket?.end(`${"1\r\nx\r\n".repeat(bytes)}0\r\n\r\n`);
    });
    const { link } = await open(address);
    const part = await link.read("a.edf", 0, bytes);
    expect(part).toHaveLength(bytes);
    expect(part.buffer.byteLength).toBeLessThanOrEqual(2 * bytes);
  });

  test("that counts from the beginning of an endless file is not listened to for long", async () => {
    let sent = 0;
    const address = await hostile((response) => {
      const pour = (): void => {
        sent += 1 << 16;
        if (!response.destroyed) response.write(new Uint8Array(1 << 16), pour);
      };
      pour();
    });
    const { link } = await open(address);
    await expect(link.read("a.edf", 1 << 30, (1 << 30) + 10)).rejects.toMatchObject({ code: "LINK_LOST" });
    expect(sent).toBeLessThan(16 << 20);
  });

  test("that sends headers without an end is left", async () => {
    const address = await hostile((response) => {
      response.socket?.write(`HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(100_000)}`);
    });
    const { link } = await open(address);
    await expect(link.read("a.edf", 0, 10)).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
  });

  test("that lists folders in folders for ever is refused before the lists fill the memory", async () => {
    const folders = Array.from({ length: 9_000 }, (_, i) => `,folder${i},0,16,0,0`).join("\r\n");
    let asked = 0;
    server = createServer((_, response) => {
      asked += 1;
      response.end(`WLANSD_FILELIST\r\n${folders}`);
    });
    await new Promise<void>((resolve) => {
      server?.listen(0, "127.0.0.1", resolve);
    });
    const bound = server.address();
    const { link } = await open(`http://127.0.0.1:${typeof bound === "object" ? bound?.port : 0}/`);
    await expect(link.list()).rejects.toMatchObject({ code: "LINK_REFUSED", permanent: true });
    expect(asked).toBeLessThan(20);
  });

  test("does not get a password into a sentence", async () => {
    for (const address of ["http://ann:s3cret@card/", "http://:s3cret@card/", "http://ann:s3/cret@card/"]) {
      const error: unknown = await open(address).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "LINK_REFUSED" });
      expect(String(error)).not.toMatch(/s3|cret/);
    }
  });
});
