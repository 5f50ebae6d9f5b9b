import { nameOfOrgUnit } from '@holdfast/platform/org-unit';

/** Levels from the top of the tree downwards; deeper ones are halls, too. */
const LEVELS = ['province', 'city', 'county_company', 'marketing_centre', 'area', 'hall'] as const;

/** A node of the tree of organisation units. */
export interface OrgUnit {
  orgUnitPath: string;
  level: string;
  name: string;
}

/** The units that paths name, with all units above them; `demo/沈阳/` names `demo/` too. */
export function unitsNamedBy(paths: Iterable<string>): OrgUnit[] {
  const named = new Set([...paths].flatMap(pathAndAncestors));
  return [...named].map((orgUnitPath) => {
    const codes = codesOf(orgUnitPath);
    return {
      orgUnitPath,
      level: LEVELS[Math.min(codes.length, LEVELS.length) - 1]!,
      name: nameOfOrgUnit(codes.at(-1)!),
    };
  });
}

/** Customers at each unit and below it, from those at each unit itself. O(units × depth). */
export function customersAtAndBelow(customersAt: ReadonlyMap<string, number>): Map<string, number> {
  const totals = new Map<string, number>();
  for (const [orgUnitPath, customers] of customersAt) {
    for (const path of pathAndAncestors(orgUnitPath)) totals.set(path, (totals.get(path) ?? 0) + customers);
  }
  return totals;
}

function pathAndAncestors(orgUnitPath: string): string[] {
  const codes = codesOf(orgUnitPath);
  return codes.map((_, depth) => `${codes.slice(0, depth + 1).join('/')}/`);
}

function codesOf(orgUnitPath: string): string[] {
  return orgUnitPath.split('/').slice(0, -1);
}
