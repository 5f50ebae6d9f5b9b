import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { orgUnitPath } from '@holdfast/platform/org-unit';
import { type OrgUnit, unitsNamedBy } from '../org-unit/org-unit.js';
import type { FactRows } from '../fact/fact-rows.js';

const DEPTH_MAX = 12;

interface UnitRow {
  id: string;
  level: string;
  parentId: string | undefined;
  name: string;
}

/** The tree that rows make: a path is made of the ids below the province, whose own path is the operator's. */
export function unitsOf(operator: string, batches: readonly FactRows[]): OrgUnit[] {
  const rows = batches.flatMap((batch) => Array.from({ length: batch.count }, (_, row) => unitRow(batch, row)));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return rows.flatMap((row) => {
    const path = pathOf(operator, row, byId);
    return path === undefined ? [] : [{ orgUnitPath: path, level: row.level, name: row.name }];
  });
}

function unitRow(rows: FactRows, row: number): UnitRow {
  const id = rows.id('unit_id', row);
  const name = rows.text('name', row) ?? id;
  return { id, name, level: rows.id('level', row), parentId: rows.text('parent_id', row) };
}

/** Undefined where the parents lead in a circle. */
function pathOf(operator: string, unit: UnitRow, byId: ReadonlyMap<string, UnitRow>): string | undefined {
  const ids: string[] = [];
  for (let at: UnitRow | undefined = unit; at !== undefined; at = byId.get(at.parentId ?? '')) {
    if (at.level === 'province') break;
    ids.unshift(at.id);
    if (ids.length > DEPTH_MAX) return undefined;
  }
  return ids.reduce((above, id) => orgUnitPath(above.slice(0, -1), id), `${operator}/`);
}

/** The operator's own names take the place of those that were made from codes. */
export async function storeOrgUnits(tx: Transaction, units: readonly OrgUnit[]): Promise<void> {
  await rowsOf(
    tx,
    `insert into org_unit (org_unit_path, level, name)
     select distinct on (org_unit_path) * from unnest($1::text[], $2::text[], $3::text[])
       as incoming (org_unit_path, level, name) order by org_unit_path, level, name
     on conflict (org_unit_path) do update set level = excluded.level, name = excluded.name
     where (org_unit.level, org_unit.name) is distinct from (excluded.level, excluded.name)`,
    [units.map(({ orgUnitPath: path }) => path), units.map(({ level }) => level), units.map(({ name }) => name)],
  );
}

/** Paths whose units no table names still have a place in the tree. */
export async function nameUnits(tx: Transaction, paths: Iterable<string>): Promise<void> {
  const units = unitsNamedBy(new Set(paths)).sort((left, right) => (left.orgUnitPath < right.orgUnitPath ? -1 : 1));
  const lists = (['orgUnitPath', 'level', 'name'] as const).map((field) => units.map((unit) => unit[field]));
  const sql = `insert into org_unit (org_unit_path, level, name)
    select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing`;
  await rowsOf(tx, sql, lists);
}
