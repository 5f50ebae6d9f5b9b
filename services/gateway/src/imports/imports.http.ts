import {
  Import as ImportMessage,
  ListExtractsResponse,
  ListImportsResponse,
  ListRejectsResponse,
} from '@holdfast/contracts/feature_store/v1/extract';
import { z } from 'zod';
import { JOB_EXAMPLE, STARTS_JOB } from '../jobs/job.js';
import { sources } from '../operation/answer.js';
import { EXPORT_PAGE_ROWS, csvAnswer, formatOf, pagesFrom } from '../operation/export.js';
import { answers, operationsOf } from '../operation/operation.js';
import { requestContextOf } from '../operation/request-context.js';
import { Count, Id, Instant, Month, NextPageToken, TableName, page } from '../operation/wire.js';
import { extractParts, uploadParts } from './upload.js';

const operation = operationsOf('imports');

const ImportNotice = z
  .strictObject({ code: z.string(), column: z.string().nullable(), message: z.string() })
  .register(sources, { from: { code: 'key', message: 'text' } });

const Finding = z
  .strictObject({
    code: z.string(),
    table: z.string(),
    column: z.string().nullable(),
    holds: z.boolean().describe('Whether it holds the import back'),
    message: z.string(),
  })
  .register(sources, { from: { code: 'key', message: 'text' } });

const ImportReport = z
  .strictObject({
    importId: Id,
    jobId: z.string(),
    contentHash: z.string(),
    createdAt: Instant,
    loadedAt: Instant.nullable(),
    tables: z
      .array(
        z.strictObject({
          table: TableName,
          version: z.string().nullable(),
          read: Count,
          accepted: Count,
          rejected: Count,
          duplicates: Count,
        }),
      )
      .describe('For each: read = accepted + rejected + duplicates'),
    notices: z.array(ImportNotice),
    state: z
      .enum(['receiving', 'received', 'loaded', 'failed', 'held', 'discarded', 'checked', 'withdrawn'])
      .describe(
        '`held`: read and checked, nothing of it is visible until it is confirmed; `checked`: a dry run that has ended; ' +
          '`withdrawn`: it was visible',
      ),
    findings: z.array(Finding).describe('What differs from the version before, or exceeds a limit'),
    comparison: z
      .strictObject({ comparedWith: z.string(), kept: Count, added: Count, gone: Count })
      .nullable()
      .describe(
        'Subscribers of the newest month against those of the version before; null for a first one and for extracts',
      ),
    keyExamples: z
      .array(z.strictObject({ before: z.string(), now: z.string() }))
      .describe('Keys that may be the same in another spelling; only with pii:read and X-Access-Reason'),
    changes: z
      .array(
        z.strictObject({
          table: TableName,
          added: Count.describe('Rows whose key is new'),
          changed: Count.describe('Rows with another value than the visible ones; personal columns are not compared'),
          unchanged: Count,
          gone: Count.describe(
            'Visible rows that are missing: they end with a version of a plain table, and stay after an extract',
          ),
        }),
      )
      .describe('Of a dry run, by table; without tables whose key is personal, and events, which have none'),
    withdrawnAt: Instant.nullable().describe('Null unless it was withdrawn, as the next two'),
    withdrawnBy: z.string().nullable().describe('The client'),
    withdrawalReason: z.string().nullable(),
  })
  .meta({ id: 'Import' });

const RejectedRow = z
  .strictObject({
    file: z.string(),
    line: Count.describe('First line of the record; the header is 1'),
    column: z.string().nullable(),
    rule: z.string(),
    value: z
      .string()
      .describe('Truncated to 200 characters; keys and whole rows only with pii:read and X-Access-Reason'),
  })
  .meta({ id: 'Reject' });

