// A real SMTP server on loopback, with TLS and sign-in.
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import type { Certificate } from "./certificate.ts";

export interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  /** Header and body, as they came over the line. */
  readonly raw: string;
}

export interface MailServerDouble {
  readonly port: number;
  readonly letters: readonly Letter[];
  /** Passwords that were tried, and whether the line was encrypted then. */
  readonly signIns: readonly { readonly password: string; readonly secure: boolean }[];
  close(): Promise<void>;
}

export const MAIL_USER = { user: "house", password: "correct horse" };

/** `tls`: from the first byte, by STARTTLS, or not offered at all. `refuse`: an SMTP code for every recipient. */
export async function startMailServer(options: {
  readonly certificate: Certificate;
  readonly tls: "implicit" | "starttls" | "none";
  readonly refuse?: { readonly code: number; readonly text: string };
  /** Answers no message, ever. */
  readonly silent?: boolean;
}): Promise<MailServerDouble> {
  const { certificate, tls, refuse } = options;
  const letters: Letter[] = [];
  const signIns: { password: string; secure: boolean }[] = [];
  const server = new SMTPServer({
    ...{ secure: tls === "implicit", key: certificate.key, cert: certificate.cert },
    ...(tls === "none" ? { disabledCommands: ["STARTTLS"], allowInsecureAuth: true } : {}),
    disableReverseLookup: true,
    onAuth({ username, password }, session, done) {
      signIns.push({ password: password ?? "", secure: session.secure });
      if (username === MAIL_USER.user && password === MAIL_USER.password) done(null, { user: username });
      else done(Object.assign(new Error(`not you: ${password}`), { responseCode: 535 }));
    },
    onRcptTo(_address, _session, done) {
      if (refuse === undefined) done();
      else done(Object.assign(new Error(refuse.text), { responseCode: refuse.code }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (options.silent === true) return;
        const { mailFrom, rcptTo } = session.envelope;
        letters.push({
          from: mailFrom === false ? "" : (mailFrom?.address ?? ""),
          to: rcptTo.map(({ address }) => address),
          ...{ secure: session.secure, raw: Buffer.concat(chunks).toString() },
        });
        done();
      });
    },
  });
  // A client that does not trust the certificate breaks off: no error of the server's.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    ...{ port, letters, signIns },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
