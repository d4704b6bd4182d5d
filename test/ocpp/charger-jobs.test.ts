import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { chargerId, operate, query, whileAnswering } from './operator.ts';
import { addCharger, bootedWithTwo, type StagedCharger } from './stage.ts';

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

interface Job {
  id: string;
  number: number;
  status: string;
  location: string;
  fileName: string | null;
  error: string | null;
  endedAt: string | null;
  history: { step: string }[];
}
const JOB = '... on ChargerJob { id number status location fileName error endedAt history { step } }';

const update = (more: object = {}) =>
  operate<Job>(server, 'mutation updateFirmware', JOB, {
    chargerId: chargerId(charger),
    location: 'https://files.example.com/firmware-2.bin',
    ...more,
  });
const upload = (log: 'DIAGNOSTICS' | 'SECURITY_LOG', more: object = {}) =>
  operate<Job>(server, 'mutation uploadLog', JOB, {
    chargerId: chargerId(charger),
    log,
    location: 'ftp://files.example.com/logs/',
    ...more,
  });
const jobs = async () =>
  (
    await query<{ nodes: Job[] }>(
      server,
      `chargerJobs(filter: { chargerId: "${chargerId(charger)}" }) {
         nodes { id number status location fileName error endedAt history { step } } }`,
    )
  ).nodes;
const newest = async () => (await jobs())[0]!;
const firmware = (...steps: string[]) => report('FirmwareStatusNotification', steps);
async function report(action: string, steps: string[], more: object = {}) {
  for (const status of steps) expect(await station.call(action, { status, ...more })).toEqual({});
}

const SIGNING = { signingCertificate: '-----BEGIN CERTIFICATE-----', signature: 'c2lnbmVk' };

