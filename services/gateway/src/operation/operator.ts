/** The installation's operator: the root of all units. */
export class Operator {
  constructor(private readonly code: string) {}

  /** `shenyang` and `demo/shenyang/` are the same unit. */
  unitPathOf(unit: string): string {
    if (!unit.includes('/')) return unit === this.code ? `${unit}/` : `${this.code}/${unit}/`;
    return unit.endsWith('/') ? unit : `${unit}/`;
  }
}
