import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { type LocalCalendar, localCalendar } from '@holdfast/platform/calendar';
import { ABSENT_CODE, readCategory, readNumbers } from '@holdfast/platform/columns';
import { BASE_PER_MB } from '../bill/tariff.js';
import { USAGE_TYPES, classOf, segmentOfMinute, type UsageClasses } from '../bill/usage-class.js';
import { type FactScope, factsIn } from './subscribers.js';
import { SubscriptionRows } from './subscription-rows.js';
import { UsageRows, type MonthUsage } from './usage-rows.js';

const KINDS = ['voice_out', 'data', 'sms_out'];
const INCOMING = ['voice_in', 'sms_in'];
const [LOCAL, DATA, DATA_ABROAD, SMS] = (['local', 'data', 'data_intl', 'sms'] as const).map((type) =>
  USAGE_TYPES.indexOf(type),
) as [number, number, number, number];

/**
 * The calls, data sessions and messages of one month, in the order in which they were made. Only what a bill needs is
 * kept: 14 bytes an event, one month of the scope's subscriptions at a time.
 * @param indexOf index of each subscription; others are omitted
 */
export async function readCalls(
  scope: FactScope,
  month: string,
  classes: UsageClasses,
  timeZone: string,
  indexOf: ReadonlyMap<string, number>,
): Promise<MonthUsage> {
  const asked = {
    columns: ['subscription_id', 'at', 'kind', 'call_type', 'peer_network', 'duration_s', 'volume_mb'],
    kinds: classes.hasIncoming ? [...KINDS, ...INCOMING] : KINDS,
    ...{ fromMonth: month, toMonth: month },
  };
  const rows = new UsageRows(indexOf.size);
  const compaction = new Compaction(classes, timeZone, indexOf);
  for await (const batch of factsIn(scope, 'events', asked)) compaction.add(batch, rows);
  return rows.finish();
}

class Compaction {
  private readonly segments: Uint8Array;
  private readonly calendar: LocalCalendar;

  constructor(
    private readonly classes: UsageClasses,
    timeZone: string,
    private readonly indexOf: ReadonlyMap<string, number>,
  ) {
    this.segments = segmentOfMinute(classes);
    this.calendar = localCalendar(timeZone);
  }

  add(batch: ColumnBatch, rows: UsageRows): void {
    const { classes, segments, calendar } = this;
    const ids = new SubscriptionRows(batch, this.indexOf);
    const [at, durations] = [readNumbers(batch, 'at'), readNumbers(batch, 'duration_s')];
    const [volumes, kinds] = [readNumbers(batch, 'volume_mb'), readCategory(batch, 'kind')];
    const [callTypes, networks] = [readCategory(batch, 'call_type'), readCategory(batch, 'peer_network')];
    const typeOf = callTypes.dictionary.map((name) => USAGE_TYPES.findIndex((type) => type === name));
    const networkOf = networks.dictionary.map((name) => Math.max(0, classes.networks.indexOf(name)));
    const isTimed = classes.segmentStarts.length > 1;
    for (let row = 0; row < batch.rows; row += 1) {
      const subscription = ids.indexAt(row);
      if (subscription < 0) continue;
      const kind = kinds.dictionary[kinds.codes[row]!]!;
      const callType = callTypes.codes[row] === ABSENT_CODE ? LOCAL : typeOf[callTypes.codes[row]!]!;
      const isAbroad = callType >= 0 && USAGE_TYPES[callType] === 'roaming_intl';
      const isData = kind === 'data';
      const isMessage = kind === 'sms_out' || kind === 'sms_in';
      const type = isData ? (isAbroad ? DATA_ABROAD : DATA) : isMessage ? SMS : callType;
      const amount = isData ? Math.round(volumes[row]! * BASE_PER_MB) : isMessage ? 1 : Math.round(durations[row]!);
      if (type < 0 || !(amount > 0)) continue;
      const network = networks.codes[row] === ABSENT_CODE ? 0 : networkOf[networks.codes[row]!]!;
      const segment = isTimed ? segments[calendar.minuteOfDay(at[row]!)]! : 0;
      const isIncoming = kind === 'voice_in' || kind === 'sms_in';
      rows.add(subscription, at[row]!, classOf(classes, type, isIncoming, network, segment), amount);
    }
  }
}