describe('a firmware update', () => {
  it('asks the station, and goes on as the station tells until it is installed', async () => {
    const { result, asked } = await whileAnswering(
      station,
      update({ retrieveAt: '2026-12-01T02:00:00Z', retries: 3, retryIntervalSeconds: 60 }),
      ['UpdateFirmware', {}],
    );
    expect(asked).toEqual([
      {
        location: 'https://files.example.com/firmware-2.bin',
        retrieveDate: '2026-12-01T02:00:00Z',
        retries: 3,
        retryInterval: 60,
      },
    ]);
    expect(result).toMatchObject({ status: 'ACCEPTED', error: null, endedAt: null, history: [] });
    await firmware('Downloading');
    expect((await newest()).status).toBe('RUNNING');
    await firmware('Downloading', 'Downloaded', 'Installing', 'Idle', 'Installed');
    expect(await newest()).toMatchObject({
      id: result.id,
      status: 'SUCCEEDED',
      endedAt: expect.any(String),
      history: ['Downloading', 'Downloaded', 'Installing', 'Installed'].map(step => ({ step })),
    });
  });

  it('that failed says at what, goes on where the station tries again, and once done stays done', async () => {
    await whileAnswering(station, update(), ['UpdateFirmware', {}]);
    await firmware('Downloading', 'DownloadFailed');
    expect(await newest()).toMatchObject({ status: 'FAILED', error: 'DownloadFailed' });
    await firmware('Downloading');
    expect(await newest()).toMatchObject({ status: 'RUNNING', error: null, endedAt: null });
    await firmware('Installed', 'InstallationFailed', 'Downloading');
    expect(await newest()).toMatchObject({ status: 'SUCCEEDED', error: null });
  });

  it('takes the place of the one before, and what the station says is about the newer one', async () => {
    await whileAnswering(station, update(), ['UpdateFirmware', {}]);
    await firmware('Downloading');
    await whileAnswering(station, update(), ['UpdateFirmware', {}]);
    await firmware('Downloaded');
    expect((await jobs()).map(({ status, history }) => [status, history.length])).toEqual([
      ['RUNNING', 1],
      ['SUPERSEDED', 1],
    ]);
  });

  it('that is signed says with what, under a number that the station answers with', async () => {
    const first = await whileAnswering(station, update({ ...SIGNING, installAt: '2026-12-02T00:00:00Z' }), [
      'SignedUpdateFirmware',
      { status: 'Accepted' },
    ]);
    expect(first.asked[0]).toEqual({
      requestId: first.result.number,
      firmware: {
        location: 'https://files.example.com/firmware-2.bin',
        retrieveDateTime: expect.any(String),
        installDateTime: '2026-12-02T00:00:00Z',
        signingCertificate: SIGNING.signingCertificate,
        signature: SIGNING.signature,
      },
    });
    const second = await whileAnswering(station, update(SIGNING), [
      'SignedUpdateFirmware',
      { status: 'AcceptedCanceled' },
    ]);
    // a late word about the first, a word about one that is not ours, then the second's own
    await report('SignedFirmwareStatusNotification', ['InvalidSignature'], {
      requestId: first.result.number,
    });
    await report('SignedFirmwareStatusNotification', ['Installed'], { requestId: 2_000_000_000 });
    await report('SignedFirmwareStatusNotification', ['SignatureVerified'], {
      requestId: second.result.number,
    });
    expect((await jobs()).map(({ status, history }) => [status, history.at(-1)?.step])).toEqual([
      ['RUNNING', 'SignatureVerified'],
      ['SUPERSEDED', 'InvalidSignature'],
    ]);
  });

  it.each(['Rejected', 'InvalidCertificate', 'RevokedCertificate'])(
    'that is answered %s is over',
    async status => {
      const { result } = await whileAnswering(station, update(SIGNING), ['SignedUpdateFirmware', { status }]);
      expect(result).toMatchObject({ status: 'REJECTED', error: status, endedAt: expect.any(String) });
    },
  );

  it('of a station that is offline has failed; of one that does not answer it may still happen', async () => {
    expect(await update()).toMatchObject({ code: 'unavailable' });
    expect((await newest()).status).toBe('UNANSWERED');
    await firmware('Installed');
    expect((await newest()).status).toBe('SUCCEEDED');
    await station.close();
    await eventually(async () => (await update()).code === 'charger_offline');
    expect(await newest()).toMatchObject({ status: 'FAILED', error: 'The charger is offline.' });
  });

  it('shows nobody the password in its URL, nor the key of a signed one; the station gets all of it', async () => {
    const location = 'ftps://joe:s3cr3t-pass@files.example.com/fw.bin?X-Signature=s3cr3t-query';
    const { result, asked } = await whileAnswering(station, update({ location }), ['UpdateFirmware', {}]);
    expect(asked[0]!.location).toBe(location);
    expect(result.location).toBe('ftps://***@files.example.com/fw.bin?X-Signature=***');
    const [row] = await server.sql<{ found: boolean }>(
      `select exists (select from charger_jobs j where j::text like '%s3cr3t%') found`,
    );
    expect(row).toEqual({ found: false });
  });

  it.each([
    [{ location: 'file:///etc/passwd' }, 'location'],
    [{ location: 'no url' }, 'location'],
    [{ location: `https://example.com/${'x'.repeat(512)}` }, 'location'],
    [{ retries: -1 }, 'retries'],
    [{ signature: 'c2lnbmVk' }, 'signature'],
    [{ installAt: '2026-12-02T00:00:00Z' }, 'installAt'],
  ])('with %o never reaches the station', async (more, field) => {
    expect(await update(more)).toMatchObject({ code: 'validation_error', details: [{ field }] });
    expect(await jobs()).toEqual([]);
  });

  it('that nobody asked for is the station’s own business', async () => {
    await firmware('Downloading', 'Installed');
    expect(await jobs()).toEqual([]);
  });
});

