import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { RawStation, type StationOptions } from './station.ts';

const AGAIN_MS = 200;

/** A station as it should be: what was not acknowledged it says again, over a new connection, until it is. */
export class SteadyStation {
  readonly #options: StationOptions;
  #station: RawStation | undefined;
  #isOver = false;
  /** How often it had to say something again. */
  repeats = 0;

  constructor(options: StationOptions) {
    this.#options = options;
  }

  async call<Result = Record<string, unknown>>(action: string, payload: object): Promise<Result> {
    const id = randomUUID();
    while (!this.#isOver) {
      try {
        const station = await this.#connected();
        const frame = await heard(station, station.callFrame(action, payload, id));
        if (frame[0] === 3) return frame[2] as Result;
        // it was taken, and refused: no matter of the line, unless the server is about to go
        if (station.socket.readyState === station.socket.OPEN)
          throw new Refused(`${action} was refused: ${JSON.stringify(frame)}`);
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      this.#station?.socket.terminate();
      this.#station = undefined;
      this.repeats += 1;
      await delay(AGAIN_MS);
    }
    throw new Error(`The station was closed before ${action} was acknowledged.`);
  }

  /** Also gives up what is not acknowledged. */
  async close(): Promise<void> {
    this.#isOver = true;
    await this.#station?.close();
  }

  async #connected(): Promise<RawStation> {
    if (this.#station) return this.#station;
    const station = await RawStation.connect(this.#options);
    this.#station = station;
    await heard(
      station,
      station.callFrame('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Steady' }),
    );
    return station;
  }
}

class Refused extends Error {}

/** The answer, or an error where the line is cut before it comes. */
async function heard<T>({ socket }: RawStation, answer: Promise<T>): Promise<T> {
  const cut = Promise.withResolvers<never>();
  const onClose = () => cut.reject(new Error('The line is cut.'));
  socket.once('close', onClose);
  if (socket.readyState === socket.CLOSED) onClose();
  try {
    return await Promise.race([answer, cut.promise]);
  } finally {
    socket.off('close', onClose);
  }
}
