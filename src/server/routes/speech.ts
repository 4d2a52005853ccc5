import type { App, Context } from "../context.ts";
import { SpeechParams } from "../schemas.ts";

/**
 * What alarms speak, for pages that ring. Only what the catalogue knows is rendered, never a text from outside. A box
 * without a voice answers with nothing, which is no error: the page then speaks by itself.
 */
export function speechRoutes(app: App, { deps }: Context): void {
  app.get("/api/speech/:language/:key", { schema: { params: SpeechParams } }, async (request, reply) => {
    const wav = await deps.speech(request.params.key, request.params.language);
    if (wav === undefined) return reply.code(204).send();
    reply.type("audio/wav").header("cache-control", "private, max-age=3600");
    return reply.send(Buffer.from(wav.buffer, wav.byteOffset, wav.byteLength));
  });
}
