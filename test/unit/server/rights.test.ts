import { readFileSync } from "node:fs";
import path from "node:path";
import type { FastifyInstance, RouteOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ROLES, type Role } from "../../../src/domain/person.ts";
import { ORGANISATION_ROLES } from "../../../src/port/accounts.ts";
import { authorise, RIGHTS, rightOf } from "../../../src/server/rights.ts";
import { addSignIn } from "../../support/sign-in.ts";
import { type Harness, HOME, OCCURRENCE, startHarness, TOKEN } from "./harness.ts";

/** Every route that the app really registered, seen from outside. */
const registered = vi.hoisted(() => [] as { readonly method: string; readonly url: string }[]);

vi.mock("fastify", async (original) => {
  const real = await original<{ readonly default: (...args: unknown[]) => FastifyInstance }>();
  return {
    ...real,
    default: (...args: unknown[]) => {
      const app = real.default(...args);
      app.addHook("onRoute", ({ method, url }: RouteOptions) => {
        for (const one of Array.isArray(method) ? method : [method]) registered.push({ method: one, url });
      });
      return app;
    },
  };
});

const CLINIC = "clinicaaaa";
const OTHER_HOME = "homebbbbbb";
const OTHER_CLINIC = "clinicbbbb";

/** A request to each route that would do its work for whoever may. */
const EXAMPLES: { readonly [route: string]: { readonly url: string; readonly payload?: object } } = {
  "GET /": { url: "/" },
  "GET /patient": { url: "/patient" },
  "GET /therapist": { url: "/therapist" },
  "GET /technician": { url: "/technician" },
  "GET /share": { url: "/share" },
  "GET /*": { url: "/assets/some.js" },
  "GET /api/me": { url: "/api/me" },
  "POST /api/sign-in": { url: "/api/sign-in", payload: {} },
  "POST /api/sign-out": { url: "/api/sign-out" },
  "POST /api/me/language": { url: "/api/me/language", payload: { language: "en" } },
  "POST /api/people/join-codes": { url: "/api/people/join-codes", payload: { role: "patient" } },
  "POST /api/sign-in/password": { url: "/api/sign-in/password", payload: {} },
  "POST /api/sign-in/passkey/begin": { url: "/api/sign-in/passkey/begin" },
  "POST /api/sign-in/passkey": { url: "/api/sign-in/passkey", payload: {} },
  "POST /api/me/passkeys/begin": { url: "/api/me/passkeys/begin" },
  "POST /api/me/passkeys": { url: "/api/me/passkeys", payload: {} },
  "DELETE /api/me/passkeys/:passkey": { url: "/api/me/passkeys/0123456789abcdef" },
  "POST /api/sign-in/oidc/:provider/begin": { url: "/api/sign-in/oidc/city/begin", payload: {} },
  "GET /api/sign-in/oidc/:provider/return": { url: "/api/sign-in/oidc/city/return" },
  "POST /api/me/oidc/:provider/begin": { url: "/api/me/oidc/city/begin", payload: {} },
  "DELETE /api/me/oidc/:provider": { url: "/api/me/oidc/city" },
  "GET /api/me/oidc/:provider/loss": { url: "/api/me/oidc/city/loss" },
  "POST /api/me/join": { url: "/api/me/join", payload: {} },
  "GET /api/me/sign-ins": { url: "/api/me/sign-ins" },
  "DELETE /api/me/sign-ins": { url: "/api/me/sign-ins" },
  "DELETE /api/me/sign-ins/:id": { url: "/api/me/sign-ins/0123456789abcdef" },
  "PUT /api/me/password": { url: "/api/me/password", payload: {} },
  "DELETE /api/me/password": { url: "/api/me/password", payload: { old: "correct horse" } },
  "GET /api/homes/:home/people": { url: `/api/homes/${HOME}/people` },
  "DELETE /api/homes/:home/people/:person": { url: `/api/homes/${HOME}/people/nobody` },
  "GET /api/me/sign-ins/:id/loss": { url: "/api/me/sign-ins/others/loss" },
  "GET /api/homes/:home/people/:person/loss": { url: `/api/homes/${HOME}/people/nobody/loss` },
  "GET /api/homes/:home/people/:person/sign-ins/:id/loss": {
    url: `/api/homes/${HOME}/people/nobody/sign-ins/0123456789abcdef/loss`,
  },
  "GET /api/homes/:home/people/:person/sign-ins": { url: `/api/homes/${HOME}/people/nobody/sign-ins` },
  "DELETE /api/homes/:home/people/:person/sign-ins/:id": {
    url: `/api/homes/${HOME}/people/nobody/sign-ins/0123456789abcdef`,
  },
  "GET /api/homes/:home/audit": { url: `/api/homes/${HOME}/audit` },
  "GET /api/homes/:home/channels": { url: `/api/homes/${HOME}/channels` },
  "PUT /api/homes/:home/channels/:channel": {
    url: `/api/homes/${HOME}/channels/none`,
    payload: { settings: {} },
  },
  "DELETE /api/homes/:home/channels/:channel": { url: `/api/homes/${HOME}/channels/none` },
  "GET /api/homes/:home/dead-men": { url: `/api/homes/${HOME}/dead-men` },
  "PUT /api/homes/:home/dead-men/:way": {
    url: `/api/homes/${HOME}/dead-men/dead-man-ntfy`,
    payload: { settings: { topic: "h-8fK3mQ0zT7vW2xYb" } },
  },
  "DELETE /api/homes/:home/dead-men/:way": { url: `/api/homes/${HOME}/dead-men/dead-man-ntfy` },
  "POST /api/homes/:home/dead-men/:way/try": { url: `/api/homes/${HOME}/dead-men/dead-man-ntfy/try` },
  "GET /api/homes/:home/channels/:channel/loss": { url: `/api/homes/${HOME}/channels/none/loss` },
  "PUT /api/homes/:home/phones-where": {
    url: `/api/homes/${HOME}/phones-where`,
    payload: { country: "elsewhere", offline: false },
  },
  "GET /api/homes/:home/phones/:phone/loss": { url: `/api/homes/${HOME}/phones/aaaaaaaaaa/loss` },
  "POST /api/homes/:home/phones": { url: `/api/homes/${HOME}/phones`, payload: {} },
  "PUT /api/homes/:home/phones/:phone/morning": {
    url: `/api/homes/${HOME}/phones/aaaaaaaaaa/morning`,
    payload: { wanted: true },
  },
  "GET /api/homes/:home/evening": { url: `/api/homes/${HOME}/evening` },
  "POST /api/homes/:home/evening": { url: `/api/homes/${HOME}/evening`, payload: { kind: "quiet" } },
  "POST /api/homes/:home/evening/heard": {
    url: `/api/homes/${HOME}/evening/heard`,
    payload: { heard: true },
  },
  "DELETE /api/homes/:home/evening": { url: `/api/homes/${HOME}/evening` },
  "PUT /api/homes/:home/evening/settings": {
    url: `/api/homes/${HOME}/evening/settings`,
    payload: { on: true, atMinute: 1_290 },
  },
  "GET /api/homes/:home/consents": { url: `/api/homes/${HOME}/consents` },
  "POST /api/homes/:home/consents": { url: `/api/homes/${HOME}/consents`, payload: {} },
  "DELETE /api/homes/:home/consents/:consent": { url: `/api/homes/${HOME}/consents/aaaaaaaaaa` },
  "GET /api/homes/:home/shares": { url: `/api/homes/${HOME}/shares` },
  "POST /api/homes/:home/shares": { url: `/api/homes/${HOME}/shares`, payload: {} },
  "DELETE /api/homes/:home/shares/:share": { url: `/api/homes/${HOME}/shares/aaaaaaaaaa` },
  "POST /api/share": { url: "/api/share", payload: {} },
  "GET /api/organisations/:organisation/people": { url: `/api/organisations/${CLINIC}/people` },
  "PUT /api/organisations/:organisation": { url: `/api/organisations/${CLINIC}`, payload: {} },
  "POST /api/organisations/:organisation/join-codes": {
    url: `/api/organisations/${CLINIC}/join-codes`,
    payload: {},
  },
  "DELETE /api/organisations/:organisation/people/:person": {
    url: `/api/organisations/${CLINIC}/people/nobody`,
  },
  "GET /api/health": { url: "/api/health" },
  "GET /api/openapi.json": { url: "/api/openapi.json" },
  "GET /metrics": { url: "/metrics" },
  "GET /ca": { url: "/ca" },
  "GET /ca/breathwatch.crt": { url: "/ca/breathwatch.crt" },
  "GET /healthz": { url: "/healthz" },
  "POST /api/pair": { url: "/api/pair", payload: {} },
  "PUT /api/boxes/:box/estate": { url: "/api/boxes/aaaaaaaaaa/estate", payload: {} },
  "GET /api/homes": { url: "/api/homes" },
  "POST /api/homes/codes": { url: "/api/homes/codes", payload: {} },
  "POST /api/homes/:home/codes": { url: `/api/homes/${HOME}/codes`, payload: {} },
  "DELETE /api/homes/codes/:code": { url: "/api/homes/codes/aaaaaaaaaaaaaaaa" },
  "PUT /api/homes/:home": { url: `/api/homes/${HOME}`, payload: {} },
  "DELETE /api/homes/:home": { url: `/api/homes/${HOME}`, payload: { label: "not its name" } },
  "POST /api/homes/:home/boxes/:box/revoke": { url: `/api/homes/${HOME}/boxes/aaaaaaaaaa/revoke` },
  "GET /api/live": { url: "/api/live" },
  "GET /api/speech/:language/:key": { url: "/api/speech/en/mask_off" },
  "GET /api/voices": { url: "/api/voices" },
  "GET /api/voices/:language/:key": { url: "/api/voices/en/mask_off" },
  "PUT /api/voices/:language/:key": { url: "/api/voices/en/mask_off" },
  "DELETE /api/voices/:language/:key": { url: "/api/voices/en/mask_off" },
  "POST /api/beds/:bed/occurrences/:id/acknowledge": {
    url: `/api/beds/b1/occurrences/${OCCURRENCE}/acknowledge`,
    payload: { place: "going" },
  },
  "POST /api/beds/:bed/occurrences/:id/seen": { url: `/api/beds/b1/occurrences/${OCCURRENCE}/seen` },
  "POST /api/beds/:bed/occurrences/:id/all-right": {
    url: `/api/beds/b1/occurrences/${OCCURRENCE}/all-right`,
  },
  "POST /api/beds/:bed/pause": {
    url: "/api/beds/b1/pause",
    payload: { condition: "SPO2_WARN", priority: "medium", forMs: 60_000 },
  },
  "POST /api/beds/:bed/resume": { url: "/api/beds/b1/resume", payload: { condition: "SPO2_WARN" } },
  "POST /api/beds/:bed/care": { url: "/api/beds/b1/care", payload: { act: "suction" } },
  "POST /api/beds/:bed/care/done": { url: "/api/beds/b1/care/done" },
  "POST /api/beds/:bed/care/plan": { url: "/api/beds/b1/care/plan", payload: { plan: { turn: 120 } } },
  "POST /api/beds/:bed/leave": { url: "/api/beds/b1/leave", payload: { reason: "visit", until: 1e12 } },
  "POST /api/beds/:bed/finish": { url: "/api/beds/b1/finish", payload: { reason: "transfer" } },
  "POST /api/beds/:bed/finish/undo": { url: "/api/beds/b1/finish/undo" },
  "POST /api/beds/:bed/call": { url: "/api/beds/b1/call", payload: { how: "touch", kind: "come" } },
  "POST /api/beds/:bed/watch": { url: "/api/beds/b1/watch", payload: { on: true } },
  "POST /api/beds/:bed/drill": { url: "/api/beds/b1/drill", payload: { forMs: 60_000 } },
  "GET /api/beds/:bed/limits": { url: "/api/beds/b1/limits" },
  "POST /api/beds/:bed/limits/check": { url: "/api/beds/b1/limits/check", payload: { limits: {} } },
  "POST /api/beds/:bed/limits/what-if": { url: "/api/beds/b1/limits/what-if", payload: { limits: {} } },
  "GET /api/beds/:bed/baselines": { url: "/api/beds/b1/baselines" },
  "PUT /api/beds/:bed/limits": { url: "/api/beds/b1/limits", payload: { limits: {}, reason: "as agreed" } },
  "POST /api/beds/:bed/limits/restore/:version": {
    url: "/api/beds/b1/limits/restore/1",
    payload: { reason: "as agreed" },
  },
  "POST /api/beds/:bed/limits/code": { url: "/api/beds/b1/limits/code", payload: { code: "BW1:" } },
  "POST /api/beds/:bed/limits/code/apply": {
    url: "/api/beds/b1/limits/code/apply",
    payload: { code: "BW1:" },
  },
  "POST /api/push": { url: "/api/push", payload: {} },
  "DELETE /api/push/:id": { url: "/api/push/aaaaaaaaaa" },
  "GET /api/a/:token": { url: `/api/a/${TOKEN}` },
  "POST /api/a/:token": { url: `/api/a/${TOKEN}` },
  "POST /api/r/:token": { url: `/api/r/${TOKEN}` },
  "GET /api/beds/:bed/nights": { url: "/api/beds/b1/nights" },
  "GET /api/beds/:bed/nights/:night": { url: "/api/beds/b1/nights/2026-01-10" },
  "GET /api/beds/:bed/nights/:night/csv": { url: "/api/beds/b1/nights/2026-01-10/csv" },
  "GET /api/beds/:bed/nights/:night/fhir": { url: "/api/beds/b1/nights/2026-01-10/fhir" },
  "GET /api/beds/:bed/nights/:night/lines": { url: "/api/beds/b1/nights/2026-01-10/lines" },
  "GET /api/beds/:bed/nights/:night/summary": { url: "/api/beds/b1/nights/2026-01-10/summary" },
  "GET /api/beds/:bed/limits/offer": { url: "/api/beds/b1/limits/offer" },
  "POST /api/beds/:bed/limits/offer": {
    url: "/api/beds/b1/limits/offer",
    payload: { id: "aaaaaaaaaa", answer: "declined" },
  },
  "GET /api/beds/:bed/audit": { url: "/api/beds/b1/audit?from=0&to=1000" },
  "GET /api/beds/:bed/notes/:kind": { url: "/api/beds/b1/notes/symptom" },
  "POST /api/beds/:bed/notes/symptom": { url: "/api/beds/b1/notes/symptom", payload: {} },
  "POST /api/beds/:bed/notes/care": { url: "/api/beds/b1/notes/care", payload: {} },
  "POST /api/beds/:bed/notes/duty": { url: "/api/beds/b1/notes/duty", payload: {} },
  "POST /api/beds/:bed/notes/morning": { url: "/api/beds/b1/notes/morning", payload: {} },
  "GET /api/beds/:bed/duty": { url: "/api/beds/b1/duty" },
  "GET /api/beds/:bed/calling": { url: "/api/beds/b1/calling" },
  "PUT /api/beds/:bed/calling": {
    url: "/api/beds/b1/calling",
    payload: { rules: [], backstops: [] },
  },
  "PUT /api/beds/:bed/duty/rota": { url: "/api/beds/b1/duty/rota", payload: { rota: [] } },
  "POST /api/beds/:bed/duty/handovers": { url: "/api/beds/b1/duty/handovers", payload: {} },
  "POST /api/beds/:bed/duty/handovers/:handover": {
    url: "/api/beds/b1/duty/handovers/aaaaaaaaaa",
    payload: {},
  },
  "POST /api/beds/:bed/notes/alsfrs_r": { url: "/api/beds/b1/notes/alsfrs_r", payload: {} },
  "DELETE /api/beds/:bed/notes/:note": { url: "/api/beds/b1/notes/aaaaaaaaaa" },
  "GET /api/beds/:bed/research-consent": { url: "/api/beds/b1/research-consent" },
  "POST /api/beds/:bed/research-consent": {
    url: "/api/beds/b1/research-consent",
    payload: { groups: ["oxygen"], textVersion: 1 },
  },
  "DELETE /api/beds/:bed/research-consent": { url: "/api/beds/b1/research-consent" },
  "GET /api/beds/:bed/import": { url: "/api/beds/b1/import" },
  "POST /api/beds/:bed/import": {
    url: "/api/beds/b1/import?family=resmed-card&name=card.zip&at=0&last=true",
  },
  "GET /api/devices": { url: "/api/devices" },
  "GET /api/beds/:bed/devices": { url: "/api/beds/b1/devices" },
  "GET /api/beds/:bed/devices/:device/frames": { url: "/api/beds/b1/devices/oxiaaaaaaa/frames" },
  "POST /api/beds/:bed/devices/:device/serial": { url: "/api/beds/b1/devices/oxiaaaaaaa/serial" },
  "GET /api/beds/:bed/devices/:device/recording": {
    url: "/api/beds/b1/devices/oxiaaaaaaa/recording?from=0&to=1000",
  },
  "GET /api/beds/:bed/commissionings": { url: "/api/beds/b1/commissionings" },
  "POST /api/beds/:bed/commissionings/steps": {
    url: "/api/beds/b1/commissionings/steps",
    payload: { step: "sounder_heard", result: "passed", how: "person" },
  },
  "POST /api/beds/:bed/commissionings/close": {
    url: "/api/beds/b1/commissionings/close",
    payload: { note: "" },
  },
  "GET /api/beds/:bed/reception": { url: "/api/beds/b1/reception?from=0&to=1000" },
  "GET /api/simulation/:bed": { url: "/api/simulation/b1" },
  "POST /api/simulation/:bed": { url: "/api/simulation/b1", payload: { event: "mask_off" } },
};

