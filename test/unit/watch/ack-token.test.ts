import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR_MS, wall } from "../../../src/domain/time.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createAckKey, createAckToken, verifyAckToken } from "../../../src/watch/ack-token.ts";
import { NIGHT } from "../../support/alarms.ts";

const key = createAckKey(createSeededRandom(1));
const claim = { occurrence: "b1-abcdefghij-1", target: "t-mei", expiresAt: wall(NIGHT + HOUR_MS) };
const token = createAckToken(key, claim);

describe("a token", () => {
  test("says for which occurrence and through which target, until it expires", () => {
    expect(verifyAckToken(key, token, NIGHT)).toMatchObject({ ok: true, claim });
    expect(verifyAckToken(key, token, wall(NIGHT + HOUR_MS - 1)).ok).toBe(true);
    expect(verifyAckToken(key, token, wall(NIGHT + HOUR_MS))).toEqual({ ok: false, reason: "expired" });
  });

  test("gives the same command every time it is used, and another one than any other token", () => {
    const commandOf = (text: string): string | undefined => {
      const verdict = verifyAckToken(key, text, NIGHT);
      return verdict.ok ? verdict.commandId : undefined;
    };
    const others = [
      { ...claim, target: "t-lin" },
      { ...claim, occurrence: "b1-abcdefghij-2" },
      { ...claim, expiresAt: wall(NIGHT + HOUR_MS + 1_000) },
    ].map((other) => commandOf(createAckToken(key, other)));
    expect(commandOf(token)).toBe(commandOf(token));
    expect(new Set([commandOf(token), ...others]).size).toBe(4);
  });

  test("says what its message had shown; where nothing had become worse it is as it always was", () => {
    const worse = createAckToken(key, { ...claim, worsened: 7 });
    expect(verifyAckToken(key, worse, NIGHT)).toMatchObject({ ok: true, claim: { ...claim, worsened: 7 } });
    expect(createAckToken(key, { ...claim, worsened: 0 })).toBe(token);
    expect(verifyAckToken(key, token, NIGHT)).toEqual({ ok: true, claim, commandId: expect.any(String) });
  });

  test("of another home is refused", () => {
    const foreign = createAckToken(createAckKey(createSeededRandom(2)), claim);
    expect(verifyAckToken(key, foreign, NIGHT)).toEqual({ ok: false, reason: "forged" });
  });

  test("that was changed in any character is refused", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: token.length - 1 }),
        fc.constantFrom("A", "B", "x", "y", "0", "9", "-", "_", "."),
        (index, letter) => {
          fc.pre(token[index] !== letter);
          const changed = token.slice(0, index) + letter + token.slice(index + 1);
          expect(verifyAckToken(key, changed, NIGHT)).toEqual({ ok: false, reason: "forged" });
        },
      ),
    );
  });

  test("cannot lend its signature to another claim", () => {
    const [, signature] = token.split(".");
    const [body] = createAckToken(key, { ...claim, occurrence: "b1-abcdefghij-2" }).split(".");
    expect(verifyAckToken(key, `${body}.${signature}`, NIGHT)).toEqual({ ok: false, reason: "forged" });
  });

  test("fits an address without escaping", () => {
    expect(token).toMatch(/^[A-Za-z0-9_.-]{1,200}$/);
  });
});

test("anything at all from outside is judged without an exception", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ minLength: 400, maxLength: 3_000 })), (text) => {
      expect(verifyAckToken(key, text, NIGHT)).toEqual({ ok: false, reason: "forged" });
    }),
  );
});

test("keys of two homes differ and are 32 bytes long", () => {
  expect(Buffer.from(key, "base64url")).toHaveLength(32);
  expect(createAckKey(createSeededRandom(2))).not.toBe(key);
});
