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
