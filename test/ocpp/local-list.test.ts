import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { chargerId, operate, query, whileAnswering } from './operator.ts';
import { addCharger, addToken, bootedWithTwo, type StagedCharger } from './stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '1' } });
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await bootedWithTwo(server, charger);
  return () => station.close();
});

interface Sent {
  version: number;
  entryCount: number;
  update: string | null;
}
const send = (more: object = {}) =>
  operate<Sent>(
    server,
    'mutation sendLocalList',
    '... on SendLocalListPayload { version entryCount update }',
    {
      chargerId: chargerId(charger),
      ...more,
    },
  );
const known = () =>
  query<{ version: number; entries: { idTag: string; status: string }[] } | null>(
    server,
    `localList(chargerId: "${chargerId(charger)}") { version entries { idTag status } }`,
  );
const has = (listVersion: number) => ['GetLocalListVersion', { listVersion }] as const;
const says = (status: string) => ['SendLocalList', { status }] as const;
const tagsOf = (payload: Record<string, unknown> | undefined) =>
  (payload!.localAuthorizationList as { idTag: string; idTagInfo?: { status: string } }[]).map(
    ({ idTag, idTagInfo }) => [idTag, idTagInfo?.status ?? null],
  );

describe('the local list', () => {
  it('holds the network’s valid tokens, in full where the station has none yet', async () => {
    const valid = await addToken(server, { expiresAt: '2099-01-01T00:00:00Z', groupUid: 'Family' });
    const blocked = await addToken(server, { isBlocked: true });
    const expired = await addToken(server, { expiresAt: '2020-01-01T00:00:00Z' });
    const { result, asked } = await whileAnswering(station, send(), has(0), says('Accepted'));
    expect(asked[1]).toMatchObject({ listVersion: 1, updateType: 'Full' });
    const list = asked[1]!.localAuthorizationList as object[];
    expect(list).toContainEqual({
      idTag: valid,
      idTagInfo: { status: 'Accepted', expiryDate: '2099-01-01T00:00:00Z', parentIdTag: 'Family' },
    });
    expect(JSON.stringify(list)).not.toContain(`"${blocked}"`);
    expect(JSON.stringify(list)).not.toContain(`"${expired}"`);
    expect(result).toEqual({
      __typename: 'SendLocalListPayload',
      version: 1,
      entryCount: list.length,
      update: 'FULL',
    });
    expect((await known())!.version).toBe(1);
  });

  it('is sent as what has changed where the station has what we know of, and not at all where nothing has', async () => {
    const [a, b, c] = [await addToken(server), await addToken(server), await addToken(server)];
    await whileAnswering(station, send({ idTags: [a, b] }), has(0), says('Accepted'));
    await server.sql('update tokens set is_blocked = true where uid = $1', [b]);
    const changed = await whileAnswering(
      station,
      send({ idTags: [b, c.toLowerCase()] }),
      has(1),
      says('Accepted'),
    );
    expect(changed.asked[1]).toMatchObject({ listVersion: 2, updateType: 'Differential' });
    expect(tagsOf(changed.asked[1])).toEqual([
      [a, null],
      [b, 'Blocked'],
      [c, 'Accepted'],
    ]);
    const same = await whileAnswering(station, send({ idTags: [b, c] }), has(2));
    expect(same.result).toMatchObject({ version: 2, update: null });
    expect(await known()).toEqual({
      version: 2,
      entries: [
        { idTag: b, status: 'BLOCKED' },
        { idTag: c, status: 'ACCEPTED' },
      ],
    });
  });

  it('is sent in full to a station that has another version, or finds that the versions do not fit', async () => {
    const [a, b] = [await addToken(server), await addToken(server)];
    await whileAnswering(station, send({ idTags: [a] }), has(0), says('Accepted'));
    const foreign = await whileAnswering(station, send({ idTags: [a] }), has(7), says('Accepted'));
    expect(foreign.asked[1]).toMatchObject({ listVersion: 8, updateType: 'Full' });
    const misfit = await whileAnswering(
      station,
      send({ idTags: [a, b] }),
      has(8),
      says('VersionMismatch'),
      says('Accepted'),
    );
    expect(misfit.asked.slice(1).map(sent => sent.updateType)).toEqual(['Differential', 'Full']);
    expect(tagsOf(misfit.asked[2])).toEqual([
      [a, 'Accepted'],
      [b, 'Accepted'],
    ]);
    expect(misfit.result).toMatchObject({ update: 'FULL', entryCount: 2 });
  });

  it('comes in as many messages as the station can take, and what it took before it stopped is known', async () => {
    await server.sql(
      `insert into charger_variables (id, network_id, charger_id, variable, value, mutability, read_at)
       values (gen_random_uuid(), $1, $2, 'SendLocalListMaxLength', '2', 'ReadOnly', now())`,
      [server.demo.networkId, charger.id],
    );
    const tags = [await addToken(server), await addToken(server), await addToken(server)];
    const { result, asked } = await whileAnswering(
      station,
      send({ idTags: tags }),
      has(0),
      says('Accepted'),
      says('Failed'),
    );
    expect(asked.slice(1).map(sent => [sent.updateType, tagsOf(sent).length])).toEqual([
      ['Full', 2],
      ['Differential', 1],
    ]);
    expect(result).toMatchObject({ code: 'charger_rejected' });
    expect((await known())!.entries.map(({ idTag }) => idTag)).toEqual(tags.slice(0, 2));
    const rest = await whileAnswering(station, send({ idTags: tags }), has(1), says('Accepted'));
    expect(tagsOf(rest.asked[1])).toEqual([[tags[2], 'Accepted']]);
  });

  it.each([
    ['has none', [has(-1)]],
    ['does not know it', [has(0), says('NotSupported')]],
  ] as const)('is an error where the station %s, and nothing is known of it', async (_, replies) => {
    const { result } = await whileAnswering(station, send({ idTags: [] }), ...replies);
    expect(result).toMatchObject({ code: 'charger_rejected' });
    expect(await known()).toBeNull();
  });

  it('is sent by one at a time', async () => {
    const first = send({ idTags: [] });
    const call = await station.expectCall('GetLocalListVersion');
    expect(await send({ idTags: [] })).toMatchObject({ code: 'conflict' });
    station.reply(call.id, { listVersion: 0 });
    const full = await station.expectCall('SendLocalList');
    station.reply(full.id, { status: 'Accepted' });
    expect(await first).toMatchObject({ version: 1, entryCount: 0 });
  });

  it('takes tokens of the network alone', async () => {
    expect(await send({ idTags: ['nobody-s'] })).toMatchObject({
      code: 'validation_error',
      details: [{ field: 'idTags' }],
    });
  });
});
