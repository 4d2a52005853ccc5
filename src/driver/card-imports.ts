import { Fault, messageOf } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import { DAY_MS, MINUTE_MS, type Mono, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Links } from "../port/link.ts";
import type { Log } from "../port/log.ts";
import type { Timeseries } from "../port/timeseries.ts";
import type { Upload, Uploads } from "../port/upload.ts";
import type { DeviceModule } from "./contract.ts";
import type { Families } from "./families.ts";
import { type ImportCounts, importReadings } from "./import-readings.ts";
import { fillOptions } from "./options.ts";
import { recogniseFiles } from "./read-stored.ts";

/** A piece of an upload, in order. */
export interface UploadPiece {
  readonly bed: BedId;
  readonly family: string;
  /** What the sender calls the file; its ending tells drivers what it is. */
  readonly name: string;
  /** Bytes before it; 0 begins a new upload. */
  readonly at: number;
  readonly last: boolean;
  /** Of the whole, where the sender knows. */
  readonly total?: number;
  readonly bytes: Uint8Array;
  /** Whoever sends it: nobody else may go on with it. */
  readonly by: string;
}

/** How the newest import of a bed is doing. */
export interface CardImport
  extends Pick<
    ImportCounts,
    "nights" | "rows" | "newRows" | "from" | "to" | "serials" | "timeless" | "simulated"
  > {
  readonly family: string;
  readonly name: string;
  readonly phase: "receiving" | "reading" | "done" | "failed";
  /** Bytes that have arrived. */
  readonly received: number;
  /** 0 to 100 of this phase; absent where nobody knows. */
  readonly percent?: number;
  readonly problem?: { readonly code: string; readonly detail: string; readonly fix?: string };
}

/** Takes in what people bring while the home runs, one upload at a time. */
export interface CardImports {
  /** Families that may be brought: read from files, and proven somehow. */
  families(): readonly DeviceModule[];
  /** Undefined: nothing was brought to this bed since the start. */
  state(bed: BedId): CardImport | undefined;
  /**
   * Keeps a piece; the last one begins the reading, which goes on by itself. Rejects with CONFLICT while another import
   * is on its way or for a piece out of turn, with INPUT_INVALID for an unknown family or too much, with DISK_FAILED.
   */
  take(piece: UploadPiece): Promise<CardImport>;
  /** Ends what is on its way; what was written stays, and doing it again goes on. */
  stop(): Promise<void>;
}

export interface CardImportsOptions {
  readonly families: Families;
  readonly links: Links;
  readonly timeseries: Timeseries;
  readonly clock: Clock;
  readonly log: Log;
  readonly uploads: Uploads;
  /** The beds' zone. */
  readonly zone: string;
  /** Waveforms older than this are not kept. */
  readonly waveDays: number;
}

/** A card of years has some 300 MB. */
const UPLOAD_BYTES_MAX = 512 << 20;
/** A phone that is gone for longer has given up: the next one may begin. */
const ABANDONED_MS = 2 * MINUTE_MS;
/** The watch goes first: between two batches everything else has its turn. */
const PAUSE_MS = 5;

interface Receiving {
  readonly upload: Upload;
  readonly piece: Pick<UploadPiece, "bed" | "family" | "name" | "by">;
  heardAt: Mono;
  cancel: () => void;
}

