import type { ChannelAccess } from "../../domain/channel-access.ts";
import { SECOND_MS } from "../../domain/time.ts";
import type { SendResult } from "../../port/channel.ts";
import type { DeadMan, DeadManDeps, DeadManModule, DeadManOrder } from "../../port/dead-man.ts";
import type { HttpResponse } from "../../port/http.ts";
import { serverBase } from "../address.ts";
import { type Exchanged, exchange, failureOf, membersOf, postJson } from "../exchange.ts";
import { answerText, retryAfterMs } from "../response.ts";
import { answerWithout, cutBytes } from "../text.ts";
import { badSetting } from "../verdict.ts";
import { DEAD_MAN_FORM } from "./dead-man-form.ts";
import { NTFY_SERVER } from "./form.ts";

const TIMEOUT_MS = 10 * SECOND_MS;
/** What docs.ntfy.sh names for the public server ("Limitations"): messages of one network address in a day. */
const PUBLIC_TIMES = 250;
const REFILL_MS = 5 * SECOND_MS;
const PRIORITY = { alarm: 5, quiet: 2 } as const;

const TOO_OLD: SendResult = {
  outcome: "refused",
  detail: "this ntfy server cannot take a message back: it must be 2.16 or newer",
  gone: false,
};

/**
 * A message that lies at an ntfy server and is put off by another one of the same sequence, which takes its place; if
 * none comes the server delivers it by itself (docs.ntfy.sh, "Scheduled delivery", "Updating scheduled messages",
 * "Canceling scheduled messages": from 2.16 on, 10 s to 3 days ahead).
 */
export const ntfyDeadMan: DeadManModule = {
  id: "dead-man-ntfy",
  time: "ours",
  ...DEAD_MAN_FORM,
  create: createNtfyDeadMan,
};

interface Place {
  readonly base: string;
  readonly topic: string;
  readonly headers: { readonly [name: string]: string };
}

function createNtfyDeadMan({ http, clock }: DeadManDeps): DeadMan {
  /** Servers and topics that are known to take scheduled messages back. */
  let able: string | undefined;

  const request = (method: "GET" | "DELETE", url: string, place: Place): Promise<Exchanged> =>
    exchange(http, { method, url, headers: place.headers, timeoutMs: TIMEOUT_MS });

  const takeBack = async (place: Place, sequence: string): Promise<SendResult> => {
    const said = await request("DELETE", `${place.base}/${place.topic}/${sequence}`, place);
    if ("failed" in said) return said.failed;
    const { event } = membersOf(said.response.body);
    if (said.response.status === 200 && event === "message_delete") {
      return { outcome: "accepted", reference: sequence };
    }
    // Older servers know no such address.
    if ([404, 405].includes(said.response.status)) return TOO_OLD;
    return failure(said.response, place);
  };

  /**
   * An older server would deliver every single message that was meant to be put off. It is asked to take back one that
   * nobody sent, which only a server that can do it answers with success.
   */
  const isAble = async (place: Place, sequence: string): Promise<SendResult | undefined> => {
    const name = `${place.base} ${place.topic}`;
    if (able === name) return undefined;
    const result = await takeBack(place, `${sequence}-none`.slice(0, 64));
    if (result.outcome !== "accepted") return result;
    able = name;
    return undefined;
  };

  const failure = (response: HttpResponse, place: Place): SendResult => {
    const clean = answerWithout(response, [place.topic, ...Object.values(place.headers)]);
    const detail = `the ntfy server ${answerText(clean)}`;
    if (clean.status < 300) return { outcome: "failed", detail };
    if (clean.status !== 429) return failureOf("the ntfy server", clean, clock);
    return { outcome: "failed", detail, retryAfterMs: retryAfterMs(clean, clock.wall()) ?? REFILL_MS };
  };

  /** `delayMs` undefined: at once. */
  const publish = async (
    place: Place,
    order: DeadManOrder,
    priority: number,
    delayMs?: number,
  ): Promise<SendResult> => {
    const body = {
      ...{ topic: place.topic, sequence_id: order.sequence, priority },
      title: cutBytes(order.title, 250),
      message: cutBytes(order.body, 3_000),
      tags: [priority === PRIORITY.alarm ? "rotating_light" : "white_check_mark"],
      ...(delayMs === undefined ? {} : { delay: `${Math.round(delayMs / SECOND_MS)}s` }),
    };
    const said = await postJson(http, place.base, body, place.headers);
    if ("failed" in said) return said.failed;
    const { response } = said;
    const { id, event, sequence_id: sequence } = membersOf(response.body);
    if (response.status !== 200 || typeof id !== "string" || event !== "message")
      return failure(response, place);
    // What does not know sequences has just taken one more message that nobody can take back.
    return sequence === order.sequence ? { outcome: "accepted", reference: id } : TOO_OLD;
  };

  const at = (settings: ChannelAccess, send: (place: Place) => Promise<SendResult>): Promise<SendResult> => {
    const place = placeOf(settings);
    return typeof place === "string" ? Promise.resolve(badSetting(place)) : send(place);
  };

  return {
    id: ntfyDeadMan.id,
    isWanted: ({ when }, onWatch) => onWatch || when === "always",
    async timesPerDay(settings) {
      const place = placeOf(settings);
      if (typeof place === "string") return undefined;
      const said = await request("GET", `${place.base}/v1/account`, place);
      const told = "failed" in said ? undefined : messagesOf(said.response);
      return told ?? (place.base === NTFY_SERVER ? PUBLIC_TIMES : undefined);
    },
    putOff: (settings, order) =>
      at(settings, async (place) => {
        const unable = await isAble(place, order.sequence);
        return unable ?? publish(place, order, PRIORITY.alarm, order.aheadMs);
      }),
    callOff: (settings, { sequence }) => at(settings, (place) => takeBack(place, sequence)),
    tell: (settings, order) => at(settings, (place) => publish(place, order, PRIORITY.quiet)),
    drill: (settings, order) => at(settings, (place) => publish(place, order, PRIORITY.alarm, order.aheadMs)),
  };
}

/** Where it is, or why it cannot be used. */
function placeOf(settings: ChannelAccess): Place | string {
  const { topic = "", token = "" } = settings;
  const base = serverBase(settings["server"] ?? NTFY_SERVER);
  if (base === undefined) return "the server's address is not https (http is allowed only in the house)";
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(topic)) return "the topic is not 1 to 64 letters and digits long";
  if (!/^[A-Za-z0-9_]*$/.test(token)) return "the token is none of ntfy's";
  return { base, topic, headers: token === "" ? {} : { authorization: `Bearer ${token}` } };
}

/** What the server's own web app is told of its limits; undefined where it tells nothing that is understood. */
function messagesOf({ status, body }: HttpResponse): number | undefined {
  const { limits } = membersOf(body);
  if (status !== 200 || typeof limits !== "object" || limits === null || !("messages" in limits)) {
    return undefined;
  }
  const { messages } = limits;
  return typeof messages === "number" && messages >= 1 ? messages : undefined;
}
