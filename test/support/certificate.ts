import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

/** A self-signed certificate for 127.0.0.1 and localhost, in a folder of its own. Needs openssl. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly keyPath: string;
  /** For `NODE_EXTRA_CA_CERTS` of a process that must trust it. */
  readonly certPath: string;
  /** Makes this process trust it until the returned function is called. */
  trust(): () => void;
  remove(): void;
}

const OPENSSL = "openssl";

export function createCertificate(): Certificate {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-cert-"));
  const keyPath = path.join(folder, "key.pem");
  const certPath = path.join(folder, "cert.pem");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyPath];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  execFileSync(OPENSSL, ["req", "-x509", ...key, "-out", certPath, "-days", "2", ...subject], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const cert = readFileSync(certPath, "utf8");
  return {
    key: readFileSync(keyPath, "utf8"),
    cert,
    certPath,
    keyPath,
    trust() {
      const before = getCACertificates("default");
      setDefaultCACertificates([...before, cert]);
      return () => setDefaultCACertificates(before);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
