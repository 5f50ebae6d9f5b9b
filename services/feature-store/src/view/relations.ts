import { contractTableOf } from '@holdfast/extract-contract/tables';
import { billRelations } from './bill-relations.js';
import { eventRelations } from './event-relations.js';
import type { Relation } from './relation.js';
import { thingRelations } from './thing-relations.js';

/** What definitions may be made of, by name. */
export const RELATIONS: Readonly<Record<string, Relation>> = { ...billRelations, ...thingRelations, ...eventRelations };

/** Whether a past state of what a feature is made of is known: by month, by day, or not at all. */
export type History = 'monthly' | 'dated' | 'snapshot';

/** The weakest history of a relation's tables. */
export function historyOf({ needs }: Relation): History {
  const kinds = needs.map((table) => contractTableOf(table)!.time.kind);
  if (kinds.includes('snapshot')) return 'snapshot';
  return kinds.every((kind) => kind === 'month' || kind === 'definition') ? 'monthly' : 'dated';
}

/** The relation's table whose rows are true only on the day of an extract, if there is one. */
export function snapshotOf({ needs }: Relation): string | undefined {
  return needs.find((table) => contractTableOf(table)!.time.kind === 'snapshot');
}
