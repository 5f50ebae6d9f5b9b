import { subscriptionId } from '@holdfast/platform/identity';
import { parse } from 'csv-parse/sync';
import { create } from '../create/create.js';
import { DEFAULT_SETTINGS } from '../create/settings.js';
import type { Created } from '../create/write-operator.js';
import { REACTION_MONTHS } from '../hazard/life-state.js';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { compare } from './compare.js';
import { judgementLines, type Judgement } from './judgement.js';
import { judgePlanFit } from './measures.js';
import { pairTruthOf, scorePairs } from './pairs.js';
import { readTruth, type Truth } from './truth-reader.js';

const folder = new TemporaryFolder();
let created: Created;
let truth: Truth;

beforeAll(async () => {
  const settings = { ...DEFAULT_SETTINGS, subscribers: 300, months: 8, eventMonths: 1, seed: 3 };
  created = await create(folder.at('operator'), settings);
  truth = readTruth(folder.at('operator'));
});

function judge(report: object): Judgement[] {
  return compare(folder.at('operator'), folder.write('report.json', JSON.stringify(report)));
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
    imports: tables.map((table) => {
      const counts = { rejected: injected(table, 'rejected'), duplicates: injected(table, 'duplicate') };
      return { table, read: 0, accepted: 0, ...counts };
    }),
    rejects: truth.injectedErrors
      .filter((row) => row['expected'] === 'rejected')
      .map(({ file, line }) => ({ file, line: Number(line) })),
    model: { auc: { mean: created.summary.bayesAuc!.allMonths.observable.expected } },
    valueLoss: { averagePrecision: 0.36, baseline: { averagePrecision: 0.24 } },
    reasons: [...truth.departures].map(([key, { cause }]) => ({ subscriptionId: key, reasons: [cause] })),
    planFit: {
      recommendations: [...truth.planBills.values()].map((row) => {
        const { subscription_id: subscriptionId, present_bill: presentBill, best_bill: bestBill } = row;
        return {
          subscriptionId,
          planId: Number(bestBill) < Number(presentBill) ? row['best_plan'] : null,
          presentBill,
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
      new Set(['import', 'model', 'value loss', 'reasons', 'plan fit', 'households', 'campaign']),
    );
    expect(judgementLines(judgements)[0]).toMatch(/^part +measure +value +goal +verdict$/);
  });

  test('detects a surplus and a missing reject', () => {
    const { rejects } = perfectReport() as { rejects: { file: string; line: number }[] };
    const [first, ...others] = rejects;
    const judgements = judge({ rejects: [...others, { file: first!.file, line: 1 }] });
    const expected = { value: '1 errors not rejected, 1 good rows rejected', verdict: 'missed' };
    expect(judgementOf(judgements, 'single rejects')).toMatchObject(expected);
  });

  test('detects a weak model, a wrong effect and a wide interval', () => {
    const valueLoss = { averagePrecision: 0.35, baseline: { averagePrecision: 0.24 } };
    const judgements = judge({
      model: { auc: { mean: 0.7 } },
      valueLoss,
      effect: { estimate: 0.3, low: 0.2, high: 0.4 },
    });
    expect(verdictOf(judgements, 'AUC forward in time')).toBe('missed');
    expect(verdictOf(judgements, 'average precision')).toBe('missed');
    expect(verdictOf(judgements, 'effect of the offers')).toBe('missed');
    expect(verdictOf(judgements, 'half-width of its interval')).toBe('missed');
  });

  test('detects expensive recommendations, and bills with an error of a cent', () => {
    const rows = [...truth.planBills.values()].filter((row) => row['present_plan'] !== 'P199');
    const recommendations = rows.map(({ subscription_id: key, bill_P199: bill }) => {
      return { subscriptionId: key, planId: 'P199', recommendedBill: Number(bill) + 0.01 };
    });
    const judgements = judge({ planFit: { recommendations } });
    expect(verdictOf(judgements, 'bill above the best')).toBe('missed');
    expect(verdictOf(judgements, 'false savings')).toBe('missed');
    expect(verdictOf(judgements, 'bills equal to the cent')).toBe('missed');
  });

  test('ignores bills on an earlier plan', () => {
    const bills = (present: string, presentBill: string, best: string, bestBill: string) => {
      const columns = { present_plan: present, present_bill: presentBill, best_plan: best, best_bill: bestBill };
      return { ...columns, [`bill_${best}`]: bestBill };
    };
    const changed = bills('P059', '271.66', 'P059', '238.49');
    const closed = bills('L058', '174.00', 'P008', '51.83');
    const planBills = new Map<string, Record<string, string>>(Object.entries({ changed, closed }));
    const ownTruth = { ...truth, planBills, keyOf: (id: string) => id };
    const recommendations = [
      { subscriptionId: 'changed', planId: null, presentBill: 271.66 },
      { subscriptionId: 'closed', planId: 'P008', presentBill: 174, recommendedBill: 51.83 },
    ];
    const judgements = judgePlanFit(recommendations, ownTruth);
    expect(judgements.map(({ verdict }) => verdict)).toEqual(['shown', 'met', 'met', 'met']);
    expect(verdictOf(judgements, 'bill above the best')).toBe('met');
    const stays = judgePlanFit([{ subscriptionId: 'closed', planId: null }], ownTruth);
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
    const voluntary = judge({ model: { auc, judgedMonths, kind: 'status' } });
    const ofVoluntary = Number(judgementOf(voluntary, 'AUC of the observable hazards')!.value);
    // Arrears are the most certain of the hazards.
    expect(ofVoluntary).toBeGreaterThan(0.6);
    expect(ofVoluntary).toBeLessThan(bayesAuc!.allMonths.observable.realised);
    expect(judgementOf(voluntary, 'AUC forward in time')!.goal).toContain(
      `voluntary hazards ${ofVoluntary.toFixed(3)}`,
    );
  });

  test('does not accept the most frequent causes as reasons', () => {
    const frequent = ['misfit', 'contractEnd', 'rival'];
    const reasons = [...truth.departures.keys()].map((key) => ({ subscriptionId: key, reasons: frequent }));
    expect(verdictOf(judge({ reasons }), 'true cause among the first three')).toBe('missed');
  });

  test('reads lists from separate files, and internal identifiers', () => {
    const [key] = [...truth.planBills.keys()];
    const list = [{ subscriptionId: subscriptionId('demo', key!), planId: null }];
    folder.write('fit.json', JSON.stringify(list));
    const judgements = judge({ planFit: { recommendations: 'fit.json' } });
    expect(judgementOf(judgements, 'subscriptions judged')?.value).toBe('1, another plan for 0');
  });

  test('rejects an invalid report with the location', () => {
    expect(() => judge({ effect: { estimate: 'much' } })).toThrow(/effect/);
    expect(() => compare(folder.path, folder.at('report.json'))).toThrow(/no truth/);
  });
});

describe('scorePairs', () => {
  const rows = (header: string, ...lines: string[]): Record<string, string>[] =>
    parse([header, ...lines].join('\n'), { columns: true });
  const pairs = pairTruthOf({
    households: rows(
      'subscription_id,household_id,person_id,is_family',
      ...['a,1,p,true', 'b,1,q,true', 'c,1,q,true', 'd,2,r,false', 'e,2,s,false'],
    ),
    firms: rows('subscription_id,firm_id,person_id', 'a,x,a', 'd,x,d', 'e,y,e'),
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
