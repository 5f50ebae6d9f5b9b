import fs from 'node:fs';
import path from 'node:path';
import { subscriptionId } from '@holdfast/platform/identity';
import { create } from '../create/create.js';
import { DEFAULT_SETTINGS } from '../create/settings.js';
import type { Created } from '../create/write-operator.js';
import { REACTION_MONTHS } from '../hazard/life-state.js';
import { temporaryFolder } from '../operator.fixture.js';
import { compare } from './compare.js';
import { judgementLines, type Judgement } from './judgement.js';
import { judgePlanFit } from './measures.js';
import { pairTruthOf, scorePairs } from './pairs.js';
import { readTruth, type Truth } from './truth-reader.js';

const folder = temporaryFolder();
let created: Created;
let truth: Truth;

beforeAll(async () => {
  const settings = { ...DEFAULT_SETTINGS, subscribers: 300, months: 8, eventMonths: 1, seed: 3 };
  created = await create(path.join(folder, 'operator'), settings);
  truth = readTruth(path.join(folder, 'operator'));
});

function judge(report: object): Judgement[] {
  const file = path.join(folder, 'report.json');
  fs.writeFileSync(file, JSON.stringify(report));
  return compare(path.join(folder, 'operator'), file);
}

/** A report that agrees with the truth. */
function perfectReport(): Record<string, object> {
  const tables = Object.keys(created.summary.injectedErrors);
  const injected = (table: string, expected: string): number =>
    truth.injectedErrors.filter((row) => row['table'] === table && row['expected'] === expected).length;
  const effect = created.summary.campaign!.effect['offers']!.realised;
  const members = new Map<string, string[]>();
  for (const { subscription_id: key, household_id: household, is_family: isFamily } of truth.households) {
    if (isFamily !== 'true' || truth.departures.has(key!)) continue;
    members.set(household!, [...(members.get(household!) ?? []), key!]);
  }
  return {
    imports: tables.map((table) => ({
      table,
      read: 0,
      accepted: 0,
      rejected: injected(table, 'rejected'),
      duplicates: injected(table, 'duplicate'),
    })),
    rejects: truth.injectedErrors
      .filter((row) => row['expected'] === 'rejected')
      .map(({ file, line }) => ({ file, line: Number(line) })),
    model: { auc: { mean: created.summary.bayesAuc!.allMonths.observable.expected } },
    reasons: [...truth.departures].map(([subscriptionKey, { cause }]) => ({
      subscriptionId: subscriptionKey,
      reasons: [cause],
    })),
    planFit: {
      recommendations: [...truth.planBills.values()].map((row) => {
        const isBetter = Number(row['best_bill']) < Number(row['present_bill']);
        return {
          subscriptionId: row['subscription_id'],
          planId: isBetter ? row['best_plan'] : null,
          presentBill: row['present_bill'],
        };
      }),
    },
    households: { households: [...members.values()].map((keys) => ({ members: keys })) },
    pastCampaign: { arms: [{ arm: 'control', subscribers: 100, churned: 9 }] },
    effect: { estimate: effect, low: effect - 0.03, high: effect + 0.03 },
  };
}

function judgementOf(judgements: readonly Judgement[], measure: string): Judgement | undefined {
  return judgements.find((each) => each.measure.startsWith(measure));
}

function verdictOf(judgements: readonly Judgement[], measure: string): string | undefined {
  return judgementOf(judgements, measure)?.verdict;
}

