import { describe, expect, it } from "vitest";
import type { ResearchConsent, ResearchGroup } from "../../../src/domain/research.ts";
import type { SignalId } from "../../../src/domain/signal.ts";
import { wall } from "../../../src/domain/time.ts";
import type { Point } from "../../../src/port/timeseries.ts";
import { exportResearch, type ResearchSource } from "../../../src/report/research.ts";
import { seriesOf } from "../../../src/store/rollup.ts";

const ZONE = "Europe/Berlin";
const secretOf = (byte: number): string => Buffer.alloc(32, byte).toString("base64url");
const at = (iso: string) => wall(Date.parse(iso));

const consent = (group: ResearchGroup, since: string): ResearchConsent => ({
  ...{ bed: "b1", group, text: { version: 1, language: "en" } },
  given: { at: at(since), by: "p", name: "Zhao" },
});

/** A store of numbers at some moments, each the same for every signal that it has. */
function storeOf(moments: readonly string[], signals: readonly SignalId[]): ResearchSource["timeseries"] {
  const times = moments.map(at).toSorted((a, b) => a - b);
  return {
    beds: async () => [{ bed: "b1", oldest: times[0]!, newest: times.at(-1)! }],
    simulated: async () => false,
    series: async ({ from, to, signals: asked }) => {
      const points: Point[] = times
        .filter((time) => time >= from && time < to)
        .map((time, index) => ({ at: time, sample: 90 + index }));
      const found = asked.filter((signal) => signals.includes(signal));
      return Object.fromEntries(found.map((signal) => [signal, seriesOf(points)]));
    },
  };
}

/** The rows of an export, and its summary. */
async function exported(source: Partial<ResearchSource> & Pick<ResearchSource, "timeseries" | "consents">) {
  let text = "";
  const summary = await exportResearch(
    { bed: "b1", zone: ZONE, secret: secretOf(1), ...source },
    async (piece) => {
      text += piece;
    },
  );
  const [, ...rows] = text.trimEnd().split("\r\n");
  return { summary, text, rows: rows.map((row) => row.split(",")) };
}

const NIGHTS = ["2026-03-28T21:00:00Z", "2026-03-29T21:00:00Z", "2026-03-30T21:00:00Z"];
const timeseries = storeOf(NIGHTS, ["spo2", "minute_volume"]);

describe("a research export", () => {
  it("holds each signal from its own consent on, and none without one", async () => {
    const consents = [
      consent("oxygen", "2026-03-01T00:00:00Z"),
      consent("breathing", "2026-03-29T12:00:00Z"),
      {
        ...consent("pressure", "2026-03-01T00:00:00Z"),
        ended: { at: at("2026-03-02T00:00:00Z"), by: "p", name: "Z" },
      },
    ];
    const { summary, text } = await exported({ timeseries, consents });
    expect([summary.signals.spo2, summary.signals.minute_volume]).toEqual([3, 2]);
    expect(text).not.toContain("pressure");
    expect((await exported({ timeseries, consents: [] })).rows).toEqual([]);
  });

  it("keeps the local time of day over a change to summer time, and whole weeks between real and shown days", async () => {
    const { rows } = await exported({ timeseries, consents: [consent("oxygen", "2026-03-01T00:00:00Z")] });
    const times = rows.map(([, time = ""]) => time);
    expect(times.map((time) => time.slice(11))).toEqual(["22:00:00", "23:00:00", "23:00:00"]);
    const local = Date.parse("2026-03-28T22:00:00Z");
    const weeks = (local - Date.parse(`${times[0]}Z`)) / (7 * 86_400_000);
    expect(Number.isInteger(weeks) && weeks >= 53).toBe(true);
  });

  it("cannot be joined to one under another secret, and can be to one under the same", async () => {
    const consents = [consent("oxygen", "2026-03-01T00:00:00Z")];
    const [first, again, other] = [
      await exported({ timeseries, consents }),
      await exported({ timeseries, consents }),
      await exported({ timeseries, consents, secret: secretOf(2) }),
    ];
    expect(again.text).toBe(first.text);
    expect(other.summary.subject).not.toBe(first.summary.subject);
    expect(other.summary.first).not.toBe(first.summary.first);
  });

  it("holds only the range that was asked for", async () => {
    const consents = [consent("oxygen", "2026-03-01T00:00:00Z")];
    const range = { from: at("2026-03-29T00:00:00Z"), to: at("2026-03-30T00:00:00Z") };
    const { summary } = await exported({ timeseries, consents, ...range });
    expect([summary.rows, summary.nights]).toEqual([1, 1]);
  });
});
