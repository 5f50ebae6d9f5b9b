/**
 * How people live. `flatSharers` and `dormitory` share a home but no life: they only look like a family. The members
 * of `apart` are a family under two roofs.
 */
export const HOUSEHOLD_KINDS = [
  'alone',
  'couple',
  'withChildren',
  'withElders',
  'apart',
  'flatSharers',
  'dormitory',
] as const;
export type HouseholdKind = (typeof HOUSEHOLD_KINDS)[number];

/** Shares of households, so that 2 to 3 persons are the rule among families (census of 2020: 2.62 on average). */
export const KIND_SHARES: Record<HouseholdKind, number> = {
  alone: 0.24,
  couple: 0.19,
  withChildren: 0.22,
  withElders: 0.13,
  apart: 0.08,
  flatSharers: 0.11,
  dormitory: 0.03,
};

export const ROLES = ['head', 'spouse', 'child', 'elder', 'tenant'] as const;
export type Role = (typeof ROLES)[number];

/** Whether its members live as one family, in the sense of the truth against which pairs are judged. */
export function isFamily(kind: number): boolean {
  const name = HOUSEHOLD_KINDS[kind]!;
  return name !== 'flatSharers' && name !== 'dormitory';
}
