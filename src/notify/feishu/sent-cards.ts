/** The cards that stand in chats, by incident and by message. Kept for this run alone. */
export interface SentCards {
  /** The card of this message, when it was sent already. */
  sent(key: string): string | undefined;
  /** The newest cards of an incident. */
  of(incident: string): readonly string[];
  note(incident: string, key: string, card: string): void;
}

const INCIDENTS_MAX = 200;
const KEYS_MAX = 500;
/** Older ones of the same incident have scrolled away. */
const CARDS_MAX = 5;

export function createSentCards(): SentCards {
  const incidents = new Map<string, readonly string[]>();
  const keys = new Map<string, string>();
  return {
    sent: (key) => keys.get(key),
    of: (incident) => incidents.get(incident) ?? [],
    note(incident, key, card) {
      const before = (incidents.get(incident) ?? []).filter((known) => known !== card);
      incidents.delete(incident);
      incidents.set(incident, [...before, card].slice(-CARDS_MAX));
      keys.delete(key);
      keys.set(key, card);
      forgetOldest(incidents, INCIDENTS_MAX);
      forgetOldest(keys, KEYS_MAX);
    },
  };
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  const oldest = map.keys().next().value;
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
