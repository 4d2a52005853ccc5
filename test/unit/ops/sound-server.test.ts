import { describe, expect, test } from "vitest";
import { readSink } from "../../../src/ops/sound-server.ts";

const INFO = "Server Name: pulseaudio\nDefault Sink: usb.stereo\nDefault Source: usb.monitor\n";

const sink = (number: number, name: string, mute: string, volume: string): string =>
  `Sink #${number}\n\tState: IDLE\n\tName: ${name}\n\tDescription: Somebody's box\n\tMute: ${mute}\n` +
  `\tVolume: ${volume}\n\t        balance 0.00\n\tBase Volume: 65536 / 100% / 0.00 dB\n`;

const stereo = (left: number, right: number): string =>
  `front-left: 1 / ${left}% / -7.96 dB,   front-right: 1 / ${right}% / -inf dB`;

describe("what a sound server says of an output", () => {
  test.each([
    ["loud enough", "no", stereo(74, 74), { percent: 74 }],
    ["heard on one side", "no", stereo(0, 40), { percent: 40 }],
    ["muted", "yes", stereo(74, 74), { percent: 74, against: "the sound server has this output muted" }],
    ["0 %", "no", stereo(0, 0), { percent: 0, against: "the sound server has this output at volume 0 %" }],
  ])("%s", (_what, mute, volume, expected) => {
    const list = `${sink(0, "hdmi", "yes", stereo(0, 0))}\n${sink(7, "usb.stereo", mute, volume)}`;
    expect(readSink(INFO, list)).toEqual(expected);
    expect(readSink("", list, "usb.stereo")).toEqual(expected);
  });

  test("the output that is made where no loudspeaker is left is none", () => {
    const list = sink(3, "auto_null", "no", stereo(100, 100));
    const none = { percent: 0, against: expect.stringContaining("no loudspeaker") };
    expect(readSink("Default Sink: auto_null\n", list)).toEqual(none);
    expect(readSink("Default Sink: @DEFAULT_SINK@\n", "")).toEqual(none);
  });

  test("nothing is claimed of an output that the server does not name, or in words that are not understood", () => {
    expect(readSink(INFO, sink(0, "hdmi", "no", stereo(50, 50)), "garden")).toBeUndefined();
    expect(readSink(INFO, "Sink #0\n\tName: usb.stereo\n")).toBeUndefined();
  });
});
