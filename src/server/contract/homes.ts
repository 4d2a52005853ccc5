/** Homes and boxes of a hub, as technicians and owners see them, and what boxes say to it. */

/** POST /api/homes/codes: a code for the box of a home that the hub does not know yet. */
export interface NewHomeRequest {
  /** Name of the home in lists. */
  readonly label: string;
  /** The organisation in whose name it is made; absent: in one's own, as its owner. */
  readonly organisation?: string;
}

/** POST /api/homes/codes, POST /api/homes/:home/codes: shown once, and never again. */
export interface ClaimCodeResponse {
  readonly id: string;
  /** For reading aloud and typing: `k3f7q-zm2xw`. */
  readonly code: string;
  /** For a QR code. */
  readonly link: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/**
 * GET /api/homes?search=&before=&limit= : oldest first; `search` is part of the home's name, `limit` up to 200 (50 where
 * it is left out), `before` the `next` of the part before.
 */
export interface HomesResponse {
  readonly homes: readonly HomeView[];
  /** Where it goes on; absent at the end. */
  readonly next?: string;
  /** How many fit the search, shown or not. */
  readonly total: number;
  /** Codes that nobody has used yet. */
  readonly codes: readonly {
    readonly id: string;
    /** The home that its box takes over; absent: a new one. */
    readonly home?: string;
    readonly label: string;
    readonly expiresAt: number;
  }[];
  /** Boxes that came into use with a code of one's organisation, of homes that do not let it in; newest first. */
  readonly waiting: readonly {
    readonly id: string;
    /** As the code was made for. */
    readonly label: string;
    readonly organisation: string;
    readonly pairedAt: number;
  }[];
  /** In whose name one may make codes. */
  readonly organisations: readonly { readonly id: string; readonly name: string }[];
}

export interface HomeView {
  readonly id: string;
  readonly label: string;
  readonly createdAt: number;
  /** Newest first; one of them is in use, or none. */
  readonly boxes: readonly {
    readonly id: string;
    readonly pairedAt: number;
    readonly revokedAt?: number;
    /** `replaced` by another box, `moved` to another home, or `withdrawn` by a person. */
    readonly revokedWhy?: string;
  }[];
}
