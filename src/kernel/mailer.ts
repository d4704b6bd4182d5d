export interface Mail {
  readonly to: string;
  /** Whose name it goes out under; the installation's where left out. */
  readonly fromName?: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments?: {
    readonly filename: string;
    readonly content: Buffer;
    readonly contentType: string;
  }[];
}

export interface Mailer {
  /**
   * Hands a mail over for delivery and answers its id. Throws a NotSentError where it was certainly not taken; any
   * other error leaves that open.
   */
  send(mail: Mail): Promise<string>;
}
