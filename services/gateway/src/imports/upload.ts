import type { UploadExtractRequest, UploadTableRequest } from '@holdfast/contracts/feature_store/v1/extract';
import { failure } from '@holdfast/platform/errors';
import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';

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
const uploadTooLarge = failure('tooLarge', 'upload.tooLarge', {
  en: 'The file is larger than this installation takes.',
  'zh-CN': '文件超过系统允许的大小。',
});
const uploadBrokenOff = failure('invalid', 'upload.brokenOff', {
  en: 'The upload ended before the file did.',
  'zh-CN': '上传在文件结束前中断。',
});

export const MAPPING_BYTES_MAX = 262_144;
/** As feature-store takes them. */
const CHUNK_BYTES_MAX = 1_048_576;

/**
 * An upload as the messages that feature-store takes: the header, then the file in chunks, pulled from the connection
 * as fast as they are taken, so that memory stays bounded.
 * @throws invalid, tooLarge
 */
export async function* uploadParts(request: FastifyRequest): AsyncIterable<UploadTableRequest> {
  let mapping: string | undefined;
  for await (const part of request.parts()) {
    if (part.fieldname === 'mapping') {
      mapping = part.type === 'file' ? await textOf(part) : String(part.value);
      if (part.type === 'field' && part.valueTruncated) throw mappingTooLarge({ bytes: MAPPING_BYTES_MAX });
    } else if (part.fieldname === 'file' && part.type === 'file') {
      if (mapping === undefined) throw mappingNotFirst();
      // The file's own size is not known: Content-Length counts the whole form.
      yield { part: { $case: 'header', header: { mapping, fileName: part.filename } } };
      for await (const chunk of chunksOf(part, request)) yield { part: { $case: 'chunk', chunk } };
      return;
    } else {
      throw partUnknown();
    }
  }
  throw mapping === undefined ? mappingNotFirst() : fileMissing();
}

/** A file's bytes in pieces of the size that services take. */
async function* chunksOf(part: MultipartFile, request: FastifyRequest): AsyncIterable<Buffer> {
  for await (const bytes of part.file as AsyncIterable<Buffer>) {
    for (let from = 0; from < bytes.byteLength; from += CHUNK_BYTES_MAX) {
      yield bytes.subarray(from, from + CHUNK_BYTES_MAX);
    }
  }
  if (part.file.truncated) throw uploadTooLarge();
  // A broken connection ends the stream like a complete file; only the request shows the difference.
  if (request.raw.destroyed && !request.raw.complete) throw uploadBrokenOff();
}

async function textOf(part: MultipartFile): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of part.file as AsyncIterable<Buffer>) {
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
export async function* extractParts(request: FastifyRequest): AsyncIterable<UploadExtractRequest> {
  let files = 0;
  // A browser sends the name alone; an upload of a folder sends the path below it.
  const parts = request.parts({ preservePath: true, limits: { parts: FILES_MAX, files: FILES_MAX } });
  for await (const part of parts) {
    if (part.fieldname !== 'files' || part.type !== 'file') throw onlyFiles();
    files += 1;
    yield { part: { $case: 'file', file: { path: part.filename } } };
    for await (const chunk of chunksOf(part, request)) yield { part: { $case: 'chunk', chunk } };
  }
  if (files === 0) throw noFiles();
}
