import type { ByteLink, GattProfile, PacketLink } from "../../src/port/link.ts";

/** A HID report, both ways. */
export const REPORT_BYTES = 64;

const WRITE = "ff01";
const NOTIFY = "ff02";

/** CMS50D-BT, Beurer PO60. */
export const EB_GATT: GattProfile = {
  services: ["ff12"],
  names: [],
  notify: [NOTIFY],
  notifyIfThere: [],
  read: [],
  write: { [WRITE]: "without_response" },
  bonded: false,
};

/** Commands leave at the beginning of a report, the rest of which is zeros. */
export const overReports = (link: ByteLink): ByteLink => ({
  chunks: link.chunks,
  write(bytes) {
    const report = new Uint8Array(REPORT_BYTES);
    report.set(bytes);
    return link.write(report);
  },
  close: () => link.close(),
});

/** What one characteristic notifies and another takes, as one stream. */
export const overGatt = (link: PacketLink): ByteLink => gattEnd(link, NOTIFY, WRITE);

/** The device's end of the same. */
export const behindGatt = (link: PacketLink): ByteLink => gattEnd(link, WRITE, NOTIFY);

const gattEnd = (link: PacketLink, from: string, to: string): ByteLink => ({
  chunks: { [Symbol.asyncIterator]: () => only(link, from) },
  write: (bytes) => link.write({ channel: to, bytes }),
  close: () => link.close(),
});

/** Not a generator: return() has to end a next() that still waits. */
function only(link: PacketLink, channel: string): AsyncIterator<Uint8Array> {
  const inner = link.chunks[Symbol.asyncIterator]();
  return {
    async next() {
      for (;;) {
        const result = await inner.next();
        if (result.done === true) return { done: true, value: undefined };
        if (result.value.channel === channel) return { done: false, value: result.value.bytes };
      }
    },
    async return() {
      await inner.return?.();
      return { done: true, value: undefined };
    },
  };
}