const IMPORT_EXAMPLE: z.output<typeof ImportReport> = {
  importId: '01936a3e-7a10-7c2e-9a53-3d6a2f5b8c11',
  jobId: 'feature-store.01936a3e-7a10-7c2e-9a53-3d6a2f5b8c12',
  contentHash: 'sha256:9f2b…',
  createdAt: '2026-11-03T02:00:00.000Z',
  loadedAt: '2026-11-03T02:00:04.000Z',
  tables: [{ table: 'demo', version: '4be1f0c2d9a80317', read: 3000, accepted: 2994, rejected: 4, duplicates: 2 }],
  notices: [{ code: 'column.constant', column: 'country', message: 'The column has one value only.' }],
  state: 'loaded',
  findings: [{ code: 'column.added', table: 'demo', column: 'tariff', holds: false, message: 'Column tariff is new.' }],
  comparison: { comparedWith: '0c9d1e2f3a4b5c6d', kept: 2950, added: 44, gone: 31 },
  keyExamples: [],
  changes: [],
  withdrawnAt: null,
  withdrawnBy: null,
  withdrawalReason: null,
};

const DryRun = z
  .enum(['true', 'false'])
  .default('false')
  .describe('`true`: check and compare with what is visible only; nothing becomes visible, and the files are removed');

const uploadTable = operation('POST /api/v1/tables', {
  summary: 'Import a plain table',
  description:
    'The mapping first, then the file; CSV, gzip accepted, streamed, of any size. The content is its own idempotency ' +
    'key: the same file with the same mapping again gives the first job and changes nothing.',
  scope: 'ingest:write',
  raises: [
    'mapping.invalid',
    'mapping.unreadable',
    'upload.mappingNotFirst',
    'upload.fileMissing',
    'upload.partUnknown',
    'upload.mappingTooLarge',
    'upload.tooLarge',
    'upload.brokenOff',
    'form.broken',
  ],
  ...STARTS_JOB,
  query: z.strictObject({
    dryRun: DryRun,
    asOf: Month.optional().describe('Month of all rows, `YYYY-MM`, in place of `asOf` in the mapping'),
  }),
  multipart: {
    mapping: { description: 'What the columns are (YAML or JSON), as text or as a file' },
    file: { description: 'The table', file: true },
  },
  handle: ({ call, query, request, services }) =>
    services.imports.uploadTable(call, uploadParts(request, { dryRun: query.dryRun === 'true', asOf: query.asOf })),
  example: { response: JOB_EXAMPLE },
});

const INBOX = 'inbox:';

const importExtract = operation('POST /api/v1/imports', {
  summary: 'Import a full extract',
  description:
    'Its files, each with its path in the extract as file name, in any order, manifest.json among them; or a folder that ' +
    'is in the inbox of the installation already. CSV and Parquet, gzip accepted, streamed, of any size. The content is ' +
    'its own idempotency key: the same extract again gives the first job and changes nothing.',
  scope: 'ingest:write',
  raises: [
    'form.broken',
    'upload.tooLarge',
    'upload.brokenOff',
    'extract.noFiles',
    'extract.onlyFiles',
    'extract.pathLeaves',
    'extract.pathTwice',
    'extract.tooManyFiles',
    'extract.fileMissing',
    'manifest.malformed',
    'manifest.missing',
    'manifest.otherOperator',
    'manifest.tooLarge',
    'inbox.folderUnknown',
    'inbox.leaves',
  ],
  ...STARTS_JOB,
  query: z.strictObject({ dryRun: DryRun }),
  multipart: { files: { description: 'A file of the extract; any number of parts with this name', file: true } },
  body: z.strictObject({
    source: z
      .string()
      .max(400)
      .regex(/^inbox:.+$/, 'must be inbox: and the name of a folder')
      .describe('`inbox:` and a folder of the inbox'),
  }),
  handle({ call, body, query, request, services }) {
    const dryRun = query.dryRun === 'true';
    // A form has no JSON body (lifecycle.ts).
    const { source } = (body as typeof body | undefined) ?? {};
    return source === undefined
      ? services.imports.uploadExtract(call, extractParts(request, dryRun))
      : services.imports.importFolder(call, { folder: source.slice(INBOX.length), dryRun });
  },
  example: { body: { source: 'inbox:2026-09-full' }, response: JOB_EXAMPLE },
});

