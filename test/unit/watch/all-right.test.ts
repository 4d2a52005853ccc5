import { beforeEach, describe, expect, test } from "vitest";
import type { AllRight } from "../../../src/domain/alarm.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { decodeOutboxEntry } from "../../../src/watch/outbox.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { type CallCentre, createCallCentre, phone } from "../../support/call-centre.ts";
import { follow } from "../../support/escalations.ts";

const OPA = { id: "p-opa", name: "Opa" };
const said = (s: number, more: Partial<AllRight> = {}): { readonly allRight: AllRight } => ({
  allRight: { by: OPA, at: wall(NIGHT + s * SECOND_MS), ...more },
});

describe("an alarm that the patient answers with I am all right", () => {
  test.each(["high", "medium"] as const)(
    "calls the same people at the same seconds as without: %s",
    (priority) => {
      const alarm = occurrence({ priority });
      const later = { ...alarm, acknowledgement: answer(wall(NIGHT + 400 * SECOND_MS)) };
      const silent = follow(
        [
          { atS: 0, open: [alarm] },
          { atS: 20, open: [alarm] },
          { atS: 400, open: [later] },
          { atS: 580, open: [alarm] },
          { atS: 900, open: [] },
        ],
        1_200,
      );
      const spoken = follow(
        [
          { atS: 0, open: [alarm] },
          { atS: 20, open: [{ ...alarm, ...said(20) }] },
          { atS: 400, open: [{ ...later, ...said(20) }] },
          { atS: 580, open: [{ ...alarm, ...said(20) }] },
          { atS: 900, open: [] },
        ],
        1_200,
      );
      expect(spoken.map(({ allRight: _word, ...send }) => send)).toEqual(silent);
      expect(spoken.filter(({ allRight }) => allRight !== undefined).length).toBeGreaterThan(3);
    },
  );

  test("a word about an alarm sends nothing by itself", () => {
    const alarm = occurrence();
    const sends = follow(
      [
        { atS: 0, open: [alarm] },
        { atS: 7, open: [{ ...alarm, ...said(7) }] },
      ],
      10,
    );
    expect(sends.map(({ atS }) => atS)).toEqual([0]);
  });

  test("a planned send with it is read again as it was written", () => {
    for (const allRight of [{ at: wall(NIGHT) }, { at: wall(NIGHT), before: true as const }]) {
      const [send] = follow([{ atS: 0, open: [occurrence()] }], 1);
      const entry = JSON.parse(JSON.stringify({ kind: "planned", send: { ...send, allRight }, targets: [] }));
      expect(decodeOutboxEntry(entry)).toMatchObject({ send: { allRight } });
    }
  });

  describe("in words", () => {
    let clock: VirtualClock;
    let centre: CallCentre;
    let fold: ReturnType<typeof folds>;
    beforeEach(() => {
      heard = 0;
      clock = createVirtualClock(NIGHT);
      const languages = ["en", "zh-Hans", "zh-Hant"] as const;
      centre = createCallCentre(clock, {
        targets: languages.map((language) => phone(language.toLowerCase(), { language })),
      });
      fold = folds(clock);
    });
    let heard = 0;
    const bodies = () => {
      const from = heard;
      heard = centre.calls.length;
      return centre.calls.slice(from).map(({ message }) => message.body);
    };

    test("stands behind what the message asks for, without a name, in three languages", async () => {
      centre.watch.onFold(fold([occurrence()]));
      await clock.advance(SECOND_MS);
      bodies();
      centre.watch.onFold(fold([occurrence(said(10))]));
      await clock.advance(MINUTE_MS);
      const now = bodies();
      expect(now).toContain(
        'Open to see what happened. The patient answered "I am all right" at 10:14. Please look all the same.',
      );
      expect(now).toContain("点开看发生了什么。患者在 10:14 回答“我没事”。还是请去看看。");
      expect(now).toContain("點開看發生了什麼事。病人在 10:14 回答「我沒事」。還是請去看看。");
      expect(now.join(" ")).not.toContain("Opa");
    });

    test("is of before, once it is worse, has come back, or another alarm has come to its card", async () => {
      const low = occurrence(said(10));
      const worse = occurrence({ ...said(10, { before: true }) });
      const joined = occurrence({ id: "b1-abcdefghij-2", condition: "VENT_DISCONNECT", card: low.id });
      for (const open of [[worse], [low, joined]]) {
        const cards = [
          { id: low.id, priority: "high", members: open.map(({ id }) => id), evidence: [] },
        ] as const;
        centre.watch.onFold(fold(open, { cards }));
        await clock.advance(SECOND_MS);
        expect(bodies()).toContain(
          'Open to see what happened. At 10:14, before it got worse, the patient had said "I am all right".',
        );
        centre.watch.onFold(fold([]));
        await clock.advance(20 * MINUTE_MS);
        bodies();
      }
    });

    test("is in a drill's message like in any other", async () => {
      const drillUntil = wall(NIGHT + 10 * MINUTE_MS);
      centre.watch.onFold(fold([occurrence({ simulated: true, drill: true, ...said(0) })], { drillUntil }));
      await clock.advance(SECOND_MS);
      const [body] = bodies();
      expect(body).toMatch(/^This is a test of the alarm\. .*"I am all right" at 10:14\./);
    });
  });
});
