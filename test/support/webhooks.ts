import { system } from '../../src/auth/viewer.ts';
import { inScopeOf } from '../../src/kernel/context.ts';
import { emit } from '../../src/kernel/events.ts';
import { newId } from '../../src/kernel/ids.ts';
import { networksScope } from '../../src/kernel/scope.ts';
import { inTransaction } from '../../src/kernel/transaction.ts';
import { eventually } from './eventually.ts';
import { globalId } from './global-id.ts';
import type { TestServer } from './server.ts';

export interface Webhook {
  readonly id: string;
  readonly secret: string;
}

/** A subscription of the demo network's, made by REST. */
export async function subscribe(server: TestServer, url: string, events = '*'): Promise<Webhook> {
  const { status, body } = await server.rest('POST', '/webhooks', {
    body: { url, events, description: 'A test' },
  });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return { id: body.data.id, secret: body.data.hmac_secret };
}

/** Events of the demo network, written as services write them: in one transaction. */
export async function happen(server: TestServer, ...marks: readonly string[]): Promise<void> {
  const ctx = server.app.context(system, 'test', { scope: networksScope([server.demo.networkId]) });
  await inScopeOf(ctx, () =>
    inTransaction(ctx, async tx => {
      for (const mark of marks) {
        await emit(tx, {
          type: 'charger.online',
          networkId: server.demo.networkId,
          payload: { chargerId: newId(), chargerUid: mark, isOnline: true },
        });
      }
    }),
  );
}

/** Time passes for the queue, as it does for a clock that was put forward. */
export const makeJobsDue = (server: TestServer) =>
  server.sql('update graphile_worker._private_jobs set run_at = now() where run_at > now()');

export async function deliveriesOf(server: TestServer, { id }: Webhook) {
  const { body } = await server.rest('GET', `/webhooks/${id}/deliveries?pageSize=100`);
  return body.data as {
    id: string;
    event_type: string;
    http_status: number | null;
    success: boolean;
    status: string;
    attempts: number;
    created_at: string;
    completed_at: string | null;
  }[];
}

export const detailOf = async (server: TestServer, { id }: Webhook, deliveryId: string) =>
  (await server.rest('GET', `/webhooks/${id}/deliveries/${deliveryId}`)).body.data;

/** The only delivery, once it is in the state. */
export async function deliveryIn(server: TestServer, webhook: Webhook, status: string) {
  const delivery = await eventually(async () => {
    const [found] = await deliveriesOf(server, webhook);
    return found?.status === status && found;
  });
  return detailOf(server, webhook, delivery.id);
}

export const webhookOf = async (server: TestServer, { id }: Webhook) =>
  (await server.rest('GET', '/webhooks')).body.data.find((one: { id: string }) => one.id === id);

export const webhookId = ({ id }: Webhook): string => globalId('WebhookSubscription', id);
