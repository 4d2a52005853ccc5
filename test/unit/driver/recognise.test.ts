import { describe, expect, test } from "vitest";
import { DEVICES } from "../../../devices/index.ts";
import { type Advertisement, recogniseOximeter } from "../../../src/driver/recognise.ts";

const recognise = (services: readonly string[], name?: string, manufacturer?: number): readonly string[] => {
  const advertisement: Advertisement = {
    services,
    ...(name === undefined ? {} : { name }),
    ...(manufacturer === undefined ? {} : { manufacturer }),
  };
  return recogniseOximeter(advertisement, DEVICES);
};

const UART = "6E400001-B5A3-F393-E0A9-E50E24DCCA9E";
const BERRY = "49535343-FE7D-4AE5-8FA9-9FAFD205E455";
const NONIN = "46A970E0-0D5F-11E2-8B5E-0002A5D5C51B";
const RING = "14839AC4-7D7E-415C-9A42-167340CF2339";

describe("an oximeter is recognised by what it advertises", () => {
  test.each<[string, readonly string[], string | undefined, string]>([
    ["the SIG's service", ["1822"], undefined, "sig-plx"],
    ["the SIG's service, spelled out", ["00001822-0000-1000-8000-00805F9B34FB"], "Medisana", "sig-plx"],
    ["Nonin's service and the clip's name", [NONIN], "Nonin3230_501234", "nonin-ble"],
    ["Nonin's service and the wrist's name", [NONIN], "Nonin3150_501234", "nonin-ble-3150"],
    ["BerryMed's name alone", [], "BerryMed", "berrymed-bci"],
    ["a stock service and BerryMed's name", [BERRY], "BerryMed", "berrymed-bci"],
    ["Jumper's service", ["CDEACB80-5235-4C07-8846-93A37EE6B86D"], undefined, "jumper-oximeter"],
    [
      "Jumper's service under another name",
      ["CDEACB80-5235-4C07-8846-93A37EE6B86D"],
      "oximeter",
      "jumper-oximeter",
    ],
    ["Jumper's name", [], "My Oximeter", "jumper-oximeter"],
    ["FFE0", ["FFE0"], undefined, "yuwell-fe"],
    ["FFF0", ["FFF0"], "LPOW", "lpow-oximeter"],
    ["FF12", ["FF12"], "PO60", "contec-eb-ble"],
    [
      "ChoiceMMed's service, which ends differently on every clip",
      ["BA11F08C-5F14-0B0D-1080-007CBE238851"],
      undefined,
      "choicemmed-oximeter",
    ],
    ["another clip's", ["ba11f08c-5f14-0b0d-1080-007cbe422c76"], "iChoice", "choicemmed-oximeter"],
    ["the ring's name, its service not being advertised", [], "O2Ring 0123", "viatom-ring"],
    ["the ring's service under a rebrand's name", [RING], "Ring of somebody", "viatom-ring"],
    ["OxySmart's name, its service being stock", [UART], "OxySmart 1234", "creative-pc60-ble"],
  ])("%s", (_what, services, name, id) => {
    expect(recognise(services, name)[0]).toBe(id);
  });

  test("one with the SIG's service beside a maker's own is read by the first", () => {
    expect(recognise([NONIN, "1822"], "Nonin3230_501234").slice(0, 2)).toEqual(["sig-plx", "nonin-ble"]);
  });

  test("the other family of one service comes second", () => {
    expect(recognise([NONIN], "Nonin3150_501234")).toEqual(["nonin-ble-3150", "nonin-ble"]);
  });

  test("a maker's number helps where no name is told, and is outweighed by a name", () => {
    expect(recognise([], undefined, 0xf34e)).toContain("viatom-ring");
    expect(recognise([], "S8-AW 1234", 0xf34e)).not.toContain("viatom-ring");
  });
});

describe("a device is not taken for an oximeter", () => {
  test.each<[string, readonly string[], string | undefined]>([
    ["for the Nordic UART alone", [UART], "Watch"],
    ["for the Nordic UART without a name", [UART], undefined],
    ["for a radio module's service under another name", [BERRY], "Label printer"],
    ["for battery and device information", ["180f", "180a"], "Headphones"],
    ["for a name that only contains one of ours", [], "Not My Oximeter"],
    ["for nothing at all", [], undefined],
  ])("%s", (_what, services, name) => {
    expect(recognise(services, name)).toEqual([]);
  });

  test("while it may be one, for a radio module's service without a name", () => {
    expect(recognise([BERRY])).toEqual(["berrymed-bci"]);
  });

  test("where no family is built in", () => {
    expect(recogniseOximeter({ services: ["1822"] }, [])).toEqual([]);
  });
});