/** Idle until the first piece. */
export function createCardImports(options: CardImportsOptions): CardImports {
  const { families, clock, log, uploads } = options;
  const states = new Map<BedId, CardImport>();
  const stopping = new AbortController();
  let receiving: Receiving | undefined;
  let reading: Promise<void> | undefined;
  /** One piece at a time: two at once would land in any order. */
  let busy = false;

  const offered = (): readonly DeviceModule[] =>
    families.all.filter(({ link, evidence }) => link === "files" && evidence !== "unproven");

  const set = (bed: BedId, state: CardImport): CardImport => {
    states.set(bed, state);
    return state;
  };

  const discard = async ({ upload, cancel }: Receiving): Promise<void> => {
    cancel();
    await upload.remove().catch((error: unknown) => {
      log.note("import.upload_left", { why: messageOf(error) }, "warn");
    });
  };

  const begin = async ({ bed, family, name, by }: UploadPiece): Promise<Receiving> => {
    if (!offered().some(({ id }) => id === family)) {
      throw new Fault("INPUT_INVALID", `${family} is no family of cards or files.`, {
        fix: "Choose one of the list.",
        permanent: true,
      });
    }
    const before = receiving;
    receiving = undefined;
    if (before !== undefined) await discard(before);
    const upload = await uploads.begin(name);
    return {
      upload,
      piece: { bed, family, name, by },
      heardAt: clock.mono(),
      cancel: () => undefined,
    };
  };

  const goOn = (piece: UploadPiece): Receiving => {
    const known = receiving;
    const { by, bed, family, name } = known?.piece ?? {};
    const same = by === piece.by && bed === piece.bed && family === piece.family && name === piece.name;
    if (known !== undefined && same && known.upload.bytes === piece.at) return known;
    throw new Fault("CONFLICT", "This piece is not the next one of what is being sent.", {
      fix: "Begin again.",
    });
  };

  const isOthers = (piece: UploadPiece): boolean =>
    receiving !== undefined &&
    receiving.piece.by !== piece.by &&
    clock.mono() - receiving.heardAt < ABANDONED_MS;

  const keep = async (piece: UploadPiece): Promise<CardImport> => {
    const now = piece.at === 0 ? await begin(piece) : goOn(piece);
    receiving = now;
    const { upload } = now;
    if (upload.bytes + piece.bytes.length > UPLOAD_BYTES_MAX) {
      receiving = undefined;
      await discard(now);
      throw new Fault("INPUT_INVALID", `This has more than ${UPLOAD_BYTES_MAX >> 20} MB.`, {
        fix: "Bring the card to the box itself and use `breathwatch import`.",
        permanent: true,
      });
    }
    await upload.append(piece.bytes);
    now.heardAt = clock.mono();
    now.cancel();
    if (piece.last) {
      receiving = undefined;
      const state = set(piece.bed, { ...started(piece, upload.bytes), phase: "reading", percent: 0 });
      reading = read(now);
      return state;
    }
    now.cancel = clock.after(ABANDONED_MS, () => {
      if (receiving !== now) return;
      receiving = undefined;
      set(
        piece.bed,
        failed(
          started(piece, upload.bytes),
          new Fault("CONFLICT", "The sender stopped sending.", { fix: "Send it again." }),
        ),
      );
      discard(now).catch((error: unknown) => {
        log.note("import.upload_left", { why: messageOf(error) }, "warn");
      });
    });
    return set(piece.bed, started(piece, upload.bytes));
  };

  const read = async (now: Receiving): Promise<void> => {
    const { upload, piece } = now;
    const { bed, family } = piece;
    const base = started(piece, upload.bytes);
    const tell = (counts: ImportCounts, phase: CardImport["phase"]): void => {
      const { files, nights, rows, newRows, from, to, serials, timeless, simulated } = counts;
      const percent = phase === "done" ? 100 : files?.percent;
      set(bed, {
        ...base,
        ...{ phase, nights, rows, serials, timeless, simulated },
        ...(percent === undefined ? {} : { percent }),
        ...(newRows === undefined ? {} : { newRows }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
    };
    let end: () => void;
    try {
      const counts = await importCard(
        options,
        { bed, family, address: upload.address },
        stopping.signal,
        (so) => tell(so, "reading"),
      );
      log.note("import.done", { bed, family, rows: counts.rows, nights: counts.nights });
      end = () => tell(counts, "done");
    } catch (error) {
      log.note("import.failed", { bed, family, why: messageOf(error) }, "warn");
      end = () => set(bed, failed(base, error));
    }
    // Told last: whoever hears that it is over may begin the next one.
    await discard(now);
    reading = undefined;
    end();
  };

  return {
    families: offered,
    state: (bed) => states.get(bed),
    async take(piece) {
      if (busy || reading !== undefined || isOthers(piece)) {
        throw new Fault("CONFLICT", "Another card is being brought just now.", {
          fix: "Wait until it is done.",
        });
      }
      busy = true;
      try {
        return await keep(piece);
      } finally {
        busy = false;
      }
    },
    async stop() {
      stopping.abort();
      const left = receiving;
      receiving = undefined;
      if (left !== undefined) await discard(left);
      await reading;
    },
  };
}

const started = (
  { family, name, ...piece }: Pick<UploadPiece, "family" | "name"> & { readonly total?: number },
  received: number,
): CardImport => ({
  ...{
    family,
    name,
    received,
    phase: "receiving",
    nights: 0,
    rows: 0,
    serials: [],
    timeless: 0,
    simulated: false,
  },
  ...(piece.total === undefined || piece.total <= 0
    ? {}
    : { percent: Math.min(100, Math.floor((100 * received) / piece.total)) }),
});

function failed(state: CardImport, error: unknown): CardImport {
  const fault = error instanceof Fault ? error : new Fault("DRIVER_FAILED", messageOf(error));
  const { code, message, fix } = fault;
  const detail = message.replace(/ \([A-Z_]+\)$/, "");
  return { ...state, phase: "failed", problem: { code, detail, ...(fix === undefined ? {} : { fix }) } };
}

async function importCard(
  { families, links, timeseries, clock, zone, waveDays }: CardImportsOptions,
  { bed, family, address }: { readonly bed: BedId; readonly family: string; readonly address: string },
  signal: AbortSignal,
  onProgress: (counts: ImportCounts) => void,
): Promise<ImportCounts> {
  const module = families.find(family);
  if (module === undefined) throw new Fault("NOT_FOUND", `There is no device family ${family}.`);
  const optionsOf = (one: DeviceModule) => fillOptions(one.options, {});
  let cause: Fault | undefined;
  try {
    const counts = await importReadings({
      ...{ module, links, address, bed, zone, timeseries, clock, signal, onProgress },
      options: optionsOf(module),
      wavesFrom: wall(clock.wall() - waveDays * DAY_MS),
      pause: () => clock.sleep(PAUSE_MS, signal),
    });
    if (counts.rows > 0) return counts;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "INPUT_INVALID") throw error;
    cause = error;
  }
  throw await otherCard(
    { module, others: families.all, links, address },
    { clock, zone, optionsOf },
    signal,
    cause,
  );
}

/** No number came of it: the fault that says so, and what else it may be. Rejects with the signal's reason. */
export async function otherCard(
  {
    module,
    others,
    ...source
  }: {
    readonly module: DeviceModule;
    readonly others: readonly DeviceModule[];
    readonly links: Links;
    readonly address: string;
  },
  surroundings: Parameters<typeof recogniseFiles>[2],
  signal: AbortSignal,
  cause?: Fault,
): Promise<Fault> {
  const alike = await recogniseFiles(
    others.filter(({ id }) => id !== module.id),
    source,
    surroundings,
    signal,
  );
  const what =
    cause?.message.replace(/\.? \([A-Z_]+\)$/, "") ?? `No number in it was understood as ${module.id}`;
  const [first] = alike;
  const names = alike.map(({ id, vendor }) => `${id} (${vendor})`).join(" or ");
  return first === undefined
    ? new Fault("INPUT_INVALID", `${what}. It is none of the other families of cards and files either.`, {
        fix: cause?.fix ?? "Is it the right folder or file?",
        permanent: true,
        cause,
      })
    : new Fault("INPUT_INVALID", `${what}. It looks like ${names}.`, {
        fix: `Choose the family ${first.id}.`,
        permanent: true,
        cause,
      });
}