/** The technician's own. */
const BENCH = [
  "GET /api/homes",
  "POST /api/homes/codes",
  "POST /api/homes/:home/codes",
  "DELETE /api/homes/codes/:code",
  "PUT /api/homes/:home",
  "POST /api/homes/:home/boxes/:box/revoke",
  "GET /api/health",
  "GET /metrics",
  "GET /api/devices",
  "GET /api/beds/:bed/devices",
  "GET /api/beds/:bed/devices/:device/frames",
  "POST /api/beds/:bed/devices/:device/serial",
  "GET /api/beds/:bed/devices/:device/recording",
  "GET /api/simulation/:bed",
  "POST /api/simulation/:bed",
  "GET /api/beds/:bed/commissionings",
  "POST /api/beds/:bed/commissionings/steps",
  "POST /api/beds/:bed/commissionings/close",
  "GET /api/beds/:bed/reception",
];

/** Whose say it is who else may look. */
const CONSENT = [
  "POST /api/homes/:home/consents",
  "DELETE /api/homes/:home/consents/:consent",
  "GET /api/homes/:home/shares",
  "POST /api/homes/:home/shares",
  "DELETE /api/homes/:home/shares/:share",
  "POST /api/beds/:bed/research-consent",
  "DELETE /api/beds/:bed/research-consent",
];

