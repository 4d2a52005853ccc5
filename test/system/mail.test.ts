import { once } from "node:events";
import type { AddressInfo } from "node:net";
import net from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished } from "vitest";
import { email } from "../../src/notify/email/email.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createMail } from "../../src/ops/mail.ts";
import type { MailMessage } from "../../src/port/mail.ts";
import { type Certificate, createCertificate } from "../support/certificate.ts";
import { ALARM, bench, targetOf } from "../support/channel-bench.ts";
import { MAIL_USER, type MailServerDouble, startMailServer } from "../support/mail-server.ts";
import { requires } from "../support/require.ts";

const { test } = requires("openssl");
const mail = createMail(createClock());

let certificate: Certificate;
let untrust: () => void;

beforeAll(() => {
  certificate = createCertificate();
  untrust = certificate.trust();
});

afterAll(() => {
  untrust();
  certificate.remove();
});

const letter: MailMessage = {
  ...{ from: "house@example.org", to: "mei@example.net", subject: "演习 · 呼吸守护", urgent: true },
  text: "请打开页面看发生了什么。\n.\nQUIT\n",
  messageId: "<0123456789abcdef@example.org>",
};

async function started(
  options: Partial<Parameters<typeof startMailServer>[0]> = {},
): Promise<MailServerDouble> {
  const server = await startMailServer({ certificate, tls: "starttls", ...options });
  onTestFinished(() => server.close());
  return server;
}

const send = (
  { port }: { readonly port: number },
  message = letter,
  password = MAIL_USER.password,
  ms = 5_000,
) => mail.send({ host: "127.0.0.1", port, user: MAIL_USER.user, password }, message, ms);

