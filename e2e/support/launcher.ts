import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

import { freePort } from '../../tools/launch/ports.mjs';
import { eventually } from './eventually.js';
import { SystemHome } from './system-home.js';

export const repository = path.resolve(__dirname, '..', '..');

interface LaunchOptions {
  /** Options of `npm start`, such as `--once`. */
  options?: string[];
  environment?: Record<string, string>;
  port?: number;
  /** File for both streams; default: next to the home. */
  outputFile?: string;
  /** A program that runs it, with its options. */
  through?: string[];
}

interface Ended {
  /** Exit code; null where a signal ended it. */
  code: number | null;
  /** Both streams in the order in which they were written. */
  output: string;
}

/** `npm start` as its user meets it, in a separate process. */
export class Launcher {
  private constructor(
    readonly home: SystemHome,
    readonly port: number,
    readonly outputFile: string,
    readonly child: ChildProcess,
    /** Settles when it has ended, for whatever reason. */
    readonly ended: Promise<Ended>,
  ) {}

  /** Starts it in a home, and does not wait for anything. */
  static async start(
    homeFolder: string,
    { options = [], environment = {}, through = [], ...given }: LaunchOptions = {},
  ): Promise<Launcher> {
    const port = given.port ?? (await freePort());
    const outputFile = given.outputFile ?? `${homeFolder}.output`;
    const output = fs.openSync(outputFile, 'a');
    const start = [process.execPath, 'tools/start.mjs', '--port', String(port), '--language', 'en', ...options];
    const [program, ...rest] = [...through, ...start] as [string, ...string[]];
    const child = spawn(program, rest, {
      cwd: repository,
      detached: true, // a Ctrl-C in the terminal of the tests is theirs
      env: { ...ownEnvironment(), HOLDFAST_HOME: homeFolder, ...environment },
      stdio: ['ignore', output, output],
    });
    fs.closeSync(output);
    const ended = once(child, 'exit').then(([code]) => ({
      code: code as number | null,
      output: fs.readFileSync(outputFile, 'utf8'),
    }));
    return new Launcher(new SystemHome(homeFolder, `http://127.0.0.1:${port}`), port, outputFile, child, ended);
  }

  /** Runs it with `--once`, or into a failure, and waits for its end. */
  static async run(homeFolder: string, given: LaunchOptions = {}): Promise<Ended> {
    return (await Launcher.start(homeFolder, given)).ended;
  }

  get output(): string {
    return fs.readFileSync(this.outputFile, 'utf8');
  }

  /** Waits until the main job is done and the system serves. */
  untilServing(withinMs = 240_000): Promise<void> {
    return this.untilPrinted('Serving at', withinMs);
  }

  /** Waits until it has written something. @throws with all that it wrote, where it ends before */
  async untilPrinted(text: string, withinMs = 120_000): Promise<void> {
    const isPrinted = (): boolean => {
      if (this.output.includes(text)) return true;
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(`It ended:\n${this.output}`);
      return false;
    };
    await eventually(`npm start prints "${text}"`, isPrinted, { withinMs });
  }

  /** Stops it as Ctrl-C does. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended;
  }
}

/** The environment of the tests without what is about the tests, npm or another system. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const isOther = /^(npm_|JEST_|TEST_|HOLDFAST_|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOther.test(name)));
}
