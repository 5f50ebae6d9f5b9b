import type { Capacity } from '@holdfast/contracts/churn_scoring/v1/model';
import { precisionAtShare, rankOutcomes } from '@holdfast/learning/metrics';
import type { Validation, ValidationPlan } from '@holdfast/learning/validation';
import { monthText } from '@holdfast/platform/calendar';
import type { ChurnScoringParameters } from '../parameters.js';
import { estimateOf } from './figures.js';

/** How many subscriptions the team can contact in a month; crosses into the training thread. */
export interface ContactCapacity {
  readonly contacts: number;
  /** The same as a share of the rows of a month, within (0, 1]. */
  readonly share: number;
}

/**
 * @param contacts per month, as configured; null for the share of the rows
 * @param rows of a month
 */
export function capacityOf(contacts: number | null, share: number, rows: number): ContactCapacity {
  if (rows === 0) return { contacts: contacts ?? 0, share };
  const within = Math.min(rows, contacts ?? Math.max(1, Math.round(share * rows)));
  return { contacts: contacts ?? within, share: within / rows };
}

/** As configured. @param rows of a month */
export async function configuredCapacity(parameters: ChurnScoringParameters, rows: number): Promise<ContactCapacity> {
  const contacts = await parameters.get('contact.capacityPerMonth');
  return capacityOf(contacts, await parameters.get('contact.capacityShare'), rows);
}

/** What a list of this length is worth: precision over all judged months, and in each. */
export function capacityReport(
  { predictedRows, predictions, precisionAtCapacity }: Validation,
  labels: Uint8Array,
  plan: ValidationPlan,
  { contacts, share }: ContactCapacity,
): Capacity {
  let from = 0;
  const months = (plan.kind === 'forward' ? plan.folds : []).map(({ month, judged }) => {
    const to = from + judged.length;
    const outcomes = Uint8Array.from(predictedRows.subarray(from, to), (row) => labels[row]!);
    const ranked = rankOutcomes(predictions.subarray(from, to), outcomes);
    from = to;
    const contacted = Math.max(1, Math.round(share * judged.length));
    return { month: monthText(month), contacts: contacted, precision: precisionAtShare(ranked, share) };
  });
  return { contacts, share, precision: estimateOf(precisionAtCapacity), months };
}
