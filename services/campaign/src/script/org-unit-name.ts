import { nameOfOrgUnit } from '@holdfast/platform/org-unit';

/**
 * Decoded names of the org units on a path below the operator, from the largest to the smallest: `demo/沈阳/` is
 * `['沈阳']`.
 */
export function orgUnitNames(orgUnitPath: string): string[] {
  return orgUnitPath
    .split('/')
    .filter((code) => code !== '')
    .slice(1)
    .map(nameOfOrgUnit);
}
