import { HouseholdRun as RunMessage } from '@holdfast/contracts/household_identification/v1/household';
import { ColumnKind, type Column, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { z } from 'zod';
import {
  KEYS_PERSONAL,
  KEYS_QUERY,
  SubscriptionKey,
  keyedRows,
  keysFor,
  withPairKeys,
  type AddKeys,
} from '../customers/subscription-keys.js';
import { ndjsonAnswer } from '../operation/export.js';
import { answers, operationsOf } from '../operation/operation.js';
import { Count, Id, Instant, OrgUnitPath, Probability, RunId, runIdOf } from '../operation/wire.js';
import { HOUSEHOLD_EXAMPLE } from './households.http.js';

const operation = operationsOf('households');

const HouseholdRun = z
  .strictObject({
    runId: Id,
    month: z.string(),
    households: Count,
    members: Count,
    subscriptions: Count.describe('Looked at'),
    bySize: z.record(z.string(), Count).describe('2, 3, 4, 5+'),
    pairs: z
      .record(z.string(), Count)
      .describe('By rule: sameCellDays, holidayDays, eveningDays, topCells, all; account, payer, address, evidence'),
    holidays: Count,
    method: z.string(),
    unavailable: z.array(z.string()).describe('What was missing'),
    capped: z.array(z.string()).describe('What was excluded to bound the work'),
    publishedAt: Instant.nullable(),
  })
  .meta({ id: 'HouseholdRun' });

const readRun = operation('GET /api/v1/household-runs/{runId}', {
  summary: 'A recognition of households with its counts',
  description: 'Needs all units.',
  scope: 'household:read',
  raises: ['householdRun.unknown', 'householdRun.gone', 'caller.provinceOnly'],
  params: z.strictObject({ runId: RunId }),
  ...answers(HouseholdRun, RunMessage),
  handle: ({ call, params, services }) => services.households.getHouseholdRun(call, { runId: runIdOf(params) }),
  example: {
    params: { runId: 'latest' },
    response: {
      runId: HOUSEHOLD_EXAMPLE.runId,
      month: '2026-09',
      households: 1175,
      members: 3108,
      subscriptions: 4654,
      bySize: { '2': 617, '3': 400, '4': 129, '5+': 29 },
      pairs: { sameCellDays: 158642, holidayDays: 65511, eveningDays: 11, topCells: 176127, all: 10, account: 1149 },
      holidays: 3,
      method: 'logistic over evidence, learnt from 513 pairs of known families, at 0.5',
      unavailable: [],
      capped: ['505 cell-days with more than 100 people'],
      publishedAt: '2026-10-03T02:01:12.000Z',
    },
  },
});

const PairRow = z
  .strictObject({
    leftId: Id,
    rightId: Id,
    sharedDays: Count,
    holidayDays: Count,
    eveningDays: z.number().min(0),
    nightDays: Count,
    cellOverlap: Probability,
    calls: Count,
    rules: Count.describe('Bits 1, 2, 4, 8 for rules 1 to 4'),
    sameAccount: Count,
    samePayer: Count,
    sameAddress: Count,
    sameBuilding: Count,
    linked: Count,
    known: Count,
    samePerson: Count,
    probability: Probability,
    isHousehold: Count,
    leftKey: SubscriptionKey,
    rightKey: SubscriptionKey,
  })
  .meta({ id: 'HouseholdPair' });
type PairRow = Omit<z.output<typeof PairRow>, 'leftKey' | 'rightKey'>;

const exportPairs = operation('GET /api/v1/household-runs/{runId}/pairs', {
  summary: 'All pairs that some rule or link found, as NDJSON',
  description: 'Streamed, one pair a line. Needs all units.',
  scope: 'household:read',
  raises: ['householdRun.unknown', 'householdRun.gone', 'caller.provinceOnly', 'personal.reasonMissing'],
  personalData: '`leftKey` and `rightKey` of the pairs, requested with `keys=true`',
  audited: true,
  limitClass: 'bulk',
  params: z.strictObject({ runId: RunId }),
  query: z.strictObject(KEYS_QUERY),
  response: PairRow.describe('One line'),
  formats: ['application/x-ndjson'],
  async handle({ call, params, query, request, gone, services }) {
    const { households } = services;
    const addKeys = keysFor(query.keys, { call, request, services });
    const { runId } = await households.getHouseholdRun(call, { runId: runIdOf(params) });
    const batches = households.readPairs({ ...call, signal: gone() }, { runId });
    return ndjsonAnswer(keyedPairs(batches, addKeys), (pairs) => pairs);
  },
  example: {
    params: { runId: 'latest' },
    response: {
      leftId: HOUSEHOLD_EXAMPLE.members[0]!.subscriptionId,
      rightId: HOUSEHOLD_EXAMPLE.members[1]!.subscriptionId,
      sharedDays: 12,
      holidayDays: 2,
      eveningDays: 2,
      nightDays: 4,
      cellOverlap: 0.4,
      calls: 17,
      rules: 11,
      sameAccount: 0,
      samePayer: 0,
      sameAddress: 1,
      sameBuilding: 1,
      linked: 0,
      known: 0,
      samePerson: 0,
      probability: 0.93,
      isHousehold: 1,
      leftKey: null,
      rightKey: null,
    },
  },
});

const MemberRow = z
  .strictObject({
    householdId: Id,
    subscriptionId: Id,
    orgUnitPath: OrgUnitPath,
    role: z.enum(['head', 'spouse', 'elder', 'child', 'member']),
    confidence: Probability,
    key: SubscriptionKey,
  })
  .meta({ id: 'HouseholdMemberRow' });
type MemberRow = Omit<z.output<typeof MemberRow>, 'key'>;

const exportMembers = operation('GET /api/v1/household-runs/latest/members', {
  summary: 'All members of the newest recognition by household, as NDJSON',
  description: 'Streamed, one member a line. Needs all units.',
  scope: 'household:read',
  raises: ['householdRun.unknown', 'householdRun.gone', 'caller.provinceOnly', 'personal.reasonMissing'],
  personalData: KEYS_PERSONAL,
  audited: true,
  limitClass: 'bulk',
  query: z.strictObject(KEYS_QUERY),
  response: MemberRow.describe('One line'),
  formats: ['application/x-ndjson'],
  async handle({ call, query, request, gone, services }) {
    const { households } = services;
    const addKeys = keysFor(query.keys, { call, request, services });
    // A missing or forbidden run is an error before the stream begins.
    await households.getHouseholdRun(call, { runId: '' });
    const batches = households.readMembers({ ...call, signal: gone() }, {});
    return ndjsonAnswer(
      keyedRows(batches, (batch) => rowsOf(batch) as MemberRow[], addKeys),
      (members) => members,
    );
  },
  example: {
    response: {
      householdId: HOUSEHOLD_EXAMPLE.householdId,
      subscriptionId: HOUSEHOLD_EXAMPLE.members[0]!.subscriptionId,
      orgUnitPath: 'demo/shenyang/',
      role: 'head',
      confidence: 0.93,
      key: null,
    },
  },
});

/** Runs of the identification, as a whole. */
export const householdRunOperations = [readRun, exportPairs, exportMembers];

async function* keyedPairs(batches: AsyncIterable<ColumnBatch>, addKeys: AddKeys) {
  for await (const batch of batches) yield await withPairKeys(rowsOf(batch) as PairRow[], addKeys);
}

function rowsOf(batch: ColumnBatch): object[] {
  const columns = batch.columns.map((column) => [camelCase(column.name), valuesOf(batch, column)] as const);
  return Array.from({ length: batch.rows }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[row] ?? null])),
  );
}

function valuesOf(batch: ColumnBatch, { name, kind }: Column): ArrayLike<string | number | undefined> {
  switch (kind) {
    case ColumnKind.COLUMN_KIND_UUID:
      return readUuids(batch, name);
    case ColumnKind.COLUMN_KIND_CATEGORY:
      return readCategoryTexts(batch, name);
    default:
      return readNumbers(batch, name);
  }
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
