import fs from 'node:fs';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { writeReport } from './report.mjs';

describe('the report', () => {
  const folder = new TemporaryFolder();
  const read = (name: string): unknown => JSON.parse(folder.read(name));

  it('names the files with its long lists', () => {
    const summary = { rejects: 'list:rejects', households: { count: 1, rules: 'list:rules' }, month: '2026-09' };
    fs.writeFileSync(folder.at('rejects.json'), '[{"line":2}]');
    fs.writeFileSync(folder.at('rules.json'), '{"all":[]}');
    writeReport(folder.at('out.json'), summary, folder.at('.'));
    expect(read('out.json')).toEqual({
      rejects: 'out.rejects.json',
      households: { count: 1, rules: 'out.rules.json' },
      month: '2026-09',
    });
    expect(read('out.rejects.json')).toEqual([{ line: 2 }]);
    expect(read('out.rules.json')).toEqual({ all: [] });
  });
});
