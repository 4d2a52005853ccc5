import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { ChannelAccess } from "../../../src/domain/channel-access.ts";
import { createTwilio, twilio } from "../../../src/notify/twilio/twilio.ts";
import type { Channel, ChannelMessage, SendResult } from "../../../src/port/channel.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { NIGHT } from "../../support/alarms.ts";
import { byteLinks } from "../../support/byte-links.ts";
import {
  ACCOUNT,
  createTwilioDouble,
  FROM,
  KEY,
  KEY_SECRET,
  problem,
  TOKEN,
  type TwilioDouble,
  twimlProblem,
} from "../../support/twilio.ts";

const PHONE = "+886912345678";

let clock: VirtualClock;
let double: TwilioDouble;
let channel: Channel;
let access: ChannelAccess | undefined;
let notes: string[];

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  double = createTwilioDouble();
  access = { accountSid: ACCOUNT, secret: TOKEN, from: FROM };
  notes = [];
  channel = createTwilio({
    clock,
    random: createSeededRandom(1),
    log: { note: (event, fields) => notes.push(`${event} ${JSON.stringify(fields)}`) },
    links: byteLinks(() => Promise.reject(new Error("no link was expected"))),
    http: { ...double.http, lines: () => Promise.reject(new Error("no lines were expected")) },
    mail: { send: () => Promise.reject(new Error("no mail was expected")) },
    access: () => access,
  });
});

const message = (changes: Partial<ChannelMessage> = {}): ChannelMessage => ({
  key: "home/b1-abcdefghij-1/0/0",
  kind: "alarm",
  title: "Breathwatch: look now (urgent)",
  body: "The mask is probably off.",
  language: "en",
  priority: "high",
  collapseKey: "b1-abcdefghij-1",
  ttlSeconds: 120,
  url: "https://home.example.org/#b1",
  acknowledgeUrl: "https://home.example.org/api/a/token-of-this-alarm",
  simulated: false,
  drill: false,
  ...changes,
});

const target = (settings: ChannelAccess = {}) => ({
  id: "t1",
  channel: "twilio",
  settings: { phone: PHONE, what: "call", ...settings },
});
const send = (changes: Partial<ChannelMessage> = {}, settings: ChannelAccess = {}): Promise<SendResult> =>
  channel.send(target(settings), message(changes));
const referenceOf = (result: SendResult): string => {
  if (result.outcome !== "accepted") throw new Error(JSON.stringify(result));
  return result.reference;
};
const spoken = (): string => [...double.calls.values()].at(-1)?.fields.get("Twiml") ?? "";

