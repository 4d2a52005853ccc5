import { type AnswersInOptions, createAnswersIn } from "./bus/answers-in.ts";
import type { DeviceFacts, DeviceReading } from "./bus/bed-schemas.ts";
import type { EdgeStatus, Edges } from "./bus/edges.ts";
import type { Asked } from "./bus/look-schemas.ts";
import { createRawView } from "./bus/raw-view.ts";
import type { Place } from "./bus/topics.ts";
import type { Actor } from "./domain/alarm.ts";
import { Fault } from "./domain/fault.ts";
import { type BedId, type DeviceId, type HomeId, splitBed } from "./domain/ids.ts";
import { isSignalId } from "./domain/signal.ts";
import { type Wall, wall } from "./domain/time.ts";
import type { AuditFormat } from "./port/record.ts";
import type { BoxHeard, DeviceView, FramesResponse } from "./server/contract/technician.ts";
import type { SourceView } from "./server/contract.ts";
import type { AskedOfBed } from "./server/deps.ts";
import type { LiveModel } from "./server/live-model.ts";

export interface HubDevicesOptions extends AnswersInOptions {
  readonly edges: Pick<Edges, "of">;
  readonly live: Pick<LiveModel, "state">;
  readonly isKnown: (home: HomeId) => boolean;
}

/**
 * What a box shows of its devices, on the pages of its hub: what it tells by itself, and what it is asked for. Methods that
 * ask reject with EDGE_SILENT where the box is away, and with whatever the box refuses them with.
 */
export interface HubDevices {
  start(): void;
  stop(): void;
  /** As far as the box has told since this hub began. */
  devices(bed: BedId): readonly DeviceView[];
  /** Whether the box is there; undefined for a bed that this hub does not know. */
  box(bed: BedId): BoxHeard | undefined;
  frames(bed: BedId, device: DeviceId, by: Actor, anew: boolean): FramesResponse;
  recording(ask: AskedOfBed & { readonly device: DeviceId }): Promise<string>;
  /** Page by page, each asked for when the one before was taken. */
  auditRecord(ask: AskedOfBed & { readonly format: AuditFormat }): AsyncIterable<string>;
}

/** A record of two years has 4,000 files at most; whatever a box says, no export has more pages. */
const PAGES_MAX = 5_000;

/** Idle until `start`. */
export function createHubDevices(options: HubDevicesOptions): HubDevices {
  const { edges, live, clock } = options;
  const raw = createRawView(options);
  const answers = createAnswersIn(options);

  const find = (bed: BedId): { readonly place: Place; readonly edge: EdgeStatus } => {
    const place = splitBed(bed);
    const edge = place === undefined ? undefined : edges.of(place);
    if (place === undefined || edge === undefined)
      throw new Fault("NOT_FOUND", `There is no bed ${bed} here.`);
    return { place, edge };
  };

  const placeOf = (bed: BedId): Place => {
    const { place, edge } = find(bed);
    if (!edge.online) throw away(edge, clock.wall());
    return place;
  };

  const fetch = ({ bed, by, signal }: AskedOfBed, asked: Asked) =>
    answers.fetch(placeOf(bed), asked, by, signal);

  return {
    start() {
      raw.start();
      answers.start();
    },
    stop() {
      raw.stop();
      answers.stop();
    },
    devices(bed) {
      const { edge } = find(bed);
      const sources = live.state(bed)?.sources ?? [];
      return (edge.devices ?? []).flatMap((facts) => {
        const source = sources.find(({ device }) => device === facts.device);
        const reading = edge.links?.find(({ device }) => device === facts.device)?.reading;
        return source === undefined || reading === undefined
          ? []
          : [viewOf(bed, source, facts, reading, edge.heardMs ?? 0)];
      });
    },
    box(bed) {
      const place = splitBed(bed);
      const edge = place === undefined ? undefined : edges.of(place);
      if (edge === undefined) return undefined;
      const { online, heardMs } = edge;
      return { online, ...(heardMs === undefined ? {} : { heardAt: wall(clock.wall() - heardMs) }) };
    },
    frames(bed, device, by, anew) {
      const { frames, state, refusal } = raw.frames(placeOf(bed), device, by, anew);
      if (refusal !== undefined) throw refusal;
      return { frames, look: state === "refused" ? "asking" : state };
    },
    async recording(ask) {
      const { device, from, to } = ask;
      return (await fetch(ask, { kind: "recording", device, from, to })).text;
    },
    async *auditRecord(ask) {
      const { format, from } = ask;
      // What is written while it is fetched is not in it: a page must have an end.
      const to = wall(Math.min(ask.to, Math.max(from + 1, clock.wall() + CLOCKS_DIFFER_MS)));
      let after: number | undefined;
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const asked: Asked = {
          ...{ kind: "audit", format, from, to },
          ...(after === undefined ? {} : { after }),
        };
        const { text, next } = await fetch(ask, asked);
        if (text !== "") yield text;
        if (next === undefined) return;
        if (next <= (after ?? 0)) throw new Fault("BUS_UNREACHABLE", "The box's pages do not go forward.");
        after = next;
      }
      throw new Fault("BUS_UNREACHABLE", "The box's record does not end.");
    },
  };
}

/** The box's clock may be ahead of this one. */
const CLOCKS_DIFFER_MS = 24 * 3_600_000;

/** What is seen here by itself counts more than what was told ten seconds ago. */
function viewOf(
  bed: BedId,
  source: SourceView,
  { options, signals, ...facts }: DeviceFacts,
  { timeliness, ageMs: told, ...reading }: DeviceReading,
  heardMs: number,
): DeviceView {
  const ages = [source.ageMs, told === undefined ? undefined : told + heardMs].filter(
    (age) => age !== undefined,
  );
  return {
    ...{ ...source, ...facts, ...reading, bed, timeliness },
    options: { ...options },
    signals: signals.filter(isSignalId),
    ...(ages.length === 0 ? {} : { ageMs: Math.min(...ages) }),
  };
}

/** Why a box that is away is asked for nothing. */
export function away({ heardMs }: EdgeStatus, now: Wall): Fault {
  const since =
    heardMs === undefined
      ? "since this hub began"
      : `since ${new Date(now - heardMs).toISOString().replace(/\.\d+/, "")}`;
  return new Fault("EDGE_SILENT", `The bedside box has not been heard ${since}.`, {
    fix: "Look at the box's power and network, or open its own page in the house.",
  });
}
