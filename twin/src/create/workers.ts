import { Worker } from 'node:worker_threads';
import type { Block } from '../world/blocks.js';
import { BlockProcessor } from './block-processor.js';
import type { BlockContext, BlockResult } from './settings.js';

type Pass = 'lives' | 'tables';

/** Messages to and from a worker thread. */
export interface WorkMessage {
  pass: Pass;
  block: Block;
}
export type AnswerMessage = { kind: 'done'; result: BlockResult | undefined } | { kind: 'failed'; stack: string };

export interface BlockRunner {
  run(pass: Pass, block: Block): Promise<BlockResult | undefined>;
  close(): Promise<void>;
}

/** @param workerFile compiled `block.worker.js`; without it all work is in this thread */
export async function withRunners<T>(
  context: BlockContext,
  workerFile: string | undefined,
  use: (runners: readonly BlockRunner[]) => Promise<T>,
): Promise<T> {
  const { workers } = context.settings;
  const runners =
    workerFile === undefined || workers <= 1
      ? [await openInline(context)]
      : Array.from({ length: workers }, () => openThread(workerFile, context));
  try {
    return await use(runners);
  } finally {
    await Promise.all(runners.map((runner) => runner.close()));
  }
}

async function openInline(context: BlockContext): Promise<BlockRunner> {
  const work = await BlockProcessor.open(context);
  return { run: (pass, block) => runPass(work, pass, block), close: async () => work.close() };
}

export async function runPass(work: BlockProcessor, pass: Pass, block: Block): Promise<BlockResult | undefined> {
  if (pass === 'tables') return work.writeTables(block);
  work.simulateLives(block);
  return undefined;
}

/** In a separate thread with the world and the lives in shared memory. */
function openThread(file: string, context: BlockContext): BlockRunner {
  const worker = new Worker(file, { workerData: context });
  let settle: { resolve: (result: BlockResult | undefined) => void; reject: (error: Error) => void } | undefined;
  worker.on('message', (answer: AnswerMessage) => {
    if (answer.kind === 'done') settle?.resolve(answer.result);
    else settle?.reject(new Error(`A worker failed: ${answer.stack}`));
  });
  worker.on('error', (error) => settle?.reject(error as Error));
  return {
    run: (pass, block) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        worker.postMessage({ pass, block } satisfies WorkMessage);
      }),
    close: async () => void (await worker.terminate()),
  };
}

/** Runs a pass over all blocks; a free runner takes the next block. @returns results in the order of blocks */
export async function runAll(
  runners: readonly BlockRunner[],
  pass: Pass,
  blocks: readonly Block[],
  onBlock: (result: BlockResult | undefined) => void,
): Promise<(BlockResult | undefined)[]> {
  const results = new Array<BlockResult | undefined>(blocks.length);
  let next = 0;
  const drain = async (runner: BlockRunner): Promise<void> => {
    while (next < blocks.length) {
      const place = next;
      next += 1;
      results[place] = await runner.run(pass, blocks[place]!);
      onBlock(results[place]);
    }
  };
  await Promise.all(runners.map(drain));
  return results;
}
