import {
  ResultServiceDefinition,
  type CampaignResults,
  type ResultService,
} from '@holdfast/contracts/evaluation/v1/results';
import { ReportServiceDefinition, type ReportService } from '@holdfast/contracts/evaluation/v1/reports';
import { JobState } from '@holdfast/contracts/platform/v1/jobs';
import { newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TestService, eventually } from '@holdfast/testing/service';
import { EvaluationModule, customerContacted } from '../evaluation.module.js';
import { SyntheticOperator, type PastAssignment } from '../synthetic-operator.fixture.js';

const writer = callOf({ scopes: ['evaluation:read', 'evaluation:run', 'jobs:read'] });
const MONTHS = ['2026-04', '2026-05', '2026-06', '2026-07'];
const PEOPLE = 120;

/** A third each; in May every fourth of the control group churns, and every eighth of the others. */
function fillOperator(operator: SyntheticOperator): void {
  operator.described.closedMonths = MONTHS;
  for (let at = 0; at < PEOPLE; at += 1) {
    const hasLeft = Math.floor(at / 3) % (at % 3 === 0 ? 4 : 8) === 0;
    for (const month of hasLeft ? MONTHS.slice(0, 2) : MONTHS) {
      const churned = hasLeft && month === '2026-05';
      operator.statuses.push({ subscription: `S${at}`, month, atRisk: !churned, churned, arpu: 60 });
    }
  }
}

describe('the report of value groups', () => {
  const operator = new SyntheticOperator();
  const evaluation = new TestService(EvaluationModule, {
    ...{ service: 'evaluation', now: '2026-10-03T02:00:00Z', calls: ['feature-store', 'campaign'] },
    serve: (server) => operator.serve(server),
  });
  const reports = evaluation.client<ReportService>(ReportServiceDefinition);
  const asked = { fromMonth: '', toMonth: '', orgUnitPath: '', levels: 1 };
  const reader = (orgScope: string[]) => callOf({ scopes: ['evaluation:read'], orgScope });

  test('has the contacts made with Holdfast in the months, by the local calendar, and is bound to the region', async () => {
    await expect(reports.getValueGroupReport(reader(['demo/']), asked)).rejects.toMatchObject({
      key: 'report.noClosedMonth',
    });
    operator.described.closedMonths = MONTHS;
    const [june, july, twice, august] = [newId(), newId(), newId(), newId()];
    const contacts = [
      ['2026-06-30T15:59:59Z', june],
      ['2026-06-30T16:00:00Z', july],
      ['2026-07-31T15:59:59Z', twice],
      ['2026-07-31T15:59:59Z', twice],
      ['2026-07-31T16:00:00Z', august],
    ] as const;
    for (const [at, subscriptionId] of contacts) {
      const event = { touchId: newId(), subscriptionId, channel: 'call', outcome: 'accepted' };
      await evaluation.publish(customerContacted, { subjectId: subscriptionId, occurredAt: new Date(at) }, event);
    }
    const sql = 'select 1 from own_contact';
    await eventually('the contacts are stored', async () => (await evaluation.database.query(sql)).length === 5);
    await reports.getValueGroupReport(reader(['demo/shenyang/', 'demo/dalian/']), asked);
    const { months, contacts: sent } = operator.counted.at(-1)!;
    expect(months).toMatchObject({ fromMonth: '2026-07', toMonth: '2026-07', levels: 1 });
    expect(months.orgUnitPaths).toEqual(['demo/shenyang/', 'demo/dalian/']);
    expect(sent.sort()).toEqual([july, twice, twice].map((id) => `2026-07 ${id}`).sort());
    const pathsFor = async (orgScope: string[], orgUnitPath: string): Promise<string[]> => {
      await reports.getValueGroupReport(reader(orgScope), { ...asked, orgUnitPath });
      return operator.counted.at(-1)!.months.orgUnitPaths;
    };
    expect(await pathsFor(['demo/'], 'demo/shenyang/')).toEqual(['demo/shenyang/']);
    expect(await pathsFor(['demo/shenyang/'], 'demo/')).toEqual(['demo/shenyang/']);
    expect(await pathsFor(['demo/shenyang/'], 'demo/dalian/')).toEqual([]);
    await expect(reports.getValueGroupReport(callOf(), asked)).rejects.toMatchObject({ kind: 'forbidden' });
  });
});

