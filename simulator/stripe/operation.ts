import type { z } from 'zod';
import type { Step } from './world.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

/** One row of the API: what is asked for, what it takes, what it does. `:id` in a path is handed to `run`. */
export interface Operation {
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  readonly params: z.ZodType;
  readonly run: (step: Step, params: unknown, id: string) => object;
}

export function operation<Params>(
  name: string,
  method: Method,
  path: string,
  params: z.ZodType<Params>,
  run: (step: Step, params: Params, id: string) => object,
): Operation {
  return { name, method, path, params, run: run as Operation['run'] };
}