describe("a call", () => {
  test("says the sentence three times and asks for a key that goes to the box", async () => {
    const result = await send();
    expect(referenceOf(result)).toMatch(/^CA/);
    const [request] = double.requests;
    expect(request).toMatchObject({
      method: "POST",
      url: `https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT}/Calls.json`,
    });
    const { fields } = [...double.calls.values()][0] ?? {};
    expect(Object.fromEntries(fields ?? [])).toMatchObject({
      To: PHONE,
      From: FROM,
      Timeout: "30",
      TimeLimit: "120",
    });
    const once =
      '<Gather input="dtmf" numDigits="1" finishOnKey="" timeout="4" method="POST"' +
      ' action="https://home.example.org/api/a/token-of-this-alarm?as=twiml">' +
      '<Say voice="Polly.Joanna" language="en-US">Breathwatch: look now (urgent). The mask is probably off.' +
      " Press any key to say that you are going.</Say></Gather>";
    expect(spoken()).toBe(
      `<?xml version="1.0" encoding="UTF-8"?><Response>${once}${once}${once}<Hangup/></Response>`,
    );
  });

  test.each([
    ["zh-Hans", {}, "Polly.Zhiyu", "as=twiml&quot;"],
    ["zh-Hant", {}, "Google.cmn-TW-Standard-A", "as=twiml&quot;"],
    ["zh-Hans", { voice: "cantonese" }, "Google.yue-HK-Standard-A", "as=twiml-yue&quot;"],
    ["zh-Hant", { voice: "cantonese" }, "Google.yue-HK-Standard-A", "as=twiml-yue&quot;"],
    ["en", { voice: "cantonese" }, "Polly.Joanna", "as=twiml&quot;"],
  ] as const)("in %s %j speaks with %s", async (language, settings, voice, as) => {
    await send({ language }, settings);
    expect(spoken()).toContain(`<Say voice="${voice}"`);
    expect(spoken()).toContain(as.replace("&quot;", '"'));
  });

  test("carries the mark of a drill as it was written", async () => {
    await send({ title: "DRILL · Breathwatch: look now (urgent)", drill: true });
    expect(spoken()).toContain("DRILL · Breathwatch");
  });

  test.each([
    ["no address", undefined],
    ["an address in the house", "https://breathwatch.local/api/a/token"],
    [
      "an address of a relay, which would take the form for the answer",
      "https://ntfy.example.net/topic?message=token",
    ],
    ["an address without TLS", "http://home.example.org/api/a/token"],
    ["no address at all", "call me"],
  ])("with %s asks for no key, and says how to answer", async (_, acknowledgeUrl) => {
    const { acknowledgeUrl: __, ...rest } = message();
    await channel.send(target(), acknowledgeUrl === undefined ? rest : { ...rest, acknowledgeUrl });
    expect(spoken()).not.toContain("Gather");
    expect(spoken()).toContain("open the page");
  });

  test("is what Twilio speaks, whatever the text and the address", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary", maxLength: 600 }),
        fc.string({ unit: "grapheme", maxLength: 400 }),
        fc.webUrl({ validSchemes: ["https"], withQueryParameters: true }),
        fc.boolean(),
        async (title, body, url, isText) => {
          double.calls.clear();
          double.messages.clear();
          const changes = {
            title,
            body,
            acknowledgeUrl: `${url}/api/a/x`,
            collapseKey: `k${double.requests.length}`,
          };
          const phone = `+8869${String(double.requests.length).padStart(8, "0")}`;
          const result = await send(changes, { phone, what: isText ? "sms" : "call" });
          expect(result).toMatchObject({ outcome: "accepted" });
          if (!isText) expect(twimlProblem(spoken())).toBeUndefined();
        },
      ),
      { numRuns: 300 },
    );
  });

  test("is not placed twice while one about the same goes on, and again after it", async () => {
    const first = referenceOf(await send());
    expect(referenceOf(await send({ key: "home/b1-abcdefghij-1/0/1" }))).toBe(first);
    expect(double.calls.size).toBe(1);
    Object.assign(double.calls.get(first) ?? {}, { status: "no-answer" });
    expect(referenceOf(await send({ key: "home/b1-abcdefghij-1/0/2" }))).not.toBe(first);
    expect(referenceOf(await send({ collapseKey: "b2-other" }))).not.toBe(first);
    expect(double.calls.size).toBe(3);
  });

  test("is never placed for a quiet message, which ends the one that rings", async () => {
    const first = referenceOf(await send());
    for (const kind of ["update", "closed"] as const) {
      expect(await send({ kind, priority: "low" }, { what: "both" })).toEqual({
        outcome: "accepted",
        reference: "",
      });
    }
    expect(double.calls.get(first)?.status).toBe("completed");
    expect(double.calls.size).toBe(1);
    expect(double.messages.size).toBe(0);
  });

  test("is never placed for a gentle question", async () => {
    expect(await send({ priority: "low" })).toEqual({ outcome: "accepted", reference: "" });
    expect(referenceOf(await send({ priority: "low" }, { what: "both" }))).toMatch(/^SM/);
    expect(double.calls.size).toBe(0);
  });
});