/** For whoever manages a home or an organisation. */
const EVENING = [
  "GET /api/homes/:home/evening",
  "POST /api/homes/:home/evening",
  "POST /api/homes/:home/evening/heard",
  "DELETE /api/homes/:home/evening",
  "PUT /api/homes/:home/evening/settings",
];
/** What the family speaks itself is heard by those of the house. */
const VOICES = ["GET /api/voices", "GET /api/voices/:language/:key"];
const MANAGE = [
  "POST /api/people/join-codes",
  "DELETE /api/homes/:home/people/:person",
  "GET /api/homes/:home/people/:person/loss",
  "GET /api/homes/:home/people/:person/sign-ins",
  "GET /api/homes/:home/people/:person/sign-ins/:id/loss",
  "DELETE /api/homes/:home/people/:person/sign-ins/:id",
  "GET /api/homes/:home/audit",
  "DELETE /api/homes/:home",
  "PUT /api/organisations/:organisation",
  "POST /api/organisations/:organisation/join-codes",
  "DELETE /api/organisations/:organisation/people/:person",
];

/** For those who care for the person, and nobody else. */
const CARE = [
  "PUT /api/voices/:language/:key",
  "DELETE /api/voices/:language/:key",
  "POST /api/beds/:bed/notes/symptom",
  "POST /api/beds/:bed/notes/care",
  "POST /api/beds/:bed/notes/duty",
  "POST /api/beds/:bed/notes/morning",
  "PUT /api/beds/:bed/duty/rota",
  "PUT /api/beds/:bed/calling",
  "POST /api/beds/:bed/duty/handovers",
  "POST /api/beds/:bed/duty/handovers/:handover",
  "POST /api/beds/:bed/occurrences/:id/acknowledge",
  "POST /api/beds/:bed/occurrences/:id/seen",
  "POST /api/beds/:bed/pause",
  "POST /api/beds/:bed/resume",
  "POST /api/beds/:bed/care",
  "POST /api/beds/:bed/care/done",
  "POST /api/beds/:bed/care/plan",
  "POST /api/beds/:bed/leave",
  "POST /api/beds/:bed/finish",
  "POST /api/beds/:bed/finish/undo",
  "POST /api/beds/:bed/watch",
];

