import { Inject, Injectable } from '@nestjs/common';
import type { UploadTableRequest } from '@holdfast/contracts/feature_store/v1/extract';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { localCalendar } from '@holdfast/platform/calendar';
import { requireAllOrgUnits } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { mappingHash, parseMapping } from '../table/mapping.js';
import { DataKeys } from '../lake/data-keys.js';
import { keyFor } from '../lake/lake-keys.js';
import { LakeFiles, type RawFile } from '../lake/lake-files.js';
import { updateImport } from './import-state.js';
import { IMPORT_TABLE } from './import-table.js';

const FILE_NAME_CHARS_MAX = 120;
const TOUCH_EVERY_MS = 15_000;
/** An upload without a touch for so long is dead. */
const SILENT_MINUTES_MAX = 3;

const headerFirst = failure('invalid', 'upload.headerFirst', {
  en: 'An upload begins with its header, once, and continues with the file.',
  'zh-CN': '上传须先发送一次文件头信息，再发送文件内容。',
});
const sizeDiffers = failure('invalid', 'upload.sizeDiffers', {
  en: 'The upload has {received} bytes instead of {announced}. It broke off.',
  'zh-CN': '上传收到 {received} 字节，应为 {announced} 字节，传输中断。',
});
const brokenOff = failure('invalid', 'upload.brokenOff', {
  en: 'The upload broke off before its end.',
  'zh-CN': '上传中途断开。',
});
const lakeFull = failure('unavailable', 'lake.full', {
  en: 'The disk of the lake is full. Nothing was stored; try again when there is space.',
  'zh-CN': '数据湖磁盘已满，本次未存储任何内容，请在释放空间后重试。',
});
/** No space, no quota, or a limit of file size. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** Space comes back when an administrator makes some. */
const FULL_RETRY_SECONDS = 60;

/** An upload whose bytes are still to come. */
interface OpenUpload {
  importId: string;
  job: Job;
  dataKey: Buffer;
}

/** @throws invalid */
export function checkSize({ sizeBytes: received }: RawFile, announced: number | undefined): void {
  if (announced !== undefined && announced !== received) throw sizeDiffers({ received, announced });
}

/** Receives files: encrypted on disk before anything else happens. */
@Injectable()
export class Uploads {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  /**
   * Receives a plain table and submits its import; the job exists before the first byte is read. The same bytes with the same
   * mapping give the first job, unless it failed. A failed upload leaves no file.
   * @throws invalid for a mapping that cannot be read, or an interrupted stream
   */
  async receive(call: Call, parts: AsyncIterable<UploadTableRequest>): Promise<Job> {
    requireAllOrgUnits(call.caller, this.config.operator);
    const iterator = parts[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done === true || first.value.part?.$case !== 'header') throw headerFirst();
    const { header } = first.value.part;
    const mapping = parseMapping(header.mapping, header.asOf);
    const now = this.clock.now();
    const asOf = typeof mapping.asOf === 'string' ? mapping.asOf : localCalendar(this.config.timeZone).monthOf(now);
    const { table: table_name } = mapping;
    const { dryRun = false } = header;
    const described = { table_name, mapping, mapping_hash: mappingHash(mapping), as_of: asOf, is_dry_run: dryRun };
    const opened = await this.open(IMPORT_TABLE, call, { ...described, file_name: baseName(header.fileName) });
    const { importId, job, dataKey } = opened;
    return this.received(call, opened, async () => {
      const bytes = this.alive(importId, chunksOf(iterator));
      const raw = await this.files.writeRaw(importId, keyFor('raw', dataKey), bytes);
      call.signal?.throwIfAborted();
      checkSize(raw, header.sizeBytes);
      // What is visible may differ at the next dry run.
      const key = dryRun ? `dry run ${importId}` : `${raw.contentHash} ${mappingHash(mapping)}`;
      return this.settle(importId, job, key, (tx) =>
        updateImport(tx, importId, { state: 'received', content_hash: raw.contentHash, size_bytes: raw.sizeBytes }),
      );
    });
  }

