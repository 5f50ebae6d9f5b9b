/** A rule that a row of an extract may break. */
interface RuleMeaning {
  /** When a row breaks it. */
  broken: string;
  /** What the owner of the data does. */
  remedy: string;
}

/** Every rule of docs/extract.md by its code. A row is rejected by the first rule that it breaks. */
export const REJECT_RULES = {
  'text.malformed': {
    broken: 'a control character, or bytes that are not of the encoding of the file',
    remedy: 'Export the file again, in UTF-8, without cutting texts within a character.',
  },
  'quote.malformed': {
    broken: 'a quote within a cell, or text after the closing quote',
    remedy: 'Quote the cell and double each quote in it (RFC 4180).',
  },
  'quote.unclosed': {
    broken: 'a quoted cell that does not end',
    remedy: 'Close the quote; double each quote within a cell.',
  },
  'row.ragged': {
    broken: 'more or fewer cells than the header',
    remedy: 'Quote cells that contain the delimiter, and write all cells of a row.',
  },
  'row.totals': { broken: 'a row of totals (合计, Total, …)', remedy: 'Omit totals; nothing else is to be done.' },
  'key.missing': { broken: 'an empty cell in a required column of the key', remedy: 'Fill in the cell.' },
  'value.missing': { broken: 'an empty cell in another required column', remedy: 'Fill in the cell.' },
  'number.malformed': {
    broken: 'not a number, or not a whole one in a count',
    remedy: 'Write a decimal point and no thousands separators, units or currency: 1234.50.',
  },
  'date.malformed': { broken: 'not an existing day from 1900 to 2199', remedy: 'Write YYYY-MM-DD without a time.' },
  'month.malformed': { broken: 'not a month', remedy: 'Write YYYY-MM.' },
  'moment.malformed': {
    broken: 'not a point in time from 1900 to 2199',
    remedy: 'Write YYYY-MM-DDTHH:MM:SS, with an offset if it is not of the time zone of the manifest.',
  },
  'flag.malformed': { broken: 'not a flag', remedy: 'Write true, false, 1 or 0.' },
  'value.negative': {
    broken: 'a negative number in a column of kind money, rate, count or quantity',
    remedy: 'Write credits as 0, or in a column of kind amount.',
  },
  'value.outOfRange': { broken: 'a number outside the range of the column', remedy: 'Correct the unit or the value.' },
  'value.unknown': {
    broken: 'none of the values of the column',
    remedy: 'Translate the codes of your system into the values in the table below.',
  },
  'key.tooLong': { broken: 'an identifier of more than 64 characters', remedy: 'Use a shorter identifier.' },
  'text.tooLong': { broken: 'a text of more than 10,000 characters', remedy: 'Shorten the text.' },
  'month.outsideSpan': {
    broken: 'a monthly row or an event outside `from` to `to` of the manifest',
    remedy: 'Correct `from` and `to`, or omit the row.',
  },
  'time.implausible': {
    broken: 'an event or a `recorded_at` before 1980, or more than a year after `extractedAt` of the manifest',
    remedy: 'Correct the time; leave `recorded_at` empty where it is not known.',
  },
  'key.orphan': {
    broken: 'a reference to a row that no extract has',
    remedy: 'Deliver the row that it refers to, in this extract or before it.',
  },
  'key.conflict': {
    broken: 'the key of another row, with the same or without `recorded_at`, and other content',
    remedy: 'Deliver one row per key, or fill in `recorded_at` in every version.',
  },
} as const satisfies Record<string, RuleMeaning>;

export type RejectRule = keyof typeof REJECT_RULES;