/** What the brief of each role comes to, written down a second time on purpose: who may NOT. */
const REFUSED: { readonly [role in Role]: readonly string[] } = {
  owner: ["POST /api/beds/:bed/occurrences/:id/all-right"],
  caregiver: [
    "POST /api/beds/:bed/occurrences/:id/all-right",
    "GET /api/homes/:home/channels/:channel/loss",
    "PUT /api/homes/:home/channels/:channel",
    "DELETE /api/homes/:home/channels/:channel",
    "POST /api/beds/:bed/notes/alsfrs_r",
    "PUT /api/homes/:home/dead-men/:way",
    "DELETE /api/homes/:home/dead-men/:way",
    "POST /api/beds/:bed/limits/code",
    "POST /api/beds/:bed/limits/code/apply",
    "POST /api/beds/:bed/limits/what-if",
    "GET /api/beds/:bed/baselines",
    ...MANAGE,
    ...CONSENT,
    "GET /api/beds/:bed/research-consent",
    "GET /api/beds/:bed/nights",
    "GET /api/beds/:bed/nights/:night",
    "GET /api/beds/:bed/nights/:night/csv",
    "GET /api/beds/:bed/nights/:night/fhir",
    "GET /api/beds/:bed/nights/:night/lines",
    "GET /api/beds/:bed/audit",
    "GET /api/beds/:bed/import",
    "POST /api/beds/:bed/import",
    ...BENCH,
  ],
  patient: [
    "GET /api/homes/:home/channels/:channel/loss",
    "PUT /api/homes/:home/phones-where",
    "GET /api/homes/:home/phones/:phone/loss",
    "PUT /api/homes/:home/phones/:phone/morning",
    "GET /api/beds/:bed/nights/:night/summary",
    "GET /api/beds/:bed/limits/offer",
    "POST /api/beds/:bed/limits/offer",
    "PUT /api/homes/:home/channels/:channel",
    "DELETE /api/homes/:home/channels/:channel",
    "PUT /api/homes/:home/dead-men/:way",
    "DELETE /api/homes/:home/dead-men/:way",
    "GET /api/homes/:home/channels",
    "POST /api/homes/:home/phones",
    "GET /api/homes/:home/dead-men",
    "POST /api/homes/:home/dead-men/:way/try",
    ...EVENING,
    "POST /api/beds/:bed/notes/alsfrs_r",
    "DELETE /api/beds/:bed/notes/:note",
    "POST /api/beds/:bed/limits/check",
    "PUT /api/beds/:bed/limits",
    "POST /api/beds/:bed/limits/restore/:version",
    "POST /api/beds/:bed/limits/code",
    "POST /api/beds/:bed/limits/code/apply",
    "POST /api/beds/:bed/limits/what-if",
    "GET /api/beds/:bed/baselines",
    ...MANAGE,
    ...CARE,
    "POST /api/beds/:bed/drill",
    "POST /api/push",
    "DELETE /api/push/:id",
    "GET /api/beds/:bed/nights",
    "GET /api/beds/:bed/nights/:night",
    "GET /api/beds/:bed/nights/:night/csv",
    "GET /api/beds/:bed/nights/:night/fhir",
    "GET /api/beds/:bed/nights/:night/lines",
    "GET /api/beds/:bed/audit",
    "GET /api/beds/:bed/import",
    "POST /api/beds/:bed/import",
    ...BENCH,
  ],
  therapist: [
    "POST /api/beds/:bed/occurrences/:id/all-right",
    ...VOICES,
    "GET /api/homes/:home/channels/:channel/loss",
    "PUT /api/homes/:home/phones-where",
    "GET /api/homes/:home/phones/:phone/loss",
    "PUT /api/homes/:home/phones/:phone/morning",
    "POST /api/beds/:bed/limits/offer",
    "PUT /api/homes/:home/channels/:channel",
    "DELETE /api/homes/:home/channels/:channel",
    "PUT /api/homes/:home/dead-men/:way",
    "DELETE /api/homes/:home/dead-men/:way",
    "GET /api/homes/:home/channels",
    "POST /api/homes/:home/phones",
    "GET /api/homes/:home/dead-men",
    "POST /api/homes/:home/dead-men/:way/try",
    ...EVENING,
    ...MANAGE,
    ...CONSENT,
    ...CARE,
    "POST /api/beds/:bed/drill",
    "POST /api/push",
    "DELETE /api/push/:id",
    ...BENCH,
  ],
  technician: [
    "POST /api/beds/:bed/occurrences/:id/all-right",
    ...VOICES,
    "GET /api/homes/:home/channels/:channel/loss",
    "PUT /api/homes/:home/phones-where",
    "GET /api/homes/:home/phones/:phone/loss",
    "PUT /api/homes/:home/phones/:phone/morning",
    "GET /api/beds/:bed/nights/:night/summary",
    "GET /api/beds/:bed/limits/offer",
    "POST /api/beds/:bed/limits/offer",
    "PUT /api/homes/:home/channels/:channel",
    "DELETE /api/homes/:home/channels/:channel",
    "PUT /api/homes/:home/dead-men/:way",
    "DELETE /api/homes/:home/dead-men/:way",
    "GET /api/homes/:home/channels",
    "POST /api/homes/:home/phones",
    "GET /api/homes/:home/dead-men",
    "POST /api/homes/:home/dead-men/:way/try",
    "POST /api/homes/:home/evening/heard",
    "PUT /api/homes/:home/evening/settings",
    "GET /api/beds/:bed/duty",
    "GET /api/beds/:bed/calling",
    "GET /api/beds/:bed/notes/:kind",
    "POST /api/beds/:bed/notes/alsfrs_r",
    "DELETE /api/beds/:bed/notes/:note",
    "POST /api/beds/:bed/limits/check",
    "PUT /api/beds/:bed/limits",
    "POST /api/beds/:bed/limits/restore/:version",
    "POST /api/beds/:bed/limits/code",
    "POST /api/beds/:bed/limits/code/apply",
    "POST /api/beds/:bed/limits/what-if",
    "GET /api/beds/:bed/baselines",
    ...MANAGE,
    ...CONSENT,
    "GET /api/beds/:bed/research-consent",
    ...CARE,
    "POST /api/push",
    "DELETE /api/push/:id",
    "GET /api/beds/:bed/nights",
    "GET /api/beds/:bed/nights/:night",
    "GET /api/beds/:bed/nights/:night/csv",
    "GET /api/beds/:bed/nights/:night/fhir",
    "GET /api/beds/:bed/nights/:night/lines",
    "GET /api/beds/:bed/audit",
  ],
};

