import { Injectable } from '@nestjs/common';
import type { Import, ImportService, ImportedTable } from '@holdfast/contracts/feature_store/v1/extract';
import { hasScope, sees, orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { idAfter, pageOf, pageTokenInvalid } from '@holdfast/platform/paging';
import { forClients, scoped } from '@holdfast/platform/scoped';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import { Extracts, closedMonthsOf } from '../facts/extracts.js';
import { DataKeys } from '../lake/data-keys.js';
import { keyFor } from '../lake/lake-keys.js';
import { HeldImports } from './held-imports.js';
import { importSeenBy, type ImportRow } from './import-state.js';
import { openExamples, openReject } from './report.js';
import { ExtractUploads } from './upload-extract.js';
import { Uploads } from './upload.js';
import { Withdrawals } from './withdrawals.js';

const IMPORTS_PAGE_MAX = 200;
const REJECTS_PAGE_MAX = 1_000;

type Counted = Pick<
  ImportRow,
  'table_name' | 'version' | 'rows_read' | 'rows_accepted' | 'rows_rejected' | 'rows_duplicate' | 'notices'
>;
type StoredTable = Counted & { import_id: string };

type StoredReject = Record<'table_name' | 'file' | 'line' | 'column_name' | 'rule', string> & {
  ordinal: number;
  value_sealed: Buffer;
};

/** Uploads, and the reports of imports. */
@Injectable()
export class IntakeRpc {
  constructor(
    private readonly uploads: Uploads,
    private readonly extractUploads: ExtractUploads,
    private readonly extracts: Extracts,
    private readonly database: Database,
    private readonly keys: DataKeys,
    private readonly held: HeldImports,
    private readonly withdrawals: Withdrawals,
  ) {}

  readonly handlers: Rpc<ImportService> = {
    uploadTable: scoped('ingest:write', (call, parts) => this.uploads.receive(call, parts)),

    uploadExtract: scoped('ingest:write', (call, parts) => this.extractUploads.receive(call, parts)),

    importFolder: scoped('ingest:write', ({ caller }, request) => this.extractUploads.importFolder(caller, request)),

    listExtracts: scoped('ingest:read', async ({ caller }) => {
      const loaded = await this.extracts.loaded();
      const visible = loaded.filter(({ orgUnitPath }) => sees(caller, orgUnitPath));
      const extracts = visible.map(({ orgUnitPath: _o, tables, ...extract }) => ({
        ...extract,
        closedMonths: closedMonthsOf(loaded.filter(({ sequence }) => sequence <= extract.sequence)),
        tables: tables.map(({ table }) => table),
      }));
      return { extracts: extracts.reverse() };
    }),

    getImport: scoped('ingest:read', async ({ caller }, { importId }) => {
      const row = await this.find(caller, importId);
      const [found] = await this.messages([row]);
      return { ...found!, keyExamples: await this.examplesOf(caller, row) };
    }),

    confirmImport: scoped('ingest:write', ({ caller }, { importId }) => this.held.confirm(caller, importId)),

    discardImport: scoped('ingest:write', async ({ caller }, { importId }) => {
      await this.held.discard(caller, importId);
      const [found] = await this.messages([await this.find(caller, importId)]);
      return found!;
    }),

    withdrawImport: scoped('ingest:write', async ({ caller }, request) => {
      await this.withdrawals.withdraw(caller, request);
      const [found] = await this.messages([await this.find(caller, request.importId)]);
      return found!;
    }),

    listImports: scoped('ingest:read', async ({ caller }, request) => {
      const pageSize = Math.min(request.pageSize || 50, IMPORTS_PAGE_MAX);
      // Ids ascend with time.
      const rows = await this.database.query<ImportRow>(
        `select * from import where org_unit_path ^@ any($1::text[]) and ($2::uuid is null or id < $2)
         order by id desc limit $3`,
        [orgUnitFilter(caller), idAfter(request.pageToken), pageSize + 1],
      );
      const { page, nextPageToken } = pageOf(rows, pageSize, ({ id }) => id);
      return { imports: await this.messages(page), nextPageToken };
    }),

    listRejects: forClients('ingest:read', async ({ caller }, request) => {
      const found = await this.find(caller, request.importId);
      const pageSize = Math.min(request.pageSize || 100, REJECTS_PAGE_MAX);
      if (!/^\d{0,9}$/.test(request.pageToken)) throw pageTokenInvalid();
      const after = Number(request.pageToken);
      // Rejects of a plain table are all of the table that the import names.
      const isAll = request.table === '' || request.table === found.table_name;
      const rows = await this.database.query<StoredReject>(
        `select * from reject where import_id = $1 and ordinal > $2 and ($4 or table_name = $5) order by ordinal limit $3`,
        [found.id, after, pageSize + 1, isAll, request.table],
      );
      if (rows.length === 0) return { rejects: [], nextPageToken: '' };
      const { page, nextPageToken } = pageOf(rows, pageSize, ({ ordinal }) => String(ordinal));
      const key = keyFor('rejects', await this.keys.of(found.id));
      const isShown = shownColumns(caller, found);
      const rejects = page.map((row) => ({
        file: row.file || found.file_name,
        line: Number(row.line),
        column: row.column_name,
        rule: row.rule,
        value: isShown(row) ? openReject(key, found.id, row.ordinal, row.value_sealed) : '',
      }));
      return { rejects, nextPageToken };
    }),
  };

  private async examplesOf(caller: Caller, { id, examples_sealed: sealed }: ImportRow): Promise<Import['keyExamples']> {
    if (sealed === null || !mayReadKeys(caller)) return [];
    return openExamples(await this.keys.of(id), id, sealed);
  }

  private async messages(imports: readonly ImportRow[]): Promise<Import[]> {
    const sql = 'select * from import_table where import_id = any($1::uuid[]) order by place';
    const tables = await this.database.query<StoredTable>(sql, [imports.map(({ id }) => id)]);
    const tablesOf = ({ id }: ImportRow): StoredTable[] => tables.filter(({ import_id: of }) => of === id);
    return imports.map((row) => importMessage(row, tablesOf(row)));
  }

  private find(caller: Caller, importId: string): Promise<ImportRow> {
    return importSeenBy(caller, importId, (sql, params) => this.database.query(sql, params));
  }
}

/** Which rejected values a caller may see: keys, personal columns and whole rows are personal data. */
function shownColumns(caller: Caller, { kind, mapping }: ImportRow): (reject: StoredReject) => boolean {
  if (mayReadKeys(caller)) return () => true;
  if (kind === 'extract') {
    return ({ table_name: table, column_name: column }) => {
      const known = contractTableOf(table)?.columns.find(({ name }) => name === column)?.kind;
      return known !== undefined && !PERSONAL_KINDS.has(known);
    };
  }
  const hidden = new Set(['', mapping.key, ...Object.values(mapping.personal)]);
  return ({ column_name: column }) => !hidden.has(column);
}

function mayReadKeys(caller: Caller): boolean {
  return hasScope(caller, 'pii:read') && (caller.system || (caller.accessReason ?? '').trim() !== '');
}

const PERSONAL_KINDS: ReadonlySet<string> = new Set(
  'customer account subscription peer assigned personal birthday text'.split(' '),
);

function importMessage(row: ImportRow, tables: readonly StoredTable[]): Import {
  const notices = [...row.notices, ...tables.flatMap((table) => table.notices)];
  return {
    importId: row.id,
    jobId: row.job_id,
    contentHash: row.content_hash,
    createdAt: row.created_at,
    loadedAt: row.loaded_at ?? undefined,
    tables: row.kind === 'extract' ? tables.map(importedTable) : [importedTable(row)],
    notices: notices.map(({ key, column, text }) => ({ key, column, textEn: text.en, textZhCn: text['zh-CN'] })),
    state: row.state,
    findings: row.findings.map(({ text, ...found }) => ({ ...found, textEn: text.en, textZhCn: text['zh-CN'] })),
    comparison: row.comparison ?? undefined,
    keyExamples: [],
    changes: row.changes,
    withdrawnAt: row.withdrawn_at ?? undefined,
    withdrawnBy: row.withdrawn_by ?? '',
    withdrawalReason: row.withdrawal_reason ?? '',
  };
}

function importedTable(row: Counted): ImportedTable {
  return {
    table: row.table_name,
    version: Number(row.rows_accepted) === 0 ? '' : row.version,
    read: Number(row.rows_read),
    accepted: Number(row.rows_accepted),
    rejected: Number(row.rows_rejected),
    duplicates: Number(row.rows_duplicate),
  };
}
