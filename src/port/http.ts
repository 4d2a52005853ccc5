/** Outbound HTTP, the only way out to the internet. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
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
