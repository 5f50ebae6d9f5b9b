import type { UploadExtractRequest } from '@holdfast/contracts/feature_store/v1/extract';
import { failure } from '@holdfast/platform/errors';
import type { FastifyRequest } from 'fastify';
import { chunksOf } from './upload.js';

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
