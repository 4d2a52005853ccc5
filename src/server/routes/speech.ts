import type { FastifyReply } from "fastify";
import type { App, Context } from "../context.ts";
import { SpeechParams, SpeechQuery } from "../schemas.ts";

/**
 * What alarms speak, for pages that ring. Only what the catalogue knows is rendered, never a text from outside. A box
 * without a voice answers with nothing, which is no error: the page then speaks by itself.
 */
export function speechRoutes(app: App, { deps }: Context): void {
  const schema = { params: SpeechParams, querystring: SpeechQuery };
  app.get("/api/speech/:language/:key", { schema }, async (request, reply) => {
    const { key, language } = request.params;
    const wav = await deps.speech(key, language, request.query.voice);
    return wav === undefined ? reply.code(204).send() : sendWav(reply, wav);
  });
}

/** A sound that is never kept: the family may speak it anew at any time. */
export function sendWav(reply: FastifyReply, wav: Uint8Array): FastifyReply {
  reply.type("audio/wav").header("cache-control", "no-store");
  return reply.send(Buffer.from(wav.buffer, wav.byteOffset, wav.byteLength));
}
