/** Bodies of uploads: whole forms, and such that are broken. */

/** Of every form, so that a content type can name it. */
const BOUNDARY = 'b';
export const FORM_TYPE = 'multipart/form-data';
export const FORM_CONTENT_TYPE = `${FORM_TYPE}; boundary=${BOUNDARY}`;

interface Part {
  name: string;
  value: string;
  fileName?: string;
}

export function formOf(parts: readonly Part[]): string {
  return `${parts.map(partOf).join('')}--${BOUNDARY}--\r\n`;
}

function partOf({ name, value, fileName }: Part): string {
  const file = fileName === undefined ? '' : `; filename="${fileName}"`;
  return `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
}

/** A form that is cut off, has another boundary, or has other parts. @param whole a form that fits */
export function brokenForms(whole: string): string[] {
  return [
    ...[0, 3, 30, 80, whole.length - 9, whole.length - 3].map((length) => whole.slice(0, length)),
    whole.replaceAll('--b', '--c'),
    formOf([{ name: 'other', value: 'x' }]),
    formOf([{ name: '__proto__', value: 'x' }]),
    formOf([{ name: 'files', value: 'x', fileName: '../../x' }]),
    formOf([
      { name: 'mapping', value: '\0' },
      { name: 'file', value: '', fileName: '' },
    ]),
    `--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--\r\n`,
    `--b\r\n\r\nx\r\n--b--\r\n`,
    `--b\r\ncontent-disposition: form-data; name="mapping"\r\ncontent-type: application/json\r\n\r\n{\r\n--b--\r\n`,
  ];
}
