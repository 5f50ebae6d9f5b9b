import fs from 'node:fs';
import { create } from '../create/create.js';
import { DEFAULT_SETTINGS } from '../create/settings.js';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { testSql } from '../operator.fixture.js';
import { readStatistics } from '../report/statistics.js';
import { csvSource } from '../table/duckdb.js';
import { respond, type Responded, type RespondSettings } from './respond.js';
import { respondedLines } from './responded-lines.js';

const SETTINGS: RespondSettings = {
  months: 3,
  eventMonths: 2,
  errorShare: 0,
  hasWrongEncodings: false,
  workers: 1,
  memoryMax: '512MB',
  offers: new Map([['summer', 'discount']]),
};

const HEADER = 'subscription_id,at,channel,arm,campaign_id';

const root = new TemporaryFolder();
const { count, expectNone, numbers, rows } = testSql();
let responded: Responded;

beforeAll(async () => {
  const settings = { ...DEFAULT_SETTINGS, subscribers: 300, months: 9, to: '2026-08', seed: 19, eventMonths: 1 };
  await create(root.at('then'), settings);
  await respond(root.at('then'), undefined, root.at('alone'), SETTINGS);
  writeContacts('first.csv', '2026-09-08T19:00:00', 3);
  writeContacts('second.csv', '2026-10-08T19:00:00', 2);
  await respond(root.at('then'), root.at('first.csv'), root.at('one'), { ...SETTINGS, months: 1, eventMonths: 1 });
  responded = await respond(root.at('one'), root.at('second.csv'), root.at('contacted'), { ...SETTINGS, months: 2 });
});

/** Contacts of every n-th active subscription of the first extract. */
function writeContacts(name: string, moment: string, step: number): void {
  const rows: string[] = root.read('then/extract/subscriptions.csv').split('\n').slice(1);
  const active = rows.filter((row) => row.includes(',active,') && !/^TS\d+X/.test(row));
  const chosen = [...new Set(active.map((row) => row.split(',')[0]!))].filter((_, place) => place % step === 0);
  const lines = chosen.map((id) => `${id},${moment},call,summer,K-OURS`);
  root.write(name, [HEADER, ...lines].join('\n'));
}

const csv = (...names: string[]): string => csvSource(root.at(...names));

/** Good rows of the first extract that a later one lacks. */
async function missing(table: string, later: string, columns: string): Promise<number> {
  const file = `${table}.csv`;
  return count(`select ${columns} from (
       select *, row_number() over () + 1 as line from ${csv('then/extract', file)}) where line not in (
         select line::bigint from ${csv('then/truth/injected_errors.csv')} where "table" = '${table}' and expected <> 'accepted')
     except select ${columns} from ${csv(later, 'extract', file)}`);
}

describe('the next extract', () => {
  test('follows the last one and has the rows of the new months only', async () => {
    const manifest = JSON.parse(root.read('contacted/extract/manifest.json'));
    expect(manifest).toMatchObject({ sequence: 3, from: '2026-10', to: '2026-11', extractId: '2026-11-twin-19-3' });
    expect(manifest.extractedAt).toBe('2026-12-02T03:00:00+08:00');
    for (const table of ['usage', 'billing', 'account_months']) {
      const months = `select distinct month from ${csv('contacted/extract', table, '*.csv')}`;
      expect([table, await count(months)]).toEqual([table, 2]);
      await expectNone(`${months} where month not in ('2026-10', '2026-11')`);
    }
    const contacts = csv('contacted/extract/contacts/*.csv');
    await expectNone(`from ${contacts} where "at"::timestamp < '2026-10-01'`);
    const before = `select contact_id from ${csv('then/extract/contacts/*.csv')}`;
    await expectNone(`from ${contacts} where contact_id in (${before})`);
    expect(await count(`from read_parquet('${root.at('contacted/extract/events/*/*.parquet')}')`)).toBeGreaterThan(
      10_000,
    );
  });

  test('keeps the rows of the first one', async () => {
    expect(await missing('subscriptions', 'alone', 'subscription_id, customer_id, account_id, activated_on')).toBe(0);
    expect(await missing('customers', 'alone', 'customer_id, name, birth_date, address')).toBe(0);
    expect(await missing('status_history', 'alone', 'subscription_id, status, valid_from')).toBe(0);
    expect(await missing('plan_history', 'alone', 'subscription_id, plan_id, valid_from, contract_end_on')).toBe(0);
    expect(await missing('product_orders', 'alone', 'subscription_id, product_id, ordered_on')).toBe(0);
    expect(await missing('handset_use', 'alone', 'subscription_id, tac, first_seen_on')).toBe(0);
    expect(await missing('address_observations', 'alone', 'customer_id, "at", address')).toBe(0);
    expect(await missing('touches', 'contacted', 'touch_id, campaign_id, subscription_id, "at", response')).toBe(0);
  });

  test('has bills that are the sum of their parts, and no events without service', async () => {
    const billing = csv('contacted/extract/billing/*.csv');
    const parts = ['voice_fee', 'data_fee', 'sms_fee', 'vas_fee', 'long_distance_fee', 'roaming_fee', 'monthly_rent'];
    const sum = parts.map((part) => `${part}::decimal(12, 2)`).join(' + ');
    expect(await count(`from ${billing}`)).toBeGreaterThan(300);
    await expectNone(`from ${billing} where arpu::decimal(12, 2) <> ${sum} - discount::decimal(12, 2)`);
    expect(await count(`from ${billing} where discount::decimal(12, 2) > 0`)).toBeGreaterThan(20);
    const status = csv('contacted/extract/status_history.csv');
    const events = `read_parquet('${root.at('contacted/extract/events/*/*.parquet')}')`;
    await expectNone(`from ${events} e where not exists (from ${status} s where s.subscription_id = e.subscription_id
           and s.status = 'active' and e.at >= s.valid_from::date and (s.valid_to is null or e.at < s.valid_to::date))`);
  });

  test('has the touches of both months', async () => {
    const touches = `from ${csv('contacted/extract/touches.csv')} where campaign_id = 'K-OURS'`;
    const told = await rows(`select response, count(*) ${touches} group by 1 order by 1`);
    const { responses } = responded.policy;
    const expected = Object.entries(responses).filter(([, number]) => number > 0);
    expect(told.map(([response, number]) => [response, Number(number)])).toEqual(
      expected.sort(([left], [right]) => (left < right ? -1 : 1)),
    );
    expect(await count(`from ${csv('contacted/extract/campaigns.csv')} where campaign_id = 'K-OURS'`)).toBe(1);
  });
});

