import { type ChildProcess, spawn } from 'node:child_process';
import { eventually } from './eventually.ts';

const ROOT = new URL('../../', import.meta.url);

/** A program of the product as a person starts it, in a process of its own. */
export interface Program {
  readonly child: ChildProcess;
  /** What it has written so far. */
  output(): string;
  /** What of that went to the standard error. */
  errors(): string;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

const running = new Set<Program>();

/** Runs a source file with these settings, and none of the caller's. */
export function runProgram(file: string, settings: Record<string, string>, args: string[] = []): Program {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    output += text;
    errors += text;
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    // not at `exit`: the last words may come after it
    child.once('close', (code, signal) => {
      running.delete(program);
      resolve(code ?? signal!);
    });
  });
  const program: Program = {
    child,
    output: () => output,
    errors: () => errors,
    ended,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
  running.add(program);
  return program;
}

export interface ServerProcess extends Program {
  readonly url: string;
  readonly socketUrl: string;
  readonly port: number;
}

/** Starts the server on a free port and waits for its page; throws with what it wrote where it does not come up. */
export async function runServer(settings: Record<string, string>): Promise<ServerProcess> {
  const program = runProgram('src/main.ts', { PORT: '0', ...settings });
  const url = await eventually(
    () => {
      if (program.child.exitCode !== null) throw new Error(`The server ended:\n${program.output()}`);
      return /REST +(http:\S+)\/emsp\/v1\n[\s\S]*Ctrl-C/.exec(program.output())?.[1];
    },
    { timeoutMs: 120_000 },
  );
  return { ...program, url, socketUrl: url.replace('http', 'ws'), port: Number(new URL(url).port) };
}

/** Ends what a failed test left running; a server on its embedded PostgreSQL stops that first. */
export async function endPrograms(): Promise<void> {
  await Promise.all([...running].map(program => program.end('SIGINT')));
}
