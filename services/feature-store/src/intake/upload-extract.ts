import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ExtractFileHeader, UploadExtractRequest } from '@holdfast/contracts/feature_store/v1/extract';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { requireAllOrgUnits, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import {
  MANIFEST_BYTES_MAX,
  MANIFEST_NAME,
  PATH_CHARS_MAX,
  isInside,
  parseManifest,
  type Manifest,
} from '../extract/manifest.js';
import { DataKeys } from '../lake/data-keys.js';
import { keyFor } from '../lake/lake-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { FolderFiles, rawName, type ExtractFile } from './extract-files.js';
import { IMPORT_EXTRACT } from './import-extract.js';
import { Uploads, brokenOff, lakeFull, sizeDiffers } from './upload.js';

const FILES_MAX = 100_000;

const fileFirst = failure('invalid', 'extract.fileFirst', {
  en: 'An extract begins with the header of a file; bytes belong to the header before them.',
  'zh-CN': '提取包须先发送文件头信息，其后的字节属于该文件。',
});
const pathLeaves = failure('invalid', 'extract.pathLeaves', {
  en: 'A path of the extract is not a path inside it.',
  'zh-CN': '提取包中有路径指向包外，或不是有效路径。',
});
const pathTwice = failure('invalid', 'extract.pathTwice', {
  en: 'The extract has {path} twice.',
  'zh-CN': '提取包中 {path} 出现两次。',
});
const tooManyFiles = failure('invalid', 'extract.tooManyFiles', {
  en: 'The extract has more than {max} files.',
  'zh-CN': '提取包超过 {max} 个文件。',
});
const manifestMissing = failure('invalid', 'manifest.missing', {
  en: 'The extract has no manifest.json.',
  'zh-CN': '提取包中没有 manifest.json。',
});
const manifestTooLarge = failure('tooLarge', 'manifest.tooLarge', {
  en: 'manifest.json is larger than {max} bytes.',
  'zh-CN': 'manifest.json 超过 {max} 字节。',
});
const otherOperator = failure('invalid', 'manifest.otherOperator', {
  en: 'The extract belongs to another operator.',
  'zh-CN': '该提取包属于其他运营商。',
});

interface ReceivedFile extends ExtractFile {
  ordinal: number;
  sha256: string;
}

/** Receives extracts: uploaded, or from a folder of the inbox. */
@Injectable()
export class ExtractUploads {
  constructor(
    private readonly uploads: Uploads,
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  /**
   * Receives the files of an extract and submits its import. The same files again give the first job, unless it failed. A
   * failed upload leaves no file.
   * @throws invalid for a path outside the extract, an extract without a manifest or of another operator, or an interrupted
   *   stream
   */
  async receive(call: Call, parts: AsyncIterable<UploadExtractRequest>): Promise<Job> {
    requireAllOrgUnits(call.caller, this.config.operator);
    const importId = newId();
    const { job, dataKey } = await this.open(importId, call.caller);
    try {
      const received = await this.receiveFiles(importId, dataKey, new FileStream(parts));
      call.signal?.throwIfAborted();
      const manifest = await this.readManifest(importId, received, dataKey);
      return await this.settle(importId, manifest, received, job);
    } catch (thrown) {
      const isFull = (thrown as NodeJS.ErrnoException).code === 'ENOSPC';
      const why = call.signal?.aborted ? brokenOff() : isFull ? lakeFull({}, { cause: thrown }) : thrown;
      await this.uploads.discard(importId, job.jobId, why);
      throw why;
    }
  }

  /**
   * Submits the import of a folder of the inbox, whose files stay in place.
   * @throws notFound, invalid
   */
  async importFolder(caller: Caller, folder: string): Promise<Job> {
    requireAllOrgUnits(caller, this.config.operator);
    const files = await FolderFiles.open(this.config.inbox, folder);
    const listed = await files.list();
    if (!listed.some(({ path }) => path === MANIFEST_NAME)) throw manifestMissing();
    const text = await textOf(files.read(MANIFEST_NAME));
    const manifest = this.checked(parseManifest(text));
    // The manifest may have the hash of every file; otherwise sizes must do.
    const hash = createHash('sha256').update(text);
    for (const { path, sizeBytes } of listed) hash.update(`\n${path} ${sizeBytes}`);
    const importId = newId();
    const contentHash = `sha256:${hash.digest('hex')}`;
    return this.database.transaction(async (tx) => {
      const job = await this.jobs.submit(tx, {
        kind: IMPORT_EXTRACT,
        key: `folder ${contentHash}`,
        params: { importId },
        caller,
        orgUnitPath: this.orgUnitPath,
      });
      const [known] = await rowsOf(tx, 'select 1 from import where job_id = $1', [job.jobId]);
      if (known !== undefined) return job;
      await this.insert(tx, importId, job, { state: 'received', folder });
      await this.keys.make(tx, importId, this.clock.now());
      const sizeBytes = listed.reduce((sum, file) => sum + file.sizeBytes, 0);
      await this.describe(tx, importId, manifest, contentHash, sizeBytes);
      return job;
    });
  }

  private get orgUnitPath(): string {
    return `${this.config.operator}/`;
  }

  private async open(importId: string, caller: Caller): Promise<{ job: Job; dataKey: Buffer }> {
    return this.database.transaction(async (tx) => {
      const request = { kind: IMPORT_EXTRACT, params: { importId }, caller, orgUnitPath: this.orgUnitPath };
      const job = await this.jobs.open(tx, request);
      await this.insert(tx, importId, job, { state: 'receiving', folder: '' });
      return { job, dataKey: await this.keys.make(tx, importId, this.clock.now()) };
    });
  }

  private async insert(
    tx: Transaction,
    importId: string,
    job: Job,
    from: { state: string; folder: string },
  ): Promise<void> {
    await rowsOf(
      tx,
      `insert into import (id, job_id, kind, state, org_unit_path, table_name, mapping, mapping_hash, as_of, file_name, folder,
         created_at)
       values ($1, $2, 'extract', $3, $4, '', '{}', '', '', '', $5, $6)`,
      [importId, job.jobId, from.state, this.orgUnitPath, from.folder, this.clock.now()],
    );
  }

  private async receiveFiles(importId: string, dataKey: Buffer, stream: FileStream): Promise<ReceivedFile[]> {
    const received: ReceivedFile[] = [];
    const paths = new Set<string>();
    for (let header = await stream.next(); header !== undefined; header = await stream.next()) {
      const { path } = header;
      if (!isInside(path) || path.endsWith('/') || path.length > PATH_CHARS_MAX) throw pathLeaves();
      if (paths.has(path)) throw pathTwice({ path });
      paths.add(path);
      if (received.length === FILES_MAX) throw tooManyFiles({ max: FILES_MAX });
      const ordinal = received.length;
      const bytes = this.uploads.alive(importId, stream.bytes());
      const raw = await this.files.writeRaw(rawName(importId, ordinal), keyFor('raw', dataKey, String(ordinal)), bytes);
      if (header.sizeBytes !== undefined && header.sizeBytes !== raw.sizeBytes) {
        throw sizeDiffers({ received: raw.sizeBytes, announced: header.sizeBytes });
      }
      received.push({ path, ordinal, sizeBytes: raw.sizeBytes, sha256: raw.contentHash.slice('sha256:'.length) });
    }
    return received;
  }

  private async readManifest(importId: string, received: readonly ReceivedFile[], dataKey: Buffer): Promise<Manifest> {
    const file = received.find(({ path }) => path === MANIFEST_NAME);
    if (file === undefined) throw manifestMissing();
    const key = keyFor('raw', dataKey, String(file.ordinal));
    return this.checked(parseManifest(await textOf(this.files.readRaw(rawName(importId, file.ordinal), key))));
  }

  private checked(manifest: Manifest): Manifest {
    if (manifest.operator !== this.config.operator) throw otherOperator();
    return manifest;
  }

  /** Starts the job, or drops the import if an equal one has a job. */
  private async settle(
    importId: string,
    manifest: Manifest,
    received: readonly ReceivedFile[],
    opened: Job,
  ): Promise<Job> {
    const hash = createHash('sha256');
    for (const { path, sha256 } of [...received].sort((left, right) => (left.path < right.path ? -1 : 1))) {
      hash.update(`${path} ${sha256}\n`);
    }
    const contentHash = `sha256:${hash.digest('hex')}`;
    const job = await this.database.transaction(async (tx) => {
      const begun = await this.jobs.begin(tx, opened, `upload ${contentHash}`);
      if (begun.jobId !== opened.jobId) {
        await rowsOf(tx, 'delete from import where id = $1', [importId]);
        return begun;
      }
      await rowsOf(
        tx,
        `insert into raw_file (import_id, ordinal, path, size_bytes, sha256)
         select $1, * from unnest($2::int[], $3::text[], $4::bigint[], $5::text[])`,
        [
          importId,
          received.map(({ ordinal }) => ordinal),
          received.map(({ path }) => path),
          received.map(({ sizeBytes }) => sizeBytes),
          received.map(({ sha256 }) => sha256),
        ],
      );
      const sizeBytes = received.reduce((sum, file) => sum + file.sizeBytes, 0);
      await this.describe(tx, importId, manifest, contentHash, sizeBytes);
      return begun;
    });
    if (job.jobId !== opened.jobId) await this.files.removeRaw(importId);
    return job;
  }

  private async describe(
    tx: Transaction,
    importId: string,
    manifest: Manifest,
    contentHash: string,
    sizeBytes: number,
  ): Promise<void> {
    await rowsOf(
      tx,
      `update import set state = 'received', content_hash = $2, size_bytes = $3, manifest = $4, file_name = $5
       where id = $1`,
      [importId, contentHash, sizeBytes, JSON.stringify(manifest), manifest.extractId],
    );
  }
}

/** The files of an upload's stream. */
class FileStream {
  private readonly parts: AsyncIterator<UploadExtractRequest>;
  private header: ExtractFileHeader | undefined;
  private hasEnded = false;

  constructor(parts: AsyncIterable<UploadExtractRequest>) {
    this.parts = parts[Symbol.asyncIterator]();
  }

  /** The next file's header; undefined at the end. The bytes of the file before must be read first. */
  async next(): Promise<ExtractFileHeader | undefined> {
    if (this.header === undefined && !this.hasEnded) {
      const part = await this.pull();
      if (part !== undefined && part.$case !== 'file') throw fileFirst();
    }
    const { header } = this;
    this.header = undefined;
    return header;
  }

  /** The bytes of the last header's file. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    for (let part = await this.pull(); part?.$case === 'chunk'; part = await this.pull()) yield part.chunk;
  }

  private async pull(): Promise<UploadExtractRequest['part']> {
    const next = await this.parts.next();
    if (next.done === true) {
      this.hasEnded = true;
      return undefined;
    }
    const { part } = next.value;
    if (part === undefined) throw fileFirst();
    if (part.$case === 'file') this.header = part.file;
    return part;
  }
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of bytes) {
    heldBytes += chunk.length;
    if (heldBytes > MANIFEST_BYTES_MAX) throw manifestTooLarge({ max: MANIFEST_BYTES_MAX });
    held.push(chunk);
  }
  return Buffer.concat(held).toString('utf8');
}
