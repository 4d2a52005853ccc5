import fastifySwagger from "@fastify/swagger";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { Fault } from "../domain/fault.ts";
import type { App } from "./context.ts";
import { codesByStatus } from "./problem.ts";
import { type Right, rightOf } from "./rights.ts";
import { ProblemAnswer } from "./schemas.ts";

/** What answers something else than JSON, or nothing by GET; everything else has a schema or answers 204. */
const OTHER_ANSWERS: { readonly [route: string]: { readonly status: number; readonly type?: string } } = {
  "GET /api/live": { status: 101 },
  "GET /api/speech/:language/:key": { status: 200, type: "audio/wav" },
  "GET /api/voices/:language/:key": { status: 200, type: "audio/wav" },
  "GET /api/a/:token": { status: 200, type: "text/html" },
  "GET /api/beds/:bed/nights/:night/csv": { status: 200, type: "text/csv" },
  "GET /api/beds/:bed/nights/:night/fhir": { status: 200, type: "application/fhir+json" },
  "GET /api/beds/:bed/nights/:night/lines": { status: 200, type: "text/plain" },
  "GET /api/beds/:bed/audit": { status: 200, type: "application/x-ndjson" },
  "GET /api/beds/:bed/devices/:device/recording": { status: 200, type: "text/plain" },
  "POST /api/beds/:bed/limits/what-if": { status: 200, type: "application/x-ndjson" },
  "GET /metrics": { status: 200, type: "text/plain" },
  "GET /api/sign-in/oidc/:provider/return": { status: 303 },
};

const DESCRIPTIONS: { readonly [status: number]: string | undefined } = {
  101: "a WebSocket (docs/api.md, Live)",
  303: "on to a page of this server",
};

const Operation = Type.Object({
  parameters: Type.Optional(Type.Array(Type.Unknown())),
  requestBody: Type.Optional(Type.Unknown()),
  responses: Type.Record(Type.String(), Type.Object({ content: Type.Optional(Type.Unknown()) })),
});
type Operation = Static<typeof Operation>;
/** What the library makes of the routes, as far as it is read here. */
const Made = Type.Object({ paths: Type.Record(Type.String(), Type.Record(Type.String(), Operation)) });

/** An OpenAPI 3.1 document. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly [field: string]: unknown;
}

/** Listens to routes from now on; to be registered before the first of them. */
export async function collectRoutes(app: App): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: { openapi: "3.1.0", info: { title: "Breathwatch", version: "" } },
    transform: ({ schema, url }) => ({
      schema: { ...schema, hide: !/^\/(api\/|healthz$|metrics$)/.test(url) },
      url,
    }),
  });
}

/**
 * The interface as an OpenAPI document: bodies and answers from the schemas that requests are checked against, who may
 * use it from the table of rights. Throws SERVER_FAILED for a route that is not described. Only after the app is ready.
 */
export function openApiOf(app: App, version: string): OpenApi {
  const made: unknown = JSON.parse(JSON.stringify(app.swagger()));
  if (!Check(Made, made)) throw new Fault("SERVER_FAILED", "The description of the routes is not one.");
  const paths = Object.entries(made.paths)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, operations]): [string, object] => {
      const described = Object.entries(operations).map(([method, operation]): [string, object] => [
        method,
        describe(`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`, operation),
      ]);
      return [path, Object.fromEntries(described)];
    });
  return {
    openapi: "3.1.0",
    info: {
      title: "Breathwatch",
      version,
      description: "What pages, programs and a box say to each other; in words: docs/api.md.",
    },
    paths: Object.fromEntries(paths),
    components: {
      schemas: { Problem: ProblemAnswer },
      responses: Object.fromEntries([...codesByStatus()].map(problemResponse)),
      securitySchemes: {
        signIn: { type: "apiKey", in: "cookie", name: "breathwatch" },
        program: { type: "http", scheme: "bearer", description: "The same secret, sent by a program." },
        metricsToken: { type: "http", scheme: "bearer", description: "metrics.token of the configuration." },
      },
    },
  };
}

const problemResponse = ([status, codes]: readonly [number, readonly string[]]): [string, object] => [
  `Problem${status}`,
  {
    description: codes.join(", "),
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  },
];

function describe(route: string, operation: Operation): object {
  const [method = "", pattern = ""] = route.split(" ");
  const right = rightOf(method, pattern);
  if (right === undefined) throw new Fault("SERVER_FAILED", `${route} has no row in the table of rights.`);
  const problems = problemsOf(method, operation, right).map((status): [string, object] => [
    String(status),
    { $ref: `#/components/responses/Problem${status}` },
  ]);
  return {
    ...operation,
    summary: right.does,
    security: securityOf(right),
    "x-roles": right.who === "anyone" ? [] : right.who,
    responses: { ...answersOf(route, operation), ...Object.fromEntries(problems) },
  };
}

function answersOf(route: string, { responses }: Operation): { readonly [status: string]: unknown } {
  const hasSchema = Object.values(responses).some(({ content }) => content !== undefined);
  if (hasSchema) return responses;
  const other = OTHER_ANSWERS[route] ?? (route.startsWith("GET ") ? undefined : { status: 204 });
  if (other === undefined) throw new Fault("SERVER_FAILED", `${route} does not say what it answers.`);
  const { status, type } = other;
  const description = DESCRIPTIONS[status] ?? "done";
  if (type === undefined) return { [String(status)]: { description } };
  return { [String(status)]: { description, content: { [type]: { schema: { type: "string" } } } } };
}

function securityOf({ who, byToken, share, byMetricsToken }: Right): readonly object[] {
  // The secret in the address, or none at all, is no scheme of OpenAPI's.
  if (who === "anyone" || byToken === true) return [];
  return [
    { signIn: [] },
    { program: [] },
    ...(byMetricsToken === true ? [{ metricsToken: [] }] : []),
    ...(share === undefined ? [] : [{}]),
  ];
}

/** With which statuses a problem may come. */
function problemsOf(
  method: string,
  { parameters, requestBody }: Operation,
  { who, byToken }: Right,
): readonly number[] {
  const isRead = method === "GET";
  return [
    ...(parameters === undefined && requestBody === undefined ? [] : [400]),
    ...(who === "anyone" ? [] : [401]),
    ...(who === "anyone" && (isRead || byToken === true) ? [] : [403]),
    ...(parameters === undefined ? [] : [404]),
    ...(isRead ? [] : [409, 422]),
    ...[429, 500, 503],
  ];
}
