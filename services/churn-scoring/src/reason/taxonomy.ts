import { CAUSES, OTHER_CAUSES, type Cause, type CauseBranch, type OtherCause } from '@holdfast/platform/terms';

/** All causes that compete for a churner, the seven first. Models keep them by position: new ones are added at the end. */
export const CAUSE_CLASSES: readonly CauseClass[] = [...CAUSES, ...OTHER_CAUSES];
export type CauseClass = Cause | OtherCause;

interface Place {
  readonly branch: CauseBranch;
  readonly group: string;
  /** Whether a plan, a contract, a handset, the service or a price can change it. */
  readonly controllable: boolean;
  /** Share among churners where the operator has no codes. */
  readonly usualShare: number;
}

/**
 * Place of each cause in the taxonomy of churn (CS-12). Network and move cannot be changed by a campaign (CS-11). No source
 * gives shares of causes: the plan is the most important one (CS-11), all others are the product's own assumption, which
 * the operator's codes replace.
 */
export const TAXONOMY: Readonly<Record<CauseClass, Place>> = {
  misfit: { branch: 'deliberate', group: 'price', controllable: true, usualShare: 0.22 },
  contractEnd: { branch: 'deliberate', group: 'price', controllable: true, usualShare: 0.15 },
  habit: { branch: 'unintentional', group: 'lifeSituation', controllable: true, usualShare: 0.13 },
  service: { branch: 'deliberate', group: 'quality', controllable: true, usualShare: 0.13 },
  rival: { branch: 'deliberate', group: 'convenience', controllable: true, usualShare: 0.14 },
  network: { branch: 'deliberate', group: 'quality', controllable: false, usualShare: 0.07 },
  move: { branch: 'unintentional', group: 'locationChange', controllable: false, usualShare: 0.05 },
  device: { branch: 'deliberate', group: 'technology', controllable: true, usualShare: 0.02 },
  arrears: { branch: 'involuntary', group: 'nonPayment', controllable: false, usualShare: 0.04 },
  fraud: { branch: 'involuntary', group: 'fraud', controllable: false, usualShare: 0.01 },
  death: { branch: 'involuntary', group: 'death', controllable: false, usualShare: 0.01 },
  other: { branch: 'unknown', group: 'unknown', controllable: false, usualShare: 0.03 },
};

/**
 * Elements of the taxonomy (CS-12) that columns of the product's views show, by the beginning of their names; the first that
 * fits counts. A price per unit is what the plan does not include. Function, image, friends, trial, channel, promotion and
 * fees of activation have no data in the extract.
 */
const ELEMENTS: readonly (readonly [element: string, columns: readonly string[]])[] = [
  ['perUnitPrice', ['overage_share', 'minutes_over_allowance', 'data_over_allowance', 'out_of_plan_fees']],
  ['plan', ['bill_above_cheapest', 'saving_possible', 'fee_above_cheapest', 'unused_', 'plan_still_sold']],
  ['terminal', ['handset_']],
  ['contract', ['contract_', 'under_contract', 'penalty_']],
  ['billingAccuracy', ['billing_complaints']],
  ['coverage', ['network_complaints']],
  ['callQuality', ['dropped_call']],
  ['customerService', ['complaints_', 'open_complaints', 'satisfaction_', 'days_since_complaint', 'hours_to_resolve']],
  ['alternative', ['rival_calls', 'port_queries']],
  ['locationChange', ['relocation_', 'days_since_relocation', 'night_cell', 'main_cell', 'share_at_old_night_cell']],
  ['insufficientUse', ['silent_months']],
  ['financialChange', ['arpu_']],
];

/** The element that a fact of a cause shows; empty for columns of other tables, and for those of a general change. */
export function elementOf(column: string): string {
  return ELEMENTS.find(([, names]) => names.some((name) => column.startsWith(name)))?.[0] ?? '';
}

const VOLUNTARY = CAUSE_CLASSES.filter((cause) => TAXONOMY[cause].branch !== 'involuntary');

/**
 * What a code of `status_history.reason_code` means. A price is a reason against the plan or after the end of a contract:
 * only evidence shows which. To port out is a way to leave, for any reason but an involuntary one.
 */
const CAUSES_OF_CODE: Readonly<Record<string, readonly CauseClass[]>> = {
  price: ['misfit', 'contractEnd'],
  reduced_need: ['habit'],
  service: ['service'],
  competitor: ['rival'],
  port_out: VOLUNTARY,
  coverage: ['network'],
  move: ['move'],
  device: ['device'],
  arrears: ['arrears'],
  fraud: ['fraud'],
  death: ['death'],
  internal_transfer: ['other'],
  other: ['other'],
};

/** By class, the first class that no code distinguishes from it. */
export const SAME_CODE_AS = Uint32Array.from(CAUSE_CLASSES, (cause, at) => {
  const codes = Object.values(CAUSES_OF_CODE).filter((causes) => causes !== VOLUNTARY);
  const together = codes.find((causes) => causes.includes(cause));
  return together === undefined ? at : CAUSE_CLASSES.indexOf(together[0]!);
});

/** The classes that a code may stand for, as bits; none for a code that is not used. */
export function candidatesOf(code: string | undefined): number {
  const causes = code === undefined ? [] : (CAUSES_OF_CODE[code] ?? []);
  return causes.reduce((bits, cause) => bits | (1 << CAUSE_CLASSES.indexOf(cause)), 0);
}

/** Whether a code names a cause rather than a way to leave. */
export function namesCause(candidates: number): boolean {
  return candidates !== 0 && candidates !== candidatesOf('port_out');
}
