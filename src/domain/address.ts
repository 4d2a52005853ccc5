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
  return text.includes(":") && !text.includes("[") && URL.canParse(`http://[${text}]/`) ? 6 : 0;
}

/** Whether an address is one of this machine itself: nothing that is sent there leaves it. */
export const isLoopbackUrl = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