describe("what became of it", () => {
  test.each([
    ["queued", { state: "waiting" }],
    ["initiated", { state: "waiting" }],
    ["ringing", { state: "waiting" }],
    ["in-progress", { state: "reached" }],
    ["completed", { state: "reached" }],
    ["busy", { state: "over", detail: "Twilio says: busy", unreached: true }],
    ["no-answer", { state: "over", detail: "Twilio says: no-answer", unreached: true }],
    ["failed", { state: "over", detail: "Twilio says: failed", unreached: true }],
    ["canceled", { state: "over", detail: "Twilio says: canceled" }],
    ["something-new", { state: "waiting" }],
  ])("a call that is %s", async (status, receipt) => {
    const reference = referenceOf(await send());
    Object.assign(double.calls.get(reference) ?? {}, { status });
    expect(await channel.poll?.(target(), reference)).toEqual(receipt);
  });

  test.each([
    ["sent", { state: "waiting" }],
    ["delivered", { state: "reached" }],
    ["undelivered", { state: "over", detail: "Twilio says: undelivered", unreached: true }],
  ])("a text that is %s", async (status, receipt) => {
    const reference = referenceOf(await send({}, { what: "sms" }));
    Object.assign(double.messages.get(reference) ?? {}, { status });
    expect(await channel.poll?.(target(), reference)).toEqual(receipt);
  });

  test.each([
    ["no connection", new Error("no connection")],
    ["garbage", { status: 200, body: "<html>" }],
    ["a list", { status: 200, body: "[1]" }],
    ["a number for a status", { status: 200, body: '{"status": 5}' }],
    ["a busy Twilio", problem(429, 20429, "Too Many Requests")],
  ])("is unknown for now after %s", async (_, answer) => {
    const reference = referenceOf(await send());
    double.next.push(answer);
    expect(await channel.poll?.(target(), reference)).toEqual({ state: "waiting" });
  });

  test("is not asked with a reference that is none of Twilio's", async () => {
    expect(await channel.poll?.(target(), "../../Accounts")).toMatchObject({ state: "over" });
    await channel.cancel?.(target(), "CA/../../x");
    expect(double.requests).toEqual([]);
  });

  test("a call is ended on demand; that it was over already is no failure", async () => {
    const reference = referenceOf(await send());
    await channel.cancel?.(target(), reference);
    expect(double.calls.get(reference)?.status).toBe("completed");
    await channel.cancel?.(target(), reference);
    double.next.push(new Error("no connection"));
    await channel.cancel?.(target(), reference);
  });
});

describe("a text", () => {
  test("has title, text and the address that answers, and is worth as long as the message", async () => {
    await send({ title: "DRILL · Look now" }, { what: "sms" });
    const [{ fields } = { fields: new URLSearchParams() }] = double.messages.values();
    expect(Object.fromEntries(fields)).toEqual({
      To: PHONE,
      From: FROM,
      Body: "DRILL - Look now\nThe mask is probably off.\nhttps://home.example.org/api/a/token-of-this-alarm",
      ValidityPeriod: "120",
    });
  });

  test("goes beside a call, and once in two minutes about the same", async () => {
    expect(referenceOf(await send({}, { what: "both" }))).toMatch(/^CA/);
    await send({ key: "x/1" }, { what: "both" });
    expect(double.messages.size).toBe(1);
    expect(await send({ key: "x/2" }, { what: "sms" })).toMatchObject({
      outcome: "failed",
      retryAfterMs: 120_000,
    });
    await clock.advance(120_001);
    await send({ key: "x/3" }, { what: "sms" });
    expect(double.messages.size).toBe(2);
  });

  test("that nobody wants any more ends no calls to the same phone", async () => {
    const stopped = problem(400, 21610, "Attempt to send to unsubscribed recipient");
    double.next.push({ status: 201, body: JSON.stringify({ sid: `CA${"a".repeat(32)}` }) }, stopped);
    expect(await send({}, { what: "both" })).toEqual({
      outcome: "accepted",
      reference: `CA${"a".repeat(32)}`,
    });
    expect(notes.join()).toContain("twilio.no_text");
    double.next.push(stopped);
    expect(await send({}, { what: "sms" })).toMatchObject({ outcome: "refused", gone: true });
  });
});

