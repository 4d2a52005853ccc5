import path from "node:path";
import type { HomeConfig } from "../../config/config.ts";
import type { Finding } from "../../config/read.ts";
import { daysLeft, endingOf } from "../../crypt/certificate.ts";
import type { FaultCode } from "../../domain/fault.ts";
import { portState, reachProblem, tlsFacts } from "../../ops/machine.ts";
import type { Terminal } from "../terminal.ts";
import { error, ok, warning } from "./finding.ts";

const BROKER_ANSWER_MS = 3_000;

/** Whether pages and broker could listen now, and whether the certificate is good. `heldBy`: a home runs already. */
export async function networkFindings(
  config: HomeConfig,
  heldBy: number | undefined,
  terminal: Terminal,
): Promise<readonly Finding[]> {
  const { web, bus } = config;
  const pages = { where: "pages", setting: "web", ...web, code: "HTTP_PORT_TAKEN" } as const;
  const broker = { where: "broker", setting: "bus", ...bus, code: "BUS_PORT_TAKEN" } as const;
  if (bus.url === undefined && web.port === bus.port && web.port !== 0) {
    const fix = "Give web.port and bus.port different numbers.";
    return [error("pages and broker", `both want port ${web.port}`, fix, "CONFIG_INVALID")];
  }
  return [
    await listenFinding(pages, heldBy),
    ...(await tlsFindings(config, terminal)),
    bus.url === undefined ? await listenFinding(broker, heldBy) : await brokerFinding(bus.url, terminal),
  ];
}

interface Listener {
  readonly where: string;
  readonly setting: string;
  readonly host: string;
  readonly port: number;
  readonly code: FaultCode;
}

async function listenFinding(listener: Listener, heldBy: number | undefined): Promise<Finding> {
  const { where, setting, host, port, code } = listener;
  const place = `${host}:${port}`;
  switch (await portState(host, port)) {
    case "free":
      return ok(where, port === 0 ? `any free port of ${host}` : `${place} is free`);
    case "taken":
      if (heldBy !== undefined) return ok(where, `${place} is in use while process ${heldBy} runs`);
      return error(
        where,
        `${place} is used by another program`,
        `Stop that program, or set ${setting}.port.`,
        code,
      );
    case "not_allowed":
      return error(where, `this user may not listen on ${place}`, `Set ${setting}.port above 1023.`, code);
    case "no_such_address":
      return error(
        where,
        `${host} is not an address of this machine`,
        `Set ${setting}.host to 127.0.0.1, or to an address that "ip address" lists.`,
        "CONFIG_INVALID",
      );
  }
}

async function brokerFinding(address: string, { clock }: Terminal): Promise<Finding> {
  if (!URL.canParse(address)) {
    const fix = "Write bus.url as mqtt://HOST:1883 or mqtts://HOST:8883.";
    return error("broker", "bus.url is not an address", fix, "CONFIG_INVALID");
  }
  const { protocol, hostname, port } = new URL(address);
  const number = port === "" ? (protocol === "mqtts:" ? 8883 : 1883) : Number(port);
  const place = `${hostname}:${number}`;
  const problem = await reachProblem(hostname.replaceAll(/^\[|\]$/g, ""), number, {
    clock,
    ms: BROKER_ANSWER_MS,
  });
  if (problem === undefined) return ok("broker", `${place} takes connections`);
  return warning(
    "broker",
    `${place} cannot be reached: ${problem}; alarms in the house ring all the same`,
    "Start it, or check bus.url and the network.",
    "BUS_UNREACHABLE",
  );
}

async function tlsFindings({ web }: HomeConfig, { clock, folder }: Terminal): Promise<readonly Finding[]> {
  const { tls, name } = web;
  if (tls === undefined) return [];
  const files = {
    certFile: path.resolve(folder, tls.certFile),
    keyFile: path.resolve(folder, tls.keyFile),
  };
  const where = "web.tls";
  const facts = await tlsFacts(files, name);
  if (facts.problem !== undefined) {
    const fix = "Name the PEM files of a certificate and its own private key, readable by this user.";
    return [error(where, `cannot be used: ${facts.problem}`, fix, "CONFIG_INVALID")];
  }
  const now = clock.wall();
  const { validFrom = now, validTo = now } = facts;
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const findings: Finding[] = [];
  const renew = "Renew the certificate: phones refuse pages without a valid one.";
  const ending = endingOf({ from: validFrom, until: validTo }, now);
  if (ending?.stage === "ended") {
    findings.push(error(where, `the certificate ran out on ${day(validTo)}`, renew, "CERTIFICATE_ENDING"));
  } else if (ending?.stage === "early") {
    const fix = "Is the machine's clock right? Else use a certificate that is valid already.";
    findings.push(
      error(where, `the certificate is valid only from ${day(validFrom)} on`, fix, "CERTIFICATE_ENDING"),
    );
  } else if (ending !== undefined) {
    const days = daysLeft({ until: validTo }, now);
    const what = `the certificate runs out on ${day(validTo)}, in ${days} days`;
    findings.push(warning(where, what, renew, "CERTIFICATE_ENDING"));
  } else findings.push(ok(where, `valid until ${day(validTo)}`));
  if (facts.fitsName === false) {
    const fix = "Set web.name to a name on the certificate, or have one issued for this name.";
    findings.push(warning(where, `the certificate is not for ${name}, the name that phones use`, fix));
  }
  if (facts.keyOpen) {
    const fix = `chmod 600 ${files.keyFile}`;
    findings.push(warning(where, "others on this machine may read the private key", fix));
  }
  return findings;
}
