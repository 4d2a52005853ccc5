import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refusedOf } from "../../../src/alarm/refusals.ts";
import { Fault } from "../../../src/domain/fault.ts";
import { fold, type Harness, HOME, OCCURRENCE, occurrence, startHarness, TOKEN } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

const post = async (url: string, payload: object, cookie?: string, headers: Record<string, string> = {}) =>
  harness.app.inject({
    method: "POST",
    url,
    payload,
    headers: { ...headers, ...(cookie === undefined ? {} : { cookie }) },
  });

describe("acknowledging", () => {
  const url = `/api/beds/b1/occurrences/${OCCURRENCE}/acknowledge`;

  it("is done in the name of the sign-in, whatever the body says", async () => {
    const mei = await harness.person("caregiver", "Mei");
    const cookie = await harness.signIn("caregiver", "Mei");
    const answer = await post(url, { place: "going", by: { id: "x", name: "Somebody else" } }, cookie);
    expect(answer.json()).toEqual({ accepted: true });
    expect(harness.commands).toEqual([
      {
        bed: "b1",
        command: {
          kind: "acknowledge",
          id: expect.stringMatching(/^[a-z2-7]{10}$/),
          occurrence: OCCURRENCE,
          by: { id: mei.id, name: "Mei" },
          place: "going",
        },
      },
    ]);
  });

  it("at the bedside answers a patient's call, and only a patient's call", async () => {
    const cookie = await harness.signIn("caregiver");
    const call = occurrence({ condition: "PATIENT_CALL" });
    const low = occurrence({ id: "b1-abcdefghij-2" });
    harness.live.alarms(fold([call, low]));
    await post(url, { place: "going" }, cookie);
    await post(url, { place: "bedside" }, cookie);
    await post("/api/beds/b1/occurrences/b1-abcdefghij-2/acknowledge", { place: "bedside" }, cookie);
    expect(harness.commands.map(({ command }) => command.kind)).toEqual([
      "acknowledge",
      "with_patient",
      "acknowledge",
    ]);
  });

  it("says why it was not accepted", async () => {
    harness.outcome = { accepted: false, reason: "This alarm is over." };
    const answer = await post(url, { place: "going" }, await harness.signIn("owner"));
    expect(answer.statusCode).toBe(409);
    expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(answer.json()).toEqual({
      type: "urn:breathwatch:fault:CONFLICT",
      title: "This does not fit the present state.",
      status: 409,
      detail: "This alarm is over.",
      code: "CONFLICT",
      instance: `urn:breathwatch:request:${String(answer.headers["x-request-id"])}`,
    });
  });

  it.each([
    ["a bed that is not there", "/api/beds/b9/occurrences/b9-abcdefghij-1/acknowledge", 404],
    ["a bed with a path in it", "/api/beds/..%2f..%2fetc/occurrences/b1-abcdefghij-1/acknowledge", 400],
    ["an occurrence that cannot be one", "/api/beds/b1/occurrences/__proto__/acknowledge", 400],
  ])("refuses %s", async (_, address, status) => {
    const answer = await post(address, { place: "going" }, await harness.signIn("owner"));
    expect(answer.statusCode).toBe(status);
    expect(harness.commands).toEqual([]);
  });
});

describe("calling, watching and drilling", () => {
  it("hand over what was asked, named where a name belongs", async () => {
    const patient = await harness.signIn("patient", "Ba");
    const owner = await harness.signIn("owner", "Mei");
    const { id } = await harness.person("owner", "Mei");
    const by = { id, name: "Mei" };
    await post("/api/beds/b1/call", { how: "dwell", kind: "suction" }, patient);
    await post("/api/beds/b1/watch", { on: true }, owner);
    await post("/api/beds/b1/watch", { on: false }, owner);
    await post("/api/beds/b1/drill", { forMs: 600_000 }, owner);
    expect(harness.commands.map(({ command }) => ({ ...command, id: "" }))).toEqual([
      { kind: "call", id: "", call: { how: "dwell", kind: "suction" } },
      { kind: "start_watch", id: "", by },
      { kind: "end_watch", id: "", by },
      { kind: "drill", id: "", forMs: 600_000, by },
    ]);
    expect(new Set(harness.commands.map(({ command }) => command.id)).size).toBe(4);
    const audited = (await harness.state.audits(10)).map(({ action, person }) => ({ action, person }));
    expect(audited).toEqual(["drill", "end_watch", "start_watch"].map((action) => ({ action, person: id })));
  });

  it.each([
    ["/api/beds/b1/call", { how: "shout", kind: "come" }],
    ["/api/beds/b1/call", { how: "touch" }],
    ["/api/beds/b1/watch", { on: "false" }],
    ["/api/beds/b1/watch", {}],
    ["/api/beds/b1/drill", { forMs: 1e9 }],
    ["/api/beds/b1/drill", { forMs: 0 }],
    ["/api/beds/b1/drill", { forMs: "60000" }],
    ["/api/beds/b1/drill", { forMs: Number.MAX_VALUE }],
  ])("%s refuses %o and does nothing", async (url, payload) => {
    expect((await post(url, payload, await harness.signIn("owner"))).statusCode).toBe(400);
    expect(harness.commands).toEqual([]);
  });
});