describe('groups of past campaigns', () => {
  const operator = new SyntheticOperator();
  const evaluation = new TestService(EvaluationModule, {
    ...{ service: 'evaluation', now: '2026-10-03T02:00:00Z', calls: ['feature-store', 'campaign'] },
    serve: (server) => operator.serve(server),
  });
  const results = evaluation.client<ResultService>(ResultServiceDefinition);

  /** A campaign over all people; the arm of each by its number. */
  function campaign(id: string, arms: (at: number) => readonly string[], changed: Partial<PastAssignment> = {}): void {
    for (let at = 0; at < PEOPLE; at += 1) {
      for (const arm of arms(at)) {
        const row = { campaign: id, unit: `S${at}`, randomisationUnit: 'subscription' as const, arm, stratum: '' };
        operator.assignments.push({ ...row, at: '2026-04-01T09:00:00+08:00', propensity: 1 / 3, ...changed });
      }
    }
  }

  const usual = (at: number): string => ['control', 'discount', 'video'][at % 3]!;
  /** The usual groups under other names. */
  const called =
    (names: Record<string, readonly string[]>) =>
    (at: number): string[] => {
      const spellings = names[usual(at)] ?? [usual(at)];
      return [spellings[Math.floor(at / 3) % spellings.length]!];
    };

  beforeAll(async () => {
    fillOperator(operator);
    campaign('K-PLAIN', (at) => [usual(at)]);
    campaign('K-CASE', called({ control: ['Control'] }));
    campaign('K-UPPER', called({ control: ['CONTROL', ' control '] }));
    campaign('K-CHINESE', called({ control: ['对照组'] }));
    campaign(
      'K-MIXED',
      called({ control: ['control', 'Control', '对照组 '], discount: ['Discount', 'discount', 'discount'] }),
    );
    campaign('K-HOLDOUT', called({ control: ['holdout'] }));
    campaign('K-OWN-WORD', called({ control: ['No E-Mail'] }));
    // The first 12 are in two groups, by a row more; S12 twice in one group under two spellings.
    campaign('K-TWO', (at) => [usual(at), ...(at < 12 ? [usual(at + 1)] : at === 12 ? ['CONTROL'] : [])]);
    // S0 is in the control group, and its household in an arm with an offer; S2 and S5 are in the same arm twice.
    operator.households.set('S0', 'H1').set('S1', 'H1').set('S2', 'H2').set('S5', 'H2');
    campaign('K-HOME', (at) => [usual(at)]);
    for (const [unit, arm] of [
      ['H1', 'discount'],
      ['H2', 'video'],
    ] as const) {
      const row = { campaign: 'K-HOME', unit, randomisationUnit: 'household' as const, arm, stratum: '' };
      operator.assignments.push({ ...row, at: '2026-04-01T09:00:00+08:00', propensity: 1 / 3 });
    }
    for (const at of [1, 2, 4]) {
      operator.touches.push({
        ...{ id: `T${at}`, campaign: 'K-PLAIN', subscription: `S${at}`, channel: 'call', response: 'accepted', hit: 1 },
        costFen: at === 4 ? NaN : 250,
      });
    }
    await evaluated();
  });

  async function evaluated(): Promise<void> {
    const { state } = await evaluation.ended(await results.evaluateCampaigns(writer, {}));
    expect(state).toBe(JobState.JOB_STATE_DONE);
  }

  const resultsOf = (campaignId: string): Promise<CampaignResults> => results.getResults(writer, { campaignId });
  const sizesOf = ({ arms }: CampaignResults) => arms.map(({ arm, subscriptions }) => `${arm} ${subscriptions}`);
  const noticed = ({ notices }: CampaignResults, key: string) => notices.find((each) => each.key === `results.${key}`);

  test.each([
    ['K-CASE', '“Control”'],
    ['K-UPPER', '“ control ”, “CONTROL”'],
    ['K-CHINESE', '“对照组”'],
    ['K-MIXED', '“Control”, “control”, “对照组 ”'],
  ])('%s: the control group under another spelling is the control group, with a notice', async (id, names) => {
    const [found, plain] = [await resultsOf(id), await resultsOf('K-PLAIN')];
    expect(sizesOf(found)).toEqual(['discount 40', 'video 40', 'control 40']);
    expect(found.effect).toEqual(plain.effect);
    expect(found.effect).toBeDefined();
    expect(noticed(found, 'controlNamed')!.textEn).toContain(`The group ${names} counts as the control group`);
    expect(noticed(found, 'controlNamed')!.textZhCn).toContain(names);
    expect(noticed(found, 'noControl')).toBeUndefined();
    expect(noticed(plain, 'controlNamed')).toBeUndefined();
  });

  test('spellings of another group are one group, called as most rows call it', async () => {
    const { textEn } = noticed(await resultsOf('K-MIXED'), 'spellingsJoined')!;
    expect(textEn).toContain('“Discount”, “discount”');
    expect(textEn).toContain('counted as one group, discount');
  });

  test.each(['K-TWO', 'K-HOME', 'K-PLAIN'])('%s: no subscription counts in two groups', async (id) => {
    const rows = await evaluation.database.query<{ n: number; people: number }>(
      `select count(*)::int as n, count(distinct subscription_id)::int as people from assignment where campaign_id = $1`,
      [id],
    );
    expect(rows[0]!.n).toBe(rows[0]!.people);
  });

  test('subscriptions in two groups are excluded from both and counted, with the groups', async () => {
    const found = await resultsOf('K-TWO');
    expect(sizesOf(found)).toEqual(['discount 36', 'video 36', 'control 36']);
    const { textEn, textZhCn } = noticed(found, 'inSeveralGroups')!;
    expect(textEn).toContain('12 subscriptions were assigned to more than one group');
    expect(textEn).toContain('(control + discount: 4, control + video: 4, discount + video: 4)');
    expect(textZhCn).toContain('12');
    expect(found.notJudged).toBe(12);
    // Two rows of one group are one assignment.
    expect(noticed(found, 'controlNamed')!.textEn).toContain('“CONTROL”');
  });

  test('a member of an assigned household with a separate row in another group is excluded', async () => {
    const found = await resultsOf('K-HOME');
    // S0 was control and its home discount; S1 is discount by both; S2 and S5 are video by both.
    expect(sizesOf(found)).toEqual(['discount 40', 'video 40', 'control 39']);
    expect(noticed(found, 'inSeveralGroups')!.textEn).toContain('1 subscriptions were assigned');
    expect(found.notJudged).toBe(1);
  });

  test('a name that resembles the control group has a notice, and the parameter makes it one', async () => {
    const before = await resultsOf('K-HOLDOUT');
    expect(before.effect).toBeUndefined();
    expect(noticed(before, 'noControl')).toBeDefined();
    expect(noticed(before, 'looksLikeControl')!.textEn).toContain('“holdout” looks like a control group');
    expect(noticed(before, 'looksLikeControl')!.textEn).toContain('eval.controlNames');
    expect(noticed(await resultsOf('K-OWN-WORD'), 'looksLikeControl')).toBeUndefined();
    await evaluation.setParameter('eval.controlNames', ['Holdout', 'no e-mail']);
    await evaluated();
    const plain = await resultsOf('K-PLAIN');
    for (const id of ['K-HOLDOUT', 'K-OWN-WORD']) {
      const after = await resultsOf(id);
      expect(sizesOf(after)).toEqual(['discount 40', 'video 40', 'control 40']);
      expect(after.effect).toEqual(plain.effect);
      expect(noticed(after, 'looksLikeControl')).toBeUndefined();
    }
    // Not named any more: another group again.
    expect(noticed(await resultsOf('K-CHINESE'), 'looksLikeControl')!.textEn).toContain('“对照组”');
  });

  test('an extract that corrects its groups takes the notices away', async () => {
    operator.assignments = operator.assignments.filter((row) => {
      const isSecond = row.campaign === 'K-TWO' && row.arm !== usual(Number(row.unit.slice(1)));
      return !isSecond;
    });
    operator.described.sequence += 1;
    await evaluated();
    const found = await resultsOf('K-TWO');
    expect(sizesOf(found)).toEqual(['discount 40', 'video 40', 'control 40']);
    expect(found.notices.map(({ key }) => key)).not.toContain('results.inSeveralGroups');
    expect(found.notJudged).toBe(0);
  });

  test('without a table of touches a notice states that the contacted customers are unknown', async () => {
    expect(noticed(await resultsOf('K-PLAIN'), 'touchesUnknown')).toBeUndefined();
    const { tables } = operator.described;
    operator.described.tables = tables.filter(({ table }) => table !== 'touches');
    operator.described.sequence += 1;
    await evaluated();
    const found = await resultsOf('K-PLAIN');
    expect(found.arms.map(({ touched }) => touched)).toEqual([0, 0, 0]);
    expect(noticed(found, 'touchesUnknown')!.textEn).toContain('No extract has the table touches');
    operator.described.tables = tables;
    operator.described.sequence += 1;
    await evaluated();
    expect(noticed(await resultsOf('K-PLAIN'), 'touchesUnknown')).toBeUndefined();
  });

  test('a missing cost does not count as 0', async () => {
    const { arms, notices } = await resultsOf('K-PLAIN');
    expect(arms.map(({ arm, cost, offerCost }) => [arm, cost?.minor, offerCost])).toEqual([
      ['discount', 250, undefined],
      ['video', 250, undefined],
      ['control', undefined, undefined],
    ]);
    const missing = notices.find(({ key }) => key === 'results.costsMissing')!;
    expect(missing.textEn).toContain('The cost of 1 of 3 contacts is unknown');
  });
});
