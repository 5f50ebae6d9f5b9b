import { type LocalCalendar, addMonths, dayText, firstDayOf } from '@holdfast/platform/calendar';
import { derivedId } from '@holdfast/platform/identity';
import { homeOf } from '../address/address.js';
import type { KnownCities } from '../address/known-cities.js';
import type { Detail, Fact } from '../fact/fact.js';
import { numberLookups } from '../personal/contact-number.js';
import { identifierLookup } from '../personal/identifier-lookup.js';
import type { Vault } from '../personal/vault.js';
import type { FactRows } from '../fact/fact-rows.js';
import type { ExtractSource } from './extract-sources.js';
import type { Reach } from './store-numbers.js';

/** Delay after which a row without a recorded time is known (docs/extract.md, "Time rule"). */
const KNOWN_AFTER_DAYS = 5;

/** What rows of an extract are read with. */
export interface ReadingContext {
  operator: string;
  /** See FactOrigin. */
  knownAt: Date;
  /** Last month that earlier extracts have closed, `YYYY-MM`; empty for the first. */
  coveredTo: string;
  calendar: LocalCalendar;
  vault: Vault;
  cities: KnownCities;
}

/** The facts of a batch. Nothing personal leaves this function unsealed. */
export function factsOf(source: ExtractSource, rows: FactRows, context: ReadingContext): Fact[] {
  return Array.from({ length: rows.count }, (_, row) => factOf(source, rows, row, context));
}

/** The contact numbers of a batch; of a master record they hold always. */
export function reachesOf(
  source: ExtractSource,
  rows: FactRows,
  { vault, calendar, operator }: Pick<ReadingContext, 'vault' | 'calendar' | 'operator'>,
): Reach[] {
  return Array.from({ length: rows.count }, (_, row) => ({
    subjectId: subjectOf(source, rows, row, operator),
    contactNumbers:
      source.contactNumber === undefined
        ? []
        : numberLookups(vault, personalOf(source, rows, row)[source.contactNumber] ?? ''),
    validFrom: beginOf(source, rows, row, calendar)?.at ?? new Date(0),
    validTo: endOf(source, rows, row, calendar)?.at,
  }));
}

function factOf(source: ExtractSource, rows: FactRows, row: number, context: ReadingContext): Fact {
  const { kind } = source;
  const { vault, operator, knownAt } = context;
  const subjectId = subjectOf(source, rows, row, operator);
  const begun = beginOf(source, rows, row, context.calendar);
  const ended = endOf(source, rows, row, context.calendar);
  const personal = personalOf(source, rows, row);
  const addressKeys = addressKeysOf(source, rows, row, personal, { ...context, subjectId, at: begun?.at ?? knownAt });
  const detail = { ...detailOf(source, rows, row), ...addressKeys, ...age(personal) };
  const otherId = source.other === undefined ? undefined : rows.text(source.other, row);
  const naturalKey = source.key.map((column) => rows.text(column, row) ?? '');
  const content = JSON.stringify([detail, personal, otherId, begun?.at, ended?.at]);
  const found = source.lookup === undefined ? undefined : personal[source.lookup.personal];
  return {
    subjectId,
    factId: uuidOf(vault.lookup('fact', JSON.stringify([kind, source.ownKey ? '' : subjectId, ...naturalKey]))),
    validFrom: begun?.at ?? knownAt,
    validTo: ended?.at,
    knowledgeFrom: knowledgeFromOf(rows.moment('recorded_at', row), begun, context),
    supersededFrom: rows.moment('superseded_at', row),
    endKnowledgeFrom: ended && earlier(endKnowledgeFromOf(rows, row, ended, context), knownAt),
    otherId,
    detail,
    sealed: Object.keys(personal).length === 0 ? undefined : vault.sealFields(subjectId, kind, personal),
    lookup: found === undefined ? undefined : identifierLookup(vault, source.lookup!.kind, found),
    digest: vault.digest(subjectId, kind, content),
    orgUnitPath: rows.text('org_unit_path', row) ?? `${operator}/`,
    contactNumbers:
      source.contactNumber === undefined ? [] : numberLookups(vault, personal[source.contactNumber] ?? ''),
  };
}

function subjectOf({ subject, kind }: ExtractSource, rows: FactRows, row: number, operator: string): string {
  if ('column' in subject) return rows.id(subject.column, row);
  return catalogueId(kind, operator, rows.id(subject.catalogue, row));
}

/** Id of what a code of the operator's catalogues stands for: a handset model, a plan, a product. */
function catalogueId(kind: string, operator: string, code: string): string {
  return derivedId(kind, operator, code);
}

interface Edge {
  at: Date;
  /** The day whose end it is known some days after, days since 1970-01-01: the day itself; of a month, its last. */
  day: number;
}

