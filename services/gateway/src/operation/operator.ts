import { unitPath } from '@holdfast/platform/unit';

/** The installation's operator: the root of all units. */
export class Operator {
  constructor(private readonly code: string) {}

  /** A unit's name, `St. John`, and its path, `demo/St%2E%20John/`, are the same unit. */
  unitPathOf(unit: string): string {
    if (!unit.includes('/')) return unit === this.code ? `${unit}/` : unitPath(this.code, unit);
    return unit.endsWith('/') ? unit : `${unit}/`;
  }
}
