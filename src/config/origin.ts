import type { HomeConfig } from "./config.ts";

/** The address that phones and boxes open: the configured name, or this machine. */
export function originOf({ web }: HomeConfig): string {
  const scheme = web.tls === undefined && web.ownAuthority !== true ? "http" : "https";
  return `${scheme}://${web.name}${web.port === 0 ? "" : `:${web.port}`}`;
}
