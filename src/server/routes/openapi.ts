import Type from "typebox";
import type { App, Context } from "../context.ts";
import { openApiOf } from "../openapi.ts";
import { KEPT } from "../tagged.ts";

const OpenApiAnswer = Type.Object({ openapi: Type.String(), info: Type.Unknown(), paths: Type.Unknown() });

/** What programs can do here, for programs. */
export function openApiRoutes(app: App, { deps }: Context): void {
  app.get("/api/openapi.json", { schema: { response: { 200: OpenApiAnswer } } }, async (_, reply) =>
    reply.headers(KEPT).send(openApiOf(app, deps.about(undefined).version)),
  );
}
