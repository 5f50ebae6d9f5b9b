import type { Job } from '@holdfast/client/gen/operations';

/** What commands write to: lines for people, or JSON for programs. */
export interface Terminal {
  /** Whether --json was given. */
  readonly wantsJson: boolean;
  /** A line on standard output. */
  print(text: string): void;
  /** A line on standard error, for people who wait. */
  say(text: string): void;
  /** Shows a job's progress until `done` is called: a bar on a terminal, else a line whenever something changes. */
  progress(): Promise<Progress>;
}

interface Progress {
  update: (job: Job) => void;
  done: () => void;
}

export function openTerminal(out: NodeJS.WriteStream, messages: NodeJS.WriteStream, wantsJson: boolean): Terminal {
  return {
    wantsJson,
    print: (text) => void out.write(`${text}\n`),
    say: (text) => void messages.write(`${text}\n`),
    progress: async () => (messages.isTTY ? barOn(messages) : linesOn(messages)),
  };
}

async function barOn(stream: NodeJS.WriteStream): Promise<Progress> {
  // Loaded here, since few commands wait for a job.
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    stream,
    format: '{kind} [{bar}] {percentage} % {phase} {rows}',
    hideCursor: true,
  });
  bar.start(100, 0, { kind: '', phase: '', rows: '' });
  return {
    update: (job) =>
      bar.update(Math.round(job.progress * 100), { kind: job.kind, phase: job.phase, rows: rowsOf(job) }),
    done: () => bar.stop(),
  };
}

function linesOn(stream: NodeJS.WriteStream): Progress {
  let last = '';
  return {
    update: (job) => {
      const line = jobLine(job);
      if (line !== last) stream.write(`${line}\n`);
      last = line;
    },
    done: () => undefined,
  };
}

export function jobLine(job: Job): string {
  const percent = `${Math.round(job.progress * 100)} %`;
  return [job.jobId, job.kind, job.state, percent, job.phase, rowsOf(job)].filter((part) => part !== '').join('  ');
}

function rowsOf({ rowsDone, rowsTotal }: Job): string {
  if (rowsDone === 0 && rowsTotal === null) return '';
  return rowsTotal === null ? `${rowsDone} rows` : `${rowsDone}/${rowsTotal} rows`;
}
