import { orgUnitPath } from '@holdfast/platform/org-unit';

/** The installation's operator: the root of all units. */
export class Operator {
  constructor(private readonly code: string) {}

  /** A unit's name, `St. John`, and its path, `demo/St%2E%20John/`, are the same unit. */
  orgUnitPathOf(orgUnit: string): string {
    if (!orgUnit.includes('/')) return orgUnit === this.code ? `${orgUnit}/` : orgUnitPath(this.code, orgUnit);
    return orgUnit.endsWith('/') ? orgUnit : `${orgUnit}/`;
  }
}
