import Type from "typebox";
import { Name } from "./schemas.ts";

/** Passkeys over HTTP, as browsers write them (WebAuthn level 3, section 5.1.8). Binary parts are base64url. */

/** A key's id has at most 1,023 bytes. */
const KeyId = Type.String({ pattern: "^[\\w-]{1,1364}$" });
const Bytes = Type.String({ pattern: "^[\\w-]{1,12000}$" });
const common = {
  id: KeyId,
  rawId: KeyId,
  type: Type.Literal("public-key"),
  clientExtensionResults: Type.Object({}),
};

export const MakePasskey = Type.Object({
  label: Type.Optional(Name),
  made: Type.Object({
    ...common,
    response: Type.Object({
      clientDataJSON: Bytes,
      attestationObject: Bytes,
      transports: Type.Optional(
        Type.Array(Type.Enum(["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"] as const), {
          maxItems: 8,
        }),
      ),
    }),
  }),
});
export const PasskeySignIn = Type.Object({
  answer: Type.Object({
    ...common,
    response: Type.Object({
      clientDataJSON: Bytes,
      authenticatorData: Bytes,
      signature: Bytes,
      userHandle: Type.Optional(Type.String({ pattern: "^[\\w-]{0,100}$" })),
    }),
  }),
});
/** The first 16 hex digits of the hash of its id: enough to name it. */
export const PasskeyParams = Type.Object({ passkey: Type.String({ pattern: "^[0-9a-f]{16}$" }) });

/** What the browser's own API takes. */
export const PasskeyAsk = Type.Object({ challenge: Type.String() });