function beginOf({ from }: ExtractSource, rows: FactRows, row: number, calendar: LocalCalendar): Edge | undefined {
  if (from === undefined) return undefined;
  if ('definedSince' in from) {
    const day = rows.day(from.definedSince, row) ?? 0;
    return { at: calendar.startOfDay(day), day: day - 1 - KNOWN_AFTER_DAYS };
  }
  if (!('month' in from)) return edgeOf(from, rows, row, calendar);
  const first = firstDayOf(rows.id(from.month, row));
  return { at: calendar.startOfDay(first), day: firstDayOf(addMonths(rows.id(from.month, row), 1)) - 1 };
}

function endOf(
  { to }: ExtractSource,
  rows: FactRows,
  row: number,
  calendar: LocalCalendar,
): (Edge & { column: string }) | undefined {
  const edge = to === undefined ? undefined : edgeOf(to, rows, row, calendar);
  return edge && { ...edge, column: 'day' in to! ? to.day : to!.moment };
}

function edgeOf(
  edge: { day: string } | { moment: string },
  rows: FactRows,
  row: number,
  calendar: LocalCalendar,
): Edge | undefined {
  if ('moment' in edge) {
    const at = rows.moment(edge.moment, row);
    return at && { at, day: calendar.dayOf(at) };
  }
  const day = rows.day(edge.day, row);
  return day === undefined ? undefined : { at: calendar.startOfDay(day), day };
}

/** Facts about a period that earlier extracts covered are known with the extract, not before. */
function knowledgeFromOf(recordedAt: Date | undefined, begun: Edge | undefined, context: ReadingContext): Date {
  const { knownAt, coveredTo } = context;
  const isCovered = coveredTo !== '' && (begun === undefined || dayText(begun.day).slice(0, 7) <= coveredTo);
  if (isCovered) return knownAt;
  return earlier(recordedAt ?? knownAfter(begun?.day, context) ?? knownAt, knownAt);
}

/** As computed by feature-store, which has the later versions of the row. */
function endKnowledgeFromOf(
  rows: FactRows,
  row: number,
  ended: Edge & { column: string },
  context: ReadingContext,
): Date {
  return rows.moment(`${ended.column}__knowledge_time`, row) ?? knownAfter(ended.day, context)!;
}

function knownAfter(day: number | undefined, { calendar }: ReadingContext): Date | undefined {
  return day === undefined ? undefined : calendar.startOfDay(day + 1 + KNOWN_AFTER_DAYS);
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}

function detailOf({ detail }: ExtractSource, rows: FactRows, row: number): Detail {
  const known: Detail = {};
  for (const [column, type] of Object.entries(detail)) {
    const value = valueOf(type, rows, column, row);
    if (value !== undefined) known[column] = value;
  }
  return known;
}

function valueOf(type: string, rows: FactRows, column: string, row: number): string | number | boolean | undefined {
  switch (type) {
    case 'number':
      return rows.number(column, row);
    case 'flag':
      return rows.flag(column, row);
    case 'day': {
      const day = rows.day(column, row);
      return day === undefined ? undefined : dayText(day);
    }
    case 'moment':
      return rows.moment(column, row)?.toISOString();
    default:
      return rows.text(column, row);
  }
}

function personalOf({ personal = {} }: ExtractSource, rows: FactRows, row: number): Record<string, string> {
  const known: Record<string, string> = {};
  for (const [name, column] of Object.entries(personal)) {
    const value = name === 'birthDate' ? dateOrNothing(rows.day(column, row)) : rows.text(column, row);
    if (value !== undefined) known[name] = value;
  }
  return known;
}

function dateOrNothing(day: number | undefined): string | undefined {
  return day === undefined ? undefined : dayText(day);
}

/** Of a birthday, the year alone is kept readable. */
function age(personal: Readonly<Record<string, string>>): Detail {
  const year = Number(personal['birthDate']?.slice(0, 4));
  return Number.isInteger(year) ? { birth_year: year } : {};
}

/** Homes are compared by keyed hashes; the text stays sealed. */
function addressKeysOf(
  { address }: ExtractSource,
  rows: FactRows,
  row: number,
  personal: Readonly<Record<string, string>>,
  { vault, cities, subjectId, at, operator }: ReadingContext & { subjectId: string; at: Date },
): Detail {
  const text = address === undefined ? undefined : personal[address];
  if (text === undefined) return {};
  const orgUnitPath = rows.text('org_unit_path', row) ?? `${operator}/`;
  const home = homeOf(text, {
    city: rows.text('city', row) ?? cities.ofCustomer(subjectId, at) ?? cities.ofUnit(orgUnitPath),
    district: rows.text('district', row),
    cityOfDistrict: (district) => cities.ofDistrict(district),
  });
  return {
    ...(home.building === undefined ? {} : { building_key: hashed(vault, 'building', home.building) }),
    ...(home.door === undefined ? {} : { address_key: hashed(vault, 'door', home.door) }),
  };
}

function hashed(vault: Vault, kind: string, text: string): string {
  return vault.lookup(kind, text).subarray(0, 12).toString('base64url');
}

/** 122 bits of a hash as a UUID (RFC 9562, version 8). */
function uuidOf(hash: Buffer): string {
  const bytes = Buffer.from(hash.subarray(0, 16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
