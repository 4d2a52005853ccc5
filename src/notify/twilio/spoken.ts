import type { ChannelMessage, Texts } from "../../port/channel.ts";
import { CANTONESE, hangUp, say, twiml, VOICES, xmlText } from "../../words/twiml.ts";
import { answerAddress } from "../address.ts";

/** Twilio takes 4,000 characters of TwiML in a request (error 32018). */
const TWIML_MAX = 4_000;
const WORDS_MAX = 200;
const REPEATS = 3;
/** After each time the sentence was said. */
const WAIT_SECONDS = 4;

const PRESS: Texts = {
  en: "Press any key to say that you are going.",
  "zh-Hans": "如果您现在过去，请按任意键。",
  "zh-Hant": "如果您現在過去，請按任意鍵。",
};

const OPEN: Texts = {
  en: "Please open the page to answer.",
  "zh-Hans": "请打开页面回应。",
  "zh-Hant": "請打開頁面回應。",
};

/**
 * What is said in a call, three times, each with a moment for a key. Where the box can be reached from the internet a key
 * is posted to it and acknowledges; elsewhere the call only wakes, and says so.
 */
export function spokenTwiml(message: ChannelMessage, isCantonese: boolean): string {
  const { title, body, language } = message;
  const voice = isCantonese && language !== "en" ? CANTONESE : VOICES[language];
  const words = Array.from(`${title}. ${body}`.toWellFormed()).slice(0, WORDS_MAX).join("");
  const action = actionOf(message, isCantonese && language !== "en");
  const sentence = say(`${words} ${(action === undefined ? OPEN : PRESS)[language]}`, voice);
  const once =
    action === undefined
      ? `${sentence}<Pause length="${WAIT_SECONDS}"/>`
      : `<Gather input="dtmf" numDigits="1" finishOnKey="" timeout="${WAIT_SECONDS}" method="POST" action="${xmlText(action)}">${sentence}</Gather>`;
  for (let repeats = REPEATS; repeats > 1; repeats--) {
    const whole = twiml(once.repeat(repeats) + hangUp());
    if (whole.length <= TWIML_MAX) return whole;
  }
  return twiml(once + hangUp());
}

/** Where Twilio posts the key. */
function actionOf(message: ChannelMessage, isCantonese: boolean): string | undefined {
  const url = answerAddress(message);
  if (url === undefined) return undefined;
  url.searchParams.set("as", isCantonese ? "twiml-yue" : "twiml");
  return url.href;
}
