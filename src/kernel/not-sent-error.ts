/** Certainly not sent: the message says why, for people. `isFinal` where trying again is of no use. */
export class NotSentError extends Error {
  readonly isFinal: boolean;

  constructor(message: string, { isFinal }: { readonly isFinal: boolean }) {
    super(message);
    this.isFinal = isFinal;
  }
}
