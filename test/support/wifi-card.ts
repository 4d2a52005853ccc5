import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A memory card with Wi-Fi for tests, with the manners of its kind. */
export interface WifiCard {
  readonly address: string;
  /** What is on it, by path with `/`. What is written here the card serves at once. */
  readonly files: Map<string, Uint8Array>;
  /** Paths and queries that were asked for, in order. */
  readonly asked: string[];
  /** Overrides: the size that its listing gives, however long the file has become. */
  readonly statedBytes: Map<string, number>;
  /** Answers the next requests in another way: `break` closes in mid answer, `refuse` before it. */
  readonly mishaps: ("break" | "refuse" | "busy")[];
  /** The most requests that were open at once. */
  readonly busiest: number;
  close(): Promise<void>;
}

/** ez-share: ranges, whole kilobytes, backslashes. flash-air: no ranges, bytes, slashes. other: no card at all. */
export type WifiCardStyle = "ez-share" | "flash-air" | "other";

/** Starts a card on a free loopback port. */
export async function startWifiCard(style: WifiCardStyle): Promise<WifiCard> {
  const files = new Map<string, Uint8Array>();
  const statedBytes = new Map<string, number>();
  const asked: string[] = [];
  const mishaps: WifiCard["mishaps"] = [];
  let open = 0;
  let busiest = 0;

  const server = createServer((request, response) => {
    open += 1;
    busiest = Math.max(busiest, open);
    response.on("close", () => {
      open -= 1;
    });
    asked.push(request.url ?? "");
    const mishap = mishaps.shift();
    if (mishap === "refuse") request.socket.destroy();
    else if (mishap === "busy") response.writeHead(503).end();
    else answer(request, response, mishap === "break");
  });

  const answer = (request: IncomingMessage, response: ServerResponse, breaks: boolean): void => {
    const url = new URL(request.url ?? "/", "http://card/");
    const flash = style === "flash-air";
    if (style === "other") return void response.end("<html>A router</html>");
    if (flash && url.pathname === "/command.cgi" && url.searchParams.get("op") === "100")
      return void response.end(flashListing((url.searchParams.get("DIR") ?? "").replace(/^\//, "")));
    if (!flash && url.pathname === "/dir")
      return void response.end(ezListing((url.searchParams.get("dir") ?? "").replace(/^A:/, "")));
    const path = flash
      ? decodeURIComponent(url.pathname.slice(1))
      : // This card knows its files by backslashes alone.
        (/^\/download\?file=(.*)$/.exec(request.url ?? "")?.[1] ?? "")
          .split("%5C")
          .map(decodeURIComponent)
          .join("/");
    const bytes = files.get(path);
    if (bytes === undefined) return void response.writeHead(404).end("not found");
    send(response, bytes, flash ? undefined : request.headers.range, breaks);
  };

  const send = (
    response: ServerResponse,
    bytes: Uint8Array,
    range: string | undefined,
    breaks: boolean,
  ): void => {
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
    const from = Number(first ?? 0);
    if (first !== undefined && from >= bytes.length) return void response.writeHead(416).end();
    const to = first === undefined || last === "" ? bytes.length : Math.min(bytes.length, Number(last) + 1);
    const part = bytes.subarray(from, to);
    response.writeHead(first === undefined ? 200 : 206, {
      "content-length": part.length,
      ...(first === undefined ? {} : { "content-range": `bytes ${from}-${to - 1}/${bytes.length}` }),
    });
    if (!breaks) return void response.end(part);
    response.write(part.subarray(0, Math.ceil(part.length / 2)), () => response.destroy());
  };

  /** Names in a folder; undefined bytes for a folder. */
  const inside = (folder: string): Map<string, number | undefined> => {
    const names = new Map<string, number | undefined>();
    const prefix = folder === "" ? "" : `${folder}/`;
    for (const [path, bytes] of files) {
      if (!path.startsWith(prefix)) continue;
      const [name = "", ...rest] = path.slice(prefix.length).split("/");
      names.set(name, rest.length > 0 ? undefined : (statedBytes.get(path) ?? bytes.length));
    }
    return names;
  };

  const flashListing = (folder: string): string =>
    [
      "WLANSD_FILELIST",
      ",CARD LABEL,0,8,0,0",
      ...[...inside(folder)].map(
        ([name, bytes]) => `/${folder},${name},${bytes ?? 0},${bytes === undefined ? 16 : 32},19780,25600`,
      ),
      "",
    ].join("\r\n");

  const ezListing = (asked: string): string => {
    const folder = asked.replaceAll("\\", "/");
    const lines = [...inside(folder)].map(([name, bytes]) => {
      const size = bytes === undefined ? "   &lt;DIR&gt;" : `${Math.ceil(bytes / 1024)}KB`.padStart(9);
      const shown = name.replaceAll("&", "&amp;");
      // The card's own link has lost a character, as those of real ones do.
      return `   2026- 2- 4    0:18:10   ${size}  <a href="http://192.168.4.1/download?file=${shown.slice(1)}"> ${shown}</a>`;
    });
    const above =
      folder === "" ? [] : ['   2026- 2- 4    0:18:10   &lt;DIR&gt;  <a href="dir?dir=A:"> ..</a>'];
    return `<html><pre>\n${[...above, ...lines].join("\n")}\n\nTotal Entries: ${lines.length}\n</pre></html>`;
  };

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  return {
    address: `http://127.0.0.1:${typeof bound === "object" ? bound?.port : 0}/`,
    files,
    asked,
    statedBytes,
    mishaps,
    get busiest() {
      return busiest;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
