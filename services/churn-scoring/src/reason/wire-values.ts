import type { CauseEvidence, ChangedColumn, Reason } from '@holdfast/contracts/churn_scoring/v1/scoring';

/** Of a row; undefined for a missing one. */
export type Value = number | string | undefined;

export function wireValue(value: Value): Reason['value'] {
  if (value === undefined) return undefined;
  return typeof value === 'number' ? { $case: 'number', number: value } : { $case: 'text', text: value };
}

export function wireUsual(usual: Value): CauseEvidence['usual'] {
  if (usual === undefined) return undefined;
  return typeof usual === 'number'
    ? { $case: 'usualNumber', usualNumber: usual }
    : { $case: 'usualText', usualText: usual };
}

export function wireTo(usual: Value): ChangedColumn['to'] {
  if (usual === undefined) return undefined;
  return typeof usual === 'number' ? { $case: 'toNumber', toNumber: usual } : { $case: 'toText', toText: usual };
}