/** Routes that work without signing in; everything else must not. */
const OPEN = Object.keys(EXAMPLES).filter(
  (route) =>
    (!route.includes("/api/") && route !== "GET /metrics") ||
    /\/api\/(me|sign-in|sign-in\/(password|passkey|passkey\/begin|oidc\/:provider\/(begin|return))|share|pair|boxes\/:box\/estate|a\/:token|r\/:token)$/.test(
      route,
    ),
);

/** Whoever is nothing at a place is told that it is not there. */
const NAMES_A_PLACE = /:(bed|home|organisation)\b/;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.app.ready();
});
afterAll(() => harness.close());

async function ask(route: string, cookie: string | undefined): Promise<number> {
  const [method = ""] = route.split(" ");
  const { url, payload } = EXAMPLES[route]!;
  const answer = await harness.app.inject({
    method: method as "GET",
    url,
    ...(payload === undefined ? {} : { payload }),
    headers: cookie === undefined ? {} : { cookie },
  });
  return answer.statusCode;
}

let people = 0;
/** Somebody new who is this in a home, or in an organisation. */
async function somebody(role: Role, at: { readonly home: string } | { readonly organisation: string }) {
  people += 1;
  const id = `somebody-${people}`;
  const secret = id.padEnd(43, "y");
  const { accounts, clock } = harness;
  await accounts.putAccount({ id, name: `A ${role}`, language: "en" });
  if ("home" in at) await accounts.putRole(id, at.home, role);
  else {
    await accounts.putOrganisation({ id: at.organisation, name: "Clinic" });
    await accounts.putOrganisationRole(id, at.organisation, ORGANISATION_ROLES.find((one) => one === role)!);
  }
  await addSignIn({ accounts, clock }, id, secret);
  return `breathwatch=${secret}`;
}

