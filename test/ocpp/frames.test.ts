import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { chargerId, operate, query, whileAnswering } from './operator.ts';
import { addCharger, bootedWithTwo, connect, type StagedCharger } from './stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await bootedWithTwo(server, charger);
  return () => station.close();
});

interface Frame {
  direction: 'IN' | 'OUT';
  kind: string;
  action: string | null;
  payload: Record<string, unknown> | null;
  sizeBytes: number;
}
const frames = (of = server) =>
  query<Frame[]>(
    of,
    `chargerFrames(chargerId: "${chargerId(charger)}") { at direction kind messageId action payload sizeBytes }`,
  );
const setConfiguration = (variable: string, value: string) =>
  operate(server, 'mutation setChargerConfiguration', '... on ConfigurationChange { outcome }', {
    chargerId: chargerId(charger),
    name: { variable },
    value,
  });

describe('the last frames of a station', () => {
  it('are what went both ways, in order, each answer with what it answers', async () => {
    await station.call('Heartbeat', {}, 'beat');
    await whileAnswering(station, setConfiguration('Light', '5'), [
      'ChangeConfiguration',
      { status: 'Accepted' },
    ]);
    await station.callFrame('Teleport', {}, 'odd');
    expect((await frames()).slice(-6)).toMatchObject([
      { direction: 'IN', kind: 'CALL', messageId: 'beat', action: 'Heartbeat', payload: {} },
      { direction: 'OUT', kind: 'RESULT', messageId: 'beat', action: 'Heartbeat' },
      {
        direction: 'OUT',
        kind: 'CALL',
        action: 'ChangeConfiguration',
        payload: { key: 'Light', value: '5' },
      },
      { direction: 'IN', kind: 'RESULT', action: 'ChangeConfiguration', payload: { status: 'Accepted' } },
      { direction: 'IN', kind: 'CALL', messageId: 'odd', action: 'Teleport' },
      { direction: 'OUT', kind: 'ERROR', action: 'Teleport', payload: { code: 'NotImplemented' } },
    ]);
  });

  it('show no secret: passwords, what URLs let in by, and tokens to their last letters', async () => {
    const id = chargerId(charger);
    await whileAnswering(station, setConfiguration('AuthorizationKey', 'topsecret-9-topsecret'), [
      'ChangeConfiguration',
      { status: 'Rejected' },
    ]);
    await whileAnswering(
      station,
      operate(server, 'mutation readChargerConfiguration', '__typename', { chargerId: id }),
      [
        'GetConfiguration',
        { configurationKey: [{ key: 'AuthorizationKey', readonly: false, value: 'topsecret-9' }] },
      ],
    );
    await whileAnswering(
      station,
      operate(server, 'mutation updateFirmware', '__typename', {
        chargerId: id,
        location: 'ftp://joe:topsecret-9@example.com/f?sig=topsecret-9',
      }),
      ['UpdateFirmware', {}],
    );
    await station.call('Authorize', { idTag: 'topsecret-9' });
    await station.call('DataTransfer', { vendorId: 'V', data: '{"password":"topsecret-9"}' });
    station.send('{"password":"topsecret-9"');
    station.send(`[2,"unended","Authorize",{"idTag":"topsecret-9"`);
    await station.call('Heartbeat', {});
    const shown = await frames();
    expect(JSON.stringify(shown)).not.toContain('topsecret');
    const payloadOf = (action: string, kind = 'CALL') =>
      shown.find(frame => frame.action === action && frame.kind === kind)!.payload;
    expect(payloadOf('ChangeConfiguration')).toEqual({ key: 'AuthorizationKey', value: '***' });
    expect(payloadOf('GetConfiguration', 'RESULT')).toEqual({
      configurationKey: [{ key: 'AuthorizationKey', readonly: false, value: '***' }],
    });
    expect(payloadOf('UpdateFirmware')).toMatchObject({ location: 'ftp://***@example.com/f?sig=***' });
    expect(payloadOf('Authorize')).toEqual({ idTag: '***t-9' });
    expect(payloadOf('DataTransfer')).toEqual({ vendorId: 'V', data: '***' });
    expect(shown.filter(({ kind }) => kind === 'UNREADABLE').length).toBeGreaterThan(0);
  });

  it('are bounded in number and in size', async () => {
    for (let beat = 0; beat < 40; beat++) await station.call('Heartbeat', {});
    expect((await frames()).length).toBe(40);
    const data = 'x'.repeat(20_000);
    await station.call('DataTransfer', { vendorId: 'V', data });
    const long = (await frames()).find(frame => frame.action === 'DataTransfer')!;
    expect(long).toMatchObject({ kind: 'CALL', payload: null });
    expect(long.sizeBytes).toBeGreaterThan(20_000);
    for (let times = 0; times < 10; times++) {
      await station.call('DataTransfer', { vendorId: 'V', data: data.slice(0, 7_000) });
    }
    const kept = await frames();
    expect(kept.reduce((sum, { payload }) => sum + JSON.stringify(payload).length, 0)).toBeLessThan(17_000);
    expect(kept.length).toBeGreaterThan(2);
  });

  it('are there when it is gone, and go on when it is back', async () => {
    await station.call('Heartbeat', {}, 'last-words');
    await station.close();
    expect((await frames()).at(-1)).toMatchObject({ messageId: 'last-words', kind: 'RESULT' });
    station = await connect(server, charger);
    await station.call('Heartbeat', {}, 'back');
    expect((await frames()).slice(-4)).toMatchObject([
      { messageId: 'last-words' },
      { messageId: 'last-words' },
      { messageId: 'back' },
      { messageId: 'back' },
    ]);
  });

  it('are seen from any process, also from one that holds no stations', async () => {
    const lines: string[] = [];
    const other = await startTestServer({
      databaseUrl: server.databaseUrl,
      settings: { ROLES: 'api', SECRET_KEY: '0'.repeat(64) },
      logLines: lines,
    });
    try {
      await station.call('Heartbeat', {}, 'from-afar');
      const seen = await query<Frame[]>(
        other,
        `chargerFrames(chargerId: "${chargerId(charger)}") { messageId }`,
        { 'x-api-key': server.demo.apiKey },
      );
      expect(seen.at(-1)).toEqual({ messageId: 'from-afar' });
      expect(lines.filter(line => line.includes('bus request failed'))).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('may be followed', async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'x-api-key': server.demo.apiKey,
      },
      body: JSON.stringify({
        query: 'subscription ($id: ID!) { chargerFrame(chargerId: $id) { messageId } }',
        variables: { id: chargerId(charger) },
      }),
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (wanted: string) => {
      while (!text.includes(wanted)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`Ended without ${wanted}`);
        text += value;
      }
    };
    await station.call('Heartbeat', {}, 'first-beat');
    await until('first-beat');
    await station.call('Heartbeat', {}, 'second-beat');
    await until('second-beat');
    expect(text.split('"first-beat"').length - 1).toBe(2);
    await reader.cancel();
  });

  it('of a station that was never here are none', async () => {
    const never = await addCharger(server);
    expect(await query(server, `chargerFrames(chargerId: "${chargerId(never)}") { kind }`)).toEqual([]);
  });
});
