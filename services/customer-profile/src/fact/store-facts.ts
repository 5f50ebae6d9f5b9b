import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Fact, FactKind } from './fact.js';

/** Which extract facts come from. */
export interface FactOrigin {
  sequence: number;
  /** From when on it changes what was known. */
  knownAt: Date;
}

/**
 * Keeps facts of one kind, set by set. A row that differs from what is there ends that one's being known and is itself
 * known from the extract's `knownAt` on; an equal row changes nothing. So whatever a later
 * extract brings, late or corrected, every answer as of an earlier time stays as it was. Returns the ids of the
 * subjects about which something is new.
 *
 * Of several versions of a row in one extract each is known until the next one is. Of a row that another extract has, or
 * had until it was withdrawn, only the last version counts: the others were superseded before the extraction.
 */
export async function storeFacts(
  tx: Transaction,
  kind: FactKind,
  facts: readonly Fact[],
  { sequence, knownAt }: FactOrigin,
): Promise<string[]> {
  const lasting = facts.filter(
    ({ knowledgeFrom, supersededFrom }) => supersededFrom === undefined || supersededFrom > knowledgeFrom,
  );
  const last = lasting.filter(({ supersededFrom }) => supersededFrom === undefined);
  if (lasting.length === 0) return [];
  const updateFact = `update fact set knowledge_to = greatest($1::timestamptz, knowledge_from), ended_by = $5
    from unnest($2::uuid[], $3::bytea[], $4::uuid[]) as incoming (fact_id, digest, subject_id)
    where fact.fact_id = incoming.fact_id and fact.knowledge_to is null and fact.sequence < $5
      and (fact.digest <> incoming.digest or fact.subject_id <> incoming.subject_id)`;
  const params = [knownAt, list(last, 'factId'), list(last, 'digest'), list(last, 'subjectId'), sequence];
  await rowsOf(tx, updateFact, params);
  const stored = await rowsOf<{ subject_id: string }>(
    tx,
    `insert into fact (kind, sequence, subject_id, fact_id, valid_from, valid_to, knowledge_from, knowledge_to, end_knowledge_from,
       other_id, detail, sealed, lookup, digest, org_unit_path)
     select $1, $2, incoming.subject_id, incoming.fact_id, incoming.valid_from, incoming.valid_to,
       case when earlier.is_there then $3 else incoming.knowledge_from end, incoming.superseded_from,
       incoming.end_knowledge_from, incoming.other_id, incoming.detail, incoming.sealed, incoming.lookup, incoming.digest,
       incoming.org_unit_path
     from unnest($4::uuid[], $5::uuid[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[],
       $10::timestamptz[], $11::uuid[], $12::jsonb[], $13::bytea[], $14::bytea[], $15::bytea[], $16::text[])
       as incoming (subject_id, fact_id, valid_from, valid_to, knowledge_from, superseded_from, end_knowledge_from, other_id,
         detail, sealed, lookup, digest, org_unit_path)
       cross join lateral (select count(*) > 0 as is_there, count(*) filter (where knowledge_to is null) > 0 as is_open
         from fact where fact.fact_id = incoming.fact_id and fact.sequence <> $2) earlier
     where not earlier.is_open and (incoming.superseded_from is null or not earlier.is_there)
     order by incoming.subject_id
     on conflict do nothing
     returning subject_id`,
    [
      ...[kind, sequence, knownAt],
      ...[list(lasting, 'subjectId'), list(lasting, 'factId'), list(lasting, 'validFrom'), list(lasting, 'validTo')],
      ...[list(lasting, 'knowledgeFrom'), list(lasting, 'supersededFrom'), list(lasting, 'endKnowledgeFrom')],
      ...[list(lasting, 'otherId'), lasting.map(({ detail }) => JSON.stringify(detail))],
      ...[list(lasting, 'sealed'), list(lasting, 'lookup'), list(lasting, 'digest'), list(lasting, 'orgUnitPath')],
    ],
  );
  return [...new Set(stored.map(({ subject_id: subjectId }) => subjectId))];
}

function list<Name extends keyof Fact>(facts: readonly Fact[], name: Name): Fact[Name][] {
  return facts.map((fact) => fact[name]);
}

/** Facts move with their subject. */
export async function moveFacts(
  tx: Transaction,
  subjectIds: readonly string[],
  orgUnitPaths: readonly string[],
): Promise<void> {
  const sql = `update fact set org_unit_path = moved.org_unit_path from unnest($1::uuid[], $2::text[]) as moved
      (subject_id, org_unit_path)
    where fact.subject_id = moved.subject_id and fact.org_unit_path <> moved.org_unit_path`;
  await rowsOf(tx, sql, [subjectIds, orgUnitPaths]);
}
