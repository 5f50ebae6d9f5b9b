import fs from 'node:fs';
import { monthOfDay, monthText } from '@holdfast/platform/calendar';
import { subscriptionId } from '@holdfast/platform/identity';
import { parse } from 'csv-parse/sync';
import { SECONDS_PER_DAY } from '../calendar/calendar.js';
import { identifiersOf } from '../extract/identifiers.js';
import { OPERATOR } from '../extract/operator.js';
import {
  CHANNELS,
  OFFER_KINDS,
  type Channel,
  type Contact,
  type OfferKind,
  type Response,
} from '../treatment/contact.js';
import type { World } from '../world/world.js';

/** More than a province of this size needs in a year. */
const CONTACTS_MAX = 5_000_000;
const CAMPAIGN = 'K-LIVE';
const ID_CHARS_MAX = 64;
/** The operator's time zone is UTC+8. */
const UTC_OFFSET_MS = 8 * 3_600_000;

/** Synonyms of channels and responses. */
const CHANNEL_WORDS: Record<string, Channel> = { telemarketing: 'call', phone: 'call', push: 'app' };
const RESPONSE_WORDS: Record<string, Response | undefined> = {
  accepted: 'accepted',
  declined: 'declined',
  do_not_contact: 'declined',
  no_answer: 'no_answer',
  call_back: 'no_answer',
  not_reached: 'not_reached',
  wrong_person: 'not_reached',
  none: undefined,
  '': undefined,
};

interface ContactRules {
  /** First month of the span with contacts. */
  fromMonth: number;
  /** Offers of the arms of a system's campaigns, by the arm's name. */
  offers: ReadonlyMap<string, OfferKind>;
  firstNumber: number;
}

type Row = Record<string, string | undefined>;

/**
 * Reads contacts that a system decided, CSV with a header: `subscription_id` (the operator's or the internal one), `at`
 * (ISO 8601, local time without an offset, or milliseconds since 1970), `channel`, `offer` or `arm`, and optional
 * `campaign_id` and `response` or `outcome`. Ignores other columns and rows of the arm `control`.
 * @throws Error with the line of the first invalid row
 */
export function readContacts(file: string, world: World, { fromMonth, offers, firstNumber }: ContactRules): Contact[] {
  const text = fs.readFileSync(file, 'utf8');
  const rows: Row[] = parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  if (rows.length > CONTACTS_MAX) throw new Error(`${file} has more than ${CONTACTS_MAX} contacts`);
  const places = placesOf(world);
  const contacts: Contact[] = [];
  rows.forEach((row, at) => {
    const fail = (problem: string): never => {
      throw new Error(`${file}, line ${at + 2}: ${problem}`);
    };
    const offer = offerOf(row, offers, fail);
    if (offer === 'control') return;
    const id = row['subscription_id'] ?? '';
    const subscription = places(id) ?? fail(`no such subscription: ${id}`);
    const { day, second } = momentOf(row['at'] ?? '') ?? fail(`"at" is not a moment: ${row['at']}`);
    const month = monthOfDay(day) - world.firstMonth;
    if (month < fromMonth || month >= world.months) {
      const [from, to] = [fromMonth, world.months - 1].map((each) => monthText(world.firstMonth + each));
      fail(`${row['at']} is not in the months of this continuation, ${from} to ${to}`);
    }
    const campaign = row['campaign_id'] || CAMPAIGN;
    if (campaign.length > ID_CHARS_MAX) fail(`campaign_id has more than ${ID_CHARS_MAX} characters`);
    const word = row['response'] ?? row['outcome'] ?? '';
    if (!(word in RESPONSE_WORDS)) fail(`response is not one of ${Object.keys(RESPONSE_WORDS).join(', ')}: ${word}`);
    const [number, channel] = [firstNumber + contacts.length, channelOf(row['channel'] ?? '', fail)];
    const given = RESPONSE_WORDS[word];
    contacts.push({ number, at: subscription, month, day, second, channel, offer, campaign, given });
  });
  return contacts;
}

type Fail = (problem: string) => never;

function offerOf(row: Row, offers: ContactRules['offers'], fail: Fail): OfferKind | 'control' {
  const name = row['offer'] || row['arm'] || '';
  if (name === 'control') return 'control';
  const kind = offers.get(name) ?? OFFER_KINDS.find((each) => each === name);
  return kind ?? fail(`offer is not one of ${[...OFFER_KINDS, ...offers.keys()].join(', ')}: ${name}`);
}

function channelOf(name: string, fail: Fail): Channel {
  const channel = CHANNEL_WORDS[name] ?? CHANNELS.find((each) => each === name);
  return channel ?? fail(`channel is not one of ${[...CHANNELS, ...Object.keys(CHANNEL_WORDS)].join(', ')}: ${name}`);
}

/** By either identifier; the internal ones are derived on first use. */
function placesOf(world: World): (id: string) => number | undefined {
  const identifiers = identifiersOf(world);
  const { count } = world.subscriptions;
  const operatorIds = new Map<string, number>();
  for (let at = 0; at < count; at += 1) operatorIds.set(identifiers.subscription(at), at);
  let internal: Map<string, number> | undefined;
  return (id) => {
    const index = operatorIds.get(id);
    if (index !== undefined || !id.includes('-')) return index;
    internal ??= new Map([...operatorIds].map(([key, at]) => [subscriptionId(OPERATOR, key), at]));
    return internal.get(id.toLowerCase());
  };
}

/** Day and second of the day in local time. */
export function momentOf(text: string): { day: number; second: number } | undefined {
  const isLocal = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(text);
  const isAbsolute = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(text);
  if (!isLocal && !isAbsolute && !/^\d{12,14}$/.test(text)) return undefined;
  const local = isLocal ? Date.parse(text.length === 10 ? text : `${text}Z`) : NaN;
  const ms = isLocal ? local : (isAbsolute ? Date.parse(text) : Number(text)) + UTC_OFFSET_MS;
  if (Number.isNaN(ms)) return undefined;
  const seconds = Math.floor(ms / 1000);
  const day = Math.floor(seconds / SECONDS_PER_DAY);
  return { day, second: seconds - day * SECONDS_PER_DAY };
}
