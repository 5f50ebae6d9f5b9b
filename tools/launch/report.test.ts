import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeReport } from './report.mjs';

describe('the report', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'report-test-'));
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
  const read = (name: string): unknown => JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));

  it('names the files with its long lists', () => {
    const summary = { rejects: 'list:rejects', households: { count: 1, rules: 'list:rules' }, month: '2026-09' };
    writeReport(path.join(folder, 'out.json'), summary, { rejects: [{ line: 2 }], rules: { all: [] } });
    expect(read('out.json')).toEqual({
      rejects: 'out.rejects.json',
      households: { count: 1, rules: 'out.rules.json' },
      month: '2026-09',
    });
    expect(read('out.rejects.json')).toEqual([{ line: 2 }]);
    expect(read('out.rules.json')).toEqual({ all: [] });
  });
});
