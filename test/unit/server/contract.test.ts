import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { expect, expectTypeOf, it } from "vitest";
import { KNOBS, PATIENT_EVENTS } from "../../../src/rehearsal/events.ts";
import { LINK_FAULTS } from "../../../src/rehearsal/faults.ts";
import type * as limits from "../../../src/server/contract/limits.ts";
import type * as morning from "../../../src/server/contract/morning.ts";
import type * as technician from "../../../src/server/contract/technician.ts";
import type * as contract from "../../../src/server/contract.ts";
import * as schemas from "../../../src/server/schemas.ts";
import type * as bounds from "../../../src/server/schemas-limits.ts";
import type * as dawn from "../../../src/server/schemas-morning.ts";
import * as bench from "../../../src/server/schemas-technician.ts";

/** A type as JSON has it: neither read-only nor branded. */
type Wire<T> = T extends number
  ? number
  : T extends readonly (infer E)[]
    ? Wire<E>[]
    : T extends object
      ? { -readonly [K in keyof T]: Wire<T[K]> }
      : T;

it("what the server accepts is what the pages may send, no more and no less", () => {
  expectTypeOf<Static<typeof schemas.SignIn>>().toEqualTypeOf<Wire<contract.SignInRequest>>();
  expectTypeOf<Static<typeof schemas.SetLanguage>>().toEqualTypeOf<Wire<contract.LanguageRequest>>();
  expectTypeOf<Static<typeof schemas.MakeJoinCode>>().toEqualTypeOf<Wire<contract.JoinCodeRequest>>();
  expectTypeOf<Static<typeof schemas.Acknowledge>>().toEqualTypeOf<Wire<contract.AcknowledgeRequest>>();
  expectTypeOf<Static<typeof schemas.Pause>>().toEqualTypeOf<Wire<contract.PauseRequest>>();
  expectTypeOf<Static<typeof schemas.Resume>>().toEqualTypeOf<Wire<contract.ResumeRequest>>();
  expectTypeOf<Static<typeof schemas.Care>>().toEqualTypeOf<Wire<contract.CareRequest>>();
  expectTypeOf<Static<typeof schemas.CarePlan>>().toEqualTypeOf<Wire<contract.CarePlanRequest>>();
  expectTypeOf<Static<typeof schemas.Leave>>().toEqualTypeOf<Wire<contract.LeaveRequest>>();
  expectTypeOf<Static<typeof schemas.Finish>>().toEqualTypeOf<Wire<contract.FinishRequest>>();
  expectTypeOf<Static<typeof schemas.Call>>().toEqualTypeOf<Wire<contract.CallRequest>>();
  expectTypeOf<Static<typeof schemas.Watch>>().toEqualTypeOf<Wire<contract.WatchRequest>>();
  expectTypeOf<Static<typeof schemas.Drill>>().toEqualTypeOf<Wire<contract.DrillRequest>>();
  expectTypeOf<Static<typeof schemas.PushSubscribe>>().toEqualTypeOf<Wire<contract.PushSubscribeRequest>>();
  expectTypeOf<Static<typeof bench.Simulate>>().toEqualTypeOf<Wire<technician.SimulationRequest>>();
  expectTypeOf<Static<typeof bench.Commission>>().toEqualTypeOf<Wire<technician.CommissioningRequest>>();
  expectTypeOf<Static<typeof bench.CloseCommissioning>>().toEqualTypeOf<
    Wire<technician.CloseCommissioningRequest>
  >();
  expectTypeOf<Static<typeof bounds.ApplyCode>>().toEqualTypeOf<Wire<limits.ApplyCodeRequest>>();
  expectTypeOf<Static<typeof bounds.RestoreLimits>>().toEqualTypeOf<Wire<limits.RestoreLimitsRequest>>();
  expectTypeOf<Static<typeof dawn.OfferAnswered>>().toEqualTypeOf<Wire<morning.OfferRequest>>();
  expectTypeOf<Static<typeof dawn.MorningWanted>>().toEqualTypeOf<Wire<morning.MorningWanted>>();
  expectTypeOf<Static<typeof schemas.LiveAsk>>().toEqualTypeOf<Wire<contract.LiveRequest>>();
});

it("what the pages are promised passes the check of the answers", () => {
  expectTypeOf<Wire<contract.Me>>().toExtend<Static<typeof schemas.MeAnswer>>();
  expectTypeOf<Wire<contract.JoinCodeResponse>>().toExtend<Static<typeof schemas.JoinCodeAnswer>>();
  expectTypeOf<Wire<contract.CommandAnswer>>().toExtend<Static<typeof schemas.CommandAnswer>>();
  expectTypeOf<Wire<contract.TokenAcknowledgeResponse>>().toExtend<Static<typeof schemas.TokenAnswer>>();
  expectTypeOf<Wire<limits.LimitsResponse>>().toExtend<Static<typeof bounds.LimitsAnswer>>();
  expectTypeOf<Wire<limits.SetLimitsResponse>>().toExtend<Static<typeof bounds.SavedAnswer>>();
  expectTypeOf<Wire<limits.BaselinesResponse>>().toExtend<Static<typeof bounds.BaselinesAnswer>>();
  expectTypeOf<Wire<limits.CheckCodeResponse>>().toExtend<Static<typeof bounds.CodeAnswer>>();
  expectTypeOf<Wire<technician.FramesResponse>>().toExtend<Static<typeof bench.FramesAnswer>>();
  expectTypeOf<Wire<technician.SimulationView>>().toExtend<Static<typeof bench.SimulationAnswer>>();
  expectTypeOf<Wire<technician.CommissioningsResponse>>().toExtend<
    Static<typeof bench.CommissioningsAnswer>
  >();
  expectTypeOf<Wire<technician.ReceptionResponse>>().toExtend<Static<typeof bench.ReceptionAnswer>>();
  expectTypeOf<Wire<contract.NightResponse["metrics"]>>().toExtend<
    Static<typeof schemas.NightAnswer>["metrics"]
  >();
});

it("the bench offers everything that can happen to the virtual patient and its links, and nothing else", () => {
  expect([...bench.SIMULATION_EVENTS].toSorted()).toEqual([...PATIENT_EVENTS].toSorted());
  expect([...bench.SIMULATION_FAULTS].toSorted()).toEqual([...LINK_FAULTS].toSorted());
  expect([...bench.SIMULATION_KNOBS].toSorted()).toEqual(Object.keys(KNOBS).toSorted());
});

it("an answer with a number that is none is noticed", () => {
  const fits = Compile(schemas.JoinCodeAnswer);
  expect(fits.Check({ code: "a", expiresInMs: 1 })).toBe(true);
  expect(fits.Check({ code: "a", expiresInMs: Number.NaN })).toBe(false);
});
