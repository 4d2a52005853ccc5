import type { ChannelMessage, Texts } from "../../port/channel.ts";
import { cutCharacters } from "../text.ts";

const OPEN: Texts = { en: "Open", "zh-Hans": "打开查看", "zh-Hant": "開啟查看" };

/** A card has 30 kB, with everything around the text. */
const TEXT_LENGTH_MAX = 1_500;
const TITLE_LENGTH_MAX = 100;

/** A card with the text and a button that opens the page; it may be changed later for all who see it. */
export function cardOf({ title, body, url, kind, priority, language }: ChannelMessage): object {
  return {
    config: { wide_screen_mode: true, update_multi: true },
    header: {
      title: { tag: "plain_text", content: cutCharacters(title, TITLE_LENGTH_MAX) || " " },
      template: kind !== "alarm" ? "green" : priority === "high" ? "red" : "orange",
    },
    elements: [
      { tag: "div", text: { tag: "plain_text", content: cutCharacters(body, TEXT_LENGTH_MAX) || " " } },
      {
        tag: "action",
        actions: [
          {
            tag: "button",
            text: { tag: "plain_text", content: OPEN[language] },
            type: kind === "alarm" ? "primary" : "default",
            url,
          },
        ],
      },
    ],
  };
}
