import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { email } from "../../../src/notify/email/email.ts";
import type { ChannelTarget } from "../../../src/port/channel.ts";
import type { MailMessage, MailResult, MailServer } from "../../../src/port/mail.ts";
import { ALARM, anyMessage, bench, CLOSED, DRILL, targetOf, UPDATE } from "../../support/channel-bench.ts";

const ACCESS = {
  ...{ host: "smtp.example.org", port: "465", user: "house", password: "correct horse" },
  from: "house@example.org",
};

function setUp(
  access: ChannelTarget["settings"] | undefined = ACCESS,
  answer: MailResult = { outcome: "taken", said: "250" },
) {
  const sent: { readonly server: MailServer; readonly message: MailMessage; readonly timeoutMs: number }[] =
    [];
  const mail = {
    async send(server: MailServer, message: MailMessage, timeoutMs: number) {
      sent.push({ server, message, timeoutMs });
      return answer;
    },
  };
  const made = bench({ outside: () => new Error("no http"), access, mail });
  const channel = email.create(made.deps);
  const target = targetOf("email", { address: "mei@example.net" });
  return { ...made, sent, channel, target, send: (message = ALARM) => channel.send(target, message) };
}

test("an alarm is one mail, with an id that a second try shares and that names nobody", async () => {
  const { send, sent } = setUp();
  const result = await send();
  expect(sent[0]).toEqual({
    server: { host: "smtp.example.org", port: 465, user: "house", password: "correct horse" },
    message: {
      ...{ from: "house@example.org", to: "mei@example.net", subject: ALARM.title, urgent: true },
      text: `${ALARM.body}\n\n${ALARM.url}\n`,
      messageId: expect.stringMatching(/^<[0-9a-f]{40}@example\.org>$/),
    },
    timeoutMs: 14_000,
  });
  expect(result).toEqual({ outcome: "accepted", reference: sent[0]?.message.messageId });
  const again = setUp();
  await again.send();
  expect(again.sent[0]?.message.messageId).toBe(sent[0]?.message.messageId);
  await again.channel.send(targetOf("email", { address: "ba@example.net" }, "t2"), ALARM);
  expect(again.sent[1]?.message.messageId).not.toBe(sent[0]?.message.messageId);
});

test("repeats of an alarm are no further mails for ten minutes, and are after it was answered", async () => {
  const { send, sent, clock } = setUp();
  const first = await send();
  await clock.advance(60_000);
  expect(await send({ ...ALARM, key: "qwertyuiop/b1-abcdefghij-1/0/3" })).toEqual(first);
  expect(sent.length).toBe(1);
  await clock.advance(540_001);
  await send({ ...ALARM, key: "qwertyuiop/b1-abcdefghij-1/0/9" });
  expect(sent.length).toBe(2);
  await send(UPDATE);
  await send({ ...ALARM, key: "qwertyuiop/b1-abcdefghij-1/1/0" });
  expect(sent.length).toBe(4);
});

test.each([UPDATE, CLOSED])("$kind is a mail that is not urgent", async (message) => {
  const { send, sent } = setUp();
  expect(await send(message)).toMatchObject({ outcome: "accepted" });
  expect(sent[0]?.message).toMatchObject({ subject: message.title, urgent: false });
});

test("a drill is marked, in the language of its reader; a title of several lines is one", async () => {
  const { send, sent } = setUp();
  await send({ ...DRILL, title: "演习 · 呼吸守护\r\nBcc: all@example.org", language: "zh-Hans" });
  expect(sent[0]?.message.subject).toBe("演习 · 呼吸守护 Bcc: all@example.org");
});

describe("what the server says", () => {
  test.each([
    [
      { forGood: true, detail: "Can't send mail: 550 5.1.1 no such user" },
      { outcome: "refused", gone: true },
    ],
    [
      { forGood: true, detail: "Invalid login: 535 5.7.8 no" },
      { outcome: "refused", gone: false },
    ],
    [{ forGood: false, detail: "451 4.7.1 greylisted" }, { outcome: "failed" }],
  ])("%j", async (failed, expected) => {
    const { send, sent } = setUp(ACCESS, { outcome: "failed", ...failed });
    expect(await send()).toMatchObject(expected);
    await send();
    expect(sent.length).toBe(2);
  });
});

test("a mailbox is not flooded", async () => {
  const { send, sent, clock } = setUp();
  for (let nth = 0; nth < 60; nth++) await send(UPDATE);
  expect(await send(UPDATE)).toMatchObject({ outcome: "failed", retryAfterMs: 3_600_000 });
  expect(sent.length).toBe(60);
  await clock.advance(3_600_001);
  expect(await send(UPDATE)).toMatchObject({ outcome: "accepted" });
});

test.each([undefined, {}, { ...ACCESS, password: "" }, { ...ACCESS, host: "a b" }, { ...ACCESS, port: "x" }])(
  "sends nothing with %j",
  async (access) => {
    const { deps } = bench({ outside: () => new Error("no http"), access });
    const result = await email.create(deps).send(targetOf("email", { address: "mei@example.net" }), ALARM);
    expect(result).toMatchObject({ outcome: "refused", gone: false });
  },
);

test("any message is one subject line and whole characters", async () => {
  await fc.assert(
    fc.asyncProperty(anyMessage, async (message) => {
      const { send, sent } = setUp();
      await send(message);
      const { subject = "", text = "" } = sent[0]?.message ?? {};
      expect(subject).not.toMatch(/\p{Cc}/u);
      expect(Array.from(subject).length).toBeLessThanOrEqual(120);
      expect(subject.isWellFormed() && text.isWellFormed()).toBe(true);
      expect(text.length).toBeLessThan(11_000);
    }),
    { numRuns: 60 },
  );
});
