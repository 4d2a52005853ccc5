/** Outbound HTTP, the only way out to the internet. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  /** At most 64 KiB are read. */
  readonly body: string;
}

export interface Http {
  /** Rejects with CHANNEL_FAILED (not permanent) when no response came. Redirects are not followed. */
  request(request: HttpRequest): Promise<HttpResponse>;
}

/** Answers that go on: a line at a time. */
export interface HttpLines {
  /**
   * Hands on the lines of an answer that does not end, until it does or the signal aborts. Rejects with
   * CHANNEL_FAILED when the status is not 200, nothing comes for `quietMs`, or a line is longer than 16 KiB.
   */
  lines(
    request: Omit<HttpRequest, "body" | "timeoutMs">,
    onLine: (line: string) => void,
    options: { readonly quietMs: number; readonly signal: AbortSignal },
  ): Promise<void>;
}
