import { ipVersion } from "../domain/address.ts";
import { Fault } from "../domain/fault.ts";

/**
 * Whether a request was sent to a name that this server is known by, undefined when so. A page of another site can have
 * its own name lead here (DNS rebinding), and would then be of one origin with whatever answers; the name is what gives
 * it away. An address cannot be made to lead elsewhere, so that any is taken: behind a router the server does not know
 * which one people use. A request without the header is no browser's. `names` may begin with `*.`, for one label.
 */
export function strangeHost(header: string | undefined, names: readonly string[]): Fault | undefined {
  if (header === undefined) return undefined;
  const host = hostOf(header);
  if (host !== undefined && (isAddress(host) || host === "localhost" || names.some(isNamed(host)))) {
    return undefined;
  }
  return new Fault("HOST_UNKNOWN", `This server is not known as ${shown(header)}.`, {
    fix: "Open it by the name in web.name; if this one is right too, add it to web.otherNames.",
  });
}

/** Without port, in small letters, without the dot at its end that some write. */
function hostOf(header: string): string | undefined {
  if (!/^[\w.:[\]-]+$/.test(header) || !URL.canParse(`http://${header}/`)) return undefined;
  return new URL(`http://${header}/`).hostname.replace(/\.$/, "");
}

const isAddress = (host: string): boolean => ipVersion(host.replace(/^\[|\]$/g, "")) !== 0;

const isNamed =
  (host: string) =>
  (name: string): boolean => {
    const known = name.toLowerCase().replace(/\.$/, "");
    if (!known.startsWith("*.")) return known === host;
    return host.includes(".") && host.slice(host.indexOf(".")) === known.slice(1);
  };

const shown = (header: string): string => header.replaceAll(/[^\w.:[\]-]/g, "?").slice(0, 80);

/** Ends of names that a router gives in the house, and that nobody can buy. */
const HOUSE = ["local", "lan", "home", "home.arpa", "internal", "localdomain"];

/** The names by which a machine is reached in the house without anybody having set one. */
export function machineNames(hostname: string): readonly string[] {
  const name = hostname.toLowerCase();
  const label = name.split(".", 1)[0] ?? "";
  return label === "" ? [] : [name, label, ...HOUSE.map((end) => `${label}.${end}`)];
}
