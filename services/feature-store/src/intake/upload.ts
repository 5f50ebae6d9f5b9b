import { Inject, Injectable } from '@nestjs/common';
import type { UploadTableHeader, UploadTableRequest } from '@holdfast/contracts/feature_store/v1/extract';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { localCalendar } from '@holdfast/platform/calendar';
import { requireAllOrgUnits, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { mappingHash, parseMapping, type Mapping } from '../table/mapping.js';
import { DataKeys } from '../lake/data-keys.js';
import { keyFor } from '../lake/lake-keys.js';
import { LakeFiles, type RawFile } from '../lake/lake-files.js';
import { IMPORT_TABLE } from './import-table.js';

const FILE_NAME_CHARS_MAX = 120;
const TOUCH_EVERY_MS = 15_000;
/** An upload without a touch for so long is dead. */
const SILENT_MINUTES_MAX = 3;

const headerFirst = failure('invalid', 'upload.headerFirst', {
  en: 'An upload begins with its header, once, and continues with the file.',
  'zh-CN': '上传须先发送一次文件头信息，再发送文件内容。',
});
export const sizeDiffers = failure('invalid', 'upload.sizeDiffers', {
  en: 'The upload has {received} bytes instead of {announced}. It broke off.',
  'zh-CN': '上传收到 {received} 字节，应为 {announced} 字节，传输中断。',
});
export const brokenOff = failure('invalid', 'upload.brokenOff', {
  en: 'The upload broke off before its end.',
  'zh-CN': '上传中途断开。',
});
export const lakeFull = failure('unavailable', 'lake.full', {
  en: 'The disk of the lake is full.',
  'zh-CN': '数据湖磁盘已满。',
});

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
    const mapping = parseMapping(header.mapping);
    const importId = newId();
    const { job, dataKey } = await this.open(importId, mapping, header, call.caller);
    try {
      const bytes = this.alive(importId, chunksOf(iterator));
      const raw = await this.files.writeRaw(importId, keyFor('raw', dataKey), bytes);
      call.signal?.throwIfAborted();
      if (header.sizeBytes !== undefined && header.sizeBytes !== raw.sizeBytes) {
        throw sizeDiffers({ received: raw.sizeBytes, announced: header.sizeBytes });
      }
      return await this.settle(importId, mapping, raw, job);
    } catch (thrown) {
      const isFull = (thrown as NodeJS.ErrnoException).code === 'ENOSPC';
      const why = call.signal?.aborted ? brokenOff() : isFull ? lakeFull({}, { cause: thrown }) : thrown;
      await this.discard(importId, job.jobId, why);
      throw why;
    }
  }

  /** Ends uploads whose process died. */
  async sweep(): Promise<void> {
    const dead = await this.database.query<{ id: string; job_id: string }>(
      `select id, job_id from import where state = 'receiving' and touched_at < now() - make_interval(mins => $1)`,
      [SILENT_MINUTES_MAX],
    );
    for (const { id, job_id: jobId } of dead) await this.discard(id, jobId, brokenOff());
  }

  private get orgUnitPath(): string {
    return `${this.config.operator}/`;
  }

  private async open(
    importId: string,
    mapping: Mapping,
    header: UploadTableHeader,
    caller: Caller,
  ): Promise<{ job: Job; dataKey: Buffer }> {
    const now = this.clock.now();
    const asOf = typeof mapping.asOf === 'string' ? mapping.asOf : localCalendar(this.config.timeZone).monthOf(now);
    return this.database.transaction(async (tx) => {
      const job = await this.jobs.open(tx, {
        kind: IMPORT_TABLE,
        params: { importId },
        caller,
        orgUnitPath: this.orgUnitPath,
      });
      await rowsOf(
        tx,
        `insert into import (id, job_id, state, org_unit_path, table_name, mapping, mapping_hash, file_name, as_of, created_at)
         values ($1, $2, 'receiving', $3, $4, $5, $6, $7, $8, $9)`,
        [
          importId,
          job.jobId,
          this.orgUnitPath,
          mapping.table,
          JSON.stringify(mapping),
          mappingHash(mapping),
          baseName(header.fileName),
          asOf,
          now,
        ],
      );
      return { job, dataKey: await this.keys.make(tx, importId, now) };
    });
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
  private async settle(importId: string, mapping: Mapping, raw: RawFile, opened: Job): Promise<Job> {
    const job = await this.database.transaction(async (tx) => {
      const begun = await this.jobs.begin(tx, opened, `${raw.contentHash} ${mappingHash(mapping)}`);
      if (begun.jobId === opened.jobId) {
        await rowsOf(tx, `update import set state = 'received', content_hash = $2, size_bytes = $3 where id = $1`, [
          importId,
          raw.contentHash,
          raw.sizeBytes,
        ]);
      } else {
        await rowsOf(tx, 'delete from import where id = $1', [importId]);
      }
      return begun;
    });
    if (job.jobId !== opened.jobId) await this.files.removeRaw(importId);
    return job;
  }

  /** Ends a failed upload and removes its files and key. */
  async discard(importId: string, jobId: string, why: unknown): Promise<void> {
    await this.files.removeRaw(importId);
    await this.database.transaction(async (tx) => {
      await this.jobs.abandon(tx, jobId, why);
      await rowsOf(tx, `update import set state = 'failed' where id = $1 and state = 'receiving'`, [importId]);
      await rowsOf(
        tx,
        `delete from data_key where import_id in (select id from import where id = $1 and state = 'failed')`,
        [importId],
      );
    });
  }
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
