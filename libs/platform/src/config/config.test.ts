import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { loadConfig, variableOf } from './config.js';

const schema = z.object({ lakeKey: z.string().min(4), workersMax: z.coerce.number().int().default(2) });

describe('config', () => {
  it('reads a setting from its variable and fills in defaults', () => {
    expect(variableOf('databasePoolMax')).toBe('HOLDFAST_DATABASE_POOL_MAX');
    expect(loadConfig(schema, { HOLDFAST_LAKE_KEY: 'abcd', HOLDFAST_WORKERS_MAX: '3' })).toEqual({
      lakeKey: 'abcd',
      workersMax: 3,
    });
    expect(loadConfig(schema, { HOLDFAST_LAKE_KEY: 'abcd', HOLDFAST_WORKERS_MAX: '' })).toEqual({
      lakeKey: 'abcd',
      workersMax: 2,
    });
  });

  it('reads a secret from its file', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'config-'));
    const file = path.join(folder, 'key');
    writeFileSync(file, 'secret\n');
    expect(loadConfig(schema, { HOLDFAST_LAKE_KEY_FILE: file })).toMatchObject({ lakeKey: 'secret' });
    rmSync(folder, { recursive: true });
    expect(() => loadConfig(schema, { HOLDFAST_LAKE_KEY_FILE: file })).toThrow('HOLDFAST_LAKE_KEY_FILE');
  });

  it('names every wrong variable and no value', () => {
    const load = (): unknown => loadConfig(schema, { HOLDFAST_LAKE_KEY: 'xyz', HOLDFAST_WORKERS_MAX: 'many' });
    expect(load).toThrow(/HOLDFAST_LAKE_KEY: [^]*HOLDFAST_WORKERS_MAX: /);
    expect(load).not.toThrow(/xyz|many/);
    expect(() => loadConfig(schema, {})).toThrow('HOLDFAST_LAKE_KEY is not set');
  });
});
