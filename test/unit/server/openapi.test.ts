import path from "node:path";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FAULTS } from "../../../src/domain/fault.ts";
import type { OpenApi } from "../../../src/server/openapi.ts";
import { RIGHTS } from "../../../src/server/rights.ts";
import { type Harness, startHarness } from "./harness.ts";

interface Operation {
  readonly summary: string;
  readonly security: readonly object[];
  readonly "x-roles": readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: {
    readonly [status: string]: {
      readonly $ref?: string;
      readonly content?: { readonly [type: string]: object };
    };
  };
}

let harness: Harness;
let document: OpenApi & {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly responses: { readonly [name: string]: { readonly description: string } } };
};
beforeAll(async () => {
  harness = await startHarness();
  const cookie = await harness.signIn("caregiver");
  document = (await harness.app.inject({ url: "/api/openapi.json", headers: { cookie } })).json();
});
afterAll(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

const operations = (): readonly (readonly [string, Operation])[] =>
  Object.entries(document.paths).flatMap(([place, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) =>
        [`${method.toUpperCase()} ${place.replaceAll(/\{(\w+)\}/g, ":$1")}`, operation] as const,
    ),
  );

describe("the description of the interface", () => {
  test("is written down as it is served", async () => {
    const file = path.join(import.meta.dirname, "../../../docs/openapi.json");
    await expect(`${JSON.stringify(document, null, 1)}\n`).toMatchFileSnapshot(file);
  });

  test("holds every route of the table of rights but the pages, with its sentence and its roles", () => {
    const expected = Object.entries(RIGHTS)
      .filter(([route]) => /^\w+ \/(api\/|healthz$|metrics$)/.test(route))
      .map(([route, { does, who }]) => JSON.stringify([route, does, who === "anyone" ? [] : who]));
    const found = operations().map(([route, operation]) =>
      JSON.stringify([route, operation.summary, operation["x-roles"]]),
    );
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  test("names every part of an address as a parameter, and what every answer holds", () => {
    for (const [route, { parameters = [], responses }] of operations()) {
      const named = [...route.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
      const inPath = parameters.filter((one) => one.in === "path").map(({ name }) => name);
      expect(inPath.toSorted(), route).toEqual(named.toSorted());
      const good = Object.entries(responses).filter(([status]) => Number(status) < 400);
      expect(good, route).toHaveLength(1);
      for (const [status, { content }] of good) {
        if (!["204", "101", "303"].includes(status)) expect(content, route).toBeDefined();
      }
    }
  });

  test("lets nobody in without a sign-in where the table does not", () => {
    for (const [route, { security }] of operations()) {
      const right = RIGHTS[route];
      const isOpen = right?.who === "anyone" || right?.share !== undefined;
      const needsNothing = security.length === 0 || security.some((one) => Object.keys(one).length === 0);
      expect(needsNothing, route).toBe(isOpen);
    }
  });

  test("names problems only by codes that are documented, and every reference leads somewhere", () => {
    const { responses } = document.components;
    const codes = Object.values(responses).flatMap(({ description }) => description.split(", "));
    expect(codes.filter((code) => !Object.hasOwn(FAULTS, code))).toEqual([]);
    expect(new Set(codes).size).toBe(codes.length);
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g);
    const components = document["components"] as { readonly [kind: string]: object };
    for (const [, kind = "", name = ""] of references) {
      expect(Object.hasOwn(components[kind] ?? {}, name), `${kind} ${name}`).toBe(true);
    }
  });

  test("is JSON Schema that a strange reader understands", async () => {
    const schemas: object[] = [];
    const collect = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if (key === "schema" && !("$ref" in (inner as object))) schemas.push(inner as object);
        else collect(inner);
      }
    };
    collect(document);
    expect(schemas.length).toBeGreaterThan(100);
    const strange = Fastify();
    schemas.forEach((body, n) => strange.post(`/${n}`, { schema: { body } }, () => null));
    await expect(strange.ready()).resolves.toBeDefined();
    await strange.close();
  });

  test("is not sent twice to a program that has it", async () => {
    const cookie = await harness.signIn("technician");
    const first = await harness.app.inject({ url: "/api/openapi.json", headers: { cookie } });
    const etag = String(first.headers["etag"]);
    const again = (tag: string) =>
      harness.app.inject({ url: "/api/openapi.json", headers: { cookie, "if-none-match": tag } });
    expect((await again(etag)).statusCode).toBe(304);
    expect((await again(`"other", W/${etag}`)).statusCode).toBe(304);
    expect((await again('"other"')).statusCode).toBe(200);
  });
});
