import { TEST_CARDS } from './cards.ts';
import { completeCheckout } from './checkout-sessions.ts';
import { authenticatePayment } from './confirm-payment.ts';
import { StripeFailure } from './errors.ts';
import { authenticateSetup } from './setup-intents.ts';
import type { Step, World } from './world.ts';

export interface PageRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
}

export interface Page {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const escaped = (text: string) => text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`);

const html = (status: number, title: string, content: string): Page => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><body style="font:16px/1.5 system-ui;max-width:26em;margin:3em auto;padding:0 1em">
<h1>${title}</h1>${content}<p><small>Loopback Stripe: no card is charged.</small></p></body></html>`,
});

const redirect = (url: string): Page => ({ status: 303, headers: { location: url }, body: '' });

/** The pages a driver sees in the browser, with buttons in place of card fields. Undefined: no such page. */
export function answerPage(world: World, { method, url, body }: PageRequest): Page | undefined {
  const step: Step = { ...world, request: { id: null, idempotencyKey: null } };
  const fields = new URLSearchParams(body);
  const [, place, ...rest] = url.pathname.split('/');
  if (place === 'c' && rest[0] === 'pay') return checkout(step, method, rest[1] ?? '', fields);
  if (place === 'authenticate') return authenticate(step, method, rest[0] ?? '', url, fields);
  return undefined;
}

/** Posting `payment_method`, a test card's name, saves that card and leads back to the app. */
function checkout(step: Step, method: string, id: string, fields: URLSearchParams): Page {
  const session = step.books.checkoutSessions.get(id);
  if (!session) return html(404, 'No such page', '');
  if (session.status !== 'open')
    return html(410, 'This page has ended', `<p>It is ${escaped(session.status!)}.</p>`);
  if (method !== 'POST') return html(200, 'Save a card', checkoutForm(session.cancel_url));
  try {
    completeCheckout(step, id, fields.get('payment_method') ?? '');
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error;
    return html(
      200,
      'Save a card',
      `<p role="alert">${escaped(error.message)}</p>${checkoutForm(session.cancel_url)}`,
    );
  }
  return redirect(session.success_url!.replaceAll('{CHECKOUT_SESSION_ID}', id));
}

function checkoutForm(cancelUrl: string | null): string {
  const options = Object.entries(TEST_CARDS)
    .map(
      ([name, { brand, last4 }]) =>
        `<option value="${name}">${brand} ${last4}: ${name.slice('pm_card_'.length)}</option>`,
    )
    .join('');
  const back = cancelUrl ? `<p><a href="${escaped(cancelUrl)}">Back</a></p>` : '';
  return `<form method="post"><p><select name="payment_method" aria-label="Test card">${options}</select></p>
<p><button>Save the card</button></p></form>${back}`;
}

/** The bank's page: `result` is `passes` or `fails`. */
function authenticate(step: Step, method: string, id: string, url: URL, fields: URLSearchParams): Page {
  if (method !== 'POST') {
    return html(
      200,
      'Your bank asks: is it you?',
      `<form method="post"><p><button name="result" value="passes">Yes</button>
<button name="result" value="fails">No</button></p></form>`,
    );
  }
  const passes = fields.get('result') === 'passes';
  try {
    if (id.startsWith('seti_')) authenticateSetup(step, id, passes);
    else authenticatePayment(step, id, passes);
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error;
    return html(error.status, 'It cannot be', `<p role="alert">${escaped(error.message)}</p>`);
  }
  const back = URL.parse(url.searchParams.get('return_url') ?? '');
  if (!back) return html(200, passes ? 'Thank you' : 'Refused', '');
  back.searchParams.set(id.startsWith('seti_') ? 'setup_intent' : 'payment_intent', id);
  back.searchParams.set('redirect_status', passes ? 'succeeded' : 'failed');
  return redirect(back.href);
}
