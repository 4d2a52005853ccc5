import { describe, expect, test } from "vitest";
import { encodeCommand } from "../../devices/puritan-bennett-840-parameters/codec.ts";
import { puritanBennett840Parameters } from "../../devices/puritan-bennett-840-parameters/module.ts";
import { REPORTS } from "../../devices/puritan-bennett-840-parameters/reports.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";
import { createBench } from "../support/conformance.ts";
import { reply } from "../support/pb840-reply.ts";

const { MISCA, MISCF } = REPORTS;

describe("the driver", () => {
  /** A bench whose device end the test plays; `sent` are the host's commands with their times. */
  async function setUp(options = {}) {
    const bench = await createBench(puritanBennett840Parameters, options);
    const sent: [number, string][] = [];
    const listen = async (): Promise<void> => {
      for await (const chunk of bench.cable.device.chunks) sent.push([bench.clock.mono(), lineText(chunk)]);
    };
    // Ends with the cable, which nobody closes here.
    listen().catch(() => undefined);
    await bench.clock.advance(0);
    const say = async (bytes: Uint8Array): Promise<void> => {
      await bench.cable.device.write(bytes);
      await bench.clock.advance(0);
    };
    const kinds = (): string[] => bench.heard.readings.map(({ reading }) => reading.body.kind);
    const last = (kind: string): DeviceReading["body"] | undefined =>
      bench.heard.readings.findLast(({ reading }) => reading.body.kind === kind)?.reading.body;
    return { ...bench, sent, say, kinds, last };
  }

  const answer = reply(MISCF, { 6: "840 35", 9: "SPONT", 11: "PS", 18: "8", 31: "10", 70: "16" });

  test("resets, waits two seconds, asks, and asks again a second after it asked", async () => {
    const { clock, sent, say, abort } = await setUp();
    await clock.advance(2_300);
    await say(answer);
    await clock.advance(1_000);
    expect(sent).toEqual([
      [0, "RSET\r"],
      [2_000, "SNDF\r"],
      [3_000, "SNDF\r"],
    ]);
    await abort();
  });

  test("asks at once when a reply took longer than a second", async () => {
    const { clock, sent, say, abort } = await setUp();
    await clock.advance(3_500);
    await say(answer);
    expect(sent.at(-1)).toEqual([3_500, "SNDF\r"]);
    await abort();
  });

  test("asks for MISCA when told to", async () => {
    const { clock, sent, say, last, abort } = await setUp({ report: "SNDA" });
    await clock.advance(2_000);
    expect(sent.at(-1)).toEqual([2_000, "SNDA\r"]);
    await say(reply(MISCA, { 34: "14" }));
    expect(last("samples")).toMatchObject({ samples: { resp_rate: 14 } });
    await abort();
  });

  test("resets after 10 s without a reply, and uses one that comes too late", async () => {
    const { clock, sent, say, kinds, heard, abort } = await setUp();
    await clock.advance(12_500);
    expect(sent.slice(2)).toEqual([[12_000, "RSET\r"]]);
    expect(heard.rejects).toEqual(["no reply within 10 s"]);
    expect(kinds()).toEqual([]);
    await say(answer);
    expect(kinds()).toContain("samples");
    await clock.advance(1_500);
    expect(sent.at(-1)).toEqual([14_000, "SNDF\r"]);
    await abort();
  });

  test("goes on polling after a reply that it refuses, which the trace shows", async () => {
    const { clock, sent, say, heard, kinds, abort } = await setUp();
    await clock.advance(2_000);
    await say(lineBytes(lineText(answer).replace(",169 ,", ",170 ,")));
    expect(heard.rejects).toEqual(["field count disagrees"]);
    expect(kinds()).toEqual([]);
    await clock.advance(1_000);
    expect(sent.at(-1)).toEqual([3_000, "SNDF\r"]);
    await say(answer);
    expect(kinds()).toContain("samples");
    await abort();
  });

  test("sends values each time, the rest when it changed and every minute", async () => {
    const { clock, say, kinds, abort } = await setUp();
    await clock.advance(2_000);
    await say(answer);
    expect(kinds()).toEqual(["samples", "ownAlarm", "settings", "identity"]);
    for (let i = 0; i < 5; i++) {
      await clock.advance(1_000);
      await say(answer);
    }
    expect(kinds().slice(4)).toEqual(["samples", "samples", "samples", "samples", "samples"]);
    await clock.advance(1_000);
    await say(reply(MISCF, { 6: "840 35", 9: "SPONT", 11: "PS", 18: "8", 31: "12", 70: "16", 124: "HIGH" }));
    expect(kinds().slice(9)).toEqual(["samples", "ownAlarm", "settings"]);
    await clock.advance(60_000);
    await say(reply(MISCF, { 6: "840 35", 9: "SPONT", 11: "PS", 18: "8", 31: "12", 70: "16", 124: "HIGH" }));
    expect(kinds().slice(12)).toEqual(["samples", "ownAlarm", "settings", "identity"]);
    await abort();
  });

  test("finds the reply behind noise and a reply that was cut off", async () => {
    const { clock, say, kinds, abort } = await setUp();
    await clock.advance(2_000);
    await say(lineBytes("\0\0\xff\x81MIS\r\n"));
    await say(answer.subarray(0, 600));
    await say(lineBytes("\r"));
    expect(kinds()).toEqual([]);
    await say(answer);
    expect(kinds()).toContain("samples");
    await abort();
  });

  test("asks only: RSET, SNDA and SNDF are all it can send", () => {
    const commands = (["RSET", "SNDA", "SNDF"] as const).map((command) => lineText(encodeCommand(command)));
    expect(commands).toEqual(["RSET\r", "SNDA\r", "SNDF\r"]);
  });
});
