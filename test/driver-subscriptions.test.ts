import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { bootedStation, playCharge } from './support/charge.ts';
import { appKey, type SignedIn, signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let offsetMs = 0;
beforeAll(async () => {
  server = await startTestServer({ now: () => Temporal.Now.instant().add({ milliseconds: offsetMs }) });
});
afterAll(() => server.close());

const clientOf = async (driver: SignedIn, onClosed?: (code: number) => void) =>
  createClient({
    url: `${server.socketUrl}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { apiKey: await appKey(server), authorization: driver.headers.authorization },
    on: { closed: event => onClosed?.((event as { code: number }).code) },
  });

it('a driver hears of their own charges, and of nobody else’s', async () => {
  const [ana, eva] = [await signIn(server), await signIn(server)];
  const station = await bootedStation(server, 'DEMO-AC-01');
  const heard = { ana: new Set<string>(), eva: new Set<string>() };
  const clients = { ana: await clientOf(ana), eva: await clientOf(eva) };
  for (const name of ['ana', 'eva'] as const) {
    clients[name].subscribe<{ sessionUpdated: { idTag: string } }>(
      { query: 'subscription { sessionUpdated { idTag } }' },
      {
        next: ({ data }) => void heard[name].add(data!.sessionUpdated.idTag),
        error: () => {},
        complete: () => {},
      },
    );
  }
  await eventually(() => server.app.hub.size >= 2);
  for (const driver of [ana, eva]) {
    await playCharge(station, {
      idTag: driver.tokenUid,
      at: Temporal.Now.instant().subtract({ minutes: 30 }).toString(),
      steps: [{ minute: 10, meter: 1000 }],
      stop: { minute: 20, meter: 2000 },
    });
  }
  await eventually(() => heard.ana.size > 0 && heard.eva.size > 0);
  expect([...heard.ana]).toEqual([ana.tokenUid]);
  expect([...heard.eva]).toEqual([eva.tokenUid]);
  await Promise.all([clients.ana.dispose(), clients.eva.dispose(), station.close()]);
});

it('a socket ends with 4403 when the driver’s token has expired', async () => {
  const driver = await signIn(server);
  const closed = Promise.withResolvers<number>();
  const client = await clientOf(driver, code => closed.resolve(code));
  client.subscribe(
    { query: 'subscription { sessionUpdated { id } }' },
    { next: () => {}, error: () => {}, complete: () => {} },
  );
  await eventually(() => server.app.hub.size >= 1);
  offsetMs += 3_601_000;
  expect(await closed.promise).toBe(4403);
  await client.dispose();
});
