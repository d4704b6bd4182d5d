import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type Api, readAll } from './api.ts';
import type { FleetCharger } from './fleet.ts';

export interface SupplyOptions {
  readonly api: Api;
  readonly networkId: string;
  /** Where passwords are kept from run to run. */
  readonly file: string;
  readonly tell: (line: string) => void;
}

/** The server accepts 30 aliases in one operation. */
const batchSize = 25;

const kept = z.object({
  networkId: z.string(),
  passwords: z.record(z.string(), z.string()),
  /** how many tags have been made */
  tags: z.number().int(),
});
type Kept = z.infer<typeof kept>;

const simulatedUid = (i: number) => `SIM-${String(i + 1).padStart(4, '0')}`;
const simulatedTag = (i: number) => `SIM${String(i + 1).padStart(6, '0')}`;
const driver = { email: 'simulator@example.com', firstName: 'Simulated', lastName: 'Drivers' };

/** Chargers SIM-0001 and so on, made where they are not there yet; of an earlier run, the same ones again. */
export async function supplyChargers(options: SupplyOptions, count: number): Promise<FleetCharger[]> {
  const { api, tell } = options;
  const memory = remember(options);
  const ids = await readChargerIds(api);
  const uids = Array.from({ length: count }, (_, i) => simulatedUid(i));
  const missing = uids.filter(uid => !ids.has(uid));
  // kept before they are made: a run that is cut short leaves no charger whose password nobody knows
  for (const uid of missing) memory.passwords[uid] ??= randomBytes(15).toString('base64url');
  keep(options, memory);

  let made = 0;
  for (const batch of batches(missing)) {
    const input = (uid: string) => ({ uid, password: memory.passwords[uid], isPublic: false, ...ac22 });
    await askEach(api, 'createCharger', 'CreateChargerInput', batch.map(input), 'ChargerCredentials');
    made += batch.length;
    tell(`Chargers made: ${made} of ${missing.length}`);
  }
  for (const uid of uids.filter(each => memory.passwords[each] === undefined)) {
    tell(`${uid} is there already, and its password is not: it gets a new one`);
    memory.passwords[uid] = await renewPassword(api, ids.get(uid)!);
    keep(options, memory);
  }
  return uids.map(uid => ({ uid, password: memory.passwords[uid]!, connectors: 1 }));
}

/** A tag for each connector, all of one driver. */
export async function supplyTags(options: SupplyOptions, count: number): Promise<string[]> {
  const { api, tell } = options;
  const memory = remember(options);
  if (memory.tags < count) {
    const driverId = await findDriver(api);
    const missing = Array.from({ length: count - memory.tags }, (_, i) => simulatedTag(memory.tags + i));
    for (const batch of batches(missing)) {
      const input = (uid: string) => ({ uid, driverId, type: 'RFID' });
      await askEach(api, 'createToken', 'CreateTokenInput', batch.map(input), 'Token', 'ConflictError');
      memory.tags += batch.length;
      keep(options, memory);
      tell(`Tags made: ${memory.tags} of ${count}`);
    }
  }
  return Array.from({ length: count }, (_, i) => simulatedTag(i));
}

const ac22 = {
  connectors: [
    {
      number: 1,
      standard: 'IEC_62196_T2',
      format: 'SOCKET',
      powerType: 'AC_3_PHASE',
      maxVoltageV: 400,
      maxCurrentA: 32,
      maxPowerW: 22_000,
    },
  ],
};

/** The chargers that the key reaches: their ids by uid. */
export async function readChargerIds(api: Api): Promise<Map<string, string>> {
  const chargers = await readAll<{ id: string; uid: string }>(
    api,
    'query ($after: String) { list: chargers(first: 100, after: $after) { nodes { id uid } pageInfo { hasNextPage endCursor } } }',
  );
  return new Map(chargers.map(({ uid, id }) => [uid, id]));
}

async function renewPassword(api: Api, id: string): Promise<string> {
  const { answer } = await api.ask<{ answer: { password?: string; message?: string } }>(
    `mutation ($id: ID!) {
       answer: renewChargerPassword(id: $id) { ... on ChargerCredentials { password } ... on Error { message } }
     }`,
    { id },
  );
  if (answer.password === undefined) throw new Error(`renewChargerPassword: ${answer.message}`);
  return answer.password;
}

async function findDriver(api: Api): Promise<string> {
  const { answer } = await api.ask<{ answer: { id?: string; message?: string } }>(
    `mutation ($input: CreateDriverInput!) {
       answer: createDriver(input: $input) { ... on Driver { id } ... on Error { message } }
     }`,
    { input: driver },
  );
  if (answer.id !== undefined) return answer.id;
  const { drivers } = await api.ask<{ drivers: { nodes: { id: string }[] } }>(
    'query ($text: String!) { drivers(text: $text, first: 1) { nodes { id } } }',
    { text: driver.email },
  );
  const [known] = drivers.nodes;
  if (!known) throw new Error(`createDriver: ${answer.message}`);
  return known.id;
}

/** One mutation for each input, in one operation. Throws unless each answers with one of the types. */
async function askEach(
  api: Api,
  mutation: string,
  type: string,
  inputs: readonly object[],
  ...fine: readonly string[]
): Promise<void> {
  const variables = inputs.map((_, i) => `$i${i}: ${type}!`).join(', ');
  const fields = inputs.map((_, i) => `a${i}: ${mutation}(input: $i${i}) { ...Said }`).join('\n');
  const answers = await api.ask<Record<string, { __typename: string; message?: string }>>(
    `mutation (${variables}) { ${fields} }
     fragment Said on Mutation${mutation[0]!.toUpperCase()}${mutation.slice(1)}Result {
       __typename ... on Error { message }
     }`,
    Object.fromEntries(inputs.map((input, i) => [`i${i}`, input])),
  );
  const bad = Object.values(answers).find(({ __typename }) => !fine.includes(__typename));
  if (bad) throw new Error(`${mutation}: ${bad.message ?? bad.__typename}`);
}

function* batches<T>(all: readonly T[]): Generator<T[]> {
  for (let i = 0; i < all.length; i += batchSize) yield all.slice(i, i + batchSize);
}

/** What earlier runs kept; of another network's (a new database) nothing holds. */
function remember({ file, networkId }: SupplyOptions): Kept {
  const none: Kept = { networkId, passwords: {}, tags: 0 };
  if (!existsSync(file)) return none;
  const parsed = kept.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file} is not what the simulator keeps there; remove it`);
  return parsed.data.networkId === networkId ? parsed.data : none;
}

function keep({ file }: SupplyOptions, memory: Kept): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(memory, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