describe('the upload of a log', () => {
  it('is asked by GetLog, and goes on under its number', async () => {
    const { result, asked } = await whileAnswering(
      station,
      upload('SECURITY_LOG', { oldestAt: '2026-11-01T00:00:00Z', latestAt: '2026-11-02T00:00:00Z' }),
      ['GetLog', { status: 'Accepted', filename: 'security.log' }],
    );
    expect(asked).toEqual([
      {
        logType: 'SecurityLog',
        requestId: result.number,
        log: {
          remoteLocation: 'ftp://files.example.com/logs/',
          oldestTimestamp: '2026-11-01T00:00:00Z',
          latestTimestamp: '2026-11-02T00:00:00Z',
        },
      },
    ]);
    expect(result).toMatchObject({ status: 'ACCEPTED', fileName: 'security.log' });
    await report('LogStatusNotification', ['Uploading', 'PermissionDenied'], { requestId: result.number });
    expect(await newest()).toMatchObject({ status: 'FAILED', error: 'PermissionDenied' });
  });

  it.each([2 ** 40, -1, 0])(
    'is not what the station speaks of under number %s, which no request of ours has',
    async requestId => {
      await whileAnswering(station, upload('SECURITY_LOG'), ['GetLog', { status: 'Accepted' }]);
      await report('LogStatusNotification', ['UploadFailure'], { requestId });
      await report('SignedFirmwareStatusNotification', ['InstallationFailed'], { requestId });
      expect(await newest()).toMatchObject({ status: 'ACCEPTED', history: [] });
    },
  );

  it('is asked by GetDiagnostics where the station knows no GetLog', async () => {
    const { result, asked } = await whileAnswering(
      station,
      upload('DIAGNOSTICS', { oldestAt: '2026-11-01T00:00:00Z' }),
      ['GetLog', ['NotImplemented']],
      ['GetDiagnostics', { fileName: 'diag.zip' }],
    );
    expect(asked[1]).toEqual({
      location: 'ftp://files.example.com/logs/',
      startTime: '2026-11-01T00:00:00Z',
    });
    expect(result).toMatchObject({ status: 'ACCEPTED', fileName: 'diag.zip' });
    await report('DiagnosticsStatusNotification', ['Uploading', 'Uploaded']);
    expect((await newest()).status).toBe('SUCCEEDED');
  });

  it('of security, which GetDiagnostics knows nothing of, is refused there', async () => {
    const { result } = await whileAnswering(station, upload('SECURITY_LOG'), ['GetLog', ['NotImplemented']]);
    expect(result).toMatchObject({ code: 'charger_rejected' });
    expect((await newest()).status).toBe('REJECTED');
  });
});

it('a job may be watched: it comes at once, and each time that it goes on', async () => {
  const { result } = await whileAnswering(station, update(), ['UpdateFirmware', {}]);
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'x-api-key': server.demo.apiKey,
    },
    body: JSON.stringify({
      query: 'subscription ($id: ID!) { chargerJobUpdated(id: $id) { status history { step } } }',
      variables: { id: result.id },
    }),
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (wanted: string) => {
    while (!text.includes(wanted)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`Ended without ${wanted}: ${text}`);
      text += value;
    }
  };
  await until('"ACCEPTED"');
  await firmware('Downloading');
  await until('"RUNNING"');
  await firmware('Installed');
  await until('"SUCCEEDED"');
  await reader.cancel();
});

it('a charger’s jobs are bounded: the oldest are forgotten', async () => {
  await server.sql(
    `insert into charger_jobs (id, network_id, charger_id, kind, status, location, created_at)
     select gen_random_uuid(), $1, $2, 'firmware', 'succeeded', 'https://example.com', now() - n * interval '1 day'
       from generate_series(1, 230) n`,
    [server.demo.networkId, charger.id],
  );
  await whileAnswering(station, update(), ['UpdateFirmware', {}]);
  const [kept] = await server.sql<{ count: string }>(
    'select count(*) from charger_jobs where charger_id = $1',
    [charger.id],
  );
  expect(kept!.count).toBe('200');
  expect((await newest()).status).toBe('ACCEPTED');
});
