import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import type { Extract, Import, Reject } from '@holdfast/contracts/feature_store/v1/extract';
import type { Language } from '@holdfast/platform/errors';
import { z } from 'zod';
import { Job, JOB_EXAMPLE, jobJson } from '../jobs/job.js';
import { ServiceClients } from '../service-clients.js';
import { csvLine } from '../operation/csv.js';
import { Answer, Operation, operation, type HandlerInput } from '../operation/operation.js';
import { requestContextOf } from '../operation/request-context.js';
import {
  Count,
  Id,
  Instant,
  NextPageToken,
  TableName,
  instantJson,
  nextPageTokenJson,
  page,
} from '../operation/wire.js';
import { extractParts } from './extract-upload.js';
import { uploadParts } from './upload.js';

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
    notices: z.array(z.strictObject({ code: z.string(), column: z.string().nullable(), message: z.string() })),
    state: z
      .enum(['receiving', 'received', 'loaded', 'failed', 'held', 'discarded'])
      .describe('`held`: read and checked, nothing of it is visible until it is confirmed'),
    findings: z
      .array(
        z.strictObject({
          code: z.string(),
          table: z.string(),
          column: z.string().nullable(),
          holds: z.boolean().describe('Whether it holds the import back'),
          message: z.string(),
        }),
      )
      .describe('What differs from the version before, or exceeds a limit'),
    comparison: z
      .strictObject({ comparedWith: z.string(), kept: Count, added: Count, gone: Count })
      .nullable()
      .describe(
        'Subscribers of the newest month against those of the version before; null for a first one and for extracts',
      ),
    keyExamples: z
      .array(z.strictObject({ before: z.string(), now: z.string() }))
      .describe('Keys that may be the same in another spelling; only with pii:read and X-Access-Reason'),
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
};

const uploadTable = operation({
  method: 'POST',
  path: '/api/v1/tables',
  group: 'imports',
  summary: 'Import a plain table',
  description:
    'The mapping first, then the file; CSV, gzip accepted, streamed, of any size. The content is its own idempotency ' +
    'key: the same file with the same mapping again gives the first job and changes nothing.',
  scope: 'ingest:write',
  limitClass: 'bulk',
  audited: true,
  multipart: {
    mapping: { description: 'What the columns are (YAML or JSON), as text or as a file' },
    file: { description: 'The table', file: true },
  },
  status: 202,
  response: Job,
  example: { response: JOB_EXAMPLE },
});

const INBOX = 'inbox:';

