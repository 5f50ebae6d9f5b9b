import { gzipSync } from 'node:zlib';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { businessTimeSetting, lastMonthOf } from './business-time.mjs';
import { Home } from './home.mjs';

describe('business time', () => {
  const folder = new TemporaryFolder();
  const file = (name: string, content: string | Buffer): string => folder.write(name, content);

  beforeEach(() => folder.clear());

  it.each([
    ['asOf: 2020-01', '2020-01'],
    ['asOf: 2020-01-31', '2020-01'],
    ['asOf: { column: month }', '2026-09'],
    ['key: id', undefined],
  ])('of a table with %s', async (mapping, month) => {
    const table = file('table.csv', '\uFEFFid, month\n1,2026-09\n2,2026-08\n');
    expect(await lastMonthOf(table, file('m.yaml', mapping))).toBe(month);
  });

  it('of a gzipped table with another delimiter', async () => {
    const table = file('table.csv.gz', gzipSync('id;month\n1;2026-03-31\n2;\n'));
    expect(await lastMonthOf(table, file('m.yaml', 'asOf: { column: month }\ndelimiter: ";"'))).toBe('2026-03');
  });

  it('names the mapping that cannot be read', async () => {
    await expect(lastMonthOf('', file('m.yaml', 'a: ['))).rejects.toThrow(/The mapping .*m\.yaml cannot be read/);
  });

  it('continues at the next start, moves on for a later month, and yields to a given setting', () => {
    const home = new Home(folder.path);
    const first = businessTimeSetting(home, '2026-02', undefined);
    expect(first).toMatch(/^2026-03-03T02:00:00\.000Z@\d{4}-/);
    expect(businessTimeSetting(home, '2026-02', undefined)).toBe(first);
    expect(businessTimeSetting(home, '2026-03', undefined)).toMatch(/^2026-04-03T02/);
    // An earlier month in the same home.
    expect(businessTimeSetting(home, '2026-02', undefined)).toMatch(/^2026-04-03T02/);
    expect(businessTimeSetting(home, '2026-03', '2020-01-01T00:00:00Z')).toMatch(/^2020-01-01T00:00:00Z@\d{4}-/);
  });

  it('of a table without a month is that of today', () => {
    const real = new Date('2026-11-22T03:30:00Z');
    const setting = businessTimeSetting(new Home(folder.path), undefined, undefined, real);
    expect(setting).toBe(`${real.toISOString()}@${real.toISOString()}`);
  });

  it.each([
    ['before the third', '2026-10-02T03:00:00+08:00', '2026-10-03T02:00:00.000Z'],
    ['on the seventh by day', '2026-10-07T11:30:00+08:00', '2026-10-07T03:30:00.000Z'],
    ['on the seventh at night', '2026-10-07T23:30:00+08:00', '2026-10-08T02:00:00.000Z'],
    ['in another century', '2126-10-07T11:30:00+08:00', '2026-10-03T02:00:00.000Z'],
    ['on no day', 'soon', '2026-10-03T02:00:00.000Z'],
  ])('of an extract written %s is after that, in calling hours', (_case, extractedAt, instant) => {
    const setting = businessTimeSetting(new Home(folder.path), '2026-09', undefined, new Date(), new Date(extractedAt));
    expect(setting.split('@')[0]).toBe(instant);
  });

  it('moves on for a later correction', () => {
    const home = new Home(folder.path);
    const start = (extractedAt: string) =>
      businessTimeSetting(home, '2026-09', undefined, new Date(), new Date(extractedAt));
    start('2026-10-02T03:00:00+08:00');
    expect(start('2026-10-09T10:00:00+08:00')).toMatch(/^2026-10-09T02:00:00/);
    expect(start('2026-10-02T03:00:00+08:00')).toMatch(/^2026-10-09T02:00:00/);
  });

  it('goes on in the morning where a start falls into the night', () => {
    const home = new Home(folder.path);
    const first = new Date('2026-11-22T00:00:00Z');
    businessTimeSetting(home, '2026-02', undefined, first);
    const night = new Date(first.getTime() + 15 * 3_600_000);
    const setting = businessTimeSetting(home, '2026-02', undefined, night);
    expect(setting).toBe(`2026-03-04T02:00:00.000Z@${night.toISOString()}`);
  });
});
