/** The little of DER (ITU-T X.690) that certificates are written with: tag, length, content. */
type Der = Uint8Array;

function tagged(tag: number, ...content: readonly Der[]): Der {
  const body = Buffer.concat(content);
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  if (body.length > 0xffff) throw new RangeError("certificates are shorter than 64 KiB");
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

export const sequence = (...content: readonly Der[]): Der => tagged(0x30, ...content);
export const set = (...content: readonly Der[]): Der => tagged(0x31, ...content);
export const octets = (content: Der): Der => tagged(0x04, content);
export const utf8 = (text: string): Der => tagged(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Der => tagged(0x01, Buffer.from([value ? 0xff : 0]));
/** `[n]` around something that keeps its own tag. */
export const explicit = (n: number, ...content: readonly Der[]): Der => tagged(0xa0 | n, ...content);
/** `[n]` in the place of the tag of a simple value. */
export const implicit = (n: number, content: Der): Der => tagged(0x80 | n, content);

/** A number that is not negative, as bytes of the highest first. */
export function integer(bytes: Der): Der {
  const start = bytes.findIndex((byte) => byte !== 0);
  const short = start < 0 ? Buffer.from([0]) : bytes.subarray(start);
  return tagged(0x02, (short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), short]) : short);
}

/** Whole bytes as bits; `unused` of the last byte are none. */
export const bits = (bytes: Der, unused = 0): Der => tagged(0x03, Buffer.from([unused]), bytes);

/** `2.5.29.19` */
export function objectId(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const content = [first * 40 + second, ...rest].flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tagged(0x06, Buffer.from(content));
}

/** Whole seconds: UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280, section 4.1.2.5). */
export function time(at: number): Der {
  const text = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return text < "2050" ? tagged(0x17, Buffer.from(text.slice(2))) : tagged(0x18, Buffer.from(text));
}
