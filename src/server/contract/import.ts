/** A card or file that somebody brings, as GET and POST /api/beds/:bed/import tell it (therapist, technician, owner). */
export interface ImportState {
  /** Device family id. */
  readonly family: string;
  /** What the sender calls it. */
  readonly name: string;
  readonly phase: "receiving" | "reading" | "done" | "failed";
  /** Bytes that have arrived: where the next piece begins. */
  readonly received: number;
  /** 0 to 100 of this phase; absent where nobody knows. */
  readonly percent?: number;
  readonly nights: number;
  readonly rows: number;
  /** Rows that were not in the store before; absent where it cannot tell. */
  readonly newRows?: number;
  /** Epoch milliseconds of the first and the last row. */
  readonly from?: number;
  readonly to?: number;
  readonly serials: readonly string[];
  /** Readings left out: without a time, or with one that has not come yet. */
  readonly timeless: number;
  readonly simulated: boolean;
  /** Why it failed. */
  readonly problem?: { readonly code: string; readonly detail: string; readonly fix?: string };
}

/** GET /api/beds/:bed/import */
export interface ImportResponse {
  /** Families that are read from files and proven somehow, with names for people. */
  readonly families: readonly { readonly id: string; readonly name: string }[];
  /** The newest import of this bed since the start; absent: none. */
  readonly import?: ImportState;
}

/**
 * POST /api/beds/:bed/import?family=F&name=N&at=BYTES&last=true|false[&total=BYTES] with a piece of at most 1 MiB as
 * application/octet-stream; answers ImportState. A piece with `at` 0 begins a new upload; `last` ends it and the
 * reading begins.
 */
export interface ImportQuery {
  readonly family: string;
  readonly name: string;
  readonly at: string;
  readonly last: "true" | "false";
  readonly total?: string;
}
