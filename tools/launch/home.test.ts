import fs from 'node:fs';
import path from 'node:path';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { openHome, wantedHome } from './home.mjs';

describe('home', () => {
  const temporary = new TemporaryFolder();
  const folder = temporary.path;

  beforeEach(() => {
    temporary.clear();
    fs.chmodSync(folder, 0o755);
  });

  it('is the requested folder, and closed to others', () => {
    const home = openHome(path.join(folder, 'home'), true);
    expect(home.folder).toBe(path.join(folder, 'home'));
    expect(fs.statSync(home.folder).mode & 0o066).toBe(0);
  });

  it('is separate for each table', () => {
    const [one, other] = ['/a/t.csv', '/b/t.csv'].map((file) => wantedHome({}, folder, { tableFile: file }));
    expect(one).not.toBe(other);
    expect(path.basename(one!)).toMatch(/^\.holdfast-t-/);
    expect(path.basename(wantedHome({}, folder, { tableFile: '/a/用户.csv' }))).toMatch(/^\.holdfast-table-[0-9a-f]+$/);
  });

  it('is found at the requested place, also when it is elsewhere', () => {
    if (process.getuid?.() !== 0) return; // only root has to run PostgreSQL as another user
    fs.chmodSync(folder, 0o700);
    const wanted = path.join(folder, 'home');
    const home = openHome(wanted, true);
    try {
      expect(home.folder).not.toBe(wanted);
      home.write('note.json', '{"there":true}');
      expect(JSON.parse(fs.readFileSync(path.join(wanted, 'note.json'), 'utf8'))).toEqual({ there: true });
      expect(openHome(wanted, true).folder).toBe(home.folder);
    } finally {
      fs.rmSync(home.folder, { recursive: true });
    }
  });
});