describe("mail", () => {
  test("is handed in after STARTTLS and sign-in, whole", async () => {
    const server = await started();
    expect(await send(server)).toMatchObject({ outcome: "taken", said: expect.stringContaining("250") });
    expect(server.signIns).toEqual([{ password: MAIL_USER.password, secure: true }]);
    const [taken] = server.letters;
    expect(taken).toMatchObject({ from: "house@example.org", to: ["mei@example.net"], secure: true });
    const [head = "", body = ""] = (taken?.raw ?? "").split(/\r\n\r\n/);
    expect(head).toMatch(/^Message-ID: <0123456789abcdef@example\.org>\r?$/m);
    expect(head).toMatch(/^From: Breathwatch <house@example\.org>\r?$/m);
    expect(head).toMatch(/^To: <?mei@example\.net>?\r?$/m);
    expect(head).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
    expect(head).toMatch(/^Importance: High\r?$/m);
    expect(decoded(head, body)).toBe(letter.text);
    const subject = /^Subject: (.*(?:\r\n .*)*)/m.exec(head)?.[1] ?? "";
    expect(words(subject)).toBe(letter.subject);
  });

  test("is handed in over TLS from the first byte", async () => {
    const server = await started({ tls: "implicit" });
    const implicit = createMail(createClock(), [server.port]);
    const at = { host: "127.0.0.1", port: server.port, ...MAIL_USER };
    expect(await implicit.send(at, letter, 5_000)).toMatchObject({ outcome: "taken" });
    expect(server.letters).toMatchObject([{ secure: true }]);
    // The same server, asked as if it spoke plainly first.
    expect(await mail.send(at, letter, 1_000)).toMatchObject({ outcome: "failed", forGood: false });
  });

  test("is not handed in, and no password said, where TLS is not offered", async () => {
    const server = await started({ tls: "none" });
    expect(await send(server)).toMatchObject({ outcome: "failed", forGood: false });
    expect(server.signIns).toEqual([]);
    expect(server.letters).toEqual([]);
  });

  test("is not handed in to a server that nobody vouches for", async () => {
    const server = await started();
    untrust();
    try {
      expect(await send(server)).toMatchObject({ outcome: "failed", forGood: false });
    } finally {
      untrust = certificate.trust();
    }
    expect(server.signIns).toEqual([]);
  });

  test("says for good that the password is wrong, without the password", async () => {
    const result = await send(await started(), letter, "wrong horse");
    expect(result).toMatchObject({
      outcome: "failed",
      forGood: true,
      detail: expect.stringContaining("535"),
    });
    expect(JSON.stringify(result)).not.toContain("wrong horse");
  });

  test.each([
    [550, "5.1.1 no such user", true],
    [451, "4.7.1 come back later", false],
  ])("says what a server answers about the recipient: %i %s", async (code, text, forGood) => {
    const server = await started({ refuse: { code, text } });
    expect(await send(server)).toMatchObject({
      outcome: "failed",
      forGood,
      detail: expect.stringContaining(text),
    });
    expect(server.letters).toEqual([]);
  });

  test.each([
    { from: "house@example.org\r\nBcc: all@example.org" },
    { to: "mei@example.net, ba@example.net" },
    { to: "mei@example.net>\r\nRCPT TO:<ba@example.net" },
    { to: "Mei <mei@example.net>" },
    { to: "@example.net" },
    { subject: "over\r\nBcc: all@example.org" },
    { subject: "over\nX: y" },
    { messageId: "<a@b>\r\nBcc: all@example.org" },
    { messageId: "a" },
  ])("is refused before anything is asked: %j", async (part) => {
    const server = await started();
    expect(await send(server, { ...letter, ...part })).toMatchObject({ outcome: "failed", forGood: true });
    expect(server.signIns).toEqual([]);
  });

  test("fails in time where nobody answers, at the beginning or at the end", async () => {
    const mute = net.createServer(() => undefined).listen(0, "127.0.0.1");
    await once(mute, "listening");
    onTestFinished(() => void mute.close());
    const { port } = mute.address() as AddressInfo;
    expect(await send({ port }, letter, MAIL_USER.password, 300)).toMatchObject({
      outcome: "failed",
      forGood: false,
    });
    const silent = await started({ silent: true });
    expect(await send(silent, letter, MAIL_USER.password, 1_500)).toMatchObject({
      ...{ outcome: "failed", forGood: false, detail: "no answer in 1500 ms" },
    });
  });

  test("fails where nothing listens", async () => {
    expect(await send({ port: 1 })).toMatchObject({ outcome: "failed", forGood: false });
  });

  test("carries an alarm of the channel to a real server", async () => {
    const server = await started();
    const access = { ...MAIL_USER, host: "127.0.0.1", port: String(server.port), from: "house@example.org" };
    const { deps } = bench({ outside: () => new Error("no http"), access, mail });
    const result = await email.create(deps).send(targetOf("email", { address: "mei@example.net" }), ALARM);
    expect(result.outcome).toBe("accepted");
    expect(server.letters[0]?.raw).toContain("reference" in result ? result.reference : "-");
    expect(server.letters[0]?.raw).toContain(ALARM.title);
  });
});

/** A text body as its reader sees it. */
function decoded(head: string, body: string): string {
  const encoding = /^Content-Transfer-Encoding: (\S+)/m.exec(head)?.[1];
  if (encoding === "base64") return Buffer.from(body, "base64").toString().replaceAll("\r\n", "\n");
  const bytes = body
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const text = encoding === "quoted-printable" ? Buffer.from(bytes, "latin1").toString() : body;
  return text.replaceAll("\r\n", "\n");
}

/** Encoded words of a header (RFC 2047) as text. */
const words = (header: string): string =>
  header
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
      kind.toUpperCase() === "B"
        ? Buffer.from(text, "base64").toString()
        : Buffer.from(
            text
              .replaceAll("_", " ")
              .replaceAll(/=([0-9A-F]{2})/g, (__, hex: string) =>
                String.fromCharCode(Number.parseInt(hex, 16)),
              ),
            "latin1",
          ).toString(),
    );
