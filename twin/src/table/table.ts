import type { ContractColumn } from '@holdfast/extract-contract/table';

export interface Table {
  name: string;
  /** In the order of the file. */
  columns: readonly { name: string }[];
}

/** A table of the input contract. */
export interface ExtractTable extends Table {
  columns: readonly ContractColumn[];
  /** Whether errors are injected. */
  acceptsErrors: boolean;
}

/** @param header first columns, as in the CSV file @param others further columns */
export function table(name: string, header: string, ...others: string[]): Table {
  return { name, columns: [...header.split(','), ...others].map((column) => ({ name: column })) };
}

/** Undefined is unknown. */
export type Cell = string | number | undefined;
/** Bytes are written unchanged. */
export type RawCell = Cell | Uint8Array;

export function centsText(cents: number): string {
  return (cents / 100).toFixed(2);
}

export function flagText(isTrue: boolean): string {
  return isTrue ? 'true' : 'false';
}

/** Sorts in place by a text that is derived once per item. */
export function sortedBy(items: number[], keyOf: (item: number) => string): number[] {
  const keys = new Map(items.map((item) => [item, keyOf(item)]));
  return items.sort((left, right) => (keys.get(left)! < keys.get(right)! ? -1 : 1));
}
