import Type from "typebox";
import { Fault } from "../../domain/fault.ts";
import type { App, Context } from "../context.ts";
import type { ImportResponse, ImportState } from "../contract/import.ts";
import { BedParams } from "../schemas.ts";
import { bedOrFault } from "./beds.ts";

/** Short enough for a phone on a bad network within the time a request may take, and small enough to be held. */
const PIECE_BYTES_MAX = 1 << 20;

const Count = Type.String({ pattern: "^[0-9]{1,12}$" });
const PieceQuery = Type.Object({
  family: Type.String({ pattern: "^[a-z0-9-]{1,60}$" }),
  name: Type.String({ minLength: 1, maxLength: 200, pattern: "^[^\\p{Cc}]+$" }),
  at: Count,
  last: Type.Enum(["true", "false"] as const),
  total: Type.Optional(Count),
});
const StateAnswer = Type.Object({
  family: Type.String(),
  name: Type.String(),
  phase: Type.Enum(["receiving", "reading", "done", "failed"] as const),
  received: Type.Number(),
  percent: Type.Optional(Type.Number()),
  nights: Type.Number(),
  rows: Type.Number(),
  serials: Type.Array(Type.String()),
  simulated: Type.Boolean(),
});
const ImportAnswer = Type.Object({
  families: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
  import: Type.Optional(StateAnswer),
});

/** Cards and files that people bring: an upload in pieces, and how its reading is doing. */
export async function importRoutes(app: App, context: Context): Promise<void> {
  const { deps } = context;
  const importsOrFault = () => {
    if (deps.imports !== undefined) return deps.imports;
    throw new Fault("NOT_FOUND", "This home has no place to keep an upload.");
  };

  app.get(
    "/api/beds/:bed/import",
    { schema: { params: BedParams, response: { 200: ImportAnswer } } },
    async (request, reply): Promise<ImportResponse> => {
      const { bed } = bedOrFault(context, request.params.bed);
      const imports = importsOrFault();
      const state = imports.state(bed);
      reply.header("cache-control", "no-store");
      return {
        families: imports.families().map(({ id, vendor, model }) => ({ id, name: `${vendor} ${model}` })),
        ...(state === undefined ? {} : { import: state }),
      };
    },
  );

  // Bytes are understood by this route alone: everywhere else they are refused before they are read.
  await app.register(async (scope: App) => {
    scope.addContentTypeParser(
      "application/octet-stream",
      { parseAs: "buffer", bodyLimit: PIECE_BYTES_MAX },
      async (_: unknown, body: unknown) => body,
    );
    scope.post(
      "/api/beds/:bed/import",
      {
        bodyLimit: PIECE_BYTES_MAX,
        schema: { params: BedParams, querystring: PieceQuery, response: { 200: StateAnswer } },
      },
      async (request): Promise<ImportState> => {
        const { bed } = bedOrFault(context, request.params.bed);
        const { family, name, at, last, total } = request.query;
        const person = context.person(request);
        const { body } = request;
        if (!(body instanceof Uint8Array)) {
          throw new Fault("INPUT_INVALID", "A piece of a file comes as application/octet-stream.");
        }
        const state = await importsOrFault().take({
          ...{ bed, family, name, bytes: body, by: person.id },
          at: Number(at),
          last: last === "true",
          ...(total === undefined ? {} : { total: Number(total) }),
        });
        if (last === "true") context.audit("import", `${bed}: ${family}, ${state.received} bytes`, person);
        return state;
      },
    );
  });
}
