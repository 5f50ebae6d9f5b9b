/**
 * Shares of households by kind. 2 to 3 persons are most frequent among families (census of 2020: 2.62 on average).
 * Members of `flatSharers` and `dormitory` share a home but are not a family; those of `apart` are a family with two
 * homes.
 */
export const KIND_SHARES = {
  alone: 0.24,
  couple: 0.19,
  withChildren: 0.22,
  withElders: 0.13,
  apart: 0.08,
  flatSharers: 0.11,
  dormitory: 0.03,
};
export type HouseholdKind = keyof typeof KIND_SHARES;
export const HOUSEHOLD_KINDS = Object.keys(KIND_SHARES) as HouseholdKind[];

export const ROLES = ['head', 'spouse', 'child', 'elder', 'tenant'] as const;
export type Role = (typeof ROLES)[number];

/** Whether the members count as a family in the truth about pairs. */
export function isFamily(kind: number): boolean {
  const name = HOUSEHOLD_KINDS[kind]!;
  return name !== 'flatSharers' && name !== 'dormitory';
}
