import { normalQuantile, twoSidedNormalTail } from './normal.js';

/**
 * Outcomes of an experiment. A row is a cluster's subjects with the same treatment in the same stratum:
 * a row of a single subject, or of all members of a household. Rows of a cluster are adjacent.
 */
export interface Trial {
  /** 1 if treated, 0 if control. */
  readonly isTreated: Uint8Array;
  /** Cluster, such as a household; any numbers. */
  readonly cluster: Uint32Array;
  /** From 0 upwards without gaps. */
  readonly stratum: Uint32Array;
  /** Subjects of the row. */
  readonly members: Float64Array;
  /** Sum of its subjects' outcomes. */
  readonly total: Float64Array;
  /**
   * Weight of each of its subjects within group and stratum: 1 where all of them were assigned with the same probability,
   * else proportional to 1 ÷ that probability.
   */
  readonly weight: Float64Array;
}

export interface Difference {
  /** Treated minus control. */
  estimate: number;
  standardError: number;
}

/** Sums of a group within a stratum. */
interface Cell {
  clusters: number;
  subjects: number;
  weight: number;
  weighted: number;
}

/**
 * Mean outcome of the treated minus that of the control group: within strata, weighted by the strata's subjects
 * (post-stratification; Miratrix, Sekhon & Yu, J. R. Statist. Soc. B 75, 2013), and for randomisation within strata the
 * blocked estimator. Its variance is Neyman's conservative one, of clusters' residuals around the mean of their cell
 * (linearised ratio estimator; Cochran, Sampling Techniques, 3rd ed., section 9.8) with n ÷ (n − 1) for each cell: for
 * clusters of one it is s² ÷ n of both groups. Residuals of a cluster add up over strata and groups before they are
 * squared, so that a household in two strata counts once. NaN where a cell has fewer than two clusters; see `pooledStrata`. O(n).
 */
export function differenceInMeans(trial: Trial): Difference {
  const { isTreated, cluster, stratum, members, total, weight } = trial;
  const cells = cellsOf(trial);
  const subjects = cells.reduce((sum, cell) => sum + cell.subjects, 0);
  const scale = cells.map((cell, at) => {
    const subjectsOfStratum = cell.subjects + cells[at ^ 1]!.subjects;
    const correction = Math.sqrt(cell.clusters / (cell.clusters - 1));
    return ((at & 1 ? 1 : -1) * (subjectsOfStratum / subjects) * correction) / cell.weight;
  });
  let variance = 0;
  let residual = 0;
  for (let row = 0; row < isTreated.length; row += 1) {
    const at = stratum[row]! * 2 + isTreated[row]!;
    const mean = cells[at]!.weighted / cells[at]!.weight;
    residual += scale[at]! * weight[row]! * (total[row]! - members[row]! * mean);
    if (cluster[row + 1] !== cluster[row]) {
      variance += residual * residual;
      residual = 0;
    }
  }
  return { estimate: estimateOf(cells, subjects), standardError: Math.sqrt(variance) };
}

function estimateOf(cells: readonly Cell[], subjects: number): number {
  let estimate = 0;
  for (let at = 0; at < cells.length; at += 2) {
    const [alone, treated] = [cells[at]!, cells[at + 1]!];
    const share = (alone.subjects + treated.subjects) / subjects;
    estimate += share * (treated.weighted / treated.weight - alone.weighted / alone.weight);
  }
  return estimate;
}

/** Place of a cell: stratum × 2, plus 1 for the treated. */
function cellsOf({ isTreated, cluster, stratum, members, total, weight }: Trial): Cell[] {
  const strata = stratum.reduce((most, each) => Math.max(most, each), 0) + 1;
  const cells = Array.from({ length: strata * 2 }, () => ({ clusters: 0, subjects: 0, weight: 0, weighted: 0 }));
  const lastCluster = new Float64Array(cells.length).fill(-1);
  for (let row = 0; row < isTreated.length; row += 1) {
    const at = stratum[row]! * 2 + isTreated[row]!;
    const cell = cells[at]!;
    if (lastCluster[at] !== cluster[row]) cell.clusters += 1;
    lastCluster[at] = cluster[row]!;
    cell.subjects += members[row]!;
    cell.weight += weight[row]! * members[row]!;
    cell.weighted += weight[row]! * total[row]!;
  }
  return cells;
}

/**
 * The same trial with those strata merged that have fewer clusters in a group than are needed for its
 * spread; where even together they have too few, with the smallest other stratum. Strata stay numbered without gaps.
 */
export function pooledStrata(trial: Trial, clustersMin: number): Trial {
  const cells = cellsOf(trial);
  const fewest = Array.from({ length: cells.length / 2 }, (_, stratum) =>
    Math.min(cells[stratum * 2]!.clusters, cells[stratum * 2 + 1]!.clusters),
  );
  const order = [...fewest.keys()].sort((left, right) => fewest[left]! - fewest[right]! || left - right);
  const pooled = new Set<number>();
  const together = [0, 0];
  for (const stratum of order) {
    const isEnough = pooled.size === 0 || Math.min(...together) >= clustersMin;
    if (fewest[stratum]! >= clustersMin && isEnough) break;
    pooled.add(stratum);
    together[0]! += cells[stratum * 2]!.clusters;
    together[1]! += cells[stratum * 2 + 1]!.clusters;
  }
  let next = pooled.size > 0 ? 1 : 0;
  const numberOf = fewest.map((_, stratum) => (pooled.has(stratum) ? 0 : next++));
  return { ...trial, stratum: trial.stratum.map((each) => numberOf[each]!) };
}

/** Interval around an estimate that holds it with a confidence, by the normal approximation. */
export function intervalOf({ estimate, standardError }: Difference, confidence: number): { low: number; high: number } {
  const halfWidth = normalQuantile(1 - (1 - confidence) / 2) * standardError;
  return { low: estimate - halfWidth, high: estimate + halfWidth };
}

/** Probability of an estimate at least this far from 0 if there were no effect. 1 where both have no spread. */
export function pValueOf({ estimate, standardError }: Difference): number {
  return estimate === 0 ? 1 : twoSidedNormalTail(estimate / standardError);
}
