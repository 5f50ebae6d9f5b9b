import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { ERROR_KINDS } from '../error-injection/error-injector.js';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { fileTree, testSql } from '../operator.fixture.js';
import { csvSource } from '../table/duckdb.js';
import { create } from './create.js';
import { DEFAULT_SETTINGS, type CreateSettings } from './settings.js';
import type { Created } from './write-operator.js';

const SETTINGS: CreateSettings = { ...DEFAULT_SETTINGS, subscribers: 350, months: 9, seed: 11, errorShare: 0.02 };

const root = new TemporaryFolder();
const { count, expectEqual, expectNone, rows, run } = testSql();
let created: Created;

beforeAll(async () => {
  created = await create(root.at('one'), SETTINGS);
  for (const table of new Set(created.files.map(({ table: name }) => name))) await defineTable(table);
  await defineTruth();
});

/** The table without injected rows, as an import should keep it. */
async function defineTable(table: string): Promise<void> {
  const folder = root.at('one', 'extract');
  if (table === 'events') {
    const source = `read_parquet('${folder}/events/*/*.parquet', filename = true, file_row_number = true)`;
    await run(`create view events_all as select *, file_row_number + 1 as line from ${source}`);
    return;
  }
  const pattern = fs.existsSync(`${folder}/${table}.csv`) ? `${folder}/${table}.csv` : `${folder}/${table}/*.csv`;
  await run(`create table ${table}_all as
     select * exclude (place), place - min(place) over (partition by filename) + 2 as line
     from (select *, row_number() over () as place
           from read_csv('${pattern}', header = true, all_varchar = true, filename = true, parallel = false))`);
}

async function defineTruth(): Promise<void> {
  const folder = root.at('one', 'truth');
  await run(`create table injected_errors as from ${csvSource(`${folder}/injected_errors.csv`)}`);
  for (const file of ['departures.csv', 'households.csv', 'effects.csv', 'best_treatments.csv', 'rival_campaigns.csv']
    .concat(['hazards/*.csv', 'plan_bills/*.csv', 'value_losses/*.csv'])
    .concat(['product_utilities/*.csv', 'handset_utilities/*.csv'])) {
    const [table] = file.split(/\W/);
    await run(`create table ${table} as from read_csv('${folder}/${file}', header = true)`);
  }
  for (const table of new Set(created.files.map(({ table: name }) => name))) {
    await run(
      // the truth reverses the clock skew
      `create view ${table} as
       select a.* ${table === 'events' ? 'replace (coalesce(try_cast(s.value as timestamp), a."at") as "at")' : ''}
       from ${table}_all a
       left join injected_errors s on s.kind = 'clockSkew' and s."table" = '${table}' and s.line::bigint = a.line
         and suffix(a.filename, s.file)
       left join injected_errors d on d.expected <> 'accepted' and d."table" = '${table}' and d.line::bigint = a.line
         and suffix(a.filename, d.file) where d.line is null`,
    );
  }
}

