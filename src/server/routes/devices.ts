import { Fault } from "../../domain/fault.ts";
import type { BedId } from "../../domain/ids.ts";
import { HOUR_MS, type Wall, wall } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import type {
  DevicesResponse,
  DeviceView,
  FramesResponse,
  SimulationRequest,
  SimulationView,
} from "../contract/technician.ts";
import type { CommandAnswer } from "../contract.ts";
import type { SimulatedBed } from "../deps.ts";
import { BedParams, CommandAnswer as CommandAnswerSchema } from "../schemas.ts";
import * as schemas from "../schemas-technician.ts";
import { actorOf, bedOrFault } from "./beds.ts";

const RECORDING_MAX_MS = 2 * HOUR_MS;
/** Recordings at once: each is unpacked in memory, a few MB an hour. */
const RECORDINGS_MAX = 2;

/** The technician's bench: devices, their recordings, and the virtual patient of a simulated bed. */
export function deviceRoutes(app: App, context: Context): void {
  const { deps } = context;
  let recordings = 0;

  app.get(
    "/api/devices",
    { schema: { response: { 200: schemas.DevicesAnswer } } },
    async (request, reply): Promise<DevicesResponse> => {
      reply.header("cache-control", "no-store");
      return { devices: deps.devices().filter(({ bed }) => context.shows(request, bed)) };
    },
  );

  app.get(
    "/api/beds/:bed/devices",
    { schema: { params: BedParams, response: { 200: schemas.DevicesAnswer } } },
    async (request, reply): Promise<DevicesResponse> => {
      reply.header("cache-control", "no-store");
      const { bed } = bedOrFault(context, request.params.bed);
      const box = deps.box?.(bed);
      return { devices: deps.devices(bed), ...(box === undefined ? {} : { box }) };
    },
  );

  app.get(
    "/api/beds/:bed/devices/:device/frames",
    {
      schema: {
        params: schemas.DeviceParams,
        querystring: schemas.FramesQuery,
        response: { 200: schemas.FramesAnswer },
      },
    },
    async (request, reply): Promise<FramesResponse> => {
      reply.header("cache-control", "no-store");
      const { bed, device } = deviceOrFault(context, request.params);
      const by = actorOf(context.person(request));
      return deps.frames(bed, device, by, request.query.anew === "true");
    },
  );

  app.post(
    "/api/beds/:bed/devices/:device/serial",
    { schema: { params: schemas.DeviceParams, response: { 200: CommandAnswerSchema } } },
    async (request): Promise<CommandAnswer> => {
      const { device, serial: before } = deviceOrFault(context, request.params);
      const serial = deps.bindSerial(device);
      if (serial === undefined) throw new Fault("CONFLICT", `${device} has not told a serial number.`);
      context.audit("serial", `${device} ${before?.bound ?? "none"} to ${serial}`, context.person(request));
      return { accepted: true };
    },
  );

  app.get(
    "/api/beds/:bed/devices/:device/recording",
    { schema: { params: schemas.DeviceParams, querystring: schemas.TimeQuery } },
    async (request, reply) => {
      const view = deviceOrFault(context, request.params);
      const { from, to } = timesOrFault(request.query, RECORDING_MAX_MS, "A recording holds at most 2 h.");
      if (recordings >= RECORDINGS_MAX) {
        throw new Fault("RATE_LIMITED", "Too many recordings are read at once.", {
          fix: "Try again in a minute.",
        });
      }
      const person = context.person(request);
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      recordings += 1;
      const asked = {
        bed: view.bed,
        device: view.device,
        from,
        to,
        by: actorOf(person),
        signal: gone.signal,
      };
      const transcript = await deps.recording(asked).finally(() => {
        recordings -= 1;
      });
      if (!HOLDS_SOMETHING.test(transcript)) {
        throw new Fault("NOT_FOUND", `Nothing was recorded of ${view.device} in this time.`, {
          fix: "Choose another time; the last 48 h are kept.",
        });
      }
      const times = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
      context.audit("recording", `${view.device} ${times}`, person);
      const stamp = new Date(from).toISOString().replaceAll(/[-:]|\.\d+/g, "");
      const name = `breathwatch-${view.family}-${stamp}${view.simulated ? "-SIMULATED" : ""}.transcript`;
      return reply
        .type("text/plain; charset=utf-8")
        .header("cache-control", "no-store")
        .header("content-disposition", `attachment; filename="${name}"`)
        .send(transcript);
    },
  );

  app.get(
    "/api/simulation/:bed",
    { schema: { params: BedParams, response: { 200: schemas.SimulationAnswer } } },
    async (request, reply): Promise<SimulationView> => {
      reply.header("cache-control", "no-store");
      return simulationOrFault(context, request.params.bed).view();
    },
  );

  app.post(
    "/api/simulation/:bed",
    { schema: { params: BedParams, body: schemas.Simulate, response: { 200: CommandAnswerSchema } } },
    async (request): Promise<CommandAnswer> => {
      const { bed } = request.params;
      const asked = request.body;
      const { accepted, reason } = simulationOrFault(context, bed).act(asked);
      if (!accepted) throw new Fault("CONFLICT", reason ?? "This does not fit what is going on.");
      context.audit("simulation", `${bed} ${wordsOf(asked)}`, context.person(request));
      return { accepted };
    },
  );
}

/** A chunk or a timed remark below the head of a transcript. */
const HOLDS_SOMETHING = /^(?:# )?\d+(?:\.\d+)? /m;

function deviceOrFault(
  context: Context,
  { bed, device }: { readonly bed: BedId; readonly device: string },
): DeviceView {
  bedOrFault(context, bed);
  const found = context.deps.devices(bed).find((each) => each.device === device);
  if (found === undefined) throw new Fault("NOT_FOUND", `There is no device ${device} here.`);
  return found;
}

function simulationOrFault(context: Context, bed: BedId): SimulatedBed {
  bedOrFault(context, bed);
  const found = context.deps.simulation(bed);
  if (found === undefined) throw new Fault("CONFLICT", `Bed ${bed} has no virtual patient.`);
  return found;
}

/** A stretch of time from a request. Throws INPUT_INVALID where it is empty or longer than allowed. */
export function timesOrFault(
  query: { readonly from: string; readonly to: string },
  longestMs: number,
  limit: string,
): { readonly from: Wall; readonly to: Wall } {
  const from = wall(Number(query.from));
  const to = wall(Number(query.to));
  if (to <= from) throw new Fault("INPUT_INVALID", "The time ends before it begins.");
  if (to - from > longestMs) throw new Fault("INPUT_INVALID", limit, { fix: "Choose a shorter time." });
  return { from, to };
}

/** For the audit: what was asked, in a few words. */
function wordsOf(asked: SimulationRequest): string {
  if ("event" in asked) return asked.event;
  if ("knob" in asked) return `${asked.knob} ${asked.value}`;
  if ("fault" in asked) return `${asked.fault} ${asked.device}`;
  return asked.scenario === null ? "scenario ended" : `scenario ${asked.scenario}`;
}
