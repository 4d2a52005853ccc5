import type { Role } from "../domain/person.ts";
import type { Right } from "./rights.ts";

const family: readonly Role[] = ["owner", "caregiver"];
/** Who may start drills; the command line of the box is one of them. */
const drilling: readonly Role[] = ["owner", "caregiver", "technician"];

/** The rows of ways to reach people: providers, phones, who is told when the box dies. */
export const PHONE_RIGHTS: { readonly [route: string]: Right } = {
  "GET /api/homes/:home/channels": {
    who: family,
    does: "ways to reach people, what the home has entered for them, and everybody's phones",
  },
  "PUT /api/homes/:home/channels/:channel": {
    who: ["owner"],
    does: "enters what the home has with a provider of messages",
  },
  "DELETE /api/homes/:home/channels/:channel": { who: ["owner"], does: "forgets that" },
  "GET /api/homes/:home/dead-men": {
    who: family,
    does: "who is told if the box dies: what the home has entered for it, and how it stands",
  },
  "PUT /api/homes/:home/dead-men/:way": {
    who: ["owner"],
    does: "enters who outside the house is told if the box dies",
  },
  "DELETE /api/homes/:home/dead-men/:way": { who: ["owner"], does: "forgets that" },
  "POST /api/homes/:home/dead-men/:way/try": {
    who: family,
    does: "lets it speak up in ten seconds, marked as a drill",
  },
  "GET /api/homes/:home/channels/:channel/loss": {
    who: ["owner"],
    does: "who would be woken no more if that were forgotten",
  },
  "PUT /api/homes/:home/phones-where": {
    who: family,
    does: "says in which country the home is and whether it has internet, for what is offered for a phone",
  },
  "GET /api/homes/:home/phones/:phone/loss": {
    who: family,
    does: "who would be woken no more without a phone",
  },
  "POST /api/homes/:home/phones": { who: family, does: "adds a phone of one's own, the owner anybody's" },
  "GET /api/homes/:home/evening": {
    who: drilling,
    does: "what tonight rests on: phones with their proofs, the check that runs, the newest results",
  },
  "POST /api/homes/:home/evening": {
    who: drilling,
    does: "begins an evening check or a loud drill, of all phones or of some",
  },
  "POST /api/homes/:home/evening/heard": {
    who: family,
    does: "says whether the sounder was heard at the pillow",
  },
  "DELETE /api/homes/:home/evening": { who: drilling, does: "ends the one that runs" },
  "PUT /api/homes/:home/evening/settings": {
    who: family,
    does: "sets when the home checks itself each evening",
  },
  "PUT /api/homes/:home/phones/:phone/morning": {
    who: family,
    does: "says whether a phone of one's own (the owner: any) hears quietly that the night's summary is ready",
  },
};
