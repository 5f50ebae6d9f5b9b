import { CauseModel, withoutCodes } from './cause-model.js';
import { Comparisons } from './comparisons.js';
import { judgeCauses, type JudgedCauses } from './judge-causes.js';
import { learnCauses, sharesOf } from './learn-causes.js';
import { COLUMNS, leavers, type Leavers } from './leavers.fixture.js';
import { NO_CAUSE, ReasonPacker } from './pack-reasons.js';
import { ReasonReader } from './read-reasons.js';
import { CAUSE_CLASSES, TAXONOMY, candidatesOf, namesCause } from './taxonomy.js';

const SEED = 3;
const past = leavers(1);
const next = leavers(2);
const source = { ...past, columns: COLUMNS, seed: SEED };
const json = learnCauses(source);
const model = new CauseModel(JSON.parse(JSON.stringify(json)) as typeof json, COLUMNS);
const nothing = new Comparisons({ overallShare: 0, columns: [] });
const packer = new ReasonPacker(COLUMNS, model, nothing);
const reader = new ReasonReader(COLUMNS, model, nothing, () => 0);

function assess(of: CauseModel, { table, model: churn }: Leavers, rows: Uint32Array) {
  return of.assess(churn.explain(table, rows), table, rows);
}

function packedAt({ table, model: churn }: Leavers, row: number) {
  const rows = Uint32Array.of(row);
  return packer.pack(packer.block(churn.explain(table, rows), table, rows), 0);
}

function reasonsAt(of: Leavers, row: number) {
  return reader.read(packedAt(of, row).bytes);
}

/** What the model predicts for the churners of another time. */
const judged: JudgedCauses[] = (() => {
  const rows = next.rows.filter((row) => next.labels[row] === 1);
  const assessed = assess(model, next, rows);
  return Array.from(rows, (row, at) => {
    const named = reasonsAt(next, row).causes.find((cause) => cause.named)?.cause;
    return { row, probabilities: model.row(assessed, at), named, shares: json.shares };
  });
})();

test('names the true cause of later churners, and its probability is what they have', () => {
  const place = (cause: string): number => CAUSE_CLASSES.findIndex((each) => each === cause);
  for (const cause of ['misfit', 'service', 'rival', 'arrears'] as const) {
    // No code and no column of this operator distinguishes the end of a contract from a plan that does not fit.
    const places = cause === 'misfit' ? [place('misfit'), place('contractEnd')] : [place(cause)];
    const told = judged.flatMap(({ probabilities }) => places.map((each) => probabilities[each]!));
    const predicted = told.reduce((sum, each) => sum + each, 0) / judged.length;
    const observed = judged.filter(({ row }) => next.truth[row] === cause).length / judged.length;
    expect(Math.abs(predicted - observed)).toBeLessThan(0.05);
  }
  const first = judged.filter(({ row, probabilities }) => {
    const best = probabilities.indexOf(Math.max(...probabilities));
    return CAUSE_CLASSES[best] === next.truth[row];
  });
  expect(first.length / judged.length).toBeGreaterThan(0.6);
});

test('the judgement compares with the codes of held-out churners and with the best constant three', () => {
  const validation = judgeCauses(judged, next.leaveReasons, json, SEED)!;
  expect(validation).toMatchObject({ churners: judged.length, learnedFrom: json.codedLeavers, blend: json.blend });
  expect(validation.coded).toBeLessThan(judged.length);
  expect(validation.codedSeven).toBeLessThan(validation.coded);
  expect(validation.constantThree).toBe(1); // there are three
  expect(validation.amongFirstThree).toBeGreaterThan(0.85);
  expect(validation.logLoss).toBeLessThan(0.8 * validation.logLossShares!);
  expect(Math.abs(validation.namedPredicted! - validation.namedObserved!)).toBeLessThan(0.06);
  const named = judged.filter(({ named: cause }) => cause !== undefined).length;
  expect(validation.withoutClearReason).toBeCloseTo(1 - named / judged.length, 12);
  const ofService = validation.calibration.find(({ causes }) => causes.includes('service'))!;
  expect(ofService.error).toBeLessThan(2 * ofService.errorIdealP95);
  expect(judgeCauses(judged, undefined, json, SEED)).toBeUndefined();
});

test('what all churners do before they leave is a sign, not a cause', () => {
  const onlyCalls = next.rows.filter((row) => {
    const of = (name: string): number => next.table.numberColumn(name).values[row]!;
    return next.labels[row] === 1 && of('rival_calls') < 6 && of('complaints') + of('overpaid_m0') + of('unpaid') === 0;
  });
  expect(onlyCalls.length).toBeGreaterThan(20);
  const named = [...onlyCalls].filter((row) => reasonsAt(next, row).causes.some((cause) => cause.named));
  expect(named.length / onlyCalls.length).toBeLessThan(0.1);
  const contributions = [...onlyCalls].map((row) =>
    reasonsAt(next, row).causes.find(({ cause }) => cause === 'rival')!,
  );
  expect(Math.min(...contributions.map(({ contribution }) => contribution))).toBeGreaterThan(0.5); // it raises the risk
});

