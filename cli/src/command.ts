import type { Command } from 'commander';
import type { Job } from './answers.js';
import type { RestClient } from './client.js';
import { jobDone } from './job-watch.js';
import type { Terminal } from './terminal.js';

/** What a command works with; made from the global options when it runs. */
export interface Context {
  client: RestClient;
  terminal: Terminal;
}

/** Adds the commands of one group to the program. */
export type CommandGroup = (program: Command, context: () => Context) => void;

/** Shows a job until it has ended, and its result. @throws JobFailedError */
export async function watchJob({ client, terminal }: Context, jobId: string): Promise<Job> {
  const progress = terminal.progress();
  try {
    return await jobDone(client, jobId, progress.update);
  } finally {
    progress.done();
  }
}
