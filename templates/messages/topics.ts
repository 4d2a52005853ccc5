/** What follows the device's name in its topic. */
export const TOPIC_END = "/measurement";

/** The topics to listen to. The address is mqtt://HOST/NAME; NAME is the device's name on the broker. */
export const topicsOf = (address: string): readonly string[] => [
  `${/^[a-z]+:(?:\/\/[^/]*\/)?(.*)$/.exec(address)?.[1] ?? address}${TOPIC_END}`,
];
