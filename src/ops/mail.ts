import nodemailer from "nodemailer";
import { messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { Mail, MailMessage, MailServer } from "../port/mail.ts";

/** TLS from the first byte (RFC 8314); on every other port STARTTLS is demanded before anything is said. */
const IMPLICIT_TLS_PORTS: readonly number[] = [465];
const DETAIL_LENGTH_MAX = 200;

/**
 * Hands mail in, one connection a message. A server that does not speak TLS, or whose certificate this machine does not
 * trust, gets neither password nor message.
 */
export function createMail(clock: Clock, implicitTlsPorts = IMPLICIT_TLS_PORTS): Mail {
  return {
    async send(server, message, timeoutMs) {
      const problem = problemOf(message);
      if (problem !== undefined) return { outcome: "failed", detail: problem, forGood: true };
      const isImplicit = implicitTlsPorts.includes(server.port);
      const abort = new AbortController();
      const cancel = clock.after(timeoutMs, () => abort.abort(new Error(`no answer in ${timeoutMs} ms`)));
      try {
        const { response } = await transportTo(server, isImplicit, timeoutMs).sendMail({
          ...mailOf(message),
          signal: abort.signal,
        });
        return { outcome: "taken", said: shortened(response) };
      } catch (error) {
        const detail = messageOf(abort.signal.aborted ? abort.signal.reason : error);
        const said = detail.replaceAll(server.password === "" ? /$^/g : server.password, "(secret)");
        return { outcome: "failed", detail: shortened(said), forGood: isForGood(error) };
      } finally {
        cancel();
      }
    },
  };
}

const transportTo = ({ host, port, user, password }: MailServer, isImplicit: boolean, timeoutMs: number) =>
  nodemailer.createTransport({
    ...{ host, port, auth: { user, pass: password } },
    // A server that offers no sign-in is not the one that was meant.
    forceAuth: true,
    secure: isImplicit,
    requireTLS: !isImplicit,
    tls: { minVersion: "TLSv1.2" },
    ...{
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
    },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });

const mailOf = ({ from, to, subject, text, messageId, urgent }: MailMessage) => ({
  from: { name: "Breathwatch", address: from },
  to: { name: "", address: to },
  ...{ subject, text, messageId },
  ...(urgent ? { priority: "high" } : {}),
  // Nobody's holiday notice is wanted (RFC 3834).
  headers: { "Auto-Submitted": "auto-generated" },
  envelope: { from, to: [to] },
});

/** A line break in a header would begin another header; more than one address would be a list. */
function problemOf({ from, to, subject, messageId }: MailMessage): string | undefined {
  for (const [name, address] of [
    ["sender", from],
    ["recipient", to],
  ] as const) {
    if (!isAddress(address)) return `the ${name} is not one plain mail address`;
  }
  if (/\p{Cc}/u.test(subject)) return "the subject has control characters";
  return /^<[!-;=?A-~]+@[!-;=?A-~]+>$/.test(messageId) ? undefined : "the message's id is none";
}

/** One address without a name, a comment, quotes, or anything that ends it early. */
const isAddress = (text: string): boolean =>
  text.length <= 254 && /^[^\s\p{Cc}@<>()[\]",:;\\]+@[^\s\p{Cc}@<>()[\]",:;\\]+$/u.test(text);

/** 5xx (RFC 5321, 4.2.1); not where TLS failed, which whoever sits on the line can bring about. */
function isForGood(error: unknown): boolean {
  if (!(error instanceof Error) || ("code" in error && error.code === "ETLS")) return false;
  return "responseCode" in error && typeof error.responseCode === "number" && error.responseCode >= 500;
}

const shortened = (text: string): string => text.replaceAll(/\s+/g, " ").trim().slice(0, DETAIL_LENGTH_MAX);
