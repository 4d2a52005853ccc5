import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mono } from "../../../src/domain/time.ts";
import { createAtFramer } from "../../../src/notify/modem/at-lines.ts";
import { errorOf, isCallEnd, keyOf, meaningOf } from "../../../src/notify/modem/at-reply.ts";
import {
  callOf,
  endReasonOf,
  operatorOf,
  registrationOf,
  signalOf,
  simOf,
  triesOf,
} from "../../../src/notify/modem/at-values.ts";
import { leastOf, nextOf, rankOf } from "../../../src/notify/modem/queue.ts";
import { smsPdus } from "../../../src/notify/modem/sms-pdu.ts";
import { decodeSubmit, joinSms } from "../../support/sms-decode.ts";

const stream =
  '\r\n+CREG: 0,1\r\n\r\nOK\r\n\r\n> \r\nRING\r\n\r\n+CMTI: "SM",3\r\n+COPS: 0,0,"中国移动",7\r\n\r\nOK\r\n';

describe("the bytes of a modem", () => {
  test("come to the same lines however they are cut", () => {
    const bytes = Buffer.from(stream);
    const whole = createAtFramer().push(bytes);
    expect(whole).toEqual([
      { kind: "line", text: "+CREG: 0,1" },
      { kind: "line", text: "OK" },
      { kind: "prompt" },
      { kind: "line", text: "RING" },
      { kind: "line", text: '+CMTI: "SM",3' },
      { kind: "line", text: '+COPS: 0,0,"中国移动",7' },
      { kind: "line", text: "OK" },
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 30 }), (cuts) => {
        const framer = createAtFramer();
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const events = places.flatMap((from, index) => framer.push(bytes.subarray(from, places[index + 1])));
        expect(events).toEqual(whole);
      }),
    );
  });

  test("are bounded: garbage without an end is counted and let go, and the next line is whole again", () => {
    const framer = createAtFramer();
    expect(framer.push(new Uint8Array(100_000).fill(0x41))).toEqual([]);
    expect(framer.noise).toBeGreaterThan(99_000);
    expect(framer.push(Buffer.from("\r\nOK\r\n"))).toEqual([{ kind: "line", text: "OK" }]);
  });

  test("of any kind never throw and never come to an overlong line", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        for (const event of createAtFramer().push(bytes)) {
          if (event.kind === "line") expect(event.text.length).toBeLessThanOrEqual(512);
        }
      }),
    );
  });
});

