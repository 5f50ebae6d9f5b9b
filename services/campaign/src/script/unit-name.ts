import { nameOfUnit } from '@holdfast/platform/unit';

/**
 * Names of the units on a path below the operator, from the largest to the smallest: `demo/沈阳/` is `['沈阳']`. A path
 * percent-encodes what would break it; people read it decoded.
 */
export function unitNames(unitPath: string): string[] {
  return unitPath
    .split('/')
    .filter((code) => code !== '')
    .slice(1)
    .map(nameOfUnit);
}
