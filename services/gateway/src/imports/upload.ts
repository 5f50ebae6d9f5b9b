import type { UploadExtractRequest, UploadTableRequest } from '@holdfast/contracts/feature_store/v1/extract';
import { failure } from '@holdfast/platform/errors';
import type { FastifyRequest } from 'fastify';
import { chunksOf, formParts } from './form.js';

const mappingNotFirst = failure('invalid', 'upload.mappingNotFirst', {
  en: 'The part mapping must come before the part file, so that the file can be read as it arrives.',
  'zh-CN': 'mapping 部分必须位于 file 之前，以便边接收边读取。',
});
const fileMissing = failure('invalid', 'upload.fileMissing', {
  en: 'The part file is missing.',
  'zh-CN': '缺少 file 部分。',
});
const partUnknown = failure('invalid', 'upload.partUnknown', {
  en: 'Only the parts mapping and file are taken.',
  'zh-CN': '仅接受 mapping 和 file 两部分。',
});
const mappingTooLarge = failure('tooLarge', 'upload.mappingTooLarge', {
  en: 'The mapping is larger than {bytes} bytes.',
  'zh-CN': 'mapping 超过 {bytes} 字节。',
});

export const MAPPING_BYTES_MAX = 262_144;

/**
 * An upload as the messages that feature-store takes: the header, then the file in chunks, pulled from the connection
 * as fast as they are taken, so that memory stays bounded.
 * @throws invalid, tooLarge
 */
export async function* uploadParts(
  request: FastifyRequest,
  { dryRun, asOf }: { dryRun: boolean; asOf: string | undefined },
): AsyncIterable<UploadTableRequest> {
  let mapping: string | undefined;
  for await (const { part, number } of formParts(request)) {
    if (part.fieldname === 'mapping') {
      mapping = part.type === 'file' ? await textOf({ part, number }, request) : textOfField(part.value);
      if (part.type === 'field' && part.valueTruncated) throw mappingTooLarge({ bytes: MAPPING_BYTES_MAX });
    } else if (part.fieldname === 'file' && part.type === 'file') {
      if (mapping === undefined) throw mappingNotFirst();
      // The file's own size is not known: Content-Length counts the whole form.
      yield { part: { $case: 'header', header: { mapping, fileName: part.filename, dryRun, asOf } } };
      for await (const chunk of chunksOf({ part, number }, request)) yield { part: { $case: 'chunk', chunk } };
      return;
    } else {
      throw partUnknown();
    }
  }
  throw mapping === undefined ? mappingNotFirst() : fileMissing();
}

/** The form library parses a part that is declared as JSON. */
function textOfField(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function textOf(file: Parameters<typeof chunksOf>[0], request: FastifyRequest): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(file, request)) {
    bytes += chunk.byteLength;
    if (bytes > MAPPING_BYTES_MAX) throw mappingTooLarge({ bytes: MAPPING_BYTES_MAX });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const FILES_MAX = 100_000;

const noFiles = failure('invalid', 'extract.noFiles', { en: 'The form has no files.', 'zh-CN': '表单中没有文件。' });
const onlyFiles = failure('invalid', 'extract.onlyFiles', {
  en: 'Only parts named files are taken, each a file whose name is its path in the extract.',
  'zh-CN': '仅接受名为 files 的部分，每部分为一个文件，文件名为其在提取包中的路径。',
});

/**
 * The upload of an extract as the messages that feature-store takes: for each file its path, then its bytes, pulled from the
 * connection as fast as they are taken. The manifest may come at any place.
 * @throws invalid, tooLarge
 */
export async function* extractParts(request: FastifyRequest, dryRun: boolean): AsyncIterable<UploadExtractRequest> {
  let files = 0;
  // A browser sends the name alone; an upload of a folder sends the path below it.
  const parts = formParts(request, { preservePath: true, limits: { parts: FILES_MAX, files: FILES_MAX } });
  for await (const { part, number } of parts) {
    if (part.fieldname !== 'files' || part.type !== 'file') throw onlyFiles();
    files += 1;
    yield { part: { $case: 'file', file: { path: part.filename, dryRun } } };
    for await (const chunk of chunksOf({ part, number }, request)) yield { part: { $case: 'chunk', chunk } };
  }
  if (files === 0) throw noFiles();
}
