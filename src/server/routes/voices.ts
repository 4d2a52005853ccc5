import { Fault } from "../../domain/fault.ts";
import type { Voices } from "../../port/voices.ts";
import type { App, Context } from "../context.ts";
import type { VoiceRecord, VoicesResponse } from "../contract/voices.ts";
import { SpeechParams } from "../schemas.ts";
import { VoiceAnswer, VoicesAnswer } from "../schemas-voices.ts";
import { sendWav } from "./speech.ts";

/** 10 s of 16 bits at 96 kHz, and the head of the file; pages send a sixth of it. */
const WAV_BYTES_MAX = 2 << 20;

/** What the family speaks itself in the place of the machine's voice: listed, heard, kept, removed. */
export async function voiceRoutes(app: App, context: Context): Promise<void> {
  const { deps } = context;
  const voicesHere = (): Voices => {
    if (deps.voices !== undefined) return deps.voices;
    throw new Fault("NOT_FOUND", "A voice is recorded on the box at the bedside.", {
      fix: "Open the box's own page in the house.",
    });
  };

  app.get(
    "/api/voices",
    { schema: { response: { 200: VoicesAnswer } } },
    async (_, reply): Promise<VoicesResponse> => {
      const voices = voicesHere();
      reply.header("cache-control", "no-store");
      return { house: voices.language, voices: await voices.list() };
    },
  );

  // As it is kept, used or not: what an alarm speaks is asked for under /api/speech.
  app.get("/api/voices/:language/:key", { schema: { params: SpeechParams } }, async (request, reply) => {
    const { language, key } = request.params;
    const wav = await voicesHere().read(language, key);
    if (wav === undefined) throw new Fault("NOT_FOUND", "Nobody has spoken this sentence yet.");
    return sendWav(reply, wav);
  });

  app.delete("/api/voices/:language/:key", { schema: { params: SpeechParams } }, async (request, reply) => {
    const { language, key } = request.params;
    const wasThere = await voicesHere().remove(language, key);
    if (wasThere) context.audit("voice.removed", `${language} ${key}`, context.person(request));
    return reply.code(204).send();
  });

  // Sounds are understood by this route alone: everywhere else they are refused before they are read.
  await app.register(async (scope: App) => {
    scope.addContentTypeParser(
      "audio/wav",
      { parseAs: "buffer", bodyLimit: WAV_BYTES_MAX },
      async (_: unknown, body: unknown) => body,
    );
    scope.put(
      "/api/voices/:language/:key",
      { bodyLimit: WAV_BYTES_MAX, schema: { params: SpeechParams, response: { 200: VoiceAnswer } } },
      async (request): Promise<VoiceRecord> => {
        const { language, key } = request.params;
        const { body } = request;
        const voices = voicesHere();
        if (!(body instanceof Uint8Array)) {
          throw new Fault("INPUT_INVALID", "A recording comes as audio/wav.");
        }
        const kept = await voices.keep(language, key, body);
        context.audit("voice.kept", `${language} ${key}, ${kept.seconds ?? 0} s`, context.person(request));
        return kept;
      },
    );
  });
}