  /** Ends uploads whose process died. */
  async sweep(): Promise<void> {
    const dead = await this.database.query<{ id: string; job_id: string }>(
      `select id, job_id from import where state = 'receiving' and touched_at < now() - make_interval(mins => $1)`,
      [SILENT_MINUTES_MAX],
    );
    for (const { id, job_id: jobId } of dead) await this.discard(id, jobId, brokenOff());
  }

  get orgUnitPath(): string {
    return `${this.config.operator}/`;
  }

  /** Opens a job, and the import and the data key of what it receives. */
  async open(kind: typeof IMPORT_TABLE, { caller }: Call, columns: Record<string, unknown>): Promise<OpenUpload> {
    const importId = newId();
    return this.database.transaction(async (tx) => {
      const { orgUnitPath } = this;
      const job = await this.jobs.open(tx, { kind, params: { importId }, caller, orgUnitPath });
      const dataKey = await this.insert(tx, importId, job, { state: 'receiving', ...columns });
      return { importId, job, dataKey };
    });
  }

  /** Inserts an import and makes its data key. */
  async insert(tx: Transaction, importId: string, job: Job, columns: Record<string, unknown>): Promise<Buffer> {
    const now = this.clock.now();
    const row = { id: importId, job_id: job.jobId, org_unit_path: this.orgUnitPath, created_at: now, ...columns };
    await insertRow(tx, 'import', row);
    return this.keys.make(tx, importId, now);
  }

  /** Receives an open upload; a failed one leaves no file. */
  async received(call: Call, { importId, job }: OpenUpload, receive: () => Promise<Job>): Promise<Job> {
    try {
      return await receive();
    } catch (thrown) {
      const why = call.signal?.aborted ? brokenOff() : asFullLake(thrown);
      await this.discard(importId, job.jobId, why);
      throw why;
    }
  }

  /** Marks the import as alive while bytes arrive. */
  async *alive(importId: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let touchedAtMs = Date.now();
    for await (const chunk of bytes) {
      yield chunk;
      if (Date.now() - touchedAtMs < TOUCH_EVERY_MS) continue;
      touchedAtMs = Date.now();
      await this.database.query('update import set touched_at = now() where id = $1', [importId]);
    }
  }

  /** Starts the job, or drops the import if an equal one has a job. */
  async settle(
    importId: string,
    opened: Job,
    key: string,
    complete: (tx: Transaction) => Promise<unknown>,
  ): Promise<Job> {
    const job = await this.database.transaction(async (tx) => {
      const begun = await this.jobs.begin(tx, opened, key);
      if (begun.jobId === opened.jobId) await complete(tx);
      else await rowsOf(tx, 'delete from import where id = $1', [importId]);
      return begun;
    });
    if (job.jobId !== opened.jobId) await this.files.removeRaw(importId);
    return job;
  }

  /** Ends a failed upload and removes its files and key. */
  private async discard(importId: string, jobId: string, why: unknown): Promise<void> {
    await this.files.removeRaw(importId);
    await this.database.transaction(async (tx) => {
      await this.jobs.abandon(tx, jobId, why);
      await rowsOf(tx, `update import set state = 'failed' where id = $1 and state = 'receiving'`, [importId]);
      const sql = `delete from data_key where import_id in (select id from import where id = $1 and state = 'failed')`;
      await rowsOf(tx, sql, [importId]);
    });
  }
}

function asFullLake(thrown: unknown): unknown {
  const isFull = FULL.has((thrown as NodeJS.ErrnoException).code ?? '');
  return isFull ? lakeFull({}, { cause: thrown, retryAfterSeconds: FULL_RETRY_SECONDS }) : thrown;
}

async function* chunksOf(parts: AsyncIterator<UploadTableRequest>): AsyncGenerator<Uint8Array> {
  for (let next = await parts.next(); next.done !== true; next = await parts.next()) {
    if (next.value.part?.$case !== 'chunk') throw headerFirst();
    yield next.value.part.chunk;
  }
}

/** The last segment of a POSIX or Windows path, without control characters. */
function baseName(fileName: string): string {
  const last = fileName.split(/[/\\]/).at(-1)!;
  return last.replace(/\p{Cc}/gu, '').slice(0, FILE_NAME_CHARS_MAX);
}