describe("phones", () => {
  const subscription = {
    endpoint: "https://push.example.com/send/abc",
    p256dh: "B".repeat(87),
    auth: "a".repeat(22),
    label: "Kitchen phone",
  };

  it("are kept with their keys and told to watch", async () => {
    const cookie = await harness.signIn("caregiver", "Mei");
    const { id: person } = await harness.person("caregiver", "Mei");
    const answer = await post("/api/push", subscription, cookie);
    expect(await harness.state.targets()).toEqual([
      {
        id: answer.json().id,
        channel: "web-push",
        person,
        label: "Kitchen phone",
        addedAt: harness.clock.wall(),
        settings: { endpoint: subscription.endpoint, p256dh: subscription.p256dh, auth: subscription.auth },
        // The sign-in that it was added in, which takes it along when somebody ends it.
        signIn: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(harness.targetChanges.count).toBe(1);
  });

  it("that subscribe again keep their place, and their proof only with the same keys and person", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    const first = (await post("/api/push", subscription, mei)).json().id;
    await harness.state.proveTarget(first, harness.clock.wall());
    expect((await post("/api/push", { ...subscription, label: "Hall" }, mei)).json().id).toBe(first);
    const [kept] = await harness.state.targets();
    expect(kept).toMatchObject({ label: "Hall", lastProofAt: harness.clock.wall() });
    await post("/api/push", { ...subscription, auth: "b".repeat(22) }, mei);
    const targets = await harness.state.targets();
    expect(targets).toHaveLength(1);
    expect(targets[0]).not.toHaveProperty("lastProofAt");
    await harness.state.proveTarget(first, harness.clock.wall());
    await post(
      "/api/push",
      { ...subscription, auth: "b".repeat(22) },
      await harness.signIn("caregiver", "Lin"),
    );
    expect((await harness.state.targets())[0]).not.toHaveProperty("lastProofAt");
  });

  it("are set up in one home, one's own", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    expect((await post("/api/push", { ...subscription, home: "homebbbbbb" }, mei)).statusCode).toBe(404);
    expect(await harness.state.targets()).toEqual([]);
    expect((await post("/api/push", { ...subscription, home: HOME }, mei)).statusCode).toBe(200);
    expect(await harness.state.targets()).toHaveLength(1);
  });

  it("are removed by their person or the owner, and by nobody else", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    const { id } = (await post("/api/push", subscription, mei)).json();
    const remove = async (cookie: string, agreed = "?fewer=agreed") =>
      (await harness.app.inject({ method: "DELETE", url: `/api/push/${id}${agreed}`, headers: { cookie } }))
        .statusCode;
    expect(await remove(await harness.signIn("caregiver", "Lin"))).toBe(404);
    // It is Mei's only one.
    expect(await remove(await harness.signIn("owner"), "")).toBe(409);
    expect(await harness.state.targets()).toHaveLength(1);
    expect(await remove(await harness.signIn("owner"))).toBe(204);
    expect(await harness.state.targets()).toEqual([]);
    expect(await remove(mei)).toBe(404);
  });

  it("stop at twenty a person", async () => {
    const cookie = await harness.signIn("caregiver");
    for (let n = 0; n < 20; n += 1) {
      const endpoint = `${subscription.endpoint}${n}`;
      expect((await post("/api/push", { ...subscription, endpoint }, cookie)).statusCode).toBe(200);
    }
    expect((await post("/api/push", subscription, cookie)).statusCode).toBe(409);
  });

  it.each([
    "http://push.example.com/x",
    "https://127.0.0.1/x",
    "https://[::1]/xxxx",
    "https://2130706433/x",
    "https://0x7f.1/xxxx",
    "https://localhost/x",
    "https://router.local/x",
    "https://nas/xxxxxx",
    "https://user:pw@",
    "javascript:alert(1)",
    "https://",
  ])("cannot make the box knock at %s", async (endpoint) => {
    const answer = await post("/api/push", { ...subscription, endpoint }, await harness.signIn("owner"));
    expect(answer.statusCode).toBe(400);
    expect(await harness.state.targets()).toEqual([]);
  });
});

