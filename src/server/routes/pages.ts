import { existsSync } from "node:fs";
import path from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyReply } from "fastify";
import type { App, Context } from "../context.ts";
import { languageOf, sendPlainPage } from "../html.ts";
import { contentPolicy, permissionsPolicy } from "../security.ts";

/** Address and file of each built page. */
const PAGES = [
  ["/", "caregiver/index.html"],
  ["/patient", "patient/index.html"],
  ["/therapist", "therapist/index.html"],
  ["/technician", "technician/index.html"],
  ["/share", "share/index.html"],
] as const;

/** Files below it carry a hash of their content in their names. */
const HASHED = "assets";
/** The service worker, which shows pushes and posts answers. */
const WORKER = "sw.js";

/** The one page on which somebody records a voice for the alarms of the house. */
const RECORDS = "caregiver/index.html";

/** Shown where the pages were not built: the watch runs all the same. */
const NOT_BUILT = {
  en: ["The pages are not built yet", "Breathwatch is running. Build its pages with: npm run build:pages"],
  "zh-Hans": ["页面尚未构建", "Breathwatch 正在运行。请用以下命令构建页面：npm run build:pages"],
  "zh-Hant": ["頁面尚未建置", "Breathwatch 正在執行。請用以下指令建置頁面：npm run build:pages"],
} as const;

/** The built pages and their files. */
export async function pageRoutes(app: App, context: Context): Promise<void> {
  const { pagesFolder, relayOrigin } = context.deps;
  const folder = path.resolve(pagesFolder);
  await app.register(fastifyStatic, {
    root: folder,
    index: false,
    redirect: false,
    dotfiles: "ignore",
    cacheControl: false,
    suppressWarning: true,
    setHeaders(reply, file) {
      setCaching(folder, reply, file);
      if (path.relative(folder, file) === RECORDS) {
        reply.header("permissions-policy", permissionsPolicy({ microphone: "(self)" }));
      }
      // A worker has a policy of its own: answers of a locked screen may go to the relay.
      if (relayOrigin !== undefined && path.relative(folder, file) === WORKER) {
        reply.header("content-security-policy", contentPolicy({ "connect-src": `'self' ${relayOrigin}` }));
      }
    },
  });
  for (const [address, file] of PAGES) {
    app.get(address, (request, reply) => {
      if (existsSync(path.join(folder, file))) return reply.sendFile(file);
      const language = languageOf(request.headers["accept-language"]);
      const [heading, text] = NOT_BUILT[language];
      return sendPlainPage(reply, 503, { language, heading, paragraphs: [text] });
    });
  }
}

/** Named by their content: for ever. Everything else: ask each time, answered by ETag. */
function setCaching(folder: string, reply: FastifyReply, file: string): void {
  const hashed = path.relative(folder, file).startsWith(`${HASHED}${path.sep}`);
  reply.header("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
}
