export interface Sms {
  /** E.164. */
  readonly to: string;
  readonly text: string;
}

export interface SmsSender {
  /**
   * Hands a message over for delivery and answers the provider's id of it. Throws a NotSentError where it was
   * certainly not taken; any other error leaves that open.
   */
  send(sms: Sms): Promise<string | null>;
}
