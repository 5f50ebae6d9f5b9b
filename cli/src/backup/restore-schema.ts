import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { Database, clientOf, migrate, rowsOf, type Transaction } from '@holdfast/platform/database';
import { continueRestored } from '@holdfast/platform/restored-schema';
import { migrationFolders } from '@holdfast/platform/service';
import { schemaOf } from '@holdfast/platform/services';
import { from as copyFrom } from 'pg-copy-streams';
import { RefusedError } from '../connection.js';
import type { TargetSchema } from './empty-servers.js';
import { tablePath, type BackedUpSchema, type BackedUpTable } from './manifest.js';
import type { RestoreSettings } from './settings.js';

interface RestoreTarget {
  settings: RestoreSettings;
  target: TargetSchema;
  /** Of the backup. */
  folder: string;
  /** The project's root folder, which has the migrations. */
  root: string;
  signal: AbortSignal;
  /** Is called for each table. */
  onTable: (table: BackedUpTable) => void;
}

/**
 * Makes the tables of a schema by the migrations that made those of the backup, and fills them in one transaction: its
 * constraints are checked, its queues continue. It replaces what the schema has.
 */
export async function restoreSchema(schema: BackedUpSchema, options: RestoreTarget): Promise<void> {
  const { settings, target, root } = options;
  const url = new URL(settings.administratorUrl);
  url.search = '';
  const database = {
    url: url.href,
    password: settings.administratorPassword,
    caFile: settings.databaseCaFile,
    schema: target.name,
    role: target.owner,
    applicationName: 'holdfast restore',
    hasTimeouts: false,
    poolMax: 2,
  };
  const opened = await Database.open(database);
  try {
    await opened.transaction((tx) => dropAll(tx, target.name));
    const directories = migrationFolders(schema.service, root);
    await migrate({ ...database, directories, restored: new Set(schema.migrations) });
    await opened.transaction((tx) => fill(tx, schema, options));
    // The planner has no statistics of what was copied.
    await opened.query('analyze');
  } finally {
    await opened.close();
  }
}

/** What a former restore, or the migrations of a service that ran before, made in a schema. */
async function dropAll(tx: Transaction, schema: string): Promise<void> {
  const sql = `
    select format('drop %s if exists %s cascade', case relkind when 'v' then 'view' when 'm' then 'materialized view'
        when 'S' then 'sequence' else 'table' end, c.oid::regclass) as drop
      from pg_class c where relnamespace = $1::regnamespace and (relkind in ('r', 'p', 'v', 'm') or relkind = 'S'
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i')))
    union all select format('drop routine if exists %s cascade', oid::regprocedure)
      from pg_proc where pronamespace = $1::regnamespace
    union all select format('drop type if exists %s cascade', oid::regtype)
      from pg_type where typnamespace = $1::regnamespace and typtype in ('e', 'd')`;
  for (const { drop } of await rowsOf<{ drop: string }>(tx, sql, [schema])) await rowsOf(tx, drop);
}

async function fill(tx: Transaction, schema: BackedUpSchema, options: RestoreTarget): Promise<void> {
  const name = schemaOf(schema.service);
  for (const { name: table, parent, bound } of schema.tables)
    if (parent !== null) {
      await rowsOf(tx, `create table "${table}" (like "${parent}" including all)`);
      await rowsOf(tx, `alter table "${parent}" attach partition "${table}" ${bound!}`);
    }
  const constraints = await uncheckedConstraints(tx, name);
  for (const { drop } of constraints) await rowsOf(tx, drop);
  for (const table of schema.tables) {
    await copyTable(tx, name, table, options);
    options.onTable(table);
  }
  for (const { add } of constraints) await rowsOf(tx, add);
  for (const { name: sequence, value } of schema.sequences)
    await rowsOf(tx, "select setval(format('%I.%I', $1::text, $2::text)::regclass, $3)", [name, sequence, value]);
  await continueRestored(tx, schema.service);
}

/**
 * Constraints that rows need not fulfil while they are copied: foreign keys, since the tables come in any order, and those
 * that older rows need not fulfil. Adding them again checks the foreign keys.
 */
function uncheckedConstraints(tx: Transaction, schema: string): Promise<{ drop: string; add: string }[]> {
  const sql = `
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
           format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as add
      from pg_constraint
     where connamespace = $1::regnamespace and conparentid = 0
       and (contype = 'f' or contype = 'c' and not convalidated) order by conrelid::regclass::text, conname`;
  return rowsOf(tx, sql, [schema]);
}

async function copyTable(
  tx: Transaction,
  schema: string,
  table: BackedUpTable,
  { folder, signal }: RestoreTarget,
): Promise<void> {
  // A migration may have added a row. `delete` alone would fail where a trigger forbids it.
  const seeds = await rowsOf(tx, `select from "${table.name}" limit 1`);
  if (seeds.length > 0) await rowsOf(tx, `delete from "${table.name}"`);
  const columns = table.columns.map((column) => `"${column}"`).join(', ');
  const client = await clientOf(tx);
  const target = client.query(copyFrom(`copy "${table.name}" (${columns}) from stdin`));
  const source = createReadStream(path.join(folder, tablePath(schema, table.name)));
  await pipeline(source, createZstdDecompress(), target, { signal });
  if (target.rowCount !== table.rows)
    throw new RefusedError(
      `${tablePath(schema, table.name)} has ${target.rowCount} rows instead of ${table.rows}: the backup is damaged.`,
    );
}