describe("a line", () => {
  const command = { text: "AT+CREG?" };
  test.each([
    ["AT+CREG?", { kind: "echo" }],
    ["+CREG: 0,1", { kind: "answer" }],
    ["+CEREG: 1", { kind: "news" }],
    ["RING", { kind: "news" }],
    ["+RXDTMF: 5", { kind: "news" }],
    ["NO CARRIER", { kind: "news" }],
    ["VOICE CALL: BEGIN", { kind: "news" }],
    ["OK", { kind: "end", result: "ok" }],
    ["ERROR", { kind: "end", result: "error" }],
    ["COMMAND NOT SUPPORT", { kind: "end", result: "error" }],
    ["+CME ERROR: 10", { kind: "end", result: "error" }],
    ["+CMS ERROR: 38", { kind: "end", result: "error" }],
  ])("%s means the right thing while a question waits", (line, meaning) => {
    expect(meaningOf(line, command)).toEqual(meaning);
  });

  test("says that nobody is called only to who dials", () => {
    for (const line of ["NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "NO DIAL TONE"]) {
      expect(meaningOf(line, { text: "ATD+861;", dials: true })).toEqual({ kind: "end", result: "no call" });
      expect(meaningOf(line, undefined)).toEqual({ kind: "news" });
      expect(isCallEnd(line)).toBe(true);
    }
    expect(isCallEnd("VOICE CALL: END: 000010")).toBe(true);
    expect(isCallEnd("^CEND:1,10,29,16")).toBe(true);
    expect(isCallEnd("VOICE CALL: BEGIN")).toBe(false);
  });

  test.each([
    ["+RXDTMF: 1", "1"],
    ["+RXDTMF: *", "*"],
    ["+DTMF: 7", "7"],
    ["+DTMF:7,160", "7"],
    ["+QTONEDET: 49", "1"],
    ["+QTONEDET: 35", "#"],
    ["+RXDTMF: A", undefined],
    ["+QTONEDET: 65", undefined],
    ["+QTONEDET: 1", undefined],
    ["+DTMF: 1400", undefined],
    ["+RXDTMF:", undefined],
    ["+CLCC: 1", undefined],
  ])("%s is the key %s", (line, key) => {
    expect(keyOf(line)).toBe(key);
  });

  test("names its error by number or not at all", () => {
    expect(errorOf("+CME ERROR: 10")).toEqual({ of: "CME", code: 10 });
    expect(errorOf("+CMS ERROR: 310")).toEqual({ of: "CMS", code: 310 });
    expect(errorOf("+CME ERROR: SIM not inserted")).toBeUndefined();
    expect(errorOf("ERROR")).toBeUndefined();
  });
});

describe("values", () => {
  test("of the registration are read from answers, not from news of the same name", () => {
    expect(registrationOf(["+CREG: 0,1"])).toBe("home");
    expect(registrationOf(['+CREG: 2,5,"1A2B","01F0C3D4",7'])).toBe("roaming");
    expect(registrationOf(["+CEREG: 0,3"])).toBe("denied");
    expect(registrationOf(["+CREG: 0,2"])).toBe("searching");
    expect(registrationOf(["+CREG: 0,6"])).toBe("texts only");
    expect(registrationOf(["+CREG: 0,11"])).toBe("none");
    expect(registrationOf(["+CREG: 2", "+CREG: 0,1"])).toBe("home");
    expect(registrationOf(['+CREG: 1,"1A2B","01F0"'])).toBeUndefined();
  });

  test("of the signal are dBm or nothing", () => {
    expect(signalOf(["+CSQ: 0,99"])).toBe(-113);
    expect(signalOf(["+CSQ: 31,0"])).toBe(-51);
    expect(signalOf(["+CSQ: 100,99"])).toBe(-116);
    expect(signalOf(["+CSQ: 191,99"])).toBe(-25);
    expect(signalOf(["+CSQ: 99,99"])).toBeUndefined();
    expect(signalOf(["+CSQ: 199,99"])).toBeUndefined();
  });

  test("of SIM, operator, tries and the end of a call are read or absent", () => {
    expect(simOf(["+CPIN: READY"])).toBe("ready");
    expect(simOf(["+CPIN: SIM PIN"])).toBe("pin");
    expect(simOf(["+CPIN: SIM PUK"])).toBe("puk");
    expect(simOf(["+CPIN: NOT INSERTED"])).toBe("other");
    expect(simOf(["+CPIX"])).toBeUndefined();
    expect(operatorOf(['+COPS: 0,0,"CHINA MOBILE",7'])).toBe("CHINA MOBILE");
    expect(operatorOf(["+COPS: 0"])).toBeUndefined();
    expect(triesOf(["+SPIC: 3,10,3,10"])).toBe(3);
    expect(triesOf(['+QPINC: "SC",2,10', '+QPINC: "P2",3,10'])).toBe(2);
    expect(triesOf(["^CPIN: SIM PIN,3,10,1,10,3"])).toBe(1);
    expect(endReasonOf(["+CEER: 16, Normal call clearing"])).toBe("16, Normal call clearing");
    expect(endReasonOf([])).toBeUndefined();
  });

  test("of a call leave out those from outside and the data connection", () => {
    const data = '+CLCC: 1,1,0,1,0,"",128';
    expect(callOf([data])).toBeUndefined();
    expect(callOf([data, '+CLCC: 2,0,2,0,0,"+8613800138000",145'])).toBe("dialling");
    expect(callOf(['+CLCC: 1,0,3,0,0,"13800138000",129'])).toBe("alerting");
    expect(callOf(['+CLCC: 1,0,0,0,0,"13800138000",129'])).toBe("active");
    expect(callOf(['+CLCC: 1,1,4,0,0,"13800138000",129'])).toBeUndefined();
    expect(callOf(['+CLCC: 1,0,6,0,0,"13800138000",129'])).toBeUndefined();
  });
});

describe("a text message", () => {
  const decoded = (text: string, to = "+8613800138000") =>
    smsPdus({ to, text, ttlSeconds: 120, reference: 7 }).map(({ hex, length }) => decodeSubmit(hex, length));

  test("is what a network expects, byte by byte", () => {
    // 23.040: SMS-SUBMIT, relative validity; 11 digits to an international number; "hello" in 7 bits.
    expect(smsPdus({ to: "+46708251358", text: "hello", ttlSeconds: 120, reference: 1 })).toEqual([
      { length: 19, hex: "0011000B916407281553F800000005E8329BFD06" },
    ]);
  });

  test("goes in 7 bits where it can, else in UTF-16, with the number and the time it is worth", () => {
    expect(decoded("Look now (urgent) [€5]")).toEqual([
      { to: "+8613800138000", text: "Look now (urgent) [€5]", alphabet: "gsm7", validityMinutes: 5 },
    ]);
    expect(decoded("呼吸守护：请马上查看（紧急）", "+886912345678")).toEqual([
      { to: "+886912345678", text: "呼吸守护：请马上查看（紧急）", alphabet: "ucs2", validityMinutes: 5 },
    ]);
  });

  test.each([
    ["a".repeat(160), 1],
    ["a".repeat(161), 2],
    ["€".repeat(80), 1],
    ["€".repeat(81), 2],
    ["请".repeat(70), 1],
    ["请".repeat(71), 2],
    ["请".repeat(134), 2],
    ["请".repeat(135), 3],
  ])("of any length goes in as few parts as there can be", (text, parts) => {
    const units = decoded(text);
    expect(units).toHaveLength(parts);
    expect(joinSms(units)).toBe(text);
  });

  test("that is too long is cut by whole characters and ends in dots", () => {
    const units = decoded("请👨‍👩‍👧".repeat(200));
    expect(units).toHaveLength(4);
    const text = joinSms(units);
    expect(text.endsWith("...")).toBe(true);
    expect(text.isWellFormed()).toBe(true);
  });

  test("in Chinese, with emoji, in any script, comes out of the network's end as it went in", () => {
    const script = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.string({ unit: "grapheme", maxLength: 120 }),
      fc.string({
        unit: fc.constantFrom("呼", "吸", "請", "🚨", "👩‍🦼", "a", "€", "[", "\n", "é"),
        maxLength: 300,
      }),
      fc.string({ unit: fc.constantFrom("a", "€", "{", "Z", "@", "_", "\f"), maxLength: 700 }),
    );
    fc.assert(
      fc.property(script, fc.integer({ min: 0, max: 1_000 }), (text, reference) => {
        const pdus = smsPdus({ to: "+8613800138000", text, ttlSeconds: 300, reference });
        const units = pdus.map(({ hex, length }) => decodeSubmit(hex, length));
        for (const unit of units) expect(unit.text.isWellFormed()).toBe(true);
        const whole = joinSms(units);
        const wanted = text.toWellFormed();
        if (whole !== wanted) {
          expect(units).toHaveLength(4);
          expect(whole.endsWith("...")).toBe(true);
          expect(wanted.startsWith(whole.slice(0, -3))).toBe(true);
          expect(whole.length).toBeGreaterThan(250);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("the queue", () => {
  const item = (kind: "call" | "text", priority: "high" | "medium" | "low", at: number) => ({
    kind,
    rank: rankOf(kind, priority),
    queuedAt: mono(at),
    expiresAt: mono(at + 120_000),
  });

  test("lets calls of high alarms go first, then their texts, then the less urgent, each in turn", () => {
    const first = item("call", "high", 3);
    const waiting = [item("call", "medium", 0), item("text", "high", 1), item("call", "high", 5), first];
    expect(nextOf(waiting, mono(10))).toBe(first);
    expect(nextOf([item("call", "medium", 0), waiting[1] ?? first], mono(10))?.kind).toBe("text");
    expect(nextOf([], mono(0))).toBeUndefined();
  });

  test("lets no text wait for ever behind calls that come again and again", () => {
    const text = item("text", "high", 0);
    expect(nextOf([item("call", "high", 1), text], mono(19_999))?.kind).toBe("call");
    expect(nextOf([item("call", "high", 1), text], mono(20_000))).toBe(text);
  });

  test("gives up only what is less urgent than the newcomer when it is full", () => {
    const low = item("text", "medium", 2);
    expect(leastOf([item("call", "high", 0), low], item("call", "high", 5))).toBe(low);
    expect(leastOf([item("call", "high", 0)], item("call", "high", 5))).toBeUndefined();
  });
});
