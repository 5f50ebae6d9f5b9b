import fc from 'fast-check';
import { differenceInMeans, intervalOf, pValueOf, pooledStrata, type Trial } from './difference-in-means.js';
import { RandomStream } from './random.js';

interface Row {
  isTreated: number;
  outcome: number;
  cluster: number;
  stratum?: number;
  weight?: number;
  members?: number;
}

function trialOf(rows: readonly Row[]): Trial {
  return {
    isTreated: Uint8Array.from(rows, (row) => row.isTreated),
    cluster: Uint32Array.from(rows, (row) => row.cluster),
    stratum: Uint32Array.from(rows, (row) => row.stratum ?? 0),
    members: Float64Array.from(rows, (row) => row.members ?? 1),
    total: Float64Array.from(rows, (row) => row.outcome),
    weight: Float64Array.from(rows, (row) => row.weight ?? 1),
  };
}

function rowsOf(treated: readonly number[], alone: readonly number[], stratum = 0, firstCluster = 0): Row[] {
  return [...treated, ...alone].map((outcome, at) => ({
    isTreated: at < treated.length ? 1 : 0,
    outcome,
    cluster: firstCluster + at,
    stratum,
  }));
}

describe('differenceInMeans', () => {
  test('of single subjects is the difference with Welch’s standard error (scipy.stats.ttest_ind)', () => {
    const { estimate, standardError } = differenceInMeans(trialOf(rowsOf([0, 1, 1, 0, 1, 1], [0, 0, 1, 0, 0])));
    expect(estimate).toBeCloseTo(0.4666666666666666, 14);
    expect(estimate / standardError).toBeCloseTo(1.6059101370939322, 12);
  });

  const CLUSTERS = [0, 0, 1, 1, 2, 3, 4, 4, 5, 6, 6];
  const TOGETHER = rowsOf([0, 1, 1, 0, 1, 1], [0, 0, 1, 0, 0]).map((row, at) => ({ ...row, cluster: CLUSTERS[at]! }));

  test('of households is that of their totals around the mean (numpy, cluster by cluster)', () => {
    const { estimate, standardError } = differenceInMeans(trialOf(TOGETHER));
    expect(estimate).toBeCloseTo(0.4666666666666666, 14);
    expect(standardError).toBeCloseTo(0.2721413334093045, 12);
  });

  test('does not care whether a household comes as one row or as many', () => {
    const totals: Row[] = [
      { isTreated: 1, cluster: 0, members: 2, outcome: 1 },
      { isTreated: 1, cluster: 1, members: 2, outcome: 1 },
      { isTreated: 1, cluster: 2, outcome: 1 },
      { isTreated: 1, cluster: 3, outcome: 1 },
      { isTreated: 0, cluster: 4, members: 2, outcome: 0 },
      { isTreated: 0, cluster: 5, outcome: 1 },
      { isTreated: 0, cluster: 6, members: 2, outcome: 0 },
    ];
    expect(differenceInMeans(trialOf(totals))).toEqual(differenceInMeans(trialOf(TOGETHER)));
  });

  test('of strata is the blocked estimator (Imbens & Rubin 2015, chapter 9; numpy)', () => {
    const rows = [...rowsOf([1, 0, 0, 1], [1, 1, 0], 0), ...rowsOf([0, 0, 1], [0, 1, 1, 0, 1, 0], 1, 7)];
    const { estimate, standardError } = differenceInMeans(trialOf(rows));
    expect(estimate).toBeCloseTo(-0.16666666666666669, 14);
    expect(standardError).toBeCloseTo(0.2969754946867577, 12);
  });

  test('weights rows by their inverse propensity', () => {
    // Half of the treated were assigned with probability 0.2, half with 0.4: the first have twice the weight.
    const rows = rowsOf([1, 0], [0, 0]).map((row, at) => ({ ...row, weight: at === 0 ? 2 : 1 }));
    expect(differenceInMeans(trialOf(rows)).estimate).toBeCloseTo(2 / 3, 14);
  });

  test('changes sign when the groups change places, and not with the order of households', () => {
    const row = fc.record({
      isTreated: fc.constantFrom(0, 1),
      outcome: fc.constantFrom(0, 1, 2),
      members: fc.constantFrom(2, 3),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 4, maxLength: 60 }), (sampled) => {
        const rows = sampled.map((each, cluster) => ({ ...each, cluster }));
        fc.pre(rows.filter(({ isTreated }) => isTreated === 1).length >= 2);
        fc.pre(rows.filter(({ isTreated }) => isTreated === 0).length >= 2);
        const there = differenceInMeans(trialOf(rows));
        const swapped = rows.map((each) => ({ ...each, isTreated: 1 - each.isTreated })).reverse();
        const back = differenceInMeans(trialOf(swapped));
        expect(back.estimate).toBeCloseTo(-there.estimate, 12);
        expect(back.standardError).toBeCloseTo(there.standardError, 12);
      }),
    );
  });

  test('has no variance where a group has a single household', () => {
    expect(differenceInMeans(trialOf(rowsOf([1], [0, 1]))).standardError).toBeNaN();
  });
});

