import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Engine, type EngineLimits } from './engine.js';

const LIMITS: EngineLimits = { memoryMax: '256MB', threads: 2 };

/** A folder for the tests of a file, removed after them. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs work on a scratch engine, which is removed afterwards. */
export async function withEngine<T>(
  use: (engine: Engine) => Promise<T>,
  limits: Partial<EngineLimits> = {},
): Promise<T> {
  const engine = await Engine.openScratch(engineFolder(), { ...LIMITS, ...limits });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/** An engine, in memory and UTC, for the tests of a file: `engine` is set before the first one. */
export function sharedEngine(prepare: (engine: Engine) => Promise<void> = async () => {}): { engine: Engine } {
  const shared = {} as { engine: Engine };
  beforeAll(async () => {
    shared.engine = await Engine.openReader(LIMITS, engineFolder());
    await shared.engine.run(`set TimeZone = 'UTC'`);
    await prepare(shared.engine);
  });
  afterAll(() => shared.engine?.close());
  return shared;
}

/** Removed with its engine. */
function engineFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'holdfast-engine-'));
}
