import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import type { Job } from '@holdfast/client/gen/operations';
import { jobDone } from '@holdfast/client/jobs';
import type { RestClient } from '@holdfast/client/rest-client';
import type { Command } from 'commander';
import type { Terminal } from '../output/terminal.js';

/** What a command works with; made from the global options when it runs. */
export class Context {
  constructor(
    readonly client: RestClient,
    readonly terminal: Terminal,
  ) {}

  /** Prints an answer, as JSON or as lines. */
  readonly show = async <T>(pending: T | Promise<T>, lines: (answer: T) => string[]): Promise<void> => {
    const answer = await pending;
    if (this.terminal.wantsJson) this.terminal.print(JSON.stringify(answer, null, 2));
    else lines(answer).forEach((line) => this.terminal.print(line));
  };

  /** Shows the progress of a job until it has ended. @throws JobFailedError */
  readonly finished = async ({ jobId }: Pick<Job, 'jobId'>): Promise<Job> => {
    const progress = await this.terminal.progress();
    try {
      return await jobDone(this.client, jobId, { onChange: progress.update });
    } finally {
      progress.done();
    }
  };

  /** Copies an answer to standard output as it arrives. */
  readonly copy = async (stream: Promise<ReadableStream<Uint8Array>>): Promise<void> => {
    await pipeline(Readable.fromWeb((await stream) as WebStream<Uint8Array>), process.stdout, { end: false });
  };
}

/** Adds the commands of one group to the program. */
export type CommandGroup = (program: Command, context: () => Context) => void;
