import { describe, expect, test } from "vitest";
import { amountIn, createUssdReader, type UssdAnswer } from "../../../src/notify/modem/ussd.ts";

const ucs2 = (text: string): string => Buffer.from(text, "utf16le").swap16().toString("hex").toUpperCase();

/** The answer in these lines, and which line ended it. */
function read(...lines: readonly string[]): UssdAnswer | undefined {
  const reader = createUssdReader();
  for (const [index, line] of lines.entries()) {
    const answer = reader.take(line);
    if (answer !== undefined) {
      expect(index).toBe(lines.length - 1);
      return answer;
    }
  }
  return undefined;
}

describe("what the network says to a short code", () => {
  test.each<[string, string, string]>([
    ["the GSM alphabet", '+CUSD: 0,"Balance: 12.30 EUR",15', "Balance: 12.30 EUR"],
    ["no scheme at all", '+CUSD: 0,"Your balance is 5.00 GBP"', "Your balance is 5.00 GBP"],
    ["UCS2 in Chinese", `+CUSD: 0,"${ucs2("您的余额为12.30元")}",72`, "您的余额为12.30元"],
    ["UCS2 with its language in front", `+CUSD: 0,"7A68${ucs2("餘額 88 元")}",17`, "餘額 88 元"],
    ["UCS2 that the stick has turned into letters already", '+CUSD: 0,"Saldo 3,50 EUR",72', "Saldo 3,50 EUR"],
    ["8 bit data", `+CUSD: 0,"${Buffer.from("Saldo 3,50").toString("hex")}",68`, "Saldo 3,50"],
    ["a language of the GSM alphabet", '+CUSD: 0,"Guthaben 7,00 EUR",0', "Guthaben 7,00 EUR"],
    ["letters that look like hex", '+CUSD: 0,"DEAD",15', "DEAD"],
    ["a dialogue that ends with its answer", '+CUSD: 2,"Balance 4.00 USD",15', "Balance 4.00 USD"],
  ])("in %s", (_what, line, text) => {
    expect(read(line)).toEqual({ kind: "text", text, wantsMore: false });
  });

  test("over several lines is one line; other lines are none of it", () => {
    expect(read("+CREG: 1", '+CUSD: 0,"Main account:', "12.30 EUR", 'valid to 31.12.",15')).toEqual({
      ...{ kind: "text", text: "Main account: 12.30 EUR valid to 31.12.", wantsMore: false },
    });
  });

  test("with a menu asks for more, and is taken all the same", () => {
    expect(read('+CUSD: 1,"1 Balance 2 Top up",15')).toMatchObject({ kind: "text", wantsMore: true });
  });

  test.each([
    ["+CUSD: 2", "ended by the network"],
    ["+CUSD: 4", "not supported"],
    ["+CUSD: 5", "the network did not answer in time"],
    ['+CUSD: 4,"",15', "not supported"],
    ["+CUSD: 3", "another program has answered"],
    ['+CUSD: 0,"",15', "an empty answer"],
    ["+CUSD: nonsense", "an empty answer"],
  ])("%s is not available: %s", (line, why) => {
    expect(read(line)).toEqual({ kind: "unavailable", why });
  });

  test("is bounded, and holds nothing that steers a terminal or a page", () => {
    const steering = "\u001b[31m\u202e\u0007<b>9.00 EUR</b>\u2066";
    expect(read(`+CUSD: 0,"${ucs2(steering)}",72`)).toMatchObject({ text: "[31m <b>9.00 EUR</b>" });
    const long = read(`+CUSD: 0,"${"a".repeat(480)}",15`);
    expect(long).toMatchObject({ kind: "text", text: "a".repeat(160) });
    const endless = createUssdReader();
    endless.take('+CUSD: 0,"it never');
    const ends = Array.from({ length: 20 }, () => endless.take("ends")).findIndex((one) => one !== undefined);
    expect(ends).toBeLessThan(12);
  });
});

describe("the credit in it", () => {
  test.each<[string, number]>([
    ["Balance: 12.30 EUR", 12.3],
    ["Ihr Guthaben: 7,05€.", 7.05],
    ["Your balance is $5.", 5],
    ["您的余额为12.30元。", 12.3],
    ["餘額 NT$1,234.50", 1234.5],
    ["Saldo 1.234,50 EUR bis 31.12.2026", 1234.5],
    ["Saldo: -0,40 EUR", -0.4],
    ["Credit 100 RMB, valid until 2026-12-31", 100],
  ])("%s", (text, amount) => {
    expect(amountIn(text)).toBe(amount);
  });

  test.each([
    "Main 12.30 EUR, bonus 3.00 EUR",
    "12.30 until 31.12.2026",
    "You have 300 minutes and 2.5 GB",
    "1.234 EUR",
    "Credit-5 EUR",
    "From 5-10 EUR",
    "Service not available",
    "",
  ])("%s: not unmistakable", (text) => {
    expect(amountIn(text)).toBeUndefined();
  });
});
