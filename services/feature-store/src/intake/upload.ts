import { Inject, Injectable } from '@nestjs/common';
import type { UploadTableHeader, UploadTableRequest } from '@holdfast/contracts/feature_store/v1/extract';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { sees, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { mappingHash, parseMapping, type Mapping } from '../extract/mapping.js';
import { monthOf } from '../extract/month.js';
import { DataKeys } from '../lake/data-keys.js';
import { keyFor } from '../lake/lake-keys.js';
import { LakeFiles, type RawFile } from '../lake/lake-files.js';
import { IMPORT_TABLE } from './import-table.js';

const FILE_NAME_CHARS_MAX = 120;
/** How often an upload says that it lives, and after which silence it does not. */
const TOUCH_EVERY_MS = 15_000;
const SILENT_MINUTES_MAX = 3;

const headerFirst = failure('invalid', 'upload.headerFirst', {
  en: 'An upload begins with its header, once, and goes on with the file.',
  'zh-CN': '上传须先发送一次文件头信息，再发送文件内容。',
});
const sizeDiffers = failure('invalid', 'upload.sizeDiffers', {
  en: 'The upload has {received} bytes instead of {announced}. It broke off.',
  'zh-CN': '上传收到 {received} 字节，应为 {announced} 字节，传输中断。',
});
const provinceOnly = failure('forbidden', 'upload.provinceOnly', {
  en: 'A table holds rows of all units, so only who may see all of them can bring it in.',
  'zh-CN': '表中含有所有单位的数据，只有可查看全部单位的用户才能导入。',
});
const lakeFull = failure('unavailable', 'lake.full', {
  en: 'The disk of the lake is full.',
  'zh-CN': '数据湖磁盘已满。',
});

/** Takes files in: encrypted on disk before anything else happens to them. */
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
   * Receives a plain table and asks for its import; the import's row stands there before the first byte is read. The
   * same bytes with the same mapping give the job that is there, unless it failed.
   * @throws invalid for a mapping that cannot be read; whatever breaks the stream. Nothing is left of the file then.
   */
  async receive(call: Call, parts: AsyncIterable<UploadTableRequest>): Promise<Job> {
    if (!sees(call.caller, this.unitPath)) throw provinceOnly();
    const iterator = parts[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done === true || first.value.part?.$case !== 'header') throw headerFirst();
    const { header } = first.value.part;
    const mapping = parseMapping(header.mapping);
    const importId = newId();
    const dataKey = await this.open(importId, mapping, header);
    try {
      const bytes = this.alive(importId, chunksOf(iterator));
      const raw = await this.files.writeRaw(importId, keyFor('raw', dataKey), bytes);
      call.signal?.throwIfAborted();
      if (header.sizeBytes !== undefined && header.sizeBytes !== raw.sizeBytes) {
        throw sizeDiffers({ received: raw.sizeBytes, announced: header.sizeBytes });
      }
      return await this.settle(importId, mapping, raw, call.caller);
    } catch (thrown) {
      await this.discard(importId);
      throw (thrown as NodeJS.ErrnoException).code === 'ENOSPC' ? lakeFull({}, { cause: thrown }) : thrown;
    }
  }

  /** Ends uploads whose process died. */
  async sweep(): Promise<void> {
    const dead = await this.database.query<{ id: string }>(
      `select id from import where state = 'receiving' and touched_at < now() - make_interval(mins => $1)`,
      [SILENT_MINUTES_MAX],
    );
    for (const { id } of dead) await this.discard(id);
  }

  private get unitPath(): string {
    return `${this.config.operator}/`;
  }

  private async open(importId: string, mapping: Mapping, header: UploadTableHeader): Promise<Buffer> {
    const now = this.clock.now();
    const asOf = typeof mapping.asOf === 'string' ? mapping.asOf : monthOf(now);
    return this.database.transaction(async (tx) => {
      await rowsOf(
        tx,
        `insert into import (id, state, unit_path, table_name, mapping, mapping_hash, file_name, as_of, created_at)
         values ($1, 'receiving', $2, $3, $4, $5, $6, $7, $8)`,
        [
          importId,
          this.unitPath,
          mapping.table,
          JSON.stringify(mapping),
          mappingHash(mapping),
          baseName(header.fileName),
          asOf,
          now,
        ],
      );
      return this.keys.make(tx, importId, now);
    });
  }

  /** Passes bytes on and says now and then that they still come. */
  private async *alive(importId: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let touchedAtMs = Date.now();
    for await (const chunk of bytes) {
      yield chunk;
      if (Date.now() - touchedAtMs < TOUCH_EVERY_MS) continue;
      touchedAtMs = Date.now();
      await this.database.query('update import set touched_at = now() where id = $1', [importId]);
    }
  }

  /** Asks for the import; where the same was brought before, this one goes. */
  private async settle(importId: string, mapping: Mapping, raw: RawFile, caller: Caller): Promise<Job> {
    const { job, isNew } = await this.database.transaction(async (tx) => {
      const job = await this.jobs.submit(tx, {
        kind: IMPORT_TABLE,
        key: `${raw.contentHash} ${mappingHash(mapping)}`,
        params: { importId },
        caller,
        unitPath: this.unitPath,
      });
      const earlier = await rowsOf(tx, 'select 1 from import where job_id = $1', [job.jobId]);
      if (earlier.length === 0) {
        await rowsOf(
          tx,
          `update import set state = 'received', job_id = $2, content_hash = $3, size_bytes = $4 where id = $1`,
          [importId, job.jobId, raw.contentHash, raw.sizeBytes],
        );
      } else {
        await rowsOf(tx, 'delete from import where id = $1', [importId]);
      }
      return { job, isNew: earlier.length === 0 };
    });
    if (!isNew) await this.files.removeRaw(importId);
    return job;
  }

  private async discard(importId: string): Promise<void> {
    await this.files.removeRaw(importId);
    await this.database.transaction(async (tx) => {
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

/** The last segment of a path by either system's custom, without control characters. */
function baseName(fileName: string): string {
  const last = fileName.split(/[/\\]/).at(-1)!;
  return last.replace(/\p{Cc}/gu, '').slice(0, FILE_NAME_CHARS_MAX);
}