describe('compare', () => {
  test('misses nothing for the truth itself', () => {
    const judgements = judge(perfectReport());
    expect(judgements.filter(({ verdict }) => verdict === 'missed').map(({ measure }) => measure)).toEqual([]);
    expect(judgements.filter(({ verdict }) => verdict === 'met').length).toBeGreaterThan(12);
    expect(judgementOf(judgements, 'pairs within households')?.value).toMatch(/precision 100.0 %/);
  });

  test('lists missing parts of a report', () => {
    const judgements = judge({});
    expect(new Set(judgements.map(({ verdict }) => verdict))).toEqual(new Set(['not in the report']));
    expect(new Set(judgements.map(({ part }) => part))).toEqual(
      new Set(['import', 'model', 'reasons', 'plan fit', 'households', 'campaign']),
    );
    expect(judgementLines(judgements)[0]).toMatch(/^part +measure +value +goal +verdict$/);
  });

  test('detects a surplus and a missing reject', () => {
    const { rejects } = perfectReport() as { rejects: { file: string; line: number }[] };
    const [first, ...others] = rejects;
    const judgements = judge({ rejects: [...others, { file: first!.file, line: 1 }] });
    expect(judgementOf(judgements, 'single rejects')).toMatchObject({
      value: '1 errors not rejected, 1 good rows rejected',
      verdict: 'missed',
    });
  });

  test('detects a weak model, a wrong effect and a wide interval', () => {
    const judgements = judge({ model: { auc: { mean: 0.7 } }, effect: { estimate: 0.3, low: 0.2, high: 0.4 } });
    expect(verdictOf(judgements, 'AUC forward in time')).toBe('missed');
    expect(verdictOf(judgements, 'effect of the offers')).toBe('missed');
    expect(verdictOf(judgements, 'half-width of its interval')).toBe('missed');
  });

  test('detects expensive recommendations, and bills with an error of a cent', () => {
    const rows = [...truth.planBills.values()].filter((row) => row['present_plan'] !== 'P199');
    const recommendations = rows.map((row) => ({
      subscriptionId: row['subscription_id'],
      planId: 'P199',
      recommendedBill: Number(row['bill_P199']) + 0.01,
    }));
    const judgements = judge({ planFit: { recommendations } });
    expect(verdictOf(judgements, 'bill above the best')).toBe('missed');
    expect(verdictOf(judgements, 'false savings')).toBe('missed');
    expect(verdictOf(judgements, 'bills equal to the cent')).toBe('missed');
  });

  test('ignores bills on an earlier plan', () => {
    const changed = {
      present_plan: 'P059',
      present_bill: '271.66',
      best_plan: 'P059',
      best_bill: '238.49',
      bill_P059: '238.49',
    };
    const closed = {
      present_plan: 'L058',
      present_bill: '174.00',
      best_plan: 'P008',
      best_bill: '51.83',
      bill_P008: '51.83',
    };
    const planBills = new Map<string, Record<string, string>>(Object.entries({ changed, closed }));
    const judgements = judgePlanFit(
      [
        { subscriptionId: 'changed', planId: null, presentBill: 271.66 },
        { subscriptionId: 'closed', planId: 'P008', presentBill: 174, recommendedBill: 51.83 },
      ],
      { ...truth, planBills, keyOf: (id) => id },
    );
    expect(judgements.map(({ verdict }) => verdict)).toEqual(['shown', 'met', 'met', 'met']);
    expect(verdictOf(judgements, 'bill above the best')).toBe('met');
    const stays = judgePlanFit([{ subscriptionId: 'closed', planId: null }], {
      ...truth,
      planBills,
      keyOf: (id) => id,
    });
    expect(verdictOf(stays, 'bill above the best')).toBe('missed');
  });

  test('shows the AUC of the true hazards in the judged months, and nothing for months without truth', () => {
    const { bayesAuc } = created.summary;
    const auc = { mean: 0.7 };
    const oracleOf = (judgedMonths: string[]): string | undefined =>
      judgementOf(judge({ model: { auc, judgedMonths } }), 'AUC of the observable hazards')?.value;
    const months = [...new Set([...truth.hazardsOf()].map(({ month }) => month!))].sort();
    // churn in the first judged month is two months after the first month of rows
    const judgedMonths = months.slice(0, -REACTION_MONTHS);
    expect(oracleOf(judgedMonths)).toBe(bayesAuc!.allMonths.observable.realised.toFixed(3));
    expect(oracleOf(['2031-01'])).toBeUndefined();
    expect(oracleOf([])).toBeUndefined();
  });

  test('does not accept the most frequent causes as reasons', () => {
    const reasons = [...truth.departures.keys()].map((key) => ({
      subscriptionId: key,
      reasons: ['misfit', 'contractEnd', 'rival'],
    }));
    expect(verdictOf(judge({ reasons }), 'true cause among the first three')).toBe('missed');
  });

  test('reads lists from separate files, and internal identifiers', () => {
    const [key] = [...truth.planBills.keys()];
    const list = [{ subscriptionId: subscriptionId('demo', key!), planId: null }];
    fs.writeFileSync(path.join(folder, 'fit.json'), JSON.stringify(list));
    const judgements = judge({ planFit: { recommendations: 'fit.json' } });
    expect(judgementOf(judgements, 'subscriptions judged')?.value).toBe('1, another plan for 0');
  });

  test('rejects an invalid report with the location', () => {
    expect(() => judge({ effect: { estimate: 'much' } })).toThrow(/effect/);
    expect(() => compare(folder, path.join(folder, 'report.json'))).toThrow(/no truth/);
  });
});

describe('scorePairs', () => {
  const row = (key: string, household: string, person: string, isFamily: boolean): Record<string, string> => ({
    subscription_id: key,
    household_id: household,
    person_id: person,
    is_family: String(isFamily),
  });
  const inFirm = (key: string, firm: string): Record<string, string> => ({
    subscription_id: key,
    firm_id: firm,
    person_id: key,
  });
  const pairs = pairTruthOf({
    households: [
      row('a', '1', 'p', true),
      row('b', '1', 'q', true),
      row('c', '1', 'q', true),
      row('d', '2', 'r', false),
      row('e', '2', 's', false),
    ],
    firms: [inFirm('a', 'x'), inFirm('d', 'x'), inFirm('e', 'y')],
    departures: new Map(),
  });

  test('counts flat-sharers as errors and excludes the two numbers of one person', () => {
    const found: [string, string][] = [
      ['b', 'a'],
      ['b', 'c'],
      ['d', 'e'],
    ];
    const score = { precision: 0.5, recall: 0.5, f1: 0.5, flatSharers: 1, colleagues: 0 };
    expect(scorePairs(found, pairs, (id) => id)).toEqual(score);
  });

  test('counts colleagues among the errors', () => {
    expect(scorePairs([['d', 'a']], pairs, (id) => id)).toMatchObject({ precision: 0, flatSharers: 0, colleagues: 1 });
  });
});