describe("what Twilio refuses", () => {
  test.each([
    [
      400,
      21211,
      "The 'To' number +886912345678 is not a valid phone number.",
      { outcome: "refused", gone: true },
    ],
    [400, 21214, "'To' phone number cannot be reached", { outcome: "refused", gone: true }],
    [400, 21610, "Attempt to send to unsubscribed recipient", { outcome: "refused", gone: true }],
    [400, 21614, "'To' number is not a valid mobile number", { outcome: "refused", gone: true }],
    [400, 21215, "Account not authorized to call +886912345678.", { outcome: "refused", gone: false }],
    [
      400,
      21219,
      "The number is unverified. Trial accounts may only call verified numbers",
      { outcome: "refused", gone: false },
    ],
    [401, 20003, "Authenticate", { outcome: "refused", gone: false }],
    [403, 20003, "Permission denied", { outcome: "refused", gone: false }],
    [404, 20404, "not found", { outcome: "refused", gone: false }],
    [429, 20429, "Too Many Requests", { outcome: "failed", retryAfterMs: 2_000 }],
    [400, 10004, "Call concurrency limit exceeded", { outcome: "failed" }],
    [400, 21611, "exceeded the maximum number of queued messages", { outcome: "failed" }],
    [500, 20500, "Internal Server Error", { outcome: "failed" }],
    [503, 20503, "Service unavailable", { outcome: "failed" }],
  ])("%i with %i", async (status, code, words, outcome) => {
    double.next.push(problem(status, code, words));
    const result = await send();
    expect(result).toMatchObject({ ...outcome, detail: expect.stringContaining(`(error ${code})`) });
    expect(JSON.stringify(result)).not.toContain(PHONE);
  });

  test("waits as long as Twilio asks for", async () => {
    double.next.push({ ...problem(429, 20429, "Too Many Requests"), headers: { "Retry-After": "7" } });
    expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: 7_000 });
  });

  test.each([
    ["nothing", { status: 201, body: "" }],
    ["a page", { status: 200, body: "<html>maintenance</html>" }],
    ["an id of the wrong kind", { status: 201, body: '{"sid": 5}' }],
    ["an id that leads elsewhere", { status: 201, body: '{"sid": "CA/../x"}' }],
    ["a long page", { status: 502, body: "x".repeat(65_000) }],
    ["no connection", new Error("no connection")],
  ])("an answer of %s is a failure and not thrown", async (_, answer) => {
    double.next.push(answer);
    const result = await send();
    expect(result).toMatchObject({ outcome: "failed" });
    expect(JSON.stringify(result).length).toBeLessThan(400);
  });

  test("redirects are not followed and not taken for success", async () => {
    double.next.push({ status: 302, headers: { location: "https://elsewhere.example.org" } });
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
  });
});

describe("the account", () => {
  test("may be used by an API key", async () => {
    access = { accountSid: ACCOUNT, keySid: KEY, secret: KEY_SECRET, from: FROM };
    expect(await send()).toMatchObject({ outcome: "accepted" });
  });

  test("with the wrong token is refused, and the token stands nowhere", async () => {
    access = { accountSid: ACCOUNT, secret: "wrong-secret-token", from: FROM };
    const result = await send({}, { what: "both" });
    expect(result).toMatchObject({ outcome: "refused", gone: false });
    const shown = JSON.stringify(result) + notes.join("");
    expect(shown).not.toMatch(/wrong-secret|token-of|AC0123/);
  });

  test.each([
    [undefined],
    [{}],
    [{ accountSid: "AC1", secret: TOKEN, from: FROM }],
    [{ accountSid: ACCOUNT, secret: "", from: FROM }],
    [{ accountSid: ACCOUNT, secret: TOKEN, from: "5005550006" }],
    [{ accountSid: ACCOUNT, keySid: "SK1", secret: TOKEN, from: FROM }],
  ])("that is entered wrongly (%j) is refused before anything is asked", async (given) => {
    access = given;
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
    expect(double.requests).toEqual([]);
  });

  test("calls no number that is none", async () => {
    for (const phone of ["0912345678", "+0912345678", "", "+88691234567812345"]) {
      expect(await send({}, { phone })).toMatchObject({ outcome: "refused" });
    }
    expect(double.requests).toEqual([]);
  });

  test("is a secret in its form, and asked for at a place that names nobody", () => {
    expect(twilio.access.find(({ name }) => name === "secret")?.kind).toBe("secret");
    expect(channel.service?.(target())).toBe("https://api.twilio.com/");
  });
});