describe('an operator', () => {
  test('has a manifest that agrees with its folder', async () => {
    const manifest = JSON.parse(fs.readFileSync(root.at('one', 'extract', 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ operator: 'demo', from: '2026-01', to: '2026-09', complete: true });
    for (const [table, { rows }] of Object.entries<{ rows: number }>(manifest.tables)) {
      expect([table, await count(`from ${table}_all`)]).toEqual([table, rows]);
    }
    expect(manifest.tables.customers.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('has the same bytes for the same seed, and others for another', async () => {
    await create(root.at('two'), SETTINGS);
    const [one, two] = [fileTree(root.at('one')), fileTree(root.at('two'))];
    expect(Object.keys(two)).toEqual(Object.keys(one));
    expect(Object.keys(one).filter((name) => one[name] !== two[name])).toEqual([]);
    await create(root.at('two'), { ...SETTINGS, seed: 12, months: 1 });
    const other = fileTree(root.at('two'));
    expect(other['extract/customers.csv']).not.toBe(one['extract/customers.csv']);
  });

  test('rejects a folder with other files', async () => {
    const folder = root.at('foreign');
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, 'letter.txt'), 'keep me');
    await expect(create(folder, SETTINGS)).rejects.toThrow('letter.txt');
    expect(fs.readFileSync(path.join(folder, 'letter.txt'), 'utf8')).toBe('keep me');
  });

  test('rejects months without published holidays', async () => {
    await expect(create(root.at('early'), { ...SETTINGS, months: 40 })).rejects.toThrow(RangeError);
  });
});

describe('conservation', () => {
  test('every bill is the sum of its parts', async () => {
    expect(await count('from billing')).toBeGreaterThan(1000);
    await expectNone(
      `select * from billing where arpu::decimal(12, 2) <> voice_fee::decimal(12, 2) + data_fee::decimal(12, 2)
         + sms_fee::decimal(12, 2) + vas_fee::decimal(12, 2) + long_distance_fee::decimal(12, 2)
         + roaming_fee::decimal(12, 2) + monthly_rent::decimal(12, 2) - discount::decimal(12, 2)`,
    );
  });

  test('a month of usage is the sum of its events', async () => {
    await expectNone(`select u.subscription_id from usage u
       join (select subscription_id, strftime("at", '%Y-%m') as month,
               count(*) filter (kind = 'voice_out') as calls, sum(duration_s) filter (kind = 'voice_out') as seconds,
               sum(ceil(duration_s / 60)) filter (kind = 'voice_out') as minutes, sum(volume_mb) as mb,
               count(*) filter (kind = 'sms_out') as sms
             from events group by all) e using (subscription_id, month)
       where u.voice_out_count::int <> e.calls or u.voice_out_s::int <> coalesce(e.seconds, 0)
         or u.local_billed_min::int + u.long_distance_billed_min::int + u.roaming_billed_min::int
           <> coalesce(e.minutes, 0)
         or u.data_mb::decimal(14, 3) <> coalesce(e.mb, 0)
         or u.sms_out_on_net::int + u.sms_out_off_net::int <> e.sms`);
  });

  test('every on-net call has its counterpart', async () => {
    const mirrored = `select a.subscription_id from events a
      left join events b on b.at = a.at and b.subscription_id = a.peer_subscription_id
        and b.peer_subscription_id = a.subscription_id and b.duration_s = a.duration_s and b.kind <> a.kind
      where a.peer_subscription_id is not null and a.kind in ('voice_out', 'voice_in')`;
    expect(await count(mirrored)).toBeGreaterThan(1000);
    await expectNone(`${mirrored} and b.at is null`);
  });

  test('nothing happens before activation, during a suspension or after cancellation', async () => {
    await expectNone(`select e.* from events e where not exists (
         select 1 from status_history s where s.subscription_id = e.subscription_id and s.status = 'active'
           and e.at >= s.valid_from::date and (s.valid_to is null or e.at < s.valid_to::date))`);
    await expectNone(`select c.* from contacts c where not exists (
         select 1 from status_history s where s.subscription_id = c.subscription_id and s.status = 'active'
           and c.at::timestamp >= s.valid_from::date and (s.valid_to is null or c.at::timestamp < s.valid_to::date))`);
  });

  test('status periods have no gaps or overlaps, and end with the status of the subscription', async () => {
    await expectNone(`select * from (
         select *, lead(valid_from) over (partition by subscription_id order by valid_from) as next from status_history)
       where valid_to is distinct from next`);
    await expectNone(`select * from subscriptions b join status_history s using (subscription_id)
       where s.valid_to is null and (s.status <> b.status or s.valid_from <> b.status_changed_on)`);
  });

  test('every reference has its row', async () => {
    await expectNone('select * from subscriptions where customer_id not in (select customer_id from customers)');
    await expectNone('select * from subscriptions where account_id not in (select account_id from accounts)');
    await expectNone('select * from accounts where customer_id not in (select customer_id from customers)');
    await expectNone('select * from usage where subscription_id not in (select subscription_id from subscriptions)');
    await expectNone('select * from events where cell_id not in (select cell_id from cells)');
    await expectNone('select * from plan_history where plan_id not in (select plan_id from plans)');
  });
});

describe('the truth', () => {
  test('a departure is what the churn label (CS-01) finds in the status', async () => {
    // cancelled in the month, or suspended on at least seven days of it
    const labels = `select distinct subscription_id, month from (
        select subscription_id, strftime(day, '%Y-%m') as month, status, count(*) as days from (
          select s.subscription_id, s.status, unnest(generate_series(greatest(s.valid_from::date, '2026-01-01'),
            least(coalesce(s.valid_to::date - 1, '2026-09-30'), '2026-09-30'), interval 1 day)) as day
          from status_history s) group by all)
      where (status = 'suspended' and days >= 7)
        or (status = 'cancelled' and (subscription_id, month) in (
          select (subscription_id, strftime(valid_from::date, '%Y-%m')) from status_history
          where status = 'cancelled'))`;
    await run(`create table labels as select subscription_id, min(month) as month from (${labels}) group by 1`);
    await expectEqual('from labels', 'select subscription_id, month from departures');
    expect(await count('from departures')).toBeGreaterThan(20);
  });

  test('has the lowest bill of the open plans', async () => {
    await expectNone(`select * from plan_bills
       where best_bill <>
         least(bill_P008, bill_P019, bill_P039, bill_P059, bill_P079, bill_P099, bill_P139, bill_P199)`);
    await expectNone(`select p.subscription_id from plan_bills p
       join (select subscription_id,
               sum(arpu::decimal(12, 2) - vas_fee::decimal(12, 2) + discount::decimal(12, 2)) as paid
             from billing where month >= '2026-07' group by 1) b using (subscription_id)
       where p.present_bill <> b.paid`);
  });

  test('has the value losses of the bills, with bills of 0 after churn', async () => {
    const months = `select strftime(unnest(generate_series(date '2026-01-01', date '2026-09-01', interval 1 month)),
      '%Y-%m') as month`;
    const bills = `select s.subscription_id, m.month, d.month as churned_in,
        coalesce(b.arpu::double, case when d.month <= m.month then 0 end) as cny
      from (select distinct subscription_id from billing) s cross join (${months}) m
      left join billing b on b.subscription_id = s.subscription_id and b.month = m.month
      left join departures d on d.subscription_id = s.subscription_id`;
    const shifted = [-3, -2, -1, 1].map(
      (by) => `lead(cny, ${by}) over w as cny_${by < 0 ? 'before' : 'after'}_${Math.abs(by)}`,
    );
    const losses = `select subscription_id, month from (
        select *, ${shifted.join(', ')} from (${bills}) window w as (partition by subscription_id order by month))
      where (churned_in is null or month <= churned_in)
        and greatest(cny, cny_after_1) < 0.8 * (cny_before_1 + cny_before_2 + cny_before_3) / 3 - 1e-9
        and cny is not null and cny_after_1 is not null`;
    await expectEqual(losses, 'select subscription_id, month from value_losses');
    expect(await count('from value_losses')).toBeGreaterThan(50);
    expect(await count('select distinct cause from value_losses')).toBeGreaterThan(5);
    await expectNone(`select v.* from value_losses v left join departures d using (subscription_id)
       where v.has_churned <> (d.month is not null and (d.month || '-01')::date
         <= (v.month || '-01')::date + interval 1 month)`);
  });

  test('has utilities and best treatments of all active subscriptions', async () => {
    const active = `select subscription_id from subscriptions where subscription_id not in
      (select subscription_id from departures)`;
    for (const table of ['product_utilities', 'handset_utilities', 'best_treatments']) {
      await expectEqual(active, `select subscription_id from ${table}`);
    }
    await expectNone(`select u.* from handset_utilities u join handset_use h using (subscription_id)
       where h.last_seen_on is null and h.tac <> u.present_tac`);
    await expectNone(`select p.subscription_id from (
         select subscription_id, unnest(string_split(has, ';')) as product_id from product_utilities
         where has is not null) p
       left join product_orders o on o.subscription_id = p.subscription_id and o.product_id = p.product_id
         and o.cancelled_on is null
       where o.product_id is null`);
    expect(created.summary.bestPolicy!.atStart).toBe(await count(active));
  });

  test('has the rival campaigns of the market table, with hotline calls', async () => {
    const inMarket = `select district, month, operator, unnest(string_split(offers, ';')) as name from market_months
      where offers is not null`;
    const inTruth = `select district, strftime(unnest(generate_series(
        greatest((from_month || '-01')::date, date '2026-01-01'), least((to_month || '-01')::date, date '2026-09-01'),
        interval 1 month)), '%Y-%m') as month, rival as operator, name from rival_campaigns`;
    expect(await count(inTruth)).toBeGreaterThan(3);
    await expectEqual(inMarket, inTruth);
    const hotline = `select * from events where peer_service = 'rival_hotline'`;
    expect(await count(`select distinct peer_network from (${hotline})`)).toBe(2);
    await expectNone(`select * from (${hotline}) where peer_network not in ('rival_a', 'rival_b')`);
  });

  test('is in no column, identifier or order of rows', async () => {
    const adjacent = await count(
      `from (select household_id, lead(household_id) over (order by subscription_id) as next from households)
       where household_id = next`,
    );
    // by chance about one pair in two hundred; every other pair in the order of households
    expect(adjacent).toBeLessThan(20);
    const names = `select distinct column_name from information_schema.columns where table_name like '%_all'`;
    const columns = (await rows(names)).map(([name]) => String(name));
    const hidden = ['hazard', 'observable', 'cause', 'response_type', 'home_cell', 'work_cell', 'best_plan'];
    expect(columns.filter((name) => hidden.includes(name))).toEqual([]);
    expect(columns).toContain('subscription_id');
  });

  test('has the outcomes of each arm, and arms are assigned by household', async () => {
    await expectNone(`select household_id from effects group by 1 having count(distinct arm) > 1`);
    await expectNone(`select e.* from effects e
       left join departures d
         on d.subscription_id = e.subscription_id and d.month > '2026-04' and d.month <= '2026-07'
       where (d.month is not null) <> case arm when 'control' then churns_under_control
         when 'discount' then churns_under_discount else churns_under_video end`);
  });
});

describe('injected errors', () => {
  test('are of every kind, and agree with the truth', async () => {
    const kinds = await rows('select distinct kind from injected_errors order by 1');
    expect(kinds.map(([kind]) => kind)).toEqual([...ERROR_KINDS, 'clockSkew'].sort());
    await expectNone(`select b.* from billing_all b
       join injected_errors d on d."table" = 'billing' and d.kind = 'negative' and suffix(b.filename, d.file)
         and d.line::bigint = b.line
       where d.value::double >= 0`);
  });

  test('do not affect other rows', async () => {
    await expectNone('select subscription_id, month from billing group by all having count(*) > 1');
    await expectNone('select customer_id from customers group by all having count(*) > 1');
    await expectNone(
      `select * from billing where month not between '2026-01' and '2026-09' or arpu is null or arpu::double < 0`,
    );
    await expectNone(`select * from events where "at" < '2026-07-01' or "at" >= '2026-10-01'`);
    await expectNone('select * from usage where try_cast(data_mb as double) is null');
  });
});

describe('optional errors', () => {
  const settings = { ...SETTINGS, months: 2, eventMonths: 1 };
  const folderOf = (name: string): string => root.at('asked', name);
  let injectedErrors: Record<string, string>[];
  let plain: Record<string, string>;

  beforeAll(async () => {
    await create(root.at('asked'), { ...settings, hasWrongEncodings: true, hasCorrections: true });
    injectedErrors = parse(fs.readFileSync(folderOf('truth/injected_errors.csv')), { columns: true });
    await create(root.at('plain'), settings);
    plain = fileTree(root.at('plain'));
  });

  test('include invalid UTF-8, with its lines', () => {
    const wrong = injectedErrors.filter(({ kind }) => kind === 'encoding');
    expect(wrong.length).toBeGreaterThan(3);
    const isText = (line: Buffer): boolean => line.equals(Buffer.from(line.toString('utf8')));
    for (const file of new Set(injectedErrors.map((row) => row['file']!).filter((name) => name.endsWith('.csv')))) {
      const bytes = fs.readFileSync(folderOf(`extract/${file}`));
      const lines = bytes
        .toString('latin1')
        .split('\n')
        .map((line) => Buffer.from(line, 'latin1'));
      const found = lines.flatMap((line, at) => (isText(line) ? [] : [at + 1]));
      const ofFile = wrong.filter((row) => row['file'] === file);
      expect(found).toEqual(ofFile.map(({ line }) => Number(line)));
      for (const { line, value } of ofFile) expect(lines[Number(line) - 1]!.toString('hex')).toContain(value);
    }
  });

  test('include figures that a later extract corrects row by row', () => {
    const manifests = ['extract', 'extract-2'].map((name) =>
      JSON.parse(fs.readFileSync(folderOf(`${name}/manifest.json`), 'utf8')),
    );
    expect(manifests.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(manifests[1].extractedAt > manifests[0].extractedAt).toBe(true);
    expect(Object.keys(manifests[1].tables)).toEqual(['billing', 'usage']);
    for (const table of ['billing', 'usage']) {
      const name = `${table}/part-00000.csv`;
      const wrong = injectedErrors.filter((row) => row['kind'] === 'corrected' && row['file'] === name);
      expect(wrong.length).toBeGreaterThan(3);
      const [first, second] = ['extract', 'extract-2'].map((extract): Record<string, string>[] =>
        parse(fs.readFileSync(folderOf(`${extract}/${name}`)), { columns: true }),
      );
      expect(second).toHaveLength(manifests[1].tables[table].rows);
      expect(second).toHaveLength(wrong.length);
      for (const [place, { line, column, value }] of wrong.entries()) {
        const [before, after] = [first![Number(line) - 2]!, second![place]!];
        expect(before[column!]).not.toBe(value);
        expect({ ...before, recorded_at: '' }).toEqual({ ...after, recorded_at: '', [column!]: before[column!] });
        expect(after[column!]).toBe(value);
        expect(after['recorded_at']! > manifests[0].extractedAt.slice(0, 19)).toBe(true);
      }
    }
  });

  test('are absent by default', () => {
    expect(Object.keys(plain).filter((name) => name.startsWith('extract-2'))).toEqual([]);
    expect(Buffer.from(plain['truth/injected_errors.csv']!, 'base64').toString()).not.toMatch(/,encoding,|,corrected,/);
  });
});

test('clock skew keeps the day of an event', async () => {
  const skewed = `select a."at", d.value::timestamp as right_at from events_all a
    join injected_errors d on d.kind = 'clockSkew' and d.line::bigint = a.line and suffix(a.filename, d.file)`;
  expect(await count(skewed)).toBeGreaterThan(20);
  await expectNone(`select * from (${skewed}) where "at" = right_at or "at"::date <> right_at::date`);
});
