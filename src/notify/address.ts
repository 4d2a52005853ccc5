import { BlockList, isIP } from "node:net";

/** Address ranges that no provider on the internet has: loopback, link-local, private, reserved (RFC 6890). */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const) {
  PRIVATE.addSubnet(network, bits, "ipv4");
}
for (const [network, bits] of [
  ["::", 127],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  PRIVATE.addSubnet(network, bits, "ipv6");
}

/** Names that only mean something at home (RFC 6761, 6762, 8375, 9476). */
const HOME_NAMES = /(?:^|\.)(?:localhost|local|internal|lan|home|invalid|test|example|home\.arpa|onion)$/;

/**
 * Whether a URL names a place in the house rather than on the internet, as far as its text tells: a private or
 * reserved address, a name without a dot, or a name kept for local use. A public name that resolves to a private
 * address is not recognised.
 */
export function isPrivateHost(url: URL): boolean {
  const host = url.hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
  const family = isIP(host);
  if (family === 0) return !host.includes(".") || HOME_NAMES.test(host);
  // Mapped addresses (::ffff:10.0.0.1) are checked against the IPv4 list by BlockList itself.
  return PRIVATE.check(host, family === 4 ? "ipv4" : "ipv6");
}

/** The first page of whatever stands behind an address: nothing of its path, and no password. Undefined for no URL. */
export function serviceOf(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:" ? `${url.origin}/` : undefined;
}

/**
 * Where requests to a server go that a family named, without a slash at the end: its https address, or http in the
 * house. Undefined for anything else, and for an address with a password, a question or a fragment in it.
 */
export function serverBase(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || `${url.username}${url.password}${url.search}${url.hash}` !== "") return undefined;
  const isAllowed = url.protocol === "https:" || (url.protocol === "http:" && isPrivateHost(url));
  return isAllowed ? `${url.origin}${url.pathname}`.replace(/\/+$/, "") : undefined;
}

/**
 * Where a provider on the internet may post an answer: the box's or hub's own one-time address, if it is on the internet.
 * Undefined for one in the house, and for a relay's, which takes whatever is posted for the answer itself.
 */
export function answerAddress({ acknowledgeUrl }: { readonly acknowledgeUrl?: string }): URL | undefined {
  const url =
    acknowledgeUrl !== undefined && URL.canParse(acknowledgeUrl) ? new URL(acknowledgeUrl) : undefined;
  if (url?.protocol !== "https:" || isPrivateHost(url) || !url.pathname.includes("/api/a/")) return undefined;
  return url;
}