describe('pooledStrata', () => {
  const sizes = (trial: Trial): string[] =>
    [...new Set(trial.stratum)]
      .sort((left, right) => left - right)
      .map((stratum) => {
        const of = (group: number): number =>
          trial.isTreated.filter((isTreated, at) => isTreated === group && trial.stratum[at] === stratum).length;
        return `${of(1)}:${of(0)}`;
      });
  const strata = (...groups: [number, number][]): Trial =>
    trialOf(
      groups.flatMap(([treated, alone], stratum) =>
        rowsOf(Array<number>(treated).fill(1), Array<number>(alone).fill(0), stratum, stratum * 1000),
      ),
    );

  test('keeps strata with enough clusters', () => {
    expect(sizes(pooledStrata(strata([4, 3], [3, 5]), 3))).toEqual(['4:3', '3:5']);
  });

  test('takes those together that have too few', () => {
    expect(sizes(pooledStrata(strata([9, 9], [2, 4], [4, 1], [0, 2]), 3))).toEqual(['6:7', '9:9']);
  });

  test('takes the smallest other where even together they have too few', () => {
    expect(sizes(pooledStrata(strata([9, 9], [1, 0], [5, 6]), 3))).toEqual(['6:6', '9:9']);
  });

  test('is one stratum where none has enough', () => {
    expect(sizes(pooledStrata(strata([1, 0], [0, 1]), 3))).toEqual(['1:1']);
  });
});

describe('the interval', () => {
  test('is 1.96 standard errors to each side, and its p-value shows whether 0 is outside', () => {
    const found = { estimate: -0.02, standardError: 0.01 };
    const { low, high } = intervalOf(found, 0.95);
    expect(low).toBeCloseTo(-0.0395996398454, 10);
    expect(high).toBeCloseTo(-0.0004003601546, 10);
    expect(pValueOf(found)).toBeCloseTo(0.04550026389635842, 12);
    expect(pValueOf({ estimate: 0, standardError: 0 })).toBe(1);
    expect(pValueOf({ estimate: 0.1, standardError: 0 })).toBe(0);
  });

  const HOUSEHOLDS = 660;
  const REPETITIONS = 2_000;

  interface Household {
    stratum: number;
    members: number;
    alone: number;
    treated: number;
  }

  /** Households of one to four in eight places, with the outcomes of each under treatment and control. */
  function potentialOutcomes(random: RandomStream): Household[] {
    return Array.from({ length: HOUSEHOLDS }, () => {
      const members = 1 + random.below(4);
      // Households differ, so that who lives together leaves together more often than chance.
      const chance = 0.12 * random.next();
      let [alone, treated] = [0, 0];
      for (let member = 0; member < members; member += 1) {
        const would = random.next();
        if (would < chance) alone += 1;
        if (would < chance * 0.7) treated += 1;
      }
      return { stratum: random.below(8), members, alone, treated };
    });
  }

  test.each([
    ['households randomised one by one', false],
    ['as many of each stratum to each group', true],
  ])('covers the true effect at its level: %s', (_, isBlocked) => {
    const random = new RandomStream(11);
    const households = potentialOutcomes(random);
    const subjects = households.reduce((sum, { members }) => sum + members, 0);
    const truth = households.reduce((sum, { alone, treated }) => sum + treated - alone, 0) / subjects;
    let covered = 0;
    let widest = 0;
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      const isTreated = isBlocked ? assignedByStratum(households, random) : households.map(() => random.below(2));
      const rows = households.map(({ stratum, members, alone, treated }, cluster) => {
        const outcome = isTreated[cluster] === 1 ? treated : alone;
        return { isTreated: isTreated[cluster]!, cluster, stratum, members, outcome };
      });
      const { low, high } = intervalOf(differenceInMeans(pooledStrata(trialOf(rows), 10)), 0.95);
      if (low <= truth && truth <= high) covered += 1;
      widest = Math.max(widest, (high - low) / 2);
    }
    expect(covered / REPETITIONS).toBeGreaterThan(0.93);
    expect(covered / REPETITIONS).toBeLessThan(0.97);
    expect(widest).toBeLessThan(0.04);
  });

  function assignedByStratum(households: readonly { stratum: number }[], random: RandomStream): number[] {
    const order = random.shuffle(Array.from(households, (_, at) => at));
    const next = new Array<number>(8).fill(0);
    const assigned = new Array<number>(households.length);
    for (const at of order) assigned[at] = next[households[at]!.stratum]!++ % 2;
    return assigned;
  }
});