const LoadedExtract = z
  .strictObject({
    extractId: z.string(),
    sequence: Count.describe('A later one supersedes the rows that it holds, from `extractedAt` on'),
    extractedAt: Instant,
    from: z.string().describe('First month, `YYYY-MM`'),
    to: z.string().describe('Last month, `YYYY-MM`'),
    importId: Id,
    currency: z.string(),
    timeZone: z.string(),
    closedMonths: z.array(z.string()).describe('Months that are complete by now, ascending'),
    tables: z.array(z.string()),
  })
  .meta({ id: 'Extract' });

const EXTRACT_EXAMPLE: z.output<typeof LoadedExtract> = {
  extractId: '2026-09-full',
  sequence: 12,
  extractedAt: '2026-10-01T19:00:00.000Z',
  from: '2025-04',
  to: '2026-09',
  importId: IMPORT_EXAMPLE.importId,
  currency: 'CNY',
  timeZone: 'Asia/Shanghai',
  closedMonths: ['2026-08', '2026-09'],
  tables: ['billing', 'status_history', 'subscriptions', 'usage'],
};

const listExtracts = operation('GET /api/v1/extracts', {
  summary: 'The extracts that went in, newest first',
  scope: 'ingest:read',
  ...answers(z.strictObject({ extracts: z.array(LoadedExtract) }), ListExtractsResponse),
  handle: ({ call, services }) => services.imports.listExtracts(call, {}),
  example: { response: { extracts: [EXTRACT_EXAMPLE] } },
});

const listImports = operation('GET /api/v1/imports', {
  summary: 'Imports, newest first',
  scope: 'ingest:read',
  query: z.strictObject(page(200)),
  ...answers(z.strictObject({ imports: z.array(ImportReport), nextPageToken: NextPageToken }), ListImportsResponse),
  handle: ({ call, query, services }) => services.imports.listImports(call, query),
  example: { response: { imports: [IMPORT_EXAMPLE], nextPageToken: null } },
});

const readImport = operation('GET /api/v1/imports/{importId}', {
  summary: 'The report of one import',
  scope: 'ingest:read',
  raises: ['import.unknown'],
  params: z.strictObject({ importId: Id }),
  ...answers(ImportReport, ImportMessage),
  personalData: '`keyExamples`',
  async handle({ call, params, request, services }) {
    const report = await services.imports.getImport(call, params);
    if (report.keyExamples.length > 0) requestContextOf(request).personalDataRead = true;
    return report;
  },
  example: { params: { importId: IMPORT_EXAMPLE.importId }, response: IMPORT_EXAMPLE },
});

const confirmImport = operation('POST /api/v1/imports/{importId}:confirm', {
  summary: 'Publish an import that is held back',
  description:
    'Publishes exactly the rows that were checked, as a job. If another version became the newest meanwhile, the import is ' +
    'compared with that one and held again. Another request returns the same job.',
  scope: 'ingest:write',
  raises: ['import.unknown', 'import.notHeld', 'import.beingPublished', 'import.discarded', 'import.erased'],
  ...STARTS_JOB,
  params: z.strictObject({ importId: Id }),
  handle: ({ call, params, services }) => services.imports.confirmImport(call, params),
  example: { params: { importId: IMPORT_EXAMPLE.importId }, response: { ...JOB_EXAMPLE, kind: 'confirm-import' } },
});

const discardImport = operation('POST /api/v1/imports/{importId}:discard', {
  summary: 'Drop an import that is held back, its file and the key to it',
  description: 'Its counts and findings stay. The same file can be imported again.',
  scope: 'ingest:write',
  raises: ['import.unknown', 'import.notHeld', 'import.beingPublished'],
  audited: true,
  params: z.strictObject({ importId: Id }),
  ...answers(ImportReport, ImportMessage),
  handle: ({ call, params, services }) => services.imports.discardImport(call, params),
  example: {
    params: { importId: IMPORT_EXAMPLE.importId },
    response: { ...IMPORT_EXAMPLE, loadedAt: null, state: 'discarded' as const },
  },
});