it("a push service on the local network is taken where the configuration allows it, but never without TLS", async () => {
  const local = await startHarness({ allowPrivateEndpoints: true });
  const cookie = await local.signIn("owner");
  const subscribe = async (endpoint: string) => {
    const payload = { endpoint, p256dh: "B".repeat(87), auth: "a".repeat(22), label: "Phone" };
    return (await local.app.inject({ method: "POST", url: "/api/push", payload, headers: { cookie } }))
      .statusCode;
  };
  expect(await subscribe("https://127.0.0.1:8443/send")).toBe(200);
  expect(await subscribe("http://127.0.0.1:8443/send")).toBe(400);
  await local.close();
});

describe("a one-time address from a notification", () => {
  const html = { accept: "text/html,application/xhtml+xml" };

  it("opened by whatever follows addresses acknowledges nothing", async () => {
    harness.live.alarms(fold([occurrence({ drill: true, simulated: true })]));
    for (const method of ["GET", "HEAD"] as const) {
      const page = await harness.app.inject({ method, url: `/api/a/${TOKEN}`, headers: html });
      expect(page.statusCode).toBe(200);
    }
    expect(harness.commands).toEqual([]);
  });

  it("shows one button in the language of whom it was sent to, without name or value", async () => {
    harness.live.alarms(fold([occurrence({ drill: true, simulated: true })]));
    const page = await harness.app.inject({
      url: `/api/a/${TOKEN}`,
      headers: { ...html, "accept-language": "en" },
    });
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["cache-control"]).toBe("no-store");
    expect(page.body).toContain('<html lang="zh-Hant">');
    expect(page.body.match(/<button/g)).toHaveLength(1);
    expect(page.body).not.toMatch(/<script|84|Aunt/);
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).toContain("script-src 'none'");
    expect(policy).toMatch(/style-src 'sha256-[\w+/=]+'/);
  });

  it("shows who has taken it already, with nothing of the name taken for markup", async () => {
    const acknowledgement = {
      by: { id: "p", name: '<img src=x onerror="x">' },
      at: harness.clock.wall(),
      until: harness.clock.wall(),
      place: "going",
    } as const;
    harness.live.alarms(fold([occurrence({ acknowledgement })]));
    const page = await harness.app.inject({ url: `/api/a/${TOKEN}` });
    expect(page.body).toContain("&lt;img src=x onerror=&quot;x&quot;&gt;");
    expect(page.body).not.toContain("<img");
  });

  it("posted by the page's form acknowledges in the name of the message's person and says so", async () => {
    const page = await harness.app.inject({
      method: "POST",
      url: `/api/a/${TOKEN}`,
      headers: { ...html, "content-type": "application/x-www-form-urlencoded", origin: "null" },
      payload: "",
    });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('<html lang="zh-Hant">');
    expect(harness.commands).toEqual([
      {
        bed: "b1",
        command: {
          kind: "acknowledge",
          card: true,
          id: "ack-of-this-token",
          occurrence: OCCURRENCE,
          by: { id: "pabcdefghi", name: "<b>Aunt</b>" },
          place: "going",
          worsened: 3,
        },
      },
    ]);
  });

  it("is one answer for each time that its page is shown: who looks again has seen that it goes on", async () => {
    harness.live.alarms(fold([occurrence()]));
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const ids: (string | undefined)[] = [];
    for (const _ of [1, 2]) {
      const page = await harness.app.inject({ url: `/api/a/${TOKEN}`, headers: html });
      const tap = /name="tap" value="([^"]*)"/.exec(page.body)?.[1] ?? "";
      for (const __ of [1, 2]) {
        const payload = new URLSearchParams({ tap }).toString();
        const said = await harness.app.inject({
          ...{ method: "POST", url: `/api/a/${TOKEN}`, payload },
          headers: { ...html, ...form },
        });
        expect(said.statusCode).toBe(200);
        ids.push(harness.commands.at(-1)?.command.id);
      }
    }
    expect(ids[0]).toMatch(/^ack-of-this-token-[a-z2-7]{10}$/);
    expect([ids[1], ids[3]]).toEqual([ids[0], ids[2]]);
    expect(ids[2]).not.toBe(ids[0]);
    await harness.app.inject({
      ...{ method: "POST", url: `/api/a/${TOKEN}`, payload: "tap=<script>" },
      headers: { ...html, ...form },
    });
    expect(harness.commands.at(-1)?.command.id).toBe("ack-of-this-token");
  });

  it("of a message about something milder has no button, and says where to answer", async () => {
    harness.live.alarms(fold([occurrence({ worsened: 3 })]));
    const asked = await harness.app.inject({ url: `/api/a/${TOKEN}`, headers: html });
    expect(asked.body).toContain("<button");
    harness.live.alarms(fold([occurrence({ worsened: 4 })]));
    const page = await harness.app.inject({ url: `/api/a/${TOKEN}`, headers: html });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain("沒有記下：這則訊息之後情況變嚴重了");
    expect(page.body).not.toContain("<button");
  });

  it.each([
    ["worse", "ALARM_WORSE", "沒有記下：這則訊息之後情況變嚴重了"],
    ["too_late", "ANSWER_OLD", "沒有記下：這則訊息已經回應過，時間已到"],
  ] as const)(
    "that the engine refuses as %s is never said to be taken, and proves no phone",
    async (why, code, words) => {
      harness.outcome = refusedOf(why, "acknowledge");
      const posted = await post(`/api/a/${TOKEN}`, {});
      expect([posted.statusCode, posted.json().code]).toEqual([422, code]);
      const page = await harness.app.inject({ method: "POST", url: `/api/a/${TOKEN}`, headers: html });
      expect(page.statusCode).toBe(422);
      expect(page.body).toContain(words);
      expect(harness.proofs).toEqual([]);
    },
  );

  it("posted by Pushover, which says who in a form of its own, acknowledges once however often it is posted", async () => {
    const form =
      "receipt=rcpt&acknowledged=1&acknowledged_at=1767967200&acknowledged_by=u1&acknowledged_by_device=phone";
    const told = () =>
      harness.app.inject({
        ...{ method: "POST", url: `/api/a/${TOKEN}`, payload: form },
        headers: { "content-type": "application/x-www-form-urlencoded" },
      });
    expect([(await told()).statusCode, (await told()).statusCode]).toEqual([200, 200]);
    const ids = harness.commands.map(({ command }) => command.id);
    expect(new Set(ids)).toEqual(new Set(["ack-of-this-token"]));
    expect((await harness.app.inject({ method: "GET", url: `/api/a/${TOKEN}?${form}` })).statusCode).toBe(
      200,
    );
    expect(harness.commands).toHaveLength(ids.length);
  });

  it("to the gentle question says that one still watches, and does not take the alarm on", async () => {
    const accepted = { id: "p1", name: "Mei" };
    harness.live.alarms(fold([occurrence({ condition: "OXI_SENSOR_OFF", priority: "medium", accepted })]));
    await post(`/api/a/${TOKEN}`, {});
    expect(harness.commands).toMatchObject([{ command: { kind: "acknowledge", place: "watching" } }]);
  });

  it("posted twice is the same command twice, which is harmless", async () => {
    harness.live.alarms(fold([occurrence()]));
    const [one, two] = [await post(`/api/a/${TOKEN}`, {}), await post(`/api/a/${TOKEN}`, {})];
    expect(one.json()).toEqual({ by: "<b>Aunt</b>", occurrence: occurrence() });
    expect(two.statusCode).toBe(200);
    expect(harness.proofs).toEqual([TOKEN, TOKEN]);
    expect(harness.commands[0]?.command.id).toBe(harness.commands[1]?.command.id);
  });

  it("that is not known does nothing and says that nobody knows", async () => {
    const url = "/api/a/unknown-token-000000";
    for (const method of ["GET", "POST"] as const) {
      const page = await harness.app.inject({
        method,
        url,
        headers: { ...html, "accept-language": "zh-TW,zh;q=0.9" },
      });
      expect(page.statusCode).toBe(404);
      expect(page.body).toContain('<html lang="zh-Hant">');
      expect(page.body).not.toContain("<button");
    }
    expect((await post(url, {})).json().code).toBe("NOT_FOUND");
    expect((await harness.app.inject("/api/a/short")).statusCode).toBe(400);
    expect(harness.commands).toEqual([]);
  });

  it("whose alarm is over says so to browser and program", async () => {
    harness.outcome = { accepted: false, reason: "This alarm is over." };
    const page = await harness.app.inject({ method: "POST", url: `/api/a/${TOKEN}`, headers: html });
    expect(page.statusCode).toBe(409);
    expect((await post(`/api/a/${TOKEN}`, {})).json()).toMatchObject({
      code: "CONFLICT",
      detail: "This alarm is over.",
    });
    expect(harness.proofs).toEqual([]);
  });

  it("never appears in the log", async () => {
    await harness.app.inject(`/api/a/${TOKEN}`);
    await post(`/api/a/${TOKEN}`, {});
    await post(`/api/r/${TOKEN}`, {});
    expect(JSON.stringify(harness.notes)).toContain("/api/a/:token");
    expect(JSON.stringify(harness.notes)).not.toContain(TOKEN);
  });

  describe("posted by a telephone service", () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const press = (
      payload: string,
      query = "?as=twiml",
      headers: { readonly [name: string]: string } = form,
    ) => harness.app.inject({ method: "POST", url: `/api/a/${TOKEN}${query}`, headers, payload });

    it("with the key that was pressed acknowledges, and says so with a voice of the language", async () => {
      harness.live.alarms(fold([occurrence()]));
      // As Twilio posts it, with much more than the key.
      const answer = await press(
        `CallSid=CA1&AccountSid=AC1&CallToken=${"x".repeat(2_000)}&From=%2B15005550006&CallStatus=in-progress&Digits=5`,
      );
      expect(answer.statusCode).toBe(200);
      expect(answer.headers["content-type"]).toBe("text/xml; charset=utf-8");
      expect(answer.headers["cache-control"]).toBe("no-store");
      expect(answer.body).toBe(
        '<?xml version="1.0" encoding="UTF-8"?><Response>' +
          '<Say voice="Google.cmn-TW-Standard-A" language="cmn-TW">謝謝。其他人都會看到您正在過去。</Say><Hangup/></Response>',
      );
      expect(harness.commands).toMatchObject([{ command: { kind: "acknowledge", occurrence: OCCURRENCE } }]);
      expect(harness.proofs).toEqual([TOKEN]);
      expect((await press("Digits=%23", "?as=twiml-yue")).body).toContain("yue-HK");
      expect(harness.commands).toHaveLength(2);
    });

    it.each([
      ["no key", "CallSid=CA1&CallStatus=completed"],
      ["an empty one", "Digits="],
      ["several", "Digits=12"],
      ["two fields", "Digits=1&Digits=2"],
      ["something else", "Digits=a"],
      ["a timeout", "Digits=timeout"],
      ["nothing", ""],
      ["no form", '{"Digits": "1"}'],
    ])("with %s acknowledges nothing", async (_, payload) => {
      harness.live.alarms(fold([occurrence()]));
      const answer = await press(payload);
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toBe('<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>');
      expect(harness.commands).toEqual([]);
      expect(harness.proofs).toEqual([]);
    });

    it("by GET acknowledges nothing, also with a key", async () => {
      harness.live.alarms(fold([occurrence()]));
      for (const method of ["GET", "HEAD"] as const) {
        await harness.app.inject({ method, url: `/api/a/${TOKEN}?as=twiml&Digits=1` });
      }
      expect(harness.commands).toEqual([]);
    });

    it("without asking for TwiML is answered as before, and the key in the address counts for nothing", async () => {
      harness.live.alarms(fold([occurrence()]));
      expect((await press("Digits=1", "")).json()).toMatchObject({ by: "<b>Aunt</b>" });
      expect((await press("", "?as=twiml&Digits=1")).body).not.toContain("Say");
      expect(harness.commands).toHaveLength(1);
      expect((await press("Digits=1", "?as=xml")).statusCode).toBe(400);
    });

    it("with an unknown token, or about an alarm that is over, says that it was not taken", async () => {
      const unknown = await harness.app.inject({
        method: "POST",
        url: "/api/a/unknown-token-000000?as=twiml",
        headers: form,
        payload: "Digits=1",
      });
      expect(unknown.statusCode).toBe(404);
      expect(harness.commands).toEqual([]);
      harness.outcome = { accepted: false, reason: "This alarm is over." };
      const over = await press("Digits=1");
      expect(over.statusCode).toBe(200);
      expect(over.body).toContain("沒有記下");
      expect(harness.proofs).toEqual([]);
    });

    it("with a body that has no end is refused", async () => {
      expect((await press(`Digits=1&x=${"y".repeat(9_000)}`)).statusCode).toBe(413);
      expect(harness.commands).toEqual([]);
    });
  });

  it("takes receipts of phones for known messages only", async () => {
    expect((await post(`/api/r/${TOKEN}`, {})).statusCode).toBe(204);
    expect((await post("/api/r/unknown-token-000000", {})).statusCode).toBe(404);
    expect(harness.receipts).toEqual([TOKEN, "unknown-token-000000"]);
    expect(harness.proofs).toEqual([]);
    expect(harness.commands).toEqual([]);
  });
});

