import type { Registry } from "../../port/registry.ts";
import type { RegistryMethods } from "./registry-tables.ts";
import type { Call } from "./state.ts";

/** The Registry port over the tables in the data folder's own file. */
export function registryOver(call: Call<RegistryMethods>): Registry {
  return {
    homes: () => call("homes", []),
    home: (id) => call("home", [id]),
    renameHome: (id, label) => call("renameHome", [id, label]),
    removeHome: (id) => call("removeHome", [id]),
    boxes: (home) => call("boxes", [home]),
    box: (id) => call("box", [id]),
    inUse: () => call("inUse", []),
    revokeBox: (box, at, why) => call("revokeBox", [box, at, why]),
    addClaimCode: (code) => call("addClaimCode", [code]),
    claimCodes: (now) => call("claimCodes", [now]),
    usedCodes: (since) => call("usedCodes", [since]),
    withdrawClaimCode: (codeHash, now) => call("withdrawClaimCode", [codeHash, now]),
    claim: (claim, now) => call("claim", [claim, now]),
    putEstate: (home, estate) => call("putEstate", [home, estate]),
    estate: (home) => call("estate", [home]),
  };
}
