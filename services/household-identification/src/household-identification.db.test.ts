// One world for the whole file: what is looked at is what one recognition made of it, then what people and later runs do to it.
import { pagesOf, rowsOfBatches } from '@holdfast/testing/lists';
import { ExtractLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import {
  HouseholdServiceDefinition,
  type Household,
  type HouseholdService,
} from '@holdfast/contracts/household_identification/v1/household';
import { JobServiceDefinition, JobState, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { newId } from '@holdfast/platform/identity';
import type { JobProgress } from '@holdfast/platform/jobs';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { TestService, eventually } from '@holdfast/testing/service';
import { IdentifyJob } from './household/identify-job.js';
import { HouseholdIdentificationModule } from './household-identification.module.js';
import { MONTH, SyntheticWorld, idOf } from './synthetic-world.fixture.js';

const world = new SyntheticWorld()
  .addHouseholds(120)
  // the rules at their limits; separate cells
  .add({ key: 'four-a' })
  .add({ key: 'four-b' })
  .meet(['four-a', 'four-b'], 'cell-four', [7, 8, 9, 10], true)
  .add({ key: 'five-a' })
  .add({ key: 'five-b' })
  .meet(['five-a', 'five-b'], 'cell-five', [7, 8, 9, 10, 13], true)
  .add({ key: 'sunday-a' })
  .add({ key: 'sunday-b' })
  .meet(['sunday-a', 'sunday-b'], 'cell-sunday', [11, 12, 13, 14, 15], true)
  .add({ key: 'holiday-a' })
  .add({ key: 'holiday-b' })
  .meet(['holiday-a', 'holiday-b'], 'cell-holiday', [25], false, 0)
  .add({ key: 'holidays-a' })
  .add({ key: 'holidays-b' })
  .meet(['holidays-a', 'holidays-b'], 'cell-holidays', [25, 26], false, 0)
  .add({ key: 'night-a' })
  .add({ key: 'night-b' })
  .spendNights(['night-a', 'night-b'], 'cell-night', [25, 26, 27])
  // no family by its only evidence; nor is the crowd in one hall
  .add({ key: 'stranger' });
for (let at = 0; at < 120; at += 1) world.add({ key: `crowd-${at}` });
world.meet(
  Array.from({ length: 120 }, (_, at) => `crowd-${at}`),
  'hall',
  [1, 2, 3, 4, 5, 6, 7],
);
// prepaid lines of strangers on one technical account
for (let at = 0; at < 150; at += 1) world.add({ key: `prepaid-${at}`, account: 'technical' });

const reader = callOf({ scopes: ['household:read'] });
const runner = callOf({ scopes: ['household:run', 'household:read'] });
const decider = callOf({ scopes: ['household:decide', 'household:read'] });
const inDalian = callOf({ scopes: ['household:decide', 'household:read'], orgScope: ['demo/dalian/'] });

const service = new TestService(HouseholdIdentificationModule, {
  ...{ service: 'household-identification', calls: ['customer-profile', 'feature-store'] },
  serve: (server) => world.serve(server),
});
const households = service.client<HouseholdService>(HouseholdServiceDefinition);

async function identify(): Promise<string> {
  const { jobId } = await households.identifyHouseholds(runner, { month: '' });
  expect((await service.ended({ jobId })).state).toBe(JobState.JOB_STATE_DONE);
  return jobId.split('.')[1]!;
}

async function householdOf(key: string): Promise<Household> {
  return households.getHouseholdOf(reader, { id: idOf(key) });
}

interface Member {
  subscriptionId: string;
  householdId: string;
}

interface PairSeen {
  rules: number;
  sharedDays: number;
  probability: number;
  isHousehold: number;
  calls: number;
}

async function pairsOf(runId = ''): Promise<Map<string, PairSeen>> {
  const rows = await rowsOfBatches<PairSeen & { leftId: string; rightId: string }>(
    households.readPairs(reader, { runId }),
  );
  expect(rows.every(({ leftId, rightId }) => leftId < rightId)).toBe(true);
  return new Map(rows.map(({ leftId, rightId, ...pair }) => [`${leftId} ${rightId}`, pair]));
}

/** Compared as one text: a matcher that looks for differences between so many takes minutes. */
function textOf(pairs: Map<string, PairSeen>): string {
  return JSON.stringify([...pairs].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function keyOf(one: string, other: string): string {
  return [idOf(one), idOf(other)].sort().join(' ');
}

describe('a recognition', () => {
  let runId: string;

  it('waits for the profiles of its extract, and reports progress', async () => {
    world.isProfileLate = true;
    const { jobId } = await households.identifyHouseholds(runner, { month: MONTH });
    await eventually('it waits', async () => {
      const job = await service
        .client<JobService>(JobServiceDefinition)
        .getJob(callOf({ scopes: ['jobs:read'] }), { jobId });
      return job.phase === 'reading';
    });
    await expect(households.getHouseholdRun(reader, { runId: '' })).rejects.toMatchObject({ kind: 'notFound' });
    world.isProfileLate = false;
    expect((await service.ended({ jobId })).state).toBe(JobState.JOB_STATE_DONE);
    runId = jobId.split('.')[1]!;
  });

  it('is the same by event or by request', async () => {
    const event = ExtractLoaded.fromPartial({ month: MONTH, closedMonth: MONTH, sequence: world.sequence });
    await service.database.transaction((tx) => service.get(IdentifyJob).extractLoaded(tx, event));
    expect(await identify()).toBe(runId);
    expect(await service.database.query('select from job where kind = $1', ['identify-households'])).toHaveLength(1);
  });

  it('finds families and leaves flat-sharers alone', async () => {
    const members = await rowsOfBatches<Member>(households.readMembers(systemCall, {}));
    const together = new Map(members.map(({ subscriptionId, householdId }) => [subscriptionId, householdId]));
    const pairs = (groups: string[][]): boolean[] =>
      groups.flatMap((keys) =>
        keys.flatMap((left, at) =>
          keys
            .slice(at + 1)
            .map((right) => together.has(idOf(left)) && together.get(idOf(left)) === together.get(idOf(right))),
        ),
      );
    const share = (found: boolean[]): number => found.filter(Boolean).length / found.length;
    expect(share(pairs(world.families))).toBeGreaterThan(0.95);
    expect(share(pairs(world.flats))).toBeLessThan(0.05);
  });

  it('makes no household of a technical account', async () => {
    const rows = await rowsOfBatches<Member>(households.readMembers(systemCall, {}));
    const members = new Set(rows.map(({ subscriptionId }) => subscriptionId));
    const prepaid = world.subscribers.filter(({ account }) => account === 'technical').map(({ key }) => idOf(key));
    expect(prepaid).toHaveLength(150);
    expect(prepaid.filter((id) => members.has(id))).toEqual([]);
  });

  it('reports its results, method and exclusions', async () => {
    const run = await households.getHouseholdRun(reader, { runId: '' });
    expect(run).toMatchObject({ runId, month: MONTH, holidays: 3, subscriptions: world.subscribers.length });
    expect(run.method).toContain('learnt from');
    expect(run.unavailable).toEqual([]);
    expect(run.capped).toContain('7 cell-days with more than 100 people');
    expect(run.capped).toContain('1 accounts of more than 10 lines');
    expect(Object.values(run.bySize).reduce((sum, count) => sum + count)).toBe(run.households);
    const pairs = [...(await pairsOf()).values()];
    expect(run.pairs['sameCellDays']).toBe(pairs.filter(({ rules }) => rules & 1).length);
    expect(run.pairs['all']).toBe(pairs.filter(({ rules }) => rules === 15).length);
  });

  it('applies each rule at its limit', async () => {
    const pairs = await pairsOf();
    const rulesOf = (one: string, other: string): number | undefined => pairs.get(keyOf(one, other))?.rules;
    expect(rulesOf('four-a', 'four-b')).toBe(8); // the same cell is the only one of both
    expect(rulesOf('five-a', 'five-b')).toBe(1 + 4 + 8);
    expect(rulesOf('sunday-a', 'sunday-b')).toBe(1 + 8); // five evenings, but of two weeks
    expect(rulesOf('holiday-a', 'holiday-b')).toBeUndefined();
    expect(rulesOf('holidays-a', 'holidays-b')).toBe(2); // active, without calls
    expect(pairs.get(keyOf('five-a', 'five-b'))!.sharedDays).toBe(5);
    expect(rulesOf('night-a', 'night-b')).toBeUndefined(); // the small hours after a holiday are another day
    expect(rulesOf('crowd-1', 'crowd-2')).toBeUndefined();
  });

  it('shows a household with roles, confidence and evidence', async () => {
    const household = await householdOf('family-4-0');
    expect(household.members.map(({ subscriptionId }) => subscriptionId).sort()).toEqual(
      world.families[4]!.map(idOf).sort(),
    );
    const roleOf = (key: string) => household.members.find((one) => one.subscriptionId === idOf(key))!.role;
    expect(['family-4-0', 'family-4-1', 'family-4-2'].map(roleOf)).toEqual(['head', 'spouse', 'child']);
    expect(household).toMatchObject({ size: 3, state: 'identified', runId, month: MONTH });
    expect(household.evidence).toHaveLength(3);
    expect(household.evidence[0]!.calls).toBeGreaterThan(0);
    const weakest = Math.min(...household.evidence.map(({ probability }) => probability));
    expect(household.confidence).toBeGreaterThanOrEqual(weakest);
    expect((await householdOf('family-0-0')).state).toBe('known');
    await expect(householdOf('stranger')).rejects.toMatchObject({ kind: 'notFound', key: 'household.unknown' });
  });

  it('lists them page by page', async () => {
    const pages = await pagesOf((pageToken) =>
      households.listHouseholds(reader, { confidenceMin: 0.6, pageSize: 40, pageToken }),
    );
    const listed = pages.flatMap((page) => page.households);
    expect(listed.every(({ confidence }) => confidence >= 0.6)).toBe(true);
    const ids = listed.map(({ householdId }) => householdId);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids.length).toBeGreaterThan(100);
    await expect(
      households.listHouseholds(reader, { confidenceMin: undefined, pageSize: 1, pageToken: 'x' }),
    ).rejects.toMatchObject({ kind: 'invalid' });
  });
});

describe('regions and scopes', () => {
  it('names members of the own region and counts the others', async () => {
    const { householdId } = await householdOf('family-4-0');
    const [one] = (await householdOf('family-4-0')).members;
    await service.database.query(
      `update household_member set org_unit_path = 'demo/dalian/' where subscription_id = $1`,
      [one!.subscriptionId],
    );
    const seen = await households.getHousehold(inDalian, { householdId });
    expect(seen.members.map(({ subscriptionId }) => subscriptionId)).toEqual([one!.subscriptionId]);
    expect(seen).toMatchObject({ size: 3, evidence: [] });
    await expect(households.rejectHousehold(inDalian, { householdId, evidence: 'call-1' })).rejects.toMatchObject({
      key: 'household.beyondRegion',
    });
    const elsewhere = (await householdOf('family-2-0')).householdId;
    await expect(households.getHousehold(inDalian, { householdId: elsewhere })).rejects.toMatchObject({
      kind: 'notFound',
    });
    await expect(households.getHouseholdOf(inDalian, { id: idOf('family-2-0') })).rejects.toMatchObject({
      kind: 'notFound',
    });
    const { households: listed } = await households.listHouseholds(inDalian, {
      confidenceMin: undefined,
      pageSize: 200,
      pageToken: '',
    });
    expect(listed.flatMap(({ members }) => members).every(({ orgUnitPath }) => orgUnitPath === 'demo/dalian/')).toBe(
      true,
    );
    await service.database.query(
      `update household_member set org_unit_path = 'demo/shenyang/' where subscription_id = $1`,
      [one!.subscriptionId],
    );
  });

  it('refuses calls without the scope', async () => {
    const unauthorised = callOf({ scopes: ['jobs:read'] });
    const first = async (stream: AsyncIterable<unknown>): Promise<unknown> => stream[Symbol.asyncIterator]().next();
    const { householdId } = await householdOf('family-4-0');
    for (const asked of [
      households.identifyHouseholds(reader, { month: '' }),
      households.getHouseholdRun(unauthorised, { runId: '' }),
      households.getHouseholdRun(inDalian, { runId: '' }),
      households.getHousehold(unauthorised, { householdId }),
      households.getHouseholdOf(unauthorised, { id: idOf('family-4-0') }),
      households.listHouseholds(unauthorised, { confidenceMin: undefined, pageSize: 1, pageToken: '' }),
      households.confirmHousehold(reader, { householdId, evidence: 'call-1' }),
      first(households.readMembers(unauthorised, {})),
      first(households.readMembers(inDalian, {})),
      first(households.readPairs(inDalian, { runId: '' })),
    ])
      await expect(asked).rejects.toMatchObject({ kind: 'forbidden' });
  });
});

describe('what people say', () => {
  it('takes a reference as evidence, no sentence', async () => {
    const { householdId } = await householdOf('family-4-0');
    for (const evidence of ['', 'Frau Li confirmed', '李女士', 'x'.repeat(201)]) {
      await expect(households.confirmHousehold(decider, { householdId, evidence })).rejects.toMatchObject({
        key: 'household.evidenceInvalid',
      });
    }
  });

  it('holds at once and in the next month, and ids stay', async () => {
    const [rejected, confirmed, untouched] = [
      await householdOf('family-7-0'),
      await householdOf('family-13-0'),
      await householdOf('family-19-0'),
    ];
    await households.rejectHousehold(decider, { householdId: rejected.householdId, evidence: 'call-1' });
    expect(
      await households.confirmHousehold(decider, { householdId: confirmed.householdId, evidence: 'call:2' }),
    ).toMatchObject({ state: 'confirmed', confidence: 1 });
    await expect(householdOf('family-7-0')).rejects.toMatchObject({ kind: 'notFound' });
    // the next extract has no evidence for the confirmed ones
    world.sequence += 1;
    const gone = new Set(confirmed.members.map(({ subscriptionId }) => subscriptionId));
    const calls = world.calls.filter(([from]) => !gone.has(idOf(from)));
    world.calls.length = 0;
    world.calls.push(...calls);
    const runId = await identify();
    expect(await householdOf('family-13-0')).toMatchObject({
      householdId: confirmed.householdId,
      state: 'confirmed',
      runId,
    });
    expect(await householdOf('family-19-0')).toMatchObject({ householdId: untouched.householdId, runId });
    const pairs = await pairsOf();
    for (const [at, left] of world.families[7]!.entries()) {
      for (const right of world.families[7]!.slice(at + 1))
        expect(pairs.get(keyOf(left, right))?.isHousehold ?? 0).toBe(0);
    }
  });
});

describe('runs', () => {
  it.each(['meeting', 'learning', 'publishing'])(
    'go on where they were killed while %s, and end the same',
    async (phase) => {
      const [before, run] = [await pairsOf(), await households.getHouseholdRun(reader, { runId: '' })];
      world.sequence += 1;
      const jobId = newId();
      const params = { month: MONTH, sequence: world.sequence };
      const killed = new Error('killed');
      const attempt = async (diesIn: string): Promise<void> => {
        const progress = async (now: JobProgress): Promise<void> => {
          if (now.phase === diesIn) throw killed;
        };
        const { signal } = new AbortController();
        await service.get(IdentifyJob).run({ jobId, params, caller: systemCall.caller, signal, progress });
      };
      await expect(attempt(phase)).rejects.toBe(killed);
      await expect(households.getHouseholdRun(reader, { runId: jobId })).rejects.toMatchObject({ kind: 'notFound' });
      const stored = await service.database.query('select from pair_batch where run_id = $1', [jobId]);
      expect(stored.length).toBeGreaterThan(0);
      const reads = world.presenceReads;
      await attempt('');
      // what happened in the month is read again only while pairs are looked for
      expect(world.presenceReads - reads).toBe(phase === 'meeting' ? 1 : 0);
      expect(textOf(await pairsOf())).toBe(textOf(before));
      const { households: count, members, pairs, bySize } = run;
      expect(await households.getHouseholdRun(reader, { runId: '' })).toMatchObject({
        runId: jobId,
        households: count,
        members,
        pairs,
        bySize,
      });
    },
  );

  it('works without events, and reports it', async () => {
    world.sequence += 1;
    world.missingTables = new Set(['events', 'holidays']);
    await identify();
    const run = await households.getHouseholdRun(reader, { runId: '' });
    expect(run.unavailable).toEqual(['not available: needs table events', 'not available: needs table holidays']);
    expect(run.pairs['sameCellDays']).toBe(0);
    expect(run.pairs['account']).toBeGreaterThan(0);
    expect((await householdOf('family-0-0')).state).toBe('known');
    world.missingTables = new Set();
  });

  it('are dropped when newer ones have taken their place', async () => {
    await eventually('the first run is gone', async () => {
      const runs = await service.database.query<{ purged: boolean }>(
        'select purged_at is not null as purged from household_run where published_at is not null order by published_at',
      );
      return runs.length >= 4 && runs[0]!.purged;
    });
    const [oldest] = await service.database.query<{ id: string }>(
      'select id from household_run order by started_at limit 1',
    );
    await expect(households.getHouseholdRun(reader, { runId: oldest!.id })).rejects.toMatchObject({ kind: 'gone' });
    expect(await service.database.query('select from pair_batch where run_id = $1', [oldest!.id])).toEqual([]);
  });

  it('need a closed month', async () => {
    for (const [month, kind] of [
      ['2026-13', 'invalid'],
      ['2026-10', 'precondition'],
    ] as const)
      await expect(households.identifyHouseholds(runner, { month })).rejects.toMatchObject({ kind });
    const { sequence } = world;
    world.sequence = 0;
    await expect(households.identifyHouseholds(runner, { month: '' })).rejects.toMatchObject({
      key: 'household.noMonth',
    });
    world.sequence = sequence;
  });

  it('keep the parameters that they began with', async () => {
    await service.setParameter('hh.membersMax', 2);
    world.sequence += 1;
    await identify();
    const { households: listed } = await households.listHouseholds(reader, {
      confidenceMin: undefined,
      pageSize: 200,
      pageToken: '',
    });
    expect(listed.filter(({ state }) => state !== 'confirmed').every(({ size }) => size === 2)).toBe(true);
    expect((await households.getHouseholdRun(reader, { runId: '' })).method).toContain('at most 2');
  });
});
