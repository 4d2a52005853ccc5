import { Fault } from "../../domain/fault.ts";
import type { App, Context } from "../context.ts";
import type { CommandAnswer, DevicesResponse } from "../contract.ts";
import * as schemas from "../schemas.ts";
import { bedOrFault } from "./beds.ts";

/** The technician's bench: devices, and the virtual patient of a simulated bed. */
export function deviceRoutes(app: App, context: Context): void {
  const { deps } = context;

  app.get(
    "/api/devices",
    { schema: { response: { 200: schemas.DevicesAnswer } } },
    async (_, reply): Promise<DevicesResponse> => {
      reply.header("cache-control", "no-store");
      return { devices: deps.devices() };
    },
  );

  app.post(
    "/api/simulation/:bed",
    {
      schema: {
        params: schemas.BedParams,
        body: schemas.Simulate,
        response: { 200: schemas.CommandAnswer },
      },
    },
    async (request): Promise<CommandAnswer> => {
      const { bed } = request.params;
      const { event } = request.body;
      bedOrFault(context, bed);
      const { accepted, reason } = deps.simulate(bed, event);
      if (!accepted) throw new Fault("CONFLICT", reason ?? `Bed ${bed} is not simulated.`);
      context.audit("simulation", `${bed} ${event}`, context.person(request));
      return { accepted };
    },
  );
}
