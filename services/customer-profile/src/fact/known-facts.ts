import { messageOf, type Database } from '@holdfast/platform/database';
import type { Detail, FactKind, KnownFact } from './fact.js';

/** Columns that are empty until the end of the row is known. */
const SAID_WITH_END = ['satisfaction'];

/**
 * Restricts a query on `fact` to what was known at a moment. An end that became known later is none yet.
 * @param at the parameter of the moment, such as `$3`
 */
function knowledgeTime(at: string, fact = 'fact'): string {
  return `${fact}.knowledge_from <= ${at} and (${fact}.knowledge_to is null or ${fact}.knowledge_to > ${at})`;
}

/** The end of a fact as it was known at a moment; null for none. */
function knownEnd(at: string, fact = 'fact'): string {
  return `case when ${fact}.end_knowledge_from <= ${at} then ${fact}.valid_to end`;
}

/** Restricts further to what held at that moment. */
export function inForceAt(at: string, fact = 'fact'): string {
  return `${knowledgeTime(at, fact)} and ${fact}.valid_from <= ${at} and coalesce(${knownEnd(at, fact)} > ${at}, true)`;
}

const FACTS_MAX = 5_000;

/**
 * What was known at a moment of up to a few hundred subjects, newest first; what had ended by then is in it too. The
 * caller has checked that the subjects are visible.
 */
export async function knownFactsOf(
  database: Database,
  subjectIds: readonly string[],
  kinds: readonly FactKind[],
  at: Date,
): Promise<KnownFact[]> {
  const sql = `select subject_id, kind, valid_from, ${knownEnd('$3')} as valid_to, other_id, detail, sealed
    from fact where subject_id = any($1::uuid[]) and kind = any($2::text[]) and ${knowledgeTime('$3')} and valid_from <= $3
    order by valid_from desc, sequence desc, other_id,
      (detail - '{address_key,building_key}'::text[])::text, fact_id limit ${FACTS_MAX}`;
  const rows = await database.query(sql, [subjectIds, kinds, at], 'known-facts');
  return rows.map((row) => {
    const fact = messageOf<KnownFact>(row);
    return fact.validTo === undefined ? { ...fact, detail: withoutEnd(fact.detail) } : fact;
  });
}

function withoutEnd(detail: Detail): Detail {
  return Object.fromEntries(Object.entries(detail).filter(([name]) => !SAID_WITH_END.includes(name)));
}

/** Whether a fact held at a moment, by what was known then. */
export function holdsAt(fact: KnownFact, at: Date): boolean {
  return fact.validFrom <= at && (fact.validTo === undefined || fact.validTo > at);
}
