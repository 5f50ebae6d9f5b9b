import { Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readBytes, readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';

/** A scored subscription as published by churn-scoring. */
export interface ScoreRow {
  subscriptionId: string;
  probability: number;
  /** Money per month in the table's currency; NaN if unknown. */
  value: number;
  /** value ÷ cost of one contact; NaN if unknown. */
  efficiency: number;
  priority: number;
  quadrant: string;
  orgUnitPath: string;
  /** Column of the strongest reason; empty if none. */
  firstReason: string;
  /** An encoded Reasons message. */
  reasons: Uint8Array;
  /** NaN where the scores have none. */
  involuntaryProbability: number;
  isInvoluntary: boolean;
  /** What can be done about arrears, separated by commas. */
  levers: string;
  /** An encoded Timing message; empty where the scores have none. */
  timing: Uint8Array;
  /** An encoded AdopterSegment message; empty where there is none. */
  segment: Uint8Array;
}

/** Which rows to keep; an omitted key does not filter. */
export interface ScoreFilter {
  probabilityMin: number;
  quadrants?: readonly string[];
  /** An org unit, including all below it. */
  orgUnitPath?: string;
}

/** The rows of a batch that match; never one without a probability. */
export function* matchingRows(batch: ColumnBatch, filter: ScoreFilter): Generator<ScoreRow> {
  const subscriptionIds = readUuids(batch, 'subscription_id');
  const probabilities = readNumbers(batch, 'probability');
  const values = readNumbers(batch, 'value');
  const efficiencies = readNumbers(batch, 'efficiency');
  const priorities = readNumbers(batch, 'priority');
  const quadrants = readCategoryTexts(batch, 'quadrant');
  const orgUnitPaths = readCategoryTexts(batch, 'org_unit_path');
  const reasons = readBytes(batch, 'reasons');
  const involuntary = readNumbers(batch, 'involuntary_probability');
  const areInvoluntary = readNumbers(batch, 'is_involuntary');
  const levers = readCategoryTexts(batch, 'levers');
  const [timings, segments] = [readBytes(batch, 'timing'), readBytes(batch, 'segment')];
  for (let row = 0; row < batch.rows; row++) {
    const probability = probabilities[row]!;
    if (!(probability >= filter.probabilityMin)) continue;
    const orgUnitPath = orgUnitPaths[row];
    if (orgUnitPath === undefined) throw new Error('A score has no org unit path');
    const quadrant = quadrants[row] ?? '';
    if (filter.quadrants !== undefined && !filter.quadrants.includes(quadrant)) continue;
    if (filter.orgUnitPath !== undefined && !orgUnitPath.startsWith(filter.orgUnitPath)) continue;
    yield {
      subscriptionId: subscriptionIds[row]!,
      probability,
      value: values[row]!,
      efficiency: efficiencies[row]!,
      priority: priorities[row]!,
      quadrant,
      orgUnitPath,
      firstReason: Reasons.decode(reasons[row]!).raising[0]?.column ?? '',
      reasons: reasons[row]!,
      involuntaryProbability: involuntary[row]!,
      isInvoluntary: areInvoluntary[row] === 1,
      levers: levers[row] ?? '',
      timing: timings[row]!,
      segment: segments[row]!,
    };
  }
}
