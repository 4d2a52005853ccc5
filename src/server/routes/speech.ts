import { Fault } from "../../domain/fault.ts";
import type { App, Context } from "../context.ts";
import { SpeechParams } from "../schemas.ts";

/** What alarms speak, for pages that ring. Only what the catalogue knows is rendered, never a text from outside. */
export function speechRoutes(app: App, { deps }: Context): void {
  app.get(
    "/api/speech/:language/:key",
    { schema: { params: SpeechParams } },
    async (request, reply): Promise<Buffer> => {
      const wav = await deps.speech(request.params.key, request.params.language);
      if (wav === undefined) {
        throw new Fault("NOT_FOUND", "This box has no voice.", { fix: "Install espeak-ng on it." });
      }
      reply.type("audio/wav").header("cache-control", "private, max-age=3600");
      return Buffer.from(wav.buffer, wav.byteOffset, wav.byteLength);
    },
  );
}
