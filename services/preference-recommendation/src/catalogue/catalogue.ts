import type { FactService } from '@holdfast/contracts/feature_store/v1/facts';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { failure } from '@holdfast/platform/errors';
import { factsRequest, numbersOf, textsOf } from '@holdfast/platform/facts';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isRateItem, type Plan, type Rate } from './plan.js';
import { parseBand } from './time-band.js';

const DECIMAL = /^(\d+)(?:\.(\d{1,6}))?0*$/;

/**
 * Millionths of a decimal text, exactly: `0.1500` is 150,000. Undefined for what is no decimal of at most 6 places, or
 * too large to be exact.
 */
export function microOf(text: string): number | undefined {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return undefined;
  const micro = Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0'));
  return Number.isSafeInteger(micro) ? micro : undefined;
}

/** More plans than any operator has; each is priced for every subscription. */
const PLANS_MAX = 2_000;

const tooManyPlans = failure('tooLarge', 'plan.tooMany', {
  en: 'The catalogue has more than {max} plans.',
  'zh-CN': '套餐目录超过 {max} 个套餐。',
});

/**
 * The plans with the rates that hold on a day, as they were known at a moment, by id. A plan with a rate that cannot be
 * read is excluded: an incomplete tariff would look cheap.
 */
export async function readCatalogue(
  facts: Rpc<FactService>,
  call: Call,
  { knowledgeTime, day }: { knowledgeTime: Date; day: number },
): Promise<Plan[]> {
  const plans: Omit<Plan, 'rates'>[] = [];
  for await (const batch of facts.readFacts(call, factsRequest('plans', { knowledgeTime }))) {
    for (const plan of plansIn(batch)) plans.push(plan);
    if (plans.length > PLANS_MAX) throw tooManyPlans({ max: PLANS_MAX });
  }
  const rates = new Map<string, (Rate | undefined)[]>();
  for await (const batch of facts.readFacts(call, factsRequest('plan_rates', { knowledgeTime }))) {
    for (const [planId, rate] of ratesIn(batch, day)) rates.set(planId, [...(rates.get(planId) ?? []), rate]);
  }
  return plans
    .flatMap((plan): Plan[] => {
      const own = rates.get(plan.id) ?? [];
      const readable = own.filter((rate) => rate !== undefined);
      return readable.length < own.length || Number.isNaN(plan.feeMinor) ? [] : [{ ...plan, rates: readable }];
    })
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}

function plansIn(batch: ColumnBatch): Omit<Plan, 'rates'>[] {
  const text = (name: string) => textsOf(batch, name);
  const number = (name: string) => numbersOf(batch, name);
  const [names, services, kinds, segments] = [text('name'), text('service'), text('kind'), text('eligible_segment')];
  const [fees, tiers, minSpends] = [number('monthly_fee'), number('tier'), number('min_spend')];
  const [minutes, data, messages] = [number('voice_minutes'), number('data_mb'), number('sms_count')];
  const [commitments, exitFees] = [number('commitment_months'), number('exit_fee')];
  const [from, to] = [number('on_sale_from'), number('on_sale_to')];
  return text('plan_id').map((id, row) => ({
    id: id ?? '',
    name: names[row] ?? '',
    service: services[row] ?? '',
    kind: kinds[row] ?? 'mainstream',
    tier: optional(tiers[row]!),
    feeMinor: fees[row]!,
    voiceMinutes: optional(minutes[row]!) ?? 0,
    dataMb: optional(data[row]!) ?? 0,
    smsCount: optional(messages[row]!) ?? 0,
    minSpendMinor: optional(minSpends[row]!) ?? 0,
    commitmentMonths: optional(commitments[row]!) ?? 0,
    exitFeeMinor: optional(exitFees[row]!) ?? 0,
    eligibleSegment: segments[row] ?? '',
    onSaleFromDay: optional(from[row]!),
    onSaleToDay: optional(to[row]!),
  }));
}

/** The rates that hold on the day, each with its plan; undefined for one that cannot be read. */
function* ratesIn(batch: ColumnBatch, day: number): Generator<[planId: string, rate: Rate | undefined]> {
  const [from, to] = [numbersOf(batch, 'valid_from'), numbersOf(batch, 'valid_to')];
  const [planIds, items] = [textsOf(batch, 'plan_id'), textsOf(batch, 'item')];
  const [directions, networks] = [textsOf(batch, 'direction'), textsOf(batch, 'peer_network')];
  const [bands, roundings, rates] = [textsOf(batch, 'time_band'), textsOf(batch, 'rounding'), textsOf(batch, 'rate')];
  const [fromUnits, units] = [numbersOf(batch, 'from_unit'), numbersOf(batch, 'unit')];
  const [caps, free] = [numbersOf(batch, 'call_cap'), numbersOf(batch, 'free_units')];
  for (let row = 0; row < batch.rows; row += 1) {
    if ((optional(from[row]!) ?? -Infinity) > day || (optional(to[row]!) ?? Infinity) <= day) continue;
    const [item, band] = [items[row] ?? '', bands[row]];
    const isBandRead = band === undefined || parseBand(band) !== undefined;
    const rateMicro = microOf(rates[row] ?? '');
    if (rateMicro === undefined || !isBandRead || !isRateItem(item)) {
      yield [planIds[row] ?? '', undefined];
      continue;
    }
    const isCall = item !== 'data' && item !== 'sms';
    const rounding = roundings[row] ?? (item === 'data' ? 'exact' : 'ceil');
    const rate: Rate = {
      item,
      // The caller pays; a rate for incoming calls is marked.
      direction: directions[row] === 'in' ? 'in' : 'out',
      peerNetwork: networks[row],
      band: band === undefined ? undefined : parseBand(band),
      fromUnit: optional(fromUnits[row]!) ?? 0,
      rateMicro,
      unit: optional(units[row]!) || (isCall ? 60 : 1),
      isCeil: rounding !== 'exact',
      callCapMinor: optional(caps[row]!),
      freeUnits: optional(free[row]!) ?? 0,
    };
    yield [planIds[row] ?? '', rate];
  }
}

function optional(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
