// An ntfy server as docs.ntfy.sh describes it from 2.16 on, as far as scheduled messages go: a message with a delay lies
// there until its time, another one of the same sequence takes its place, DELETE takes it back. Its clock is the test's.

import { Fault } from "../../src/domain/fault.ts";
import type { Http } from "../../src/port/http.ts";
/** What a subscriber to the topic was given, in order. */
export interface NtfyDelivered {
  readonly atMs: number;
  readonly event: "message" | "message_delete";
  readonly sequence: string;
  readonly title?: string;
  readonly message?: string;
  readonly priority?: number;
}

interface Scheduled {
  readonly atMs: number;
  readonly topic: string;
  readonly sequence: string;
  readonly title: string;
  readonly message: string;
  readonly priority: number;
}

export interface NtfyAsked {
  readonly method: string;
  readonly path: string;
  readonly authorization?: string | undefined;
  readonly body: string;
}

export interface NtfyAnswer {
  readonly status: number;
  readonly body: string;
}

const NAME = /^[-_A-Za-z0-9]{1,64}$/;
const DELAY = /^(\d+)\s*(s|m|h|d|sec|min|seconds?|minutes?|hours?|days?)$/;
const UNITS: { readonly [first: string]: number } = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export class NtfyServer {
  readonly topic: string;
  readonly token: string | undefined;
  readonly delivered: NtfyDelivered[] = [];
  readonly asked: (NtfyAsked & { readonly atMs: number })[] = [];
  /** Messages of one address in a day. */
  perDay = Infinity;
  /** Before 2.16: no sequences, nothing is taken back. */
  isOld = false;
  /** Says nothing of its limits, as servers whose web app is off. */
  tellsLimits = true;
  scheduled: readonly Scheduled[] = [];
  private readonly now: () => number;
  private counts = { day: 0, messages: 0 };

  constructor(options: { readonly topic: string; readonly token?: string; readonly now: () => number }) {
    this.topic = options.topic;
    this.token = options.token;
    this.now = options.now;
  }

  /** Delivers what has come due. */
  tick(): void {
    const due = this.scheduled.filter(({ atMs }) => atMs <= this.now());
    this.scheduled = this.scheduled.filter(({ atMs }) => atMs > this.now());
    for (const { atMs, sequence, title, message, priority } of due.toSorted((a, b) => a.atMs - b.atMs)) {
      this.delivered.push({ atMs, event: "message", sequence, title, message, priority });
    }
  }

  handle(asked: NtfyAsked): NtfyAnswer {
    this.tick();
    this.asked.push({ ...asked, atMs: this.now() });
    if (
      this.token !== undefined &&
      asked.authorization !== undefined &&
      asked.authorization !== `Bearer ${this.token}`
    ) {
      return no(40101, "unauthorized");
    }
    if (asked.method === "GET" && asked.path === "/v1/account") return this.account();
    if (this.token !== undefined && asked.authorization === undefined) return no(40301, "forbidden");
    const [topic = "", sequence = "", ...rest] = asked.path.slice(1).split("/");
    if (asked.method === "DELETE" && !this.isOld && rest.length === 0 && NAME.test(sequence)) {
      return this.remove(topic, sequence);
    }
    if (asked.method !== "POST" || asked.path !== "/") return no(40401, "page not found");
    return this.publish(asked.body);
  }

  private account(): NtfyAnswer {
    if (!this.tellsLimits || !Number.isFinite(this.perDay)) return no(40401, "page not found");
    return yes({ username: "*", role: "anonymous", limits: { basis: "ip", messages: this.perDay } });
  }

  private counted(): NtfyAnswer | undefined {
    const day = Math.floor(this.now() / 86_400_000);
    if (day !== this.counts.day) this.counts = { day, messages: 0 };
    if (this.counts.messages >= this.perDay) return no(42908, "limit reached: daily message quota reached");
    this.counts.messages += 1;
    return undefined;
  }

  private remove(topic: string, sequence: string): NtfyAnswer {
    if (topic !== this.topic) return no(40301, "forbidden");
    const refused = this.counted();
    if (refused !== undefined) return refused;
    this.scheduled = this.scheduled.filter((one) => one.topic !== topic || one.sequence !== sequence);
    this.delivered.push({ atMs: this.now(), event: "message_delete", sequence });
    return yes({
      id: "xE73Iyuabi",
      time: this.seconds(),
      event: "message_delete",
      topic,
      sequence_id: sequence,
    });
  }

  private publish(body: string): NtfyAnswer {
    const given: unknown = JSON.parse(body);
    const { topic, title, message, priority, delay, sequence_id: sequence = "" } = fieldsOf(given);
    if (typeof topic !== "string" || !NAME.test(topic)) return no(40009, "invalid request: topic invalid");
    if (topic !== this.topic) return no(40301, "forbidden");
    if (typeof title !== "string" || typeof message !== "string") return no(40017, "must be message JSON");
    if (typeof priority !== "number" || ![1, 2, 3, 4, 5].includes(priority))
      return no(40007, "invalid priority parameter");
    if (typeof sequence !== "string" || (sequence !== "" && !NAME.test(sequence)))
      return no(40049, "sequence ID invalid");
    const delayMs = delay === undefined ? 0 : delayOf(delay);
    if (delayMs === undefined) return no(40004, "invalid delay parameter: unable to parse delay");
    if (delay !== undefined && delayMs < 10_000) return no(40005, "invalid delay parameter: too small");
    if (delayMs > 3 * 86_400_000) return no(40006, "invalid delay parameter: too large");
    const refused = this.counted();
    if (refused !== undefined) return refused;
    const known = this.isOld ? "" : sequence;
    if (known !== "") this.scheduled = this.scheduled.filter((one) => one.sequence !== known);
    const atMs = this.now() + delayMs;
    const about = { sequence: known, title, message, priority };
    if (delay === undefined) this.delivered.push({ atMs, event: "message", ...about });
    else this.scheduled = [...this.scheduled, { atMs, topic, ...about }];
    const answer = {
      id: "sPs71M8A2T",
      time: Math.floor(atMs / 1_000),
      event: "message",
      topic,
      title,
      message,
    };
    return yes(known === "" ? answer : { ...answer, sequence_id: known });
  }

  private seconds(): number {
    return Math.floor(this.now() / 1_000);
  }
}

function delayOf(delay: unknown): number | undefined {
  const [, count, unit] = DELAY.exec(String(delay)) ?? [];
  return count === undefined || unit === undefined
    ? undefined
    : Number(count) * (UNITS[unit.slice(0, 1)] ?? NaN);
}

function fieldsOf(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

const yes = (body: object): NtfyAnswer => ({ status: 200, body: JSON.stringify(body) });

const no = (code: number, error: string): NtfyAnswer => ({
  status: Math.floor(code / 100),
  body: JSON.stringify({ code, http: Math.floor(code / 100), error }),
});

/** The way of a box to it, without a wire. */
export const httpTo = (server: NtfyServer, isCut: () => boolean = () => false): Http => ({
  async request({ method, url, headers, body }) {
    if (isCut()) throw new Fault("CHANNEL_FAILED", `${new URL(url).host}: network unreachable`);
    const { status, body: text } = server.handle({
      ...{ method, path: new URL(url).pathname, authorization: headers["authorization"] },
      body: Buffer.from(body ?? []).toString(),
    });
    return { status, headers: {}, body: text };
  },
});
