// A reply and commands made by hand elsewhere, after the maker's field list: independent of this project's code.
import { expect } from "vitest";
import { decodeReply, encodeCommand } from "../../devices/puritan-bennett-840-parameters/codec.ts";
import {
  identityBody,
  ownAlarmBody,
  samplesBody,
  settingsBody,
} from "../../devices/puritan-bennett-840-parameters/readings.ts";
import { toHex } from "../../src/wire/transcript.ts";
import { protocolVectors } from "../support/protocol-vectors.ts";

const { describe, test, vector } = protocolVectors("pb840");

describe("frames made by hand elsewhere", () => {
  test.each([
    ["RSET", "RSET"],
    ["SNDF request", "SNDF"],
    ["SNDA request", "SNDA"],
  ] as const)("%s is what is sent", (name, command) => {
    expect(toHex(encodeCommand(command))).toBe(toHex(vector(name).bytes));
  });

  test("a MISCF reply is read: values, settings, an active alarm and one that a person reset", () => {
    const { bytes } = vector("MISCF reply, NIV, disconnect alarm active");
    const reply = decodeReply(bytes.subarray(0, -1), true);
    if (typeof reply === "string") throw new Error(reply);
    expect(samplesBody(reply).samples).toMatchObject({
      resp_rate: 16,
      tidal_volume_exp: 452,
      tidal_volume_insp: 470,
      minute_volume: 7.2,
      pressure_peak: 18.2,
      pressure_mean: 11.3,
      pressure_insp: 17.8,
      pressure_exp: 8.1,
      ie_ratio: 2.1,
      fio2: 30,
      leak: 9,
      insp_time: { absent: "not_measured" },
    });
    expect(settingsBody(reply).settings).toEqual({
      mode: "SPONT PS",
      interface: "NIV",
      epap: 8,
      pressure_support: 10,
      ipap: 18,
      fio2: 30,
    });
    expect(identityBody(reply)).toEqual({
      kind: "identity",
      serial: "3512345678",
      model: "Puritan Bennett 840",
    });
    const active = ownAlarmBody(reply).alarms.filter((alarm) => alarm.active);
    expect(active.map(({ code, priority }) => [code, priority])).toEqual([["disconnect", "high"]]);
  });
});
