import { readdirSync, statSync } from 'node:fs';
import { ColumnRole, FeatureType, type Table, type TableColumn } from '@holdfast/contracts/feature_store/v1/lake';
import type { FeatureValue } from '@holdfast/contracts/feature_store/v1/online';
import { ViewMaterialised, type FeaturesAsOf } from '@holdfast/contracts/feature_store/v1/view';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { shardOf, subscriptionId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { collected } from '../engine/engine.fixture.js';
import { sharedFeatureStore, tableRequest } from '../feature-store.fixture.js';
import {
  COMPLAINS,
  FATES,
  HAS_VERSIONS,
  IS_CORRECTED,
  IS_LATE,
  SUBSCRIPTIONS,
  SYNTHETIC_EXTRACT,
  keyOf,
  syntheticExtract,
} from './synthetic-extract.fixture.js';

const folder = new TemporaryFolder();
const store = sharedFeatureStore(folder.path, '2026-09-03T10:00:00+08:00');
const scopes = ['ingest:write', 'ingest:read', 'features:read', 'model:train', 'jobs:read'];
const province = callOf({ scopes });
const cityA = callOf({ scopes, orgScope: ['demo/A/'] });
const VIEW = 'subscriber-months';
const idOf = (subscription: number): string => subscriptionId('demo', keyOf(subscription));

let table: Table;

beforeAll(async () => {
  table = await load();
});

/** Imports an extract, and waits for the view that it brings about. */
async function load(options: Parameters<typeof syntheticExtract>[0] = {}): Promise<Table> {
  await store.done(await store.uploadExtract(syntheticExtract(options)));
  const job = await store.done(await store.views.materialiseView(province, { view: '' }));
  return store.tables.getTable(province, { table: VIEW, version: job.result['version']! });
}

type Row = ReturnType<typeof rowsOf>[number];

const numberOf = new Map(Array.from({ length: SUBSCRIPTIONS }, (_, at) => [idOf(at), at]));

async function read(columns: string[], month = '', call = province): Promise<Row[]> {
  const request = { version: table.version, columns, month, withLabel: true, withValue: true };
  const batches = await collected(store.tables.readTable(call, tableRequest(VIEW, request)));
  return batches.flatMap((batch) => rowsOf(batch, columns));
}

function rowsOf(batch: ColumnBatch, columns: readonly string[]) {
  const [months, units] = [readCategoryTexts(batch, 'month'), readCategoryTexts(batch, 'org_unit_path')];
  const [labels, values] = [readNumbers(batch, 'label'), readNumbers(batch, 'value')];
  const numbers = columns.map((name) => [name, readNumbers(batch, name)] as const);
  return readUuids(batch, 'subscription_id').map((id, at) => ({
    subscription: numberOf.get(id)!,
    month: months[at]!,
    unit: units[at]!,
    label: labels[at]!,
    value: values[at]!,
    numbers: Object.fromEntries(numbers.map(([name, column]) => [name, column[at]!])),
  }));
}

async function asOf(subscription: number, month: string, knowledgeTime?: string): Promise<FeaturesAsOf> {
  const at = knowledgeTime === undefined ? undefined : new Date(knowledgeTime);
  const of = { subscriptionId: idOf(subscription), view: '', month };
  return store.views.getFeaturesAsOf(province, { ...of, knowledgeTime: at });
}

describe('the materialised view', () => {
  test('is a table of the lake with a row for each subscription at risk and month', async () => {
    const months = ['2026-03', '2026-04', '2026-05', '2026-06', '2026-07'];
    expect(table).toMatchObject({ origin: 'view', labelLeadMonths: 2, currency: 'CNY', months });
    const rows = await read([]);
    expect(rows).toHaveLength(table.rows);
    const monthsOf = (fate: number): string[] =>
      rows.filter(({ subscription }) => subscription === fate).map(({ month }) => month.slice(5));
    expect(monthsOf(FATES.cancelledInMay)).toEqual(['03', '04']);
    expect(monthsOf(FATES.sevenDaysInJune)).toEqual(['03', '04', '05', '07']);
    expect(monthsOf(FATES.sixDaysInJune)).toEqual(['03', '04', '05', '06', '07']);
    expect(monthsOf(FATES.cancelledInJuly)).toEqual(['03', '04', '05', '06']);
  });

  test('has the outcome of each two months later, where it is known and without earlier churn', async () => {
    const rows = await read([
      'lost_in_gap',
      'left_after_months',
      'left_involuntarily',
      'value_lost',
      'value_lost_by_leaving',
    ]);
    const said = (fate: number): string[] =>
      rows
        .filter(({ subscription }) => subscription === fate)
        .map(({ label, numbers }) => (numbers['lost_in_gap'] === 1 ? 'lost' : String(label)));
    expect(said(FATES.cancelledInMay)).toEqual(['1', 'lost']);
    expect(said(FATES.sevenDaysInJune)).toEqual(['0', '1', 'lost', 'NaN']);
    expect(said(FATES.sixDaysInJune)).toEqual(['0', '0', '0', 'NaN', 'NaN']);
    expect(said(FATES.cancelledInJuly)).toEqual(['0', '0', '1', 'lost']);
    const involuntary = rows.filter(({ numbers }) => numbers['left_involuntarily'] === 1);
    expect(new Set(involuntary.map(({ subscription, month }) => `${subscription % 8} ${month}`))).toEqual(
      new Set(['2026-03', '2026-04', '2026-05'].map((month) => `${FATES.sevenDaysInJune} ${month}`)),
    );
    const untilLeft = (fate: number): number[] =>
      rows.filter(({ subscription }) => subscription === fate).map(({ numbers }) => numbers['left_after_months']!);
    expect(untilLeft(FATES.cancelledInJuly)).toEqual([4, 3, 2, 1]);
    expect(untilLeft(FATES.sixDaysInJune)).toEqual(Array(5).fill(NaN));
    // Bills rise by one a month, so that value is lost by churn only.
    const lossesOf = (fate: number, outcome: string): number[] =>
      rows.filter(({ subscription }) => subscription === fate).map(({ numbers }) => numbers[outcome]!);
    expect(lossesOf(FATES.sixDaysInJune, 'value_lost')).toEqual([0, 0, 0, NaN, NaN]);
    expect(lossesOf(FATES.cancelledInMay, 'value_lost')).toEqual([0, 0]);
    expect([table.labelledRows, table.positiveRows]).toEqual([
      rows.filter(({ label }) => !Number.isNaN(label)).length,
      rows.filter(({ label }) => label === 1).length,
    ]);
  });

  test('has lags and means of the months before', async () => {
    const columns = ['arpu_cny_m0', 'arpu_cny_m1', 'arpu_cny_m2', 'voice_min_m0', 'contract_months_left'];
    const row = (await read(columns, '2026-05')).find(({ subscription }) => subscription === 4);
    expect(row!.numbers).toEqual({
      ...{ arpu_cny_m0: 19, arpu_cny_m1: 18, arpu_cny_m2: 17 },
      ...{ voice_min_m0: (600 + 240 + 300) / 60, contract_months_left: 1 },
    });
    expect(row!.value).toBe(18);
  });

  test('compares the bill with that of the cheapest plan on sale', async () => {
    const rows = await read(['bill_above_cheapest_m0'], '2026-05');
    const of = (subscription: number): number =>
      rows.find((row) => row.subscription === subscription)!.numbers['bill_above_cheapest_m0']!;
    // 14 minutes and 500 MB: 60.00 on the big plan, 10.00 + 400 × 0.01 on the small one.
    expect(of(4)).toBeCloseTo(Math.log(60 / 14), 5);
    expect(of(5)).toBe(0);
  });

  test('counts nothing that happened after the month, nor how it ended', async () => {
    const names = ['complaints_m0', 'complaints_3m', 'open_complaints', 'satisfaction_min_3m'];
    const of = async (month: string): Promise<(number | undefined)[]> => {
      const { numbers } = await asOf(COMPLAINS, month);
      return names.map((name) => numbers[name]);
    };
    expect(await of('2026-05')).toEqual([1, 1, 1, undefined]);
    expect(await of('2026-06')).toEqual([1, 2, 1, 1]);
    // No other subscription complained: a known zero.
    expect((await asOf(4, '2026-06')).numbers['complaints_3m']).toBe(0);
  });

  test('has nothing of what became known after the pointInTime, and has it as of a later one', async () => {
    const rows = await read(['voice_min_m0', 'voice_min_m1'], '2026-04');
    const row = rows.find(({ subscription }) => subscription === IS_LATE);
    expect([row!.numbers['voice_min_m0'], row!.numbers['voice_min_m1']]).toEqual([NaN, 21]);
    expect((await asOf(IS_LATE, '2026-04')).numbers['voice_min_m0']).toBeUndefined();
    expect((await asOf(IS_LATE, '2026-04', '2026-05-19T15:59:59Z')).numbers['voice_min_m0']).toBeUndefined();
    expect((await asOf(IS_LATE, '2026-04', '2026-05-19T16:00:00Z')).numbers['voice_min_m0']).toBe(21);
    expect((await asOf(IS_LATE, '2026-05')).numbers['voice_min_m1']).toBe(21);
  });

  test('has of two versions of a bill the one that was known by then', async () => {
    const arpuAt = async (month: string, knowledgeTime?: string): Promise<unknown> =>
      (await asOf(HAS_VERSIONS, month, knowledgeTime)).numbers['arpu_cny_m0'];
    expect(await arpuAt('2026-04')).toBe(22);
    expect(await arpuAt('2026-04', '2026-05-20T09:59:59+08:00')).toBe(22);
    expect(await arpuAt('2026-04', '2026-05-20T10:00:00+08:00')).toBe(33);
    expect((await asOf(HAS_VERSIONS, '2026-05')).numbers['arpu_cny_m1']).toBe(33);
    const rows = (await read(['arpu_cny_m0'], '2026-04')).filter(({ subscription }) => subscription === HAS_VERSIONS);
    expect(rows.map(({ numbers }) => numbers['arpu_cny_m0'])).toEqual([22]);
  });

  test('has the columns with their reasons and labels, without those that are not for training', async () => {
    const column = (name: string) => table.columns.find((candidate) => candidate.name === name);
    expect(column('bill_above_cheapest_3m')).toMatchObject({ reason: 'misfit', excluded: '' });
    expect(column('contract_months_left')).toMatchObject({ reason: 'contractEnd', labelZhCn: '合约剩余月数' });
    expect(column('plan_kind')).toMatchObject({ excluded: 'constant' });
    expect(column('handset_brand')).toMatchObject({ excluded: 'empty' });
    expect(column('lost_in_gap')).toMatchObject({ excluded: 'excluded' });
    // Cancelled in May or July for a competitor, suspended in June for arrears.
    expect(column('leave_reason')).toMatchObject({ excluded: 'excluded', distinct: 2 });
    expect(column('contacted')).toMatchObject({ excluded: 'excluded', distinct: 0 });
  });

  test('lists unavailable features with what they lack', async () => {
    const { views } = await store.views.listViews(province, {});
    const of = (name: string): string => views[0]!.features.find((feature) => feature.name === name)!.unavailable;
    expect(of('handset_brand')).toBe('not available: needs table handset_use');
    expect(of('dropped_calls_m0')).toBe('not available: needs column dropped_calls of table usage');
    expect(of('dropped_calls_change')).toBe('not available: needs column dropped_calls of table usage');
    expect(of('arpu_cny_m0')).toBe('');
  });

  test('is there once for the same extracts, and announced once', async () => {
    const again = await store.done(await store.views.materialiseView(province, { view: VIEW }));
    expect(again.result['version']).toBe(table.version);
    const events = await store.published(/view-materialised$/);
    expect(events.map(({ payload }) => ViewMaterialised.decode(payload))).toEqual([
      { view: VIEW, version: table.version, month: '2026-07', rows: table.rows, sequence: 1 },
    ]);
  });

  test('is requested by the province alone, and shows a region its own rows', async () => {
    await expect(store.views.materialiseView(cityA, { view: '' })).rejects.toMatchObject({ kind: 'forbidden' });
    const rows = await read([], '', cityA);
    expect(new Set(rows.map(({ unit }) => unit))).toEqual(new Set(['demo/A/']));
    const request = { view: '', month: '2026-05', knowledgeTime: undefined };
    const foreign = store.views.getFeaturesAsOf(cityA, { ...request, subscriptionId: idOf(5) });
    await expect(foreign).rejects.toMatchObject({ kind: 'notFound', key: 'subscription.unknown' });
    const own = await store.views.getViewStatistics(cityA, { view: '', month: '2026-05' });
    expect(own.rows).toBe(rows.filter(({ month }) => month === '2026-05').length);
  });

  test('has statistics of a month', async () => {
    const { rows, features } = await store.views.getViewStatistics(province, { view: '', month: '2026-05' });
    const bills = (await read(['arpu_cny_m0'], '2026-05')).map(({ numbers }) => numbers['arpu_cny_m0']!);
    const told = features.find(({ feature }) => feature === 'arpu_cny_m0')!;
    expect([rows, told.missing, told.distinct]).toEqual([bills.length, 0, new Set(bills).size]);
    expect(told.mean).toBeCloseTo(bills.reduce((sum, bill) => sum + bill, 0) / bills.length, 9);
    expect([told.quantiles[0], told.quantiles.at(-1)]).toEqual([Math.min(...bills), Math.max(...bills)]);
    const nowhere = store.views.getViewStatistics(province, { view: '', month: '2026-01' });
    await expect(nowhere).rejects.toMatchObject({ kind: 'notFound' });
  });
});

function isNumber({ excluded, type, role }: TableColumn): boolean {
  const isFeature = role === ColumnRole.COLUMN_ROLE_FEATURE || role === ColumnRole.COLUMN_ROLE_VALUE;
  return isFeature && excluded === '' && type !== FeatureType.FEATURE_TYPE_CATEGORY;
}

test('online, offline and computed again, a value is the same', async () => {
  const columns = table.columns.filter(isNumber).map(({ name }) => name);
  const offline = await read(columns, '2026-07');
  expect(offline.length).toBeGreaterThan(20);
  const subscriptionIds = offline.map(({ subscription }) => idOf(subscription));
  const { vectors } = await store.online.getFeatures(province, { subscriptionIds, table: VIEW, features: columns });
  const expected = offline.map(({ numbers }) => columns.map((name) => numbers[name]!));
  const numberOfValue = ({ value }: FeatureValue): number => (value?.$case === 'number' ? value.number : NaN);
  expect(vectors.map(({ values }) => values.map(numberOfValue))).toEqual(expected);
  for (const at of [0, 9, 18, 27]) {
    const { numbers } = await asOf(offline[at]!.subscription, '');
    expect(columns.map((name) => numbers[name] ?? NaN)).toEqual(expected[at]);
  }
  const [value] = vectors[0]!.values;
  expect(value!.eventAt).toEqual(new Date('2026-08-01T00:00:00+08:00'));
  expect(value!.knowledgeTime).toEqual(new Date(SYNTHETIC_EXTRACT.extractedAt));
});

describe('a second extract with a correction and a month more', () => {
  let before: Row[];
  let parts: Map<string, number>;
  beforeAll(async () => {
    before = await read(['arpu_cny_m0', 'voice_min_m0', 'complaints_3m']);
    parts = partFiles();
    const extractedAt = '2026-09-02T03:00:00+08:00';
    table = await load({ sequence: 2, to: '2026-08', extractedAt, isCorrected: true });
  });

  function partFiles(): Map<string, number> {
    const names = readdirSync(folder.at('views', VIEW));
    return new Map(names.map((name) => [name, statSync(folder.at('views', VIEW, name)).ino]));
  }

  test('changes no row of a month whose pointInTime lay before it but for the labels', async () => {
    const withoutLabel = (rows: Row[]): object[] =>
      rows.filter(({ month }) => month < '2026-07').map((row) => ({ ...row, label: undefined }));
    const after = await read(['arpu_cny_m0', 'voice_min_m0', 'complaints_3m']);
    expect(withoutLabel(after)).toEqual(withoutLabel(before));
    expect(after.filter(({ month }) => month === '2026-08').length).toBeGreaterThan(20);
    const known = (rows: Row[]): number => rows.filter(({ label }) => !Number.isNaN(label)).length;
    expect(known(after)).toBeGreaterThan(known(before));
  });

  test('does not work out again what it does not change', () => {
    const after = partFiles();
    const kept = [...parts].filter(([name]) => name < '2026-07');
    expect(kept).toHaveLength(4);
    expect(kept.map(([name]) => after.get(name))).toEqual(kept.map(([, inode]) => inode));
  });

  test('answers by the requested point in time', async () => {
    const bill = async (knowledgeTime?: string): Promise<number | undefined> =>
      (await asOf(IS_CORRECTED, '2026-04', knowledgeTime)).numbers['arpu_cny_m0'];
    expect(await bill()).toBe(10);
    expect(await bill('2026-09-01T00:00:00+08:00')).toBe(10);
    expect(await bill('2026-09-02T03:00:00+08:00')).toBe(99);
  });
});

test('rows are in the order of shards, subscriptions and months', async () => {
  const order = (await read([])).map(({ subscription, month }) => {
    const id = idOf(subscription);
    return `${String(shardOf(id)).padStart(3, '0')} ${id} ${month}`;
  });
  expect(order).toEqual([...order].sort());
});
