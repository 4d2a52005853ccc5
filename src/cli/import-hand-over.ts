import path from "node:path";
import { Fault } from "../domain/fault.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { DeviceModule, OptionValues } from "../driver/contract.ts";
import { fillOptions } from "../driver/options.ts";
import type { FileLink, Links } from "../port/link.ts";
import type { ImportResponse, ImportState } from "../server/contract/import.ts";
import { SIMULATED_MARK } from "../transport/files.ts";
import { pieces } from "../wire/card.ts";
import { createZip } from "../wire/zip.ts";
import { UsageError } from "./command.ts";
import { askHome, type Control, parseJson, refusalOf } from "./control.ts";
import { createProgress, type Summary } from "./import-words.ts";
import type { Terminal } from "./terminal.ts";

/** The home takes pieces of a MiB. */
const PIECE_BYTES = 1 << 20;

interface HandOver {
  readonly module: DeviceModule;
  readonly options: OptionValues;
  readonly address: string;
  readonly bed: string;
  readonly control: Control;
  readonly links: Links;
}

/**
 * Sends a card or file to the running home and waits until it has taken it in. Rejects with what the home says, or as
 * the link to the files does.
 */
export async function handOver(over: HandOver, terminal: Terminal): Promise<Summary> {
  const { module, options, address, bed, control, links } = over;
  const defaults = fillOptions(module.options, {});
  if (Object.entries(options).some(([name, value]) => defaults[name] !== value)) {
    throw new UsageError(
      "While the home runs, a card is read with the family's default options: leave --options out.",
    );
  }
  const { link, simulated } = await links.openFiles(address, terminal.signal);
  const route = `/api/beds/${bed}/import`;
  try {
    let at = 0;
    const send = async (piece: Uint8Array, last: boolean): Promise<void> => {
      const query = new URLSearchParams({
        family: module.id,
        name: nameOf(address),
        at: String(at),
        last: String(last),
      });
      await asked(askHome(control, `${route}?${query.toString()}`, piece, terminal));
      at += piece.length;
    };
    terminal.say("a home runs here: it takes this in");
    const files = (await link.list()).length;
    // A simulated file goes with its mark beside it.
    const bytes = isSingle(address, files) && !simulated ? plain(link) : zipped(link, simulated);
    for await (const { piece, last } of inPieces(bytes)) {
      await send(piece, last);
      terminal.say(`sent ${Math.ceil(at / PIECE_BYTES)} MB`);
    }
  } finally {
    await link.close();
  }
  const progress = createProgress(terminal);
  for (;;) {
    await terminal.clock.sleep(SECOND_MS, terminal.signal);
    const { import: state } = await asked<ImportResponse>(askHome(control, route, undefined, terminal));
    if (state === undefined || state.phase === "failed") throw failureOf(state);
    if (state.phase === "done") return summaryOf(state, bed);
    progress({ nights: state.nights, rows: state.rows });
  }
}

const nameOf = (address: string): string =>
  address.startsWith("http:") ? "card.zip" : path.basename(address) || "card";

/** One file that is no zip keeps its name, which tells what it is. */
const isSingle = (address: string, files: number): boolean =>
  files === 1 && /\.(?!zip$)[a-z0-9]{2,5}$/i.test(address) && !address.startsWith("http:");

async function* plain(link: FileLink): AsyncGenerator<Uint8Array> {
  for (const { path: name, bytes } of await link.list()) yield* pieces(link, name, { from: 0, to: bytes });
}

async function* zipped(link: FileLink, simulated: boolean): AsyncGenerator<Uint8Array> {
  const zip = createZip();
  if (simulated) {
    yield zip.begin(`marked/${SIMULATED_MARK}`);
    yield zip.end();
  }
  for (const { path: name, bytes } of await link.list()) {
    yield zip.begin(name);
    for await (const piece of pieces(link, name, { from: 0, to: bytes })) {
      zip.data(piece);
      yield piece;
    }
    yield zip.end();
  }
  yield zip.close();
}

/** Joined to whole pieces; the last may be shorter. */
async function* inPieces(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly piece: Uint8Array; readonly last: boolean }> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    held.push(chunk.slice());
    length += chunk.length;
    if (length <= PIECE_BYTES) continue;
    const joined = Buffer.concat(held);
    let at = 0;
    for (; length - at > PIECE_BYTES; at += PIECE_BYTES) {
      yield { piece: joined.subarray(at, at + PIECE_BYTES), last: false };
    }
    held = [joined.subarray(at)];
    length -= at;
  }
  yield { piece: Buffer.concat(held), last: true };
}

async function asked<T>(asking: ReturnType<typeof askHome>): Promise<T> {
  const { status, text } = await asking;
  if (status !== 200) throw refusalOf(status, text);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the home of the same version wrote it
  return parseJson(text) as T;
}

function failureOf(state: ImportState | undefined): Fault {
  const problem = state?.problem;
  const { detail = "The home has forgotten this import.", fix = "Begin again." } = problem ?? {};
  return new Fault("INPUT_INVALID", detail, { fix, permanent: true });
}

function summaryOf(state: ImportState, bed: string): Summary {
  const { family, serials, nights, rows, newRows, from, to, timeless, simulated } = state;
  return {
    ...{ family, bed, serials, nights, rows, timeless, simulated, refused: [] },
    ...(newRows === undefined ? {} : { newRows }),
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
  };
}
