import { request } from 'undici';
import { NotSentError } from '../kernel/not-sent-error.ts';
import type { Sms, SmsSender } from '../kernel/sms.ts';
import type { Config } from './config.ts';

/** By the provider that the settings name; null where they name none. */
export function openSms(config: Config): SmsSender | null {
  return config.SMS_PROVIDER === 'twilio' ? twilio(config) : null;
}

/** Failures from before the request was on its way. */
const BEFORE_THE_REQUEST = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Twilio's Messages resource. The host is the operator's own choice, so that it may be anywhere. */
function twilio(config: Config): SmsSender {
  const account = config.TWILIO_ACCOUNT_SID!;
  const url = `${config.TWILIO_URL.replace(/\/$/, '')}/2010-04-01/Accounts/${account}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${account}:${config.TWILIO_AUTH_TOKEN}`).toString('base64')}`;
  const sender: Record<string, string> = config.TWILIO_MESSAGING_SERVICE_SID
    ? { MessagingServiceSid: config.TWILIO_MESSAGING_SERVICE_SID }
    : { From: config.TWILIO_FROM! };
  const post = async ({ to, text }: Sms) => {
    const answer = await request(url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ To: to, ...sender, Body: text }).toString(),
      signal: AbortSignal.timeout(config.OUTGOING_TIMEOUT_SECONDS * 1000),
    });
    return { status: answer.statusCode, body: membersOf(await answer.body.text()) };
  };
  return {
    async send(sms) {
      const { status, body } = await post(sms).catch(error => {
        const code = String(error?.code ?? '');
        if (!BEFORE_THE_REQUEST.has(code)) throw new Error('Twilio did not answer.', { cause: error });
        throw new NotSentError(`Twilio could not be reached (${code}).`, { isFinal: false });
      });
      if (status >= 200 && status < 300) return body.sid ?? null;
      const why = `Twilio answered ${status}${body.message ? `: ${body.message}` : ''}`;
      // of these alone it is certain that nothing was sent
      if (status === 429 || status === 503) throw new NotSentError(why, { isFinal: false });
      if (status < 500) throw new NotSentError(why, { isFinal: true });
      throw new Error(why);
    },
  };
}

function membersOf(json: string): { sid?: string; message?: string } {
  try {
    const { sid, message } = JSON.parse(json) ?? {};
    return { ...(typeof sid === 'string' && { sid }), ...(typeof message === 'string' && { message }) };
  } catch {
    return {};
  }
}
