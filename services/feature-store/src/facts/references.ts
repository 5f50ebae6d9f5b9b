import type { ContractColumn, ContractTable } from '@holdfast/extract-contract/table';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import { orgUnitPath } from '@holdfast/platform/org-unit';
import { derivedIdInDuckDb } from '@holdfast/platform/identity';
import { literal, type Engine, type Relation } from '../engine/engine.js';
import type { CheckedRows, Resolution } from '../extract/check-rows.js';

const UNITS_DEEP_MAX = 16;

/** The org unit path of the subjects of a table's rows. */
export type Owners = Relation<'id' | 'org_unit_path'>;

/** Rows that those of an extract may refer to: of earlier extracts, and of its tables that are done. */
export class References {
  /** Files of the clear rows by table. */
  private readonly files = new Map<string, string[]>();

  constructor(
    private readonly engine: Engine,
    private readonly operator: string,
  ) {}

  add(table: string, file: string): void {
    this.files.set(table, [...(this.files.get(table) ?? []), file]);
  }

  /** See `CheckOptions.resolve`. */
  resolve(column: ContractColumn, text: string, distinctTexts: string): Resolution | undefined {
    const parent = column.refersTo === undefined ? undefined : contractTableOf(column.refersTo)!;
    const keys = parent === undefined ? undefined : this.keysOf(parent);
    if (keys === undefined) {
      const id = this.idOf(column, text);
      return id === undefined ? undefined : { id: column.kind === 'assigned' ? `${id}::varchar` : id };
    }
    const isKnown = `ref_id in (${keys})`;
    const id = column.kind === 'assigned' ? `case when ${isKnown} then ref_id::varchar else key end` : 'ref_id';
    const lookup = `select key, ${id} as id, ${isKnown} as is_known from (
      select key, ${this.idOf(column, 'key') ?? 'key'} as ref_id from (${distinctTexts}))`;
    return { lookup };
  }

  /** Rows of customers and subscriptions contain their org unit; the owners of other rows are read from those tables. */
  async ownersOf(
    table: ContractTable,
    { accepted, versions }: Pick<CheckedRows, 'accepted' | 'versions'>,
  ): Promise<Owners> {
    const owners: Owners = await this.engine.createTable('owners', { id: 'uuid', org_unit_path: 'varchar' });
    if (table.about === 'none') return owners;
    if (table.name === 'customers' || table.name === 'subscriptions') {
      const units = await this.orgUnitsOf(accepted);
      await this.engine.run(
        // The last of several versions decides.
        `insert into ${owners.name}
         select "${table.aboutColumn}", coalesce(unit.org_unit_path, ${literal(`${this.operator}/`)})
         from ${accepted.name} left join ${units.name} as unit using (unit_id) left join ${versions.name} using (row_no)
         where is_last is not false`,
      );
      return owners;
    }
    const source = { subscription: 'subscriptions', customer: 'customers', account: 'accounts' }[table.about];
    const files = this.files.get(source);
    if (files === undefined) return owners;
    await this.engine.run(
      `insert into ${owners.name} select "${contractTableOf(source)!.key[0]!.name}", arg_max(org_unit_path, sequence)
       from ${relation(files)} where superseded_at is null group by 1`,
    );
    return owners;
  }

  /** SQL of the lake's identifier of a text; undefined for a column that keeps its texts. */
  private idOf({ kind }: ContractColumn, text: string): string | undefined {
    const of = kind === 'assigned' ? 'subscription' : kind;
    const isDerived = ['customer', 'account', 'subscription', 'peer'].includes(of);
    return isDerived ? derivedIdInDuckDb(of, this.operator, text) : undefined;
  }

  /** SQL of the keys that a table has; undefined if no extract has it, so that no row can be rejected for it. */
  private keysOf(parent: ContractTable): string | undefined {
    const files = this.files.get(parent.name);
    return files === undefined ? undefined : `select "${parent.key[0]!.name}" from ${relation(files)}`;
  }

  /** Paths of the org units that rows name, from below the province. */
  private async orgUnitsOf(accepted: CheckedRows['accepted']): Promise<Relation<'unit_id' | 'org_unit_path'>> {
    const files = this.files.get('org_units');
    const known =
      files === undefined
        ? []
        : await this.engine.rows<Unit>(
            `select unit_id, arg_max(level, sequence) as level, arg_max(parent_id, sequence) as parent_id
             from ${relation(files)} where superseded_at is null group by unit_id`,
          );
    const units = new Map(known.map((unit) => [unit.unit_id, unit]));
    const named = await this.engine.texts(`select distinct unit_id from ${accepted.name} where unit_id is not null`);
    const paths = await this.engine.createTable('org_units', { unit_id: 'varchar', org_unit_path: 'varchar' });
    if (named.length === 0) return paths;
    const rows = named.map((id) => `(${literal(id)}, ${literal(pathOfUnit(this.operator, id, units))})`);
    await this.engine.run(`insert into ${paths.name} values ${rows.join(', ')}`);
    return paths;
  }
}

interface Unit {
  unit_id: string;
  level: string;
  parent_id: string | null;
}

/**
 * Path of a unit: `demo/<unit>/<unit>/`, from below the province down the tree; the province itself is `demo/`. A unit without a row
 * is directly below the province; a cycle of parents ends where it closes.
 */
function pathOfUnit(operator: string, unitId: string, units: ReadonlyMap<string, Unit>): string {
  const segments: string[] = [];
  const seen = new Set<string>();
  for (let id: string | null = unitId; id !== null && !seen.has(id) && seen.size < UNITS_DEEP_MAX;) {
    seen.add(id);
    const unit = units.get(id);
    if (unit?.level === 'province') break;
    segments.unshift(orgUnitPath('', id).slice(1));
    id = unit?.parent_id ?? null;
  }
  return `${operator}/${segments.join('')}`;
}

function relation(files: readonly string[]): string {
  return `read_parquet([${files.map(literal).join(', ')}], union_by_name = true)`;
}