test('a reason has its own evidence: the value, what is usual, since when; each fact once', () => {
  const row = next.rows.findIndex((each) => {
    const of = (name: string): number => next.table.numberColumn(name).values[each]!;
    return of('overpaid_m0') === 2 && of('overpaid_m1') === 2 && of('complaints') === 0 && of('rival_calls') === 0;
  });
  const reasons = reasonsAt(next, row);
  const misfit = reasons.causes.find(({ cause }) => cause === 'misfit')!;
  expect(reasons.causes[0]).toBe(misfit);
  expect(misfit).toMatchObject({ named: true, branch: 'deliberate', group: 'price', controllable: true });
  expect(misfit.evidence[0]).toMatchObject({
    column: 'overpaid_m0',
    value: { $case: 'number', number: 2 },
    usual: { $case: 'usualNumber', usualNumber: 0 },
    sinceMonths: 2,
  });
  // The months are one figure: the first two are correlated.
  expect(misfit.evidence.map(({ column }) => column)).not.toContain('overpaid_m1');
  expect(misfit.evidence[0]!.contribution).toBeGreaterThan(0.9);
  expect(reasons.hasClearReason).toBe(true);
  expect(reasons.comparisonGroup!.plan).toMatch(/^P[0-2]$/);
  expect(reasons.codedLeavers).toBe(json.codedLeavers);
  const all = [...reasons.causes, ...reasons.otherCauses].reduce((sum, { probability }) => sum + probability, 0);
  expect(all).toBeCloseTo(1, 9);
});

test('without evidence no reason is named, and that is counted as such', () => {
  const quiet = next.rows.findIndex((row) =>
    COLUMNS.slice(2).every(({ name }) => next.table.numberColumn(name).values[row] === 0),
  );
  const reasons = reasonsAt(next, quiet);
  expect(reasons.causes.map(({ named, evidence }) => [named, evidence])).toEqual(reasons.causes.map(() => [false, []]));
  expect(reasons).toMatchObject({ hasClearReason: false });
  expect(packedAt(next, quiet).firstCause).toBe(NO_CAUSE);
});

test('an operator whose codes have nothing to do with its columns gets its shares', () => {
  const codes = past.leaveReasons.codes.slice();
  const places = [...past.rows].filter((row) => codes[row] !== 0xffffffff);
  const drawn = places.map((row) => codes[row]!);
  places.forEach((row, at) => (codes[row] = drawn[(at * 7 + 3) % drawn.length]!));
  const shuffled = learnCauses({ ...source, leaveReasons: { ...past.leaveReasons, codes } });
  const rows = next.rows.filter((row) => next.labels[row] === 1);
  const { probabilities } = assess(new CauseModel(shuffled, COLUMNS), next, rows);
  const away = probabilities.map((each, cell) => Math.abs(each - shuffled.shares[cell % CAUSE_CLASSES.length]!));
  expect(away.reduce((sum, each) => sum + each, 0) / away.length).toBeLessThan(0.02);
  expect(shuffled.shares).toEqual(json.shares);
});

test('without codes, or with few, the shares are the usual ones on average, and nothing was learned', () => {
  const few = leavers(1, 200, 0.2);
  for (const leaveReasons of [undefined, few.leaveReasons]) {
    const known = learnCauses({ ...source, ...few, leaveReasons });
    expect(known.codedLeavers).toBe(0);
    const rows = few.rows.filter((row) => few.labels[row] === 1);
    const { probabilities } = assess(new CauseModel(known, COLUMNS), few, rows);
    CAUSE_CLASSES.forEach((cause, place) => {
      const mean = probabilities.filter((_, cell) => cell % CAUSE_CLASSES.length === place);
      const share = mean.reduce((sum, each) => sum + each, 0) / rows.length;
      expect(share).toBeCloseTo(TAXONOMY[cause].usualShare, 2);
    });
  }
});

test('equal rows give equal models', () => {
  expect(learnCauses(source)).toEqual(json);
  expect(withoutCodes(json.groups, json.facts).weights).toHaveLength(2 * CAUSE_CLASSES.length);
});

test('codes stand for causes; to port out is a way to leave', () => {
  expect(namesCause(candidatesOf('port_out'))).toBe(false);
  expect(candidatesOf('unknown code')).toBe(0);
  expect(candidatesOf(undefined)).toBe(0);
  const price = candidatesOf('price');
  expect(CAUSE_CLASSES.filter((_, place) => (price >>> place) & 1)).toEqual(['misfit', 'contractEnd']);
  const shares = sharesOf(Uint32Array.from([...new Array<number>(80).fill(price), ...new Array<number>(20).fill(8)]));
  expect(shares[0]! + shares[1]!).toBeCloseTo(0.78, 1);
  expect(CAUSE_CLASSES.reduce((sum, cause) => sum + TAXONOMY[cause].usualShare, 0)).toBeCloseTo(1, 9);
});
