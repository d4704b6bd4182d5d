export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly attachments?: {
    readonly filename: string;
    readonly content: Buffer;
    readonly contentType: string;
  }[];
}

export interface Mailer {
  /** Hands a mail over for delivery. Throws where it could not be: try again later. */
  send(mail: Mail): Promise<void>;
}
