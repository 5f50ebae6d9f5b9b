import { nameOfOrgUnit } from '@holdfast/platform/org-unit';

/**
 * Names of the units on a path below the operator, from the largest to the smallest: `demo/沈阳/` is `['沈阳']`. A path
 * percent-encodes what would break it; people read it decoded.
 */
export function orgUnitNames(orgUnitPath: string): string[] {
  return orgUnitPath
    .split('/')
    .filter((code) => code !== '')
    .slice(1)
    .map(nameOfOrgUnit);
}