describe('the truth of a continuation', () => {
  test('keeps the history, and does not change households without contacts', async () => {
    const hazards = (folder: string): string => csv(folder, 'truth/hazards/*.csv');
    await expectNone(`from ${hazards('then')} except from ${hazards('alone')}`);
    await expectNone(`from ${hazards('then')} except from ${hazards('contacted')}`);
    const effects = csv('contacted/truth/policy_effects.csv');
    const untouched = `subscription_id not in (select subscription_id from ${effects})`;
    const departures = (folder: string): string =>
      `select subscription_id, month, churned_on, cause from ${csv(folder, 'truth/departures.csv')}`;
    expect(await count(`from ${hazards('alone')} where ${untouched} and month >= '2026-09'`)).toBeGreaterThan(50);
    for (const [one, two] of [
      ['alone', 'contacted'],
      ['contacted', 'alone'],
    ]) {
      await expectNone(`(from ${hazards(one!)} where ${untouched}) except from ${hazards(two!)}`);
      await expectNone(`(${departures(one!)} where ${untouched}) except ${departures(two!)}`);
    }
    expect(await count(`from ${hazards('contacted')} except from ${hazards('alone')}`)).toBeGreaterThan(50);
  });

  test('has the outcome of each contact, and keeps earlier ones', async () => {
    const contacts = csv('contacted/truth/contacts.csv');
    expect(await count(`from ${contacts}`)).toBe(responded.policy.contacts);
    await expectNone(`from ${csv('one/truth/contacts.csv')} except from ${contacts}`);
    await expectNone(`from ${contacts} where result <> 'not_reached' and response_type is null`);
    const { policy } = responded;
    expect(policy.from).toBe('2026-09');
    const [stays, value] = await numbers(`select sum(contacted_stays::double - no_contact_stays::double),
         sum(contacted_value_cny::double - no_contact_value_cny::double)
       from ${csv('contacted/truth/policy_effects.csv')}`);
    expect(stays).toBeCloseTo(policy.gained.stayedExpected, 2);
    expect(value).toBeCloseTo(policy.gained.valueCny, 0);
  });

  test('is the same in one step as month by month', async () => {
    const rows = ['first.csv', 'second.csv'].flatMap((name) => root.read(name).split('\n').slice(1));
    root.write('both.csv', [HEADER, ...rows].join('\n'));
    await respond(root.at('then'), root.at('both.csv'), root.at('at-once'), SETTINGS);
    for (const name of ['departures.csv', 'contacts.csv', 'policy_effects.csv', 'policy.json', 'households.csv']) {
      const [once, monthly] = ['at-once', 'contacted'].map((folder) => root.read(`${folder}/truth/${name}`));
      expect([name, once]).toEqual([name, monthly]);
    }
    const monthOf = (folder: string, table: string): string =>
      `select * exclude (recorded_at) from ${csv(folder, 'extract', table, '*.csv')} where month = '2026-11'`;
    for (const table of ['usage', 'billing']) {
      await expectNone(`${monthOf('at-once', table)} except ${monthOf('contacted', table)}`);
    }
  });

  test('has statistics and a summary', async () => {
    const statistics = await readStatistics(root.at('contacted'));
    expect(statistics.churnPerMonth).toBeGreaterThan(0.005);
    const lines = respondedLines(responded).join('\n');
    expect(lines).toContain('2026-09 to 2026-11');
    expect(lines).toContain(`${responded.policy.contacts} contacts`);
  });
});

describe('rejects', () => {
  test('an incomplete operator, the same folder, and months without published holidays', async () => {
    fs.mkdirSync(root.at('empty'));
    await expect(respond(root.at('empty'), undefined, root.at('out'), SETTINGS)).rejects.toThrow(
      'no complete operator',
    );
    await expect(respond(root.at('then'), undefined, root.at('then'), SETTINGS)).rejects.toThrow('another folder');
    await expect(respond(root.at('then'), undefined, root.at('out'), { ...SETTINGS, months: 30 })).rejects.toThrow(
      RangeError,
    );
    await expect(respond(root.at('then'), root.at('nowhere.csv'), root.at('out'), SETTINGS)).rejects.toThrow(
      'nowhere.csv',
    );
    expect(fs.existsSync(root.at('out'))).toBe(false);
  });
});
