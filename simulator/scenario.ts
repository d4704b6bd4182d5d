import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';

const share = z.number().min(0).max(1);
const seconds = z.number().min(0).max(86_400);
/** From and to, in seconds of real time. */
const span = z
  .tuple([seconds, seconds])
  .refine(([from, to]) => from <= to, { error: 'must not end before it begins' });

/** Something that comes over some of the stations, again and again. */
const recurring = { stations: share, everySeconds: span };

/** What happens to a fleet: who comes, and what goes wrong. `share`s are probabilities, or parts of the stations. */
const scenario = z.strictObject({
  description: z.string(),
  ocpp: z.enum(['1.6', '2.0.1', 'mixed']).default('1.6'),
  /** Energy flows so much faster; the clock stays real. */
  speed: z.number().positive().default(1),
  meterIntervalSeconds: z.number().min(0).default(2),
  drivers: z.strictObject({
    /** The first driver of each connector comes within this time. */
    firstWithinSeconds: seconds.default(5),
    awaySeconds: span,
    staySeconds: span,
    /** Of the charges: started, and half of them stopped, by an app over the API. */
    byApp: share.default(0),
    /** Of the charges with a card: the connector is reserved before, over the API. A fifth never comes. */
    reserved: share.default(0),
    /** Of the charges: the battery is full before the driver comes back. */
    idle: share.default(0),
  }),
  faults: z
    .strictObject({
      /** The line is cut, charging goes on, and what happened is told afterwards. */
      offline: z.strictObject({ ...recurring, forSeconds: span }),
      /** The power goes, charges or not. `continues`: of the charges, go on after it. */
      reboot: z.strictObject({ ...recurring, forSeconds: span, continues: share }),
      /** The clock is off, to either side, and is never set. */
      clockSkew: z.strictObject({ stations: share, maxSeconds: seconds.max(240) }),
      /** Of the calls: the frame is sent twice, one right after the other. */
      duplicateFrames: share,
      /** Of the transaction messages: sent once more after their answer, with a new message id. */
      repeatedMessages: share,
      /** Of the transaction messages: the answer gets lost, and the message is sent again. */
      lostAnswers: share,
      /** Of the TransactionEvents that wait behind another: overtake it. */
      outOfOrder: share,
      /** Of the 2.0.1 stations: put 0 on every TransactionEvent. */
      unnumbered: share,
      /** Of the central system's commands: refused. */
      refusedCommands: share,
      /** Of the stations: connected to one phase. */
      singlePhase: share,
      /** Of the stations: their samples tell each phase, never the sum. */
      phaseRegisters: share,
    })
    .partial()
    .default({}),
});
export type Scenario = z.infer<typeof scenario>;
export type ScenarioFaults = Scenario['faults'];
export type Span = readonly [number, number];

const shipped = join(import.meta.dirname, 'scenarios');

/** The names and descriptions of the scenarios that come with the simulator. */
export function listScenarios(): { name: string; description: string }[] {
  return readdirSync(shipped)
    .filter(file => file.endsWith('.json'))
    .sort()
    .map(file => {
      const name = basename(file, '.json');
      return { name, description: readScenario(name).description };
    });
}

/** By its name, or the path of a file. Throws an Error that says what is wrong with it. */
export function readScenario(nameOrPath: string): Scenario {
  const path = /[/.]/.test(nameOrPath) ? nameOrPath : join(shipped, `${nameOrPath}.json`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new Error(
      `there is no scenario ${nameOrPath}; ${listNames()} come with the simulator, or give the path of a file`,
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: ${String(error)}`);
  }
  const parsed = scenario.safeParse(content);
  if (!parsed.success) throw new Error(`${path} is not a scenario: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

const listNames = () =>
  readdirSync(shipped)
    .map(file => basename(file, '.json'))
    .sort()
    .join(', ');
