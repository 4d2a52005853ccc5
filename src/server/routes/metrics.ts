import { createHash, timingSafeEqual } from "node:crypto";
import { PROMETHEUS_TYPE, prometheusText } from "../../report/prometheus.ts";
import type { App, Context } from "../context.ts";
import { metricFamilies } from "../metrics.ts";

/** The route that a program may read with the token of the configuration. */
export const METRICS = "/metrics";

/** Counters and gauges for Prometheus, of this machine as a whole. */
export function metricRoutes(app: App, context: Context): void {
  const answers = new Map<number, number>();
  let limited = 0;
  app.addHook("onResponse", async (_, { statusCode }) => {
    const digit = Math.floor(statusCode / 100);
    answers.set(digit, (answers.get(digit) ?? 0) + 1);
    if (statusCode === 429) limited += 1;
  });

  app.get(METRICS, async (_, reply) => {
    const families = await metricFamilies(context, { answers, limited });
    return reply.type(PROMETHEUS_TYPE).header("cache-control", "no-store").send(prometheusText(families));
  });
}

/** Whether a request carries the token of the configuration; false where none is configured. In constant time. */
export function isScraper(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined || authorization === undefined) return false;
  return timingSafeEqual(digest(authorization), digest(`Bearer ${token}`));
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();
