import { Check } from "typebox/value";
import type { CommissioningStep } from "../../domain/commissioning.ts";
import { Fault } from "../../domain/fault.ts";
import { ownBed } from "../../domain/ids.ts";
import { isPresent } from "../../domain/sample.ts";
import type { SignalId } from "../../domain/signal.ts";
import { DAY_MS, SECOND_MS, type Wall } from "../../domain/time.ts";
import type { CommissioningRecord } from "../../port/state.ts";
import type { App, Context } from "../context.ts";
import type {
  CloseCommissioningResponse,
  CommissionedBed,
  CommissioningsResponse,
  CommissioningView,
  ReceptionResponse,
} from "../contract/technician.ts";
import type { CommandAnswer } from "../contract.ts";
import type { LiveBed } from "../live-model.ts";
import { limitOf, pageOf } from "../paging.ts";
import { BedParams, CommandAnswer as CommandAnswerSchema, IdsQuery } from "../schemas.ts";
import * as schemas from "../schemas-technician.ts";
import { bedOrFault } from "./beds.ts";
import { timesOrFault } from "./devices.ts";

const SHOWN = { usual: 50, most: 200 };
const ALL_MAX = 1_000;
/** What the box sees is what arrived within this time. */
const FRESH_MS = 10 * SECOND_MS;

/** What the box can see of a step by itself; no signal named: only a person can tell. */
const WITNESSES: { readonly [step in CommissioningStep]?: readonly SignalId[] } = {
  contact_alarm: ["remote_alarm"],
  contact_rest: ["remote_alarm"],
  contact_unplugged: ["remote_alarm"],
  battery_begun: ["mains", "battery_percent", "battery_minutes"],
  battery_minutes: ["mains", "battery_percent", "battery_minutes"],
};

/** Putting a bed into use, step by step; what was closed stays as it is. */
export function commissioningRoutes(app: App, context: Context): void {
  const { deps } = context;

  app.get(
    "/api/beds/:bed/commissionings",
    { schema: { params: BedParams, querystring: IdsQuery, response: { 200: schemas.CommissioningsAnswer } } },
    async (request, reply): Promise<CommissioningsResponse> => {
      reply.header("cache-control", "no-store");
      const { bed } = bedHereOrFault(context, request.params.bed);
      const { before } = request.query;
      const limit = limitOf(request.query.limit, SHOWN);
      const most = before === undefined ? limit + 1 : ALL_MAX;
      const newest = await context.stateOf(bed).commissionings(ownBed(bed), most);
      const { items, next } = pageOf(newest, { before, limit }, ({ id }) => id);
      return { commissionings: items.map(viewOf), ...(next === undefined ? {} : { next }) };
    },
  );

  app.post(
    "/api/beds/:bed/commissionings/steps",
    { schema: { params: BedParams, body: schemas.Commission, response: { 200: CommandAnswerSchema } } },
    async (request): Promise<CommandAnswer> => {
      const { bed } = bedHereOrFault(context, request.params.bed);
      const { step, result, how, value, note } = request.body;
      const saw = how === "seen" ? sawOrFault(context, bed, step) : undefined;
      const person = context.person(request);
      const at = deps.clock.wall();
      const id = await context.stateOf(bed).openCommissioning(ownBed(bed), context.newId(), at);
      const written = await context.stateOf(bed).putCommissionedStep(id, {
        ...{ step, result, how, at, by: person.name },
        ...(value === undefined ? {} : { value }),
        ...(note === undefined || note === "" ? {} : { note }),
        ...(saw === undefined ? {} : { saw }),
      });
      if (!written) throw new Fault("CONFLICT", "The protocol was closed at this moment.");
      context.audit("commissioning", `${bed} ${step} ${result}`, person);
      return { accepted: true };
    },
  );

  app.post(
    "/api/beds/:bed/commissionings/close",
    {
      schema: {
        params: BedParams,
        body: schemas.CloseCommissioning,
        response: { 200: schemas.ClosedAnswer },
      },
    },
    async (request): Promise<CloseCommissioningResponse> => {
      const bed = bedHereOrFault(context, request.params.bed);
      const person = context.person(request);
      const id = await context.stateOf(bed.bed).closeCommissioning(ownBed(bed.bed), {
        at: deps.clock.wall(),
        by: person.name,
        note: request.body.note,
        about: JSON.stringify(aboutBed(context, bed)),
      });
      if (id === undefined) throw new Fault("CONFLICT", "No protocol is open for this bed.");
      context.audit("commissioning_closed", `${bed.bed} ${id}`, person);
      return { id };
    },
  );

  app.get(
    "/api/beds/:bed/reception",
    {
      schema: {
        params: BedParams,
        querystring: schemas.TimeQuery,
        response: { 200: schemas.ReceptionAnswer },
      },
    },
    async (request, reply): Promise<ReceptionResponse> => {
      reply.header("cache-control", "no-store");
      const { bed } = bedOrFault(context, request.params.bed);
      const { from, to } = timesOrFault(request.query, DAY_MS, "Reception is counted over at most 24 h.");
      const devices: ReceptionResponse["devices"][number][] = [];
      // One after the other: the store answers one question at a time anyway.
      for (const { device, signals } of deps.devices(bed)) {
        const [signal] = signals;
        if (signal === undefined) continue;
        const points = await deps.timeseries.range({ bed, from, to, signal });
        devices.push({ device, signal, ...receptionOf(points, from, to) });
      }
      return { seconds: Math.round((to - from) / SECOND_MS), devices };
    },
  );
}

