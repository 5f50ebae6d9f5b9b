import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fail, runCommandLine } from './command-line.js';

// `holdfast rejects … | head` closes our output early, which is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    fail(error);
    process.exit();
  });
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const root = fileURLToPath(new URL('../..', import.meta.url));
process.exitCode = await runCommandLine(process.argv.slice(2), { version, signal: interrupted.signal, root });
