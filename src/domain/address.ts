/**
 * An address of a link as it may be shown and logged: without the user and password that some carry. Where it cannot
 * be read as an address, perhaps because of what the password holds, everything up to the last @ goes.
 */
export function shownAddress(address: string): string {
  const carries = /^\s*(?:[a-z][a-z+.-]*:\/\/|(?:mqtts?|https?):)/i.exec(address);
  if (carries === null) return address;
  const [scheme] = carries;
  const rest = address.slice(scheme.length);
  const isReadable = scheme.endsWith("//") && URL.canParse(address);
  return scheme + rest.replace(isReadable ? /^[^/?#]*@/ : /^[^]*@/, "");
}

/** 4 or 6 for an address of that version of the Internet Protocol, 0 for a name. */
export function ipVersion(text: string): 0 | 4 | 6 {
  const parts = text.split(".");
  if (parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return 4;
  return text.includes(":") && /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`) ? 6 : 0;
}

/**
 * Whether an IP address leads back to this machine without touching a network: 127.0.0.0/8, ::1, and the first inside
 * IPv6 (::ffff:127.0.0.1, as a socket for both versions tells it). False for a name, and for what is no address.
 */
export function isLoopback(address: string): boolean {
  const version = ipVersion(address);
  if (version === 4) return address.startsWith("127.");
  // In the one spelling that there is for each.
  const plain = version === 6 ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : "";
  return plain === "::1" || /^::ffff:7f[\da-f]{2}:/.test(plain);
}

/** The same of a host that somebody wrote down, which may be the name that every machine has for itself. */
export const isLoopbackHost = (host: string): boolean =>
  host.toLowerCase() === "localhost" || isLoopback(host);

/** Whether an address is one of this machine itself: nothing that is sent there leaves it. */
export const isLoopbackUrl = ({ hostname }: URL): boolean => isLoopbackHost(hostname.replace(/^\[|\]$/g, ""));