/** A bed is put into use at the bed. Throws NOT_FOUND on a hub. */
function bedHereOrFault(context: Context, bed: string): LiveBed {
  const found = bedOrFault(context, bed);
  if (context.deps.box === undefined) return found;
  throw new Fault("NOT_FOUND", "Protocols of putting a bed into use lie on the box at the bedside.", {
    fix: "Open the box's own page in the house.",
    permanent: true,
  });
}

/** Seconds of [from, to) that hold at least one point, and the longest run of seconds without. */
export function receptionOf(
  points: readonly { readonly at: Wall }[],
  from: Wall,
  to: Wall,
): { readonly received: number; readonly longestGapS: number } {
  const seconds = [...new Set(points.map(({ at }) => Math.floor((at - from) / SECOND_MS)))]
    .filter((second) => second >= 0 && second < (to - from) / SECOND_MS)
    .toSorted((a, b) => a - b);
  const edges = [-1, ...seconds, Math.round((to - from) / SECOND_MS)];
  const gaps = edges.slice(1).map((second, index) => second - (edges[index] ?? 0) - 1);
  return { received: seconds.length, longestGapS: Math.max(0, ...gaps) };
}

/** What the box sees of a step now, in words for the protocol. Throws CONFLICT where it sees nothing. */
function sawOrFault(context: Context, bed: string, step: CommissioningStep): string {
  const state = context.deps.live.states().find((each) => each.bed === bed);
  if (step === "reception") return "counted in the store";
  if (step === "call_pressed") {
    const call = state?.alarms.open.find(
      ({ condition, values }) => condition === "PATIENT_CALL" && values["how"] === "switch",
    );
    if (call !== undefined) return `call ${call.id}`;
    throw new Fault("CONFLICT", "The box has no open call from a switch.");
  }
  const names = WITNESSES[step];
  if (names === undefined) {
    throw new Fault("INPUT_INVALID", "Only a person can tell this.", { fix: 'Send "how": "person".' });
  }
  const seen = names.flatMap((name) => {
    const live = state?.signals[name];
    if (live === undefined || live.ageMs > FRESH_MS) return [];
    return [`${name} ${isPresent(live.sample) ? live.sample : live.sample.absent}`];
  });
  if (seen.length > 0) return seen.join(", ");
  throw new Fault("CONFLICT", `The box receives no ${names[0] ?? step} now.`);
}

function aboutBed({ deps }: Context, { bed, label }: LiveBed): CommissionedBed {
  const state = deps.live.states().find((each) => each.bed === bed);
  return {
    label,
    version: deps.about(undefined).version,
    simulated: deps.live.simulated(bed),
    sounder: state?.readiness.sounder.ok ?? false,
    devices: deps.devices(bed).map(({ device, label: name, family, role, address, link, facts }) => ({
      ...{ device, label: name, family, role, address, link },
      evidence: facts.evidence,
    })),
  };
}

function viewOf({ id, begunAt, steps, closed }: CommissioningRecord): CommissioningView {
  if (closed === undefined) return { id, begunAt, steps };
  const { at, by, note, about } = closed;
  const bed: unknown = JSON.parse(about);
  if (!Check(schemas.CommissionedBedAnswer, bed)) {
    throw new Fault("STATE_FAILED", `The protocol ${id} is damaged.`, {
      fix: "Put the state file back from a backup.",
    });
  }
  return { id, begunAt, steps, closed: { at, by, note, about: bed } };
}