/** Whoever has this role where the example asks. */
const insider = (route: string, role: Role) =>
  somebody(role, route.includes(":organisation") ? { organisation: CLINIC } : { home: HOME });

const isOrganisationRole = (role: Role): boolean => (ORGANISATION_ROLES as readonly string[]).includes(role);

describe("the table of rights", () => {
  it("has a row for every route that exists, and no row for one that does not", () => {
    const routes = registered
      .filter(({ method }) => method !== "HEAD")
      .map(({ method, url }) => `${method} ${url}`);
    expect(routes.length).toBeGreaterThan(20);
    expect(routes.toSorted()).toEqual(Object.keys(RIGHTS).toSorted());
    expect(Object.keys(EXAMPLES).toSorted()).toEqual(Object.keys(RIGHTS).toSorted());
    const heads = registered.filter(({ method }) => method === "HEAD");
    expect(heads.every(({ url }) => rightOf("HEAD", url) !== undefined)).toBe(true);
  });

  it("is what docs/api.md says", () => {
    const page = readFileSync(path.join(import.meta.dirname, "../../../docs/api.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(\S+ \S+)` \| ([^|]+) \| ([^|]+) \|$/gm)].map(
      ([, route, who, does]) => ({
        route,
        who: who?.trim(),
        does: does?.trim(),
      }),
    );
    expect(rows).toEqual(
      Object.entries(RIGHTS).map(([route, { who, does, byToken }]) => ({
        route,
        who: byToken === true ? "the one-time address" : who === "anyone" ? "anyone" : who.join(", "),
        does,
      })),
    );
  });
});

describe.each(Object.keys(EXAMPLES))("%s", (route) => {
  // All of these come from one address, which may not ask without end.
  beforeAll(() => harness.clock.advance(60_000));

  it(`${OPEN.includes(route) ? "answers" : "refuses"} somebody who is not signed in`, async () => {
    const status = await ask(route, undefined);
    if (OPEN.includes(route)) expect([401, 403]).not.toContain(status);
    else expect(status).toBe(401);
  });

  it("refuses a cookie that was made up", async () => {
    if (OPEN.includes(route)) return;
    expect(await ask(route, `breathwatch=${"A".repeat(43)}`)).toBe(401);
    expect(await ask(route, "breathwatch=; breathwatch=../../x")).toBe(401);
  });

  it("treats every role as written down", async () => {
    for (const role of ROLES) {
      if (route.includes(":organisation") && !isOrganisationRole(role)) continue;
      const status = await ask(route, await insider(route, role));
      if (REFUSED[role].includes(route)) expect(status, role).toBe(403);
      else expect([401, 403, 500], role).not.toContain(status);
    }
  });

  it("is not there for any role of another home or organisation", async () => {
    const actsSomewhere = NAMES_A_PLACE.test(route) || RIGHTS[route]?.ofAll === true;
    if (!actsSomewhere || OPEN.includes(route)) return;
    for (const role of ROLES) {
      expect(await ask(route, await somebody(role, { home: OTHER_HOME })), role).toBe(404);
      if (!isOrganisationRole(role)) continue;
      expect(await ask(route, await somebody(role, { organisation: OTHER_CLINIC })), role).toBe(404);
      // Belonging to an organisation gives nothing in a home that has not let it in.
      if (!route.includes(":organisation")) {
        expect(await ask(route, await somebody(role, { organisation: CLINIC })), role).toBe(404);
      }
    }
  });
});

describe("a route that somebody forgot to give rights", () => {
  it("is refused to everybody", async () => {
    const other = await startHarness();
    other.app.get("/api/forgotten", () => "secret");
    for (const role of ROLES) {
      const answer = await other.app.inject({
        url: "/api/forgotten",
        headers: { cookie: await other.signIn(role) },
      });
      expect(answer.statusCode, role).toBe(403);
      expect(answer.body).not.toContain("secret");
    }
    const anonymous = await other.app.inject("/api/forgotten");
    expect(anonymous.statusCode).toBe(401);
    expect(other.complaints().every((note) => note.startsWith("route.without_rights"))).toBe(true);
    await other.close();
  });

  it("is refused by the decision itself, which denies by default", () => {
    for (const role of ROLES) {
      const homes = [{ home: HOME, role }];
      const account = { id: "p", name: "n", language: "en", homes, organisations: [] } as const;
      const place = { kind: "home", home: HOME } as const;
      expect(authorise(undefined, account, place)?.code).toBe("NOT_ALLOWED");
      expect(authorise({ who: [], does: "" }, account, place)?.code).toBe("NOT_ALLOWED");
    }
    expect(authorise(undefined, undefined, { kind: "anywhere" })?.code).toBe("NOT_SIGNED_IN");
    expect(rightOf("GET", "toString")).toBeUndefined();
    expect(rightOf("GET", "")).toBeUndefined();
  });
});