const withdrawImport = operation('POST /api/v1/imports/{importId}:withdraw', {
  summary: 'Withdraw an import that is visible',
  description:
    'The newest extract, or the newest version of its table; then the one before can be withdrawn. From now on nothing of ' +
    'it counts: what it superseded is visible again, and the months of the extracts before it are the newest. Answers as ' +
    'of a moment before the withdrawal stay as they were, and its refusals keep counting. Its sequence is not used ' +
    'again; the same files can be imported under another one. A repeated request changes nothing.',
  scope: 'ingest:write',
  raises: ['import.unknown', 'import.notVisible', 'import.notNewest', 'import.withdrawalReason'],
  audited: true,
  params: z.strictObject({ importId: Id }),
  body: z.strictObject({
    reason: z.string().min(1).max(500).describe('Why; kept with the import. Never a text about a person'),
  }),
  ...answers(ImportReport, ImportMessage),
  handle: ({ call, params, body, services }) => services.imports.withdrawImport(call, { ...params, ...body }),
  example: {
    params: { importId: IMPORT_EXAMPLE.importId },
    body: { reason: 'bills of another month' },
    response: {
      ...IMPORT_EXAMPLE,
      state: 'withdrawn' as const,
      withdrawnAt: '2026-11-04T08:30:00.000Z',
      withdrawnBy: 'console',
      withdrawalReason: 'bills of another month',
    },
  },
});

const listRejects = operation('GET /api/v1/imports/{importId}/rejects', {
  summary: 'Rows that broke their contract, in file order',
  description: 'As JSON a page at a time; as CSV all of them.',
  scope: 'ingest:read',
  raises: ['import.unknown'],
  params: z.strictObject({ importId: Id }),
  query: z.strictObject({
    table: TableName.or(z.literal('')).default('').describe('Only of this table'),
    format: z.enum(['json', 'csv']).optional().describe('Wins over the Accept header'),
    ...page(1_000),
  }),
  ...answers(z.strictObject({ rejects: z.array(RejectedRow), nextPageToken: NextPageToken }), ListRejectsResponse),
  formats: ['application/json', 'text/csv'],
  personalData: 'keys and whole rows in `value`',
  async handle({ call, params, query: { format, table, ...query }, request, services }) {
    const isCsv = formatOf(format, request) === 'csv';
    const pageSize = isCsv ? EXPORT_PAGE_ROWS : query.pageSize;
    const pageOf = (pageToken: string) => services.imports.listRejects(call, { ...params, table, pageSize, pageToken });
    const first = await pageOf(query.pageToken);
    const context = requestContextOf(request);
    // With a reason the keys and whole rows among them are shown (feature-store).
    if (call.caller.accessReason !== undefined) context.personalDataRead = true;
    // Rejected rows have no id.
    context.subjects = { ids: [], count: first.rejects.length };
    if (!isCsv) return first;
    const columns = RejectedRow.keyof().options;
    return csvAnswer(columns, pagesFrom(first, pageOf), ({ rejects }) =>
      rejects.map((reject) => columns.map((column) => reject[column])),
    );
  },
  example: {
    params: { importId: IMPORT_EXAMPLE.importId },
    query: { table: 'demo' },
    response: {
      rejects: [{ file: 'demo.csv', line: 17, column: 'monthly_fee', rule: 'number.malformed', value: '12,x' }],
      nextPageToken: null,
    },
  },
});

/** Imports of tables and their reports. */
export const importOperations = [
  uploadTable,
  importExtract,
  listExtracts,
  listImports,
  readImport,
  confirmImport,
  discardImport,
  withdrawImport,
  listRejects,
];
