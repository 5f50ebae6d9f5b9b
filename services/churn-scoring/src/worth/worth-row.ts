import type {
  ListedValue,
  SubscriptionValue,
  ValueComponent,
  ValueHorizon,
} from '@holdfast/contracts/churn_scoring/v1/worth';
import type { Money } from '@holdfast/contracts/platform/v1/money';
import { COMPONENTS, type Weights } from './components.js';
import { segmentMessage, type SegmentRow } from '../scoring/segment.js';

/** A row of table `worth`; bigints are texts. */
export interface WorthRow extends SegmentRow {
  subscription_id: string;
  customer_id: string;
  org_unit_path: string;
  region: string;
  probability: number;
  quadrant: string;
  cause: string;
  value_group: string | null;
  in_cohort: boolean | null;
  value_lost: boolean | null;
  potential: string;
  manager_id: string | null;
  amounts: (string | null)[];
  ranks: (number | null)[];
  margin: string | null;
  future_value: string | null;
  expected_loss: string | null;
  value_index: number | null;
  percentile: number | null;
  grade: string | null;
  in_pareto: boolean;
  spending_power: string | null;
  customer_kind: string | null;
  vip_level: string | null;
  credit_grade: string | null;
  credit_class: string | null;
  arrears_months: number | null;
  fingerprint: (number | null)[];
  bill_change: number | null;
  usage_change: number | null;
  is_changed: boolean | null;
  tenure_months: number | null;
  lifecycle: string;
  churn_index: number | null;
  churn_index_basis: string | null;
  churn_index_factors: unknown;
}

/** Places of the amounts of money components in `amounts`. */
const AMOUNT_AT: Readonly<Record<string, number>> = { revenue: 0, costToServe: 1, interconnect: 2, creditRisk: 3 };
const FINGERPRINT_NAMES = ['voice', 'data', 'sms', 'vas', 'roaming', 'off_net'] as const;

export function moneyOf(minor: string | null | undefined, currency: string): Money | undefined {
  return minor === null || minor === undefined ? undefined : { minor: Number(minor), currency };
}

export function subscriptionValue(
  row: WorthRow,
  weights: Weights,
  currency: string,
  horizons: ValueHorizon[],
): SubscriptionValue {
  const shares = FINGERPRINT_NAMES.flatMap((name, at) => {
    const share = row.fingerprint[at];
    return share === null || share === undefined ? [] : [[name, share] as const];
  });
  return {
    ...{ subscriptionId: row.subscription_id, orgUnitPath: row.org_unit_path, grade: row.grade ?? '' },
    ...{ valueIndex: row.value_index ?? undefined, percentile: row.percentile ?? undefined },
    components: COMPONENTS.map((name, at) => componentOf(row, name, at, weights[name], currency)),
    ...{ margin: moneyOf(row.margin, currency), futureValue: moneyOf(row.future_value, currency) },
    ...{ probability: row.probability, expectedLoss: moneyOf(row.expected_loss, currency) },
    ...{ quadrant: row.quadrant, cause: row.cause, valueGroup: row.value_group ?? '' },
    ...{ inCohort: row.in_cohort ?? undefined, valueLost: row.value_lost ?? undefined, potential: row.potential },
    ...{ inPareto: row.in_pareto, spendingPower: row.spending_power ?? '', customerKind: row.customer_kind ?? '' },
    ...{ vipLevel: row.vip_level ?? '', managerId: row.manager_id ?? '', creditGrade: row.credit_grade ?? '' },
    ...{ creditClass: row.credit_class ?? '', arrearsMonths: row.arrears_months ?? undefined },
    fingerprint: Object.fromEntries(shares),
    ...{ billChange: row.bill_change ?? undefined, usageChange: row.usage_change ?? undefined },
    ...{ changed: row.is_changed ?? undefined, lifecycle: row.lifecycle, tenureMonths: row.tenure_months ?? undefined },
    ...{ churnIndex: row.churn_index ?? undefined, churnIndexBasis: row.churn_index_basis ?? '' },
    churnIndexFactorsJson: row.churn_index_factors === null ? '' : JSON.stringify(row.churn_index_factors),
    sensitivity: [],
    segment: segmentMessage(row, currency),
    horizons,
  };
}

function componentOf(row: WorthRow, name: string, at: number, weight: number, currency: string): ValueComponent {
  const amount = name === 'future' ? row.future_value : row.amounts[AMOUNT_AT[name] ?? -1];
  return { name, weight, rank: row.ranks[at] ?? undefined, amount: moneyOf(amount, currency) };
}

export function listedValue(row: WorthRow, currency: string, horizons: ValueHorizon[]): ListedValue {
  return {
    ...{ subscriptionId: row.subscription_id, customerId: row.customer_id, orgUnitPath: row.org_unit_path },
    ...{ valueGroup: row.value_group ?? '', potential: row.potential, quadrant: row.quadrant, cause: row.cause },
    ...{ futureValue: moneyOf(row.future_value, currency), expectedLoss: moneyOf(row.expected_loss, currency) },
    ...{ valueIndex: row.value_index ?? undefined, grade: row.grade ?? '', probability: row.probability },
    ...{ lifecycle: row.lifecycle, churnIndex: row.churn_index ?? undefined, inPareto: row.in_pareto },
    ...{ churnIndexBasis: row.churn_index_basis ?? '', managerId: row.manager_id ?? '' },
    ...{ segment: row.segment, margin: moneyOf(row.margin, currency), horizons },
  };
}
