/** Where mail is handed in: an SMTP server (RFC 5321), with TLS from the first byte or by STARTTLS, never without. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** A message of plain text. */
export interface MailMessage {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** RFC 5322: the same id twice is the same message. */
  readonly messageId: string;
  readonly urgent: boolean;
}

export type MailResult =
  | { readonly outcome: "taken"; readonly said: string }
  /** `forGood`: the server refused it (5xx), the same again would be refused too. */
  | { readonly outcome: "failed"; readonly detail: string; readonly forGood: boolean };

export interface Mail {
  /** Hands a message in. Never rejects. */
  send(server: MailServer, message: MailMessage, timeoutMs: number): Promise<MailResult>;
}
