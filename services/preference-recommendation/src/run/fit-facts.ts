import { Inject, Injectable } from '@nestjs/common';
import {
  ImportServiceDefinition,
  type Extract,
  type ImportService,
} from '@holdfast/contracts/feature_store/v1/extract';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import { addMonths, checkedMonth, lastDayOf, monthRange } from '@holdfast/platform/calendar';
import { systemCaller } from '@holdfast/platform/caller';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { Parameters } from '@holdfast/platform/parameters';
import type { Plan } from '../catalogue/plan.js';
import { readCatalogue } from '../catalogue/catalogue.js';
import type { ChoiceRule } from '../fit/choice.js';
import type { Method } from '../fit/fit.js';
import type { PreferenceRecommendationParameters } from '../parameters.js';

const needsTable = failure('precondition', 'facts.needsTable', {
  en: 'Not available: needs table {table}.',
  'zh-CN': '不可用：需要表 {table}。',
});
const monthOpen = failure('precondition', 'month.open', {
  en: 'The month {month} is not closed yet.',
  'zh-CN': '月份 {month} 尚未关账。',
});
const noExtract = failure('precondition', 'extract.none', {
  en: 'No extract of the operator has closed a month yet.',
  'zh-CN': '尚无任何提取数据完成月度关账。',
});

/** From what plans are fitted: which month, as known when, priced how. */
export interface FitBasis {
  /** Months that are billed, ascending. */
  readonly months: readonly string[];
  readonly method: Method;
  readonly knowledgeTime: Date;
  readonly day: number;
  readonly currency: string;
  readonly timeZone: string;
  readonly rule: ChoiceRule;
  readonly plans: readonly Plan[];
}

/** What the facts allow to be fitted. */
@Injectable()
export class FitFacts {
  constructor(
    @Inject(FactServiceDefinition.fullName) readonly facts: Rpc<FactService>,
    @Inject(ImportServiceDefinition.fullName) private readonly imports: Rpc<ImportService>,
    @Inject(Parameters) private readonly parameters: PreferenceRecommendationParameters,
  ) {}

  /** The requested month, else the last closed one, with the newest extract. @throws invalid, precondition */
  async monthAndExtract(call: Call, month: string): Promise<{ month: string; extract: Extract }> {
    if (month !== '') checkedMonth(month);
    const { extracts } = await this.imports.listExtracts(call, {});
    const extract = extracts[0];
    const last = extract?.closedMonths.at(-1);
    if (extract === undefined || last === undefined) throw noExtract();
    if (month !== '' && !extract.closedMonths.includes(month)) throw monthOpen({ month });
    return { month: month === '' ? last : month, extract };
  }

  /** @throws precondition where a table is missing, or the extract is gone */
  async basis(call: Call, month: string, sequence: number): Promise<FitBasis> {
    const { extracts } = await this.imports.listExtracts(call, {});
    const extract = extracts.find((candidate) => candidate.sequence === sequence);
    if (extract?.extractedAt === undefined) throw noExtract();
    const { currency, timeZone, extractedAt: knowledgeTime } = extract;
    const { months, method } = await this.months(call, month);
    const day = lastDayOf(month);
    const plans = await readCatalogue(this.facts, call, { knowledgeTime, day });
    return { months, method, knowledgeTime, day, currency, timeZone, plans, rule: await this.rule() };
  }

  async rule(): Promise<ChoiceRule> {
    return {
      savingMinMinor: Math.round((await this.parameters.get('fit.savingMin')) * 100),
      waitMonthsMax: await this.parameters.get('fit.waitMonthsMax'),
    };
  }

  /**
   * The months that are billed: of the last ones those with events, or those with usage where these are more. Without a
   * month's calls its bill would look like the fee alone.
   */
  async months(call: Call, month: string): Promise<{ months: string[]; method: Method }> {
    const { tables } = await this.facts.describeFacts(call, {});
    for (const needed of ['plans', 'plan_rates', 'plan_history', 'status_history']) {
      if (!tables.some(({ table }) => table === needed)) throw needsTable({ table: needed });
    }
    const wanted = monthRange(addMonths(month, 1 - (await this.parameters.get('fit.months'))), month);
    const monthsOf = (name: string): string[] => {
      const found = tables.find(({ table }) => table === name)?.months ?? [];
      return wanted.filter((each) => found.includes(each));
    };
    const [events, usage] = [monthsOf('events'), monthsOf('usage')];
    if (events.length === 0 && usage.length === 0) throw needsTable({ table: 'events' });
    return events.length >= usage.length ? { months: events, method: 'events' } : { months: usage, method: 'usage' };
  }

  /** Estimate of the subscriptions, for cutting the work into pieces. */
  async subscriptionRows(call: Call): Promise<number> {
    const { tables } = await this.facts.describeFacts(call, {});
    const rowsOf = (name: string): number | undefined => tables.find(({ table }) => table === name)?.rows;
    return rowsOf('subscriptions') ?? rowsOf('status_history') ?? 0;
  }
}

/** A system call: the basis of a fit is the same for all callers. */
export function asService(call: Call): Call {
  return { ...call, caller: systemCaller('preference-recommendation') };
}