describe("bad requests", () => {
  const url = "/api/beds/b1/call";
  const raw = async (payload: string | Buffer, type = "application/json") =>
    harness.app.inject({
      method: "POST",
      url,
      payload,
      headers: { "content-type": type, cookie: await harness.signIn("owner") },
    });

  it.each([
    ["garbage", "\u0000\u0001{{{{", "application/json", 400],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00, 0x80]), "application/json", 400],
    ["an empty body", "", "application/json", 400],
    ["null", "null", "application/json", 400],
    ["a list", "[]", "application/json", 400],
    ["deeply nested lists", `${"[".repeat(8_000)}${"]".repeat(8_000)}`, "application/json", 400],
    [
      "deeply nested objects",
      `{"how":"touch","kind":${'{"a":'.repeat(2_500)}1${"}".repeat(2_500)}}`,
      "application/json",
      400,
    ],
    ["a prototype", '{"how":"touch","kind":"come","__proto__":{"x":1}}', "application/json", 400],
    [
      "a constructor",
      '{"how":"touch","kind":"come","constructor":{"prototype":{}}}',
      "application/json",
      400,
    ],
    ["more than 16 KiB", `{"how":"${"x".repeat(17_000)}"}`, "application/json", 413],
    ["another type", "<call/>", "text/xml", 415],
    ["a form", "how=touch&kind=come", "application/x-www-form-urlencoded", 415],
  ])("%s is refused with a code and without internals", async (_, payload, type, status) => {
    const answer = await raw(payload, type);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ code: "INPUT_INVALID", status });
    expect(answer.body).not.toMatch(/node_modules|\.ts|at \w+ \(/);
    expect(harness.commands).toEqual([]);
  });

  it("an address that cannot be decoded is refused with the same headers as any other", async () => {
    const answer = await harness.app.inject("/api/%zz");
    expect(answer.statusCode).toBe(400);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    expect(answer.json()).toMatchObject({ code: "INPUT_INVALID" });
  });

  it("an unknown address is a problem, not a page", async () => {
    for (const address of ["/api/nothing", "/nothing", "/api"]) {
      const answer = await harness.app.inject(address);
      expect(answer.statusCode, address).toBe(404);
      expect(answer.json()).toMatchObject({ code: "NOT_FOUND" });
    }
    const wrongMethod = await harness.app.inject({ method: "PUT", url: "/api/me" });
    expect(wrongMethod.statusCode).toBe(404);
  });

  it("too many from one address are refused for the rest of the minute", async () => {
    const ask = async () => (await harness.app.inject("/api/me")).statusCode;
    const statuses = new Set<number>();
    for (let n = 0; n < 1_200; n += 1) statuses.add(await ask());
    expect([...statuses]).toEqual([200]);
    expect(await ask()).toBe(429);
    const other = await harness.app.inject({ url: "/api/me", remoteAddress: "192.0.2.7" });
    expect(other.statusCode).toBe(200);
    await harness.clock.advance(60_000);
    expect(await ask()).toBe(200);
  });
});

describe("what fails inside", () => {
  it("is answered with a code and no detail, and noted with the request's id", async () => {
    const broken = await startHarness();
    const cookie = await broken.signIn("therapist");
    broken.store.failure = new Error("/var/lib/secret/path exploded");
    const answer = await broken.app.inject({ url: "/api/beds/b1/nights", headers: { cookie } });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ code: "SERVER_FAILED" });
    expect(answer.body).not.toContain("exploded");
    expect(broken.complaints()[0]).toContain(String(answer.headers["x-request-id"]));
    broken.store.failure = new Fault("STORE_STALLED", "no answer for 10 s", { fix: "Check the disk." });
    const stalled = await broken.app.inject({ url: "/api/beds/b1/nights", headers: { cookie } });
    expect(stalled.statusCode).toBe(503);
    expect(stalled.json()).toMatchObject({
      code: "STORE_STALLED",
      detail: "no answer for 10 s",
      fix: "Check the disk.",
    });
    await broken.close();
  });
});
