import { sharedEngine } from '../engine/engine.fixture.js';
import { LocalClock } from './local-clock.js';

const shared = sharedEngine();

test.each(['Asia/Shanghai', 'Asia/Urumqi', 'UTC', 'Europe/Berlin', 'America/New_York'])(
  'local times of %s equal those of DuckDB, however they are computed',
  async (timeZone) => {
    const clock = new LocalClock(timeZone);
    const found = await shared.engine.row<{ all_rows: bigint }>(
      `select count(*) filter (where ${clock.momentOf('t')} is distinct from timezone('${timeZone}', t)) as moments,
         count(*) filter (where ${clock.localOf('t::timestamptz')} is distinct from timezone('${timeZone}', t::timestamptz)) as locals,
         count(*) as all_rows
       from generate_series(timestamp '1930-01-01 00:30:00', timestamp '2049-12-31', interval 171 hours) as s(t)`,
    );
    expect(found).toMatchObject({ moments: 0n, locals: 0n });
    expect(Number(found.all_rows)).toBeGreaterThan(6_000);
  },
);

/** What clocks do in spring and autumn: a time that is skipped is the same time after it, a time that comes twice its second. */
test.each([
  ['Europe/Berlin', '2026-03-29 02:30:00', '2026-03-29 01:30:00+00'],
  ['Europe/Berlin', '2026-03-29 03:30:00', '2026-03-29 01:30:00+00'],
  ['Europe/Berlin', '2026-10-25 02:30:00', '2026-10-25 01:30:00+00'],
  ['America/New_York', '2026-03-08 02:15:00', '2026-03-08 07:15:00+00'],
  ['America/New_York', '2026-11-01 01:30:00', '2026-11-01 06:30:00+00'],
  ['Asia/Shanghai', '1986-05-04 02:30:00', '1986-05-03 18:30:00+00'],
  ['Asia/Shanghai', '2026-03-29 02:30:00', '2026-03-28 18:30:00+00'],
])('in %s, %s is %s', async (timeZone, local, moment) => {
  const sql = new LocalClock(timeZone).momentOf(`timestamp '${local}'`);
  expect(await shared.engine.rows(`select (${sql})::varchar as moment`)).toEqual([{ moment }]);
});
