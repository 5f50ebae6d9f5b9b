import { execFile } from 'node:child_process';
import path from 'node:path';

import { repository } from './launcher.js';
import type { SystemHome } from './system-home.js';

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** An export of a whole month. */
const OUTPUT_BYTES_MAX = 1e9;

/** Runs the command line against a system, as a user of its home does. */
export function runCommand(home: SystemHome, ...command: string[]): Promise<CommandResult> {
  const program = [path.join(repository, 'cli/dist/main.js'), '--url', home.baseUrl, ...command];
  const environment = { PATH: process.env['PATH'], HOLDFAST_HOME: home.folder };
  return new Promise((resolve) => {
    execFile(process.execPath, program, { env: environment, maxBuffer: OUTPUT_BYTES_MAX }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}
