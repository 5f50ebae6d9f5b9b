import type { FastifyRequest } from 'fastify';
import type { Multipart, MultipartFile } from '@fastify/multipart';
import { Failure, failure, fill, type FieldFailure, type Texts } from '@holdfast/platform/errors';

const formBroken = failure('invalid', 'form.broken', {
  en: 'The form cannot be read; errors has the place. Send multipart/form-data as an HTTP client builds it, all of it.',
  'zh-CN': '无法解析表单，位置见 errors。请以 HTTP 客户端生成的 multipart/form-data 完整发送。',
});
const fileTooLarge = failure('tooLarge', 'upload.tooLarge', {
  en: 'The file is larger than this installation takes.',
  'zh-CN': '文件超过系统允许的大小。',
});
const uploadBrokenOff = failure('invalid', 'upload.brokenOff', {
  en: 'The upload ended before the file did.',
  'zh-CN': '上传在文件结束前中断。',
});

const BOUNDARY_MISSING: Texts = {
  en: 'Content-Type names no boundary of at most 70 characters. The HTTP client sets it if the header is left to it.',
  'zh-CN': 'Content-Type 未给出长度不超过 70 个字符的 boundary。请由 HTTP 客户端自动设置该请求头。',
};
const NOT_JSON: Texts = {
  en: 'A part is declared as application/json and is not JSON.',
  'zh-CN': '某一部分声明为 application/json，但不是有效的 JSON。',
};

const NO_PART: Texts = {
  en: 'The form ends within its first part, or none of its lines is the boundary of Content-Type.',
  'zh-CN': '表单在第一部分内中断，或其中没有 Content-Type 所给 boundary 的行。',
};
const UNFINISHED: Texts = {
  en: 'The form ends within part {number}: the closing line of two hyphens, the boundary and two hyphens is missing.',
  'zh-CN': '表单在第 {number} 部分内中断：缺少由两个连字符、boundary 和两个连字符组成的结束行。',
};

/** Bytes of a chunk at most, as feature-store takes them. */
const CHUNK_BYTES_MAX = 1_048_576;

type Options = Parameters<FastifyRequest['parts']>[0];

/** A part of a form and its number, from 1. */
interface NumberedPart<Part extends Multipart = Multipart> {
  part: Part;
  number: number;
}

/**
 * The parts of a form as they arrive.
 * @throws invalid with the place, if the form is broken; tooLarge, if it has too many parts
 */
export async function* formParts(request: FastifyRequest, options?: Options): AsyncIterable<NumberedPart> {
  let begun: NumberedPart | undefined;
  try {
    for await (const part of request.parts(options)) {
      begun = { part, number: (begun?.number ?? 0) + 1 };
      yield begun;
    }
  } catch (thrown) {
    throw formFailure(thrown, begun);
  }
}

/**
 * The bytes of a file of a form, in chunks.
 * @throws invalid with the place, tooLarge
 */
export async function* chunksOf(
  { part, number }: NumberedPart<MultipartFile>,
  request: FastifyRequest,
): AsyncIterable<Buffer> {
  try {
    for await (const bytes of part.file as AsyncIterable<Buffer>) {
      for (let from = 0; from < bytes.byteLength; from += CHUNK_BYTES_MAX) {
        yield bytes.subarray(from, from + CHUNK_BYTES_MAX);
      }
    }
  } catch (thrown) {
    throw formFailure(thrown, { part, number });
  }
  if (part.file.truncated) throw fileTooLarge();
  // A broken connection ends the stream like a complete file; only the request shows the difference.
  if (request.raw.destroyed && !request.raw.complete) throw uploadBrokenOff();
}

/** The failure for an error of the form library, most of which have no status. */
function formFailure(thrown: unknown, begun: NumberedPart | undefined): unknown {
  if (thrown instanceof Failure || !(thrown instanceof Error)) return thrown;
  const { code, statusCode } = thrown as Error & { code?: string; statusCode?: number };
  if (statusCode === 413) return thrown;
  if (code === 'FST_MP_PREMATURE_CLOSE') return uploadBrokenOff({}, { cause: thrown });
  return formBroken({}, { fields: [placeOf(thrown, begun)], cause: thrown });
}

function placeOf({ message, code }: Error & { code?: string }, begun: NumberedPart | undefined): FieldFailure {
  if (/boundary not found|needle cannot/i.test(message)) {
    return { pointer: '/body', key: 'body.boundaryMissing', text: BOUNDARY_MISSING };
  }
  // Such a part is not handed on, so that the last one is another.
  if (code === 'FST_INVALID_JSON_FIELD_ERROR') return { pointer: '/body', key: 'body.notJson', text: NOT_JSON };
  if (begun === undefined) return { pointer: '/body', key: 'body.unfinished', text: NO_PART };
  const { part, number } = begun;
  const text = { en: fill(UNFINISHED.en, { number }), 'zh-CN': fill(UNFINISHED['zh-CN'], { number }) };
  return { pointer: `/body/${part.fieldname}`, key: 'body.unfinished', text };
}
