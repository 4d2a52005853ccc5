/*
 * What `bench api` compares with, a program of its own: a bare Fastify that answers the same paths with the same bytes from
 * memory. No sign-in, no rights, no store, no schema.
 *
 *   node api-peer.ts FILE            (JSON: the answers by path)
 */
import { readFileSync } from "node:fs";
import Fastify from "fastify";

const answers: unknown = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const bodies = new Map(
  Object.entries(typeof answers === "object" && answers !== null ? answers : {}).map(([path, body]) => [
    path,
    Buffer.from(String(body)),
  ]),
);
const app = Fastify({ logger: false });
app.get("/*", (request, reply) => {
  const body = bodies.get(request.url);
  if (body === undefined) return reply.code(404).send();
  return reply.header("content-type", "application/json; charset=utf-8").send(body);
});
process.stdout.write(`ready ${JSON.stringify({ url: await app.listen({ host: "127.0.0.1", port: 0 }) })}\n`);
