import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ImportFolderRequest, UploadExtractRequest } from '@holdfast/contracts/feature_store/v1/extract';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { requireAllOrgUnits, type Caller } from '@holdfast/platform/caller';
import { Database, rowsOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { MANIFEST_NAME, PATH_CHARS_MAX, isInside, type Manifest } from '@holdfast/extract-contract/manifest';
import type { Call } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { MANIFEST_BYTES_MAX, parseManifest } from '../extract/manifest.js';
import { keyFor } from '../lake/lake-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { FILES_MAX, FolderFiles, rawName, tooManyFiles, type ExtractFile } from './extract-files.js';
import { IMPORT_EXTRACT } from './import-extract.js';
import { updateImport } from './import-state.js';
import { Uploads, checkSize } from './upload.js';

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
const manifestMissing = failure('invalid', 'manifest.missing', {
  en: 'The extract has no manifest.json.',
  'zh-CN': '提取包中没有 manifest.json。',
});
const manifestTooLarge = failure('tooLarge', 'manifest.tooLarge', {
  en: 'manifest.json is larger than {max} bytes.',
  'zh-CN': 'manifest.json 超过 {max} 字节。',
});
const otherOperator = failure('invalid', 'manifest.otherOperator', {
  en: 'The extract is of the operator {operator}, but this system holds the data of {own}.',
  'zh-CN': '该提取包属于运营商 {operator}，而本系统保存的是 {own} 的数据。',
});

/** Columns of an import that are those of a plain table. */
const OF_EXTRACT = { kind: 'extract', table_name: '', mapping: '{}', mapping_hash: '', as_of: '', file_name: '' };

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
    private readonly files: LakeFiles,
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
    const opened = await this.uploads.open(IMPORT_EXTRACT, call, OF_EXTRACT);
    const { importId, job, dataKey } = opened;
    return this.uploads.received(call, opened, async () => {
      const { received, isDryRun } = await this.receiveFiles(importId, dataKey, parts);
      call.signal?.throwIfAborted();
      const manifest = await this.readManifest(importId, received, dataKey);
      const hash = createHash('sha256');
      for (const { path, sha256 } of [...received].sort((left, right) => (left.path < right.path ? -1 : 1)))
        hash.update(`${path} ${sha256}\n`);
      const contentHash = `sha256:${hash.digest('hex')}`;
      const key = isDryRun ? `dry run ${importId}` : `upload ${contentHash}`;
      return this.uploads.settle(importId, job, key, async (tx) => {
        const sql = `insert into raw_file (import_id, ordinal, path, size_bytes, sha256)
          select $1, ordinal, path, "sizeBytes", sha256
          from jsonb_to_recordset($2) as file(ordinal int, path text, "sizeBytes" bigint, sha256 text)`;
        await rowsOf(tx, sql, [importId, JSON.stringify(received)]);
        await updateImport(tx, importId, { ...describedBy(manifest, contentHash, received), is_dry_run: isDryRun });
      });
    });
  }

  /** Submits the import of a folder of the inbox, whose files stay in place. @throws notFound, invalid */
  async importFolder(caller: Caller, { folder, dryRun = false }: ImportFolderRequest): Promise<Job> {
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
      const { orgUnitPath } = this.uploads;
      const key = dryRun ? `dry run ${importId}` : `folder ${contentHash}`;
      const job = await this.jobs.submit(tx, { kind: IMPORT_EXTRACT, key, params: { importId }, caller, orgUnitPath });
      const [known] = await rowsOf(tx, 'select 1 from import where job_id = $1', [job.jobId]);
      if (known !== undefined) return job;
      const columns = { ...OF_EXTRACT, ...describedBy(manifest, contentHash, listed), folder, is_dry_run: dryRun };
      await this.uploads.insert(tx, importId, job, columns);
      return job;
    });
  }

  private async receiveFiles(importId: string, dataKey: Buffer, parts: AsyncIterable<UploadExtractRequest>) {
    const received: ReceivedFile[] = [];
    let isDryRun = false;
    const paths = new Set<string>();
    const iterator = parts[Symbol.asyncIterator]();
    const next = async (): Promise<UploadExtractRequest['part']> => {
      const { done, value } = await iterator.next();
      if (done === true) return undefined;
      if (value.part === undefined) throw fileFirst();
      return value.part;
    };
    let part = await next();
    // The bytes of a file, up to the header of the next one.
    async function* fileBytes(): AsyncGenerator<Uint8Array> {
      for (part = await next(); part?.$case === 'chunk'; part = await next()) yield part.chunk;
    }
    while (part !== undefined) {
      if (part.$case !== 'file') throw fileFirst();
      const { path, sizeBytes, dryRun = false } = part.file;
      isDryRun ||= dryRun && received.length === 0;
      if (!isInside(path) || path.endsWith('/') || path.length > PATH_CHARS_MAX) throw pathLeaves();
      if (paths.has(path)) throw pathTwice({ path });
      paths.add(path);
      if (received.length === FILES_MAX) throw tooManyFiles({ max: FILES_MAX });
      const ordinal = received.length;
      const bytes = this.uploads.alive(importId, fileBytes());
      const raw = await this.files.writeRaw(rawName(importId, ordinal), keyFor('raw', dataKey, String(ordinal)), bytes);
      checkSize(raw, sizeBytes);
      received.push({ path, ordinal, sizeBytes: raw.sizeBytes, sha256: raw.contentHash.slice('sha256:'.length) });
    }
    return { received, isDryRun };
  }

  private async readManifest(importId: string, received: readonly ReceivedFile[], dataKey: Buffer): Promise<Manifest> {
    const file = received.find(({ path }) => path === MANIFEST_NAME);
    if (file === undefined) throw manifestMissing();
    const key = keyFor('raw', dataKey, String(file.ordinal));
    return this.checked(parseManifest(await textOf(this.files.readRaw(rawName(importId, file.ordinal), key))));
  }

  private checked(manifest: Manifest): Manifest {
    const { operator } = manifest;
    if (operator !== this.config.operator) throw otherOperator({ operator, own: this.config.operator });
    return manifest;
  }
}

/** Columns of an import that describe an extract. */
function describedBy(
  manifest: Manifest,
  contentHash: string,
  files: readonly ExtractFile[],
): Record<string, string | number> {
  return {
    state: 'received',
    content_hash: contentHash,
    size_bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    manifest: JSON.stringify(manifest),
    file_name: manifest.extractId,
  };
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