const importExtract = operation({
  method: 'POST',
  path: '/api/v1/imports',
  group: 'imports',
  summary: 'Import a full extract',
  description:
    'Its files, each with its path in the extract as file name, in any order, manifest.json among them; or a folder that ' +
    'is in the inbox of the installation already. CSV and Parquet, gzip accepted, streamed, of any size. The content is ' +
    'its own idempotency key: the same extract again gives the first job and changes nothing.',
  scope: 'ingest:write',
  limitClass: 'bulk',
  audited: true,
  multipart: { files: { description: 'A file of the extract; any number of parts with this name', file: true } },
  body: z.strictObject({
    source: z
      .string()
      .max(400)
      .regex(/^inbox:.+$/, 'must be inbox: and the name of a folder')
      .describe('`inbox:` and a folder of the inbox'),
  }),
  status: 202,
  response: Job,
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

const listExtracts = operation({
  method: 'GET',
  path: '/api/v1/extracts',
  group: 'imports',
  summary: 'The extracts that went in, newest first',
  scope: 'ingest:read',
  response: z.strictObject({ extracts: z.array(LoadedExtract) }),
  example: { response: { extracts: [EXTRACT_EXAMPLE] } },
});

const listImports = operation({
  method: 'GET',
  path: '/api/v1/imports',
  group: 'imports',
  summary: 'Imports, newest first',
  scope: 'ingest:read',
  query: z.strictObject(page(200)),
  response: z.strictObject({ imports: z.array(ImportReport), nextPageToken: NextPageToken }),
  example: { response: { imports: [IMPORT_EXAMPLE], nextPageToken: null } },
});

const readImport = operation({
  method: 'GET',
  path: '/api/v1/imports/{importId}',
  group: 'imports',
  summary: 'The report of one import',
  scope: 'ingest:read',
  params: z.strictObject({ importId: Id }),
  response: ImportReport,
  example: { params: { importId: IMPORT_EXAMPLE.importId }, response: IMPORT_EXAMPLE },
});

const confirmImport = operation({
  method: 'POST',
  path: '/api/v1/imports/{importId}:confirm',
  group: 'imports',
  summary: 'Publish an import that is held back',
  description:
    'Publishes exactly the rows that were checked, as a job. If another version became the newest meanwhile, the import is ' +
    'compared with that one and held again. Another request returns the same job.',
  scope: 'ingest:write',
  limitClass: 'bulk',
  audited: true,
  params: z.strictObject({ importId: Id }),
  status: 202,
  response: Job,
  example: { params: { importId: IMPORT_EXAMPLE.importId }, response: { ...JOB_EXAMPLE, kind: 'confirm-import' } },
});

const discardImport = operation({
  method: 'POST',
  path: '/api/v1/imports/{importId}:discard',
  group: 'imports',
  summary: 'Drop an import that is held back, its file and the key to it',
  description: 'Its counts and findings stay. The same file can be imported again.',
  scope: 'ingest:write',
  audited: true,
  params: z.strictObject({ importId: Id }),
  response: ImportReport,
  example: {
    params: { importId: IMPORT_EXAMPLE.importId },
    response: { ...IMPORT_EXAMPLE, loadedAt: null, state: 'discarded' as const },
  },
});

const listRejects = operation({
  method: 'GET',
  path: '/api/v1/imports/{importId}/rejects',
  group: 'imports',
  summary: 'Rows that broke their contract, in file order',
  description: 'As JSON a page at a time; as CSV all of them.',
  scope: 'ingest:read',
  params: z.strictObject({ importId: Id }),
  query: z.strictObject({
    table: TableName.or(z.literal('')).default('').describe('Only of this table'),
    format: z.enum(['json', 'csv']).optional().describe('Wins over the Accept header'),
    ...page(1_000),
  }),
  response: z.strictObject({ rejects: z.array(RejectedRow), nextPageToken: NextPageToken }),
  alsoAs: ['text/csv'],
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
@Controller()
export class ImportsHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(uploadTable)
  async upload({ call, request }: HandlerInput<typeof uploadTable>) {
    const job = await this.services.imports.uploadTable(call, uploadParts(request));
    return jobJson(job, call.caller.language);
  }

  @Operation(importExtract)
  async importExtract({ call, body, request }: HandlerInput<typeof importExtract>) {
    // A form has no JSON body (lifecycle.ts).
    const { source } = (body as typeof body | undefined) ?? {};
    const job =
      source === undefined
        ? await this.services.imports.uploadExtract(call, extractParts(request))
        : await this.services.imports.importFolder(call, { folder: source.slice(INBOX.length) });
    return jobJson(job, call.caller.language);
  }

  @Operation(listExtracts)
  async extracts({ call }: HandlerInput<typeof listExtracts>) {
    const { extracts } = await this.services.imports.listExtracts(call, {});
    return { extracts: extracts.map(extractJson) };
  }

  @Operation(listImports)
  async list({ call, query, request }: HandlerInput<typeof listImports>) {
    const { imports, nextPageToken } = await this.services.imports.listImports(call, query);
    const { language } = requestContextOf(request);
    return {
      imports: imports.map((one) => importJson(one, language)),
      nextPageToken: nextPageTokenJson(nextPageToken),
    };
  }

  @Operation(readImport)
  async read({ call, params, request }: HandlerInput<typeof readImport>) {
    const report = await this.services.imports.getImport(call, params);
    if (report.keyExamples.length > 0) requestContextOf(request).personalDataRead = true;
    return importJson(report, call.caller.language);
  }

  @Operation(confirmImport)
  async confirm({ call, params }: HandlerInput<typeof confirmImport>) {
    return jobJson(await this.services.imports.confirmImport(call, params), call.caller.language);
  }

  @Operation(discardImport)
  async discard({ call, params }: HandlerInput<typeof discardImport>) {
    return importJson(await this.services.imports.discardImport(call, params), call.caller.language);
  }

  @Operation(listRejects)
  async rejects({ call, params, query, request }: HandlerInput<typeof listRejects>) {
    const { format, ...asked } = query;
    const wantsCsv = format === undefined ? (request.headers.accept ?? '').includes('text/csv') : format === 'csv';
    const pageOf = (pageToken: string, pageSize: number) =>
      this.services.imports.listRejects(call, { importId: params.importId, table: asked.table, pageToken, pageSize });
    const first = await pageOf(asked.pageToken, wantsCsv ? 1_000 : asked.pageSize);
    // With a reason the keys and whole rows among them are shown (feature-store).
    if (call.caller.accessReason !== undefined) requestContextOf(request).personalDataRead = true;
    if (!wantsCsv)
      return { rejects: first.rejects.map(rejectJson), nextPageToken: nextPageTokenJson(first.nextPageToken) };

    async function* lines(): AsyncIterable<string> {
      yield csvLine(['file', 'line', 'column', 'rule', 'value']);
      for (let next = first; ; next = await pageOf(next.nextPageToken, 1_000)) {
        yield next.rejects
          .map((reject) => csvLine([reject.file, reject.line, reject.column, reject.rule, reject.value]))
          .join('');
        if (next.nextPageToken === '') return;
      }
    }
    return new Answer(Readable.from(lines()), { contentType: 'text/csv; charset=utf-8' });
  }
}

function extractJson(extract: Extract): z.output<typeof LoadedExtract> {
  return { ...extract, extractedAt: instantJson(extract.extractedAt!) };
}

function importJson(report: Import, language: Language): z.output<typeof ImportReport> {
  return {
    importId: report.importId,
    jobId: report.jobId,
    contentHash: report.contentHash,
    createdAt: instantJson(report.createdAt!),
    loadedAt: instantJson(report.loadedAt),
    tables: report.tables.map(({ table, version, read, accepted, rejected, duplicates }) => ({
      table,
      version: version || null,
      read,
      accepted,
      rejected,
      duplicates,
    })),
    notices: report.notices.map((notice) => ({
      code: notice.key,
      column: notice.column || null,
      message: language === 'en' ? notice.textEn : notice.textZhCn,
    })),
    state: report.state as z.output<typeof ImportReport>['state'],
    findings: report.findings.map((found) => ({
      code: found.key,
      table: found.table,
      column: found.column || null,
      holds: found.holds,
      message: language === 'en' ? found.textEn : found.textZhCn,
    })),
    comparison: report.comparison ?? null,
    keyExamples: report.keyExamples,
  };
}

function rejectJson(reject: Reject): z.output<typeof RejectedRow> {
  return {
    file: reject.file,
    line: reject.line,
    column: reject.column || null,
    rule: reject.rule,
    value: reject.value,
  };
}
