import { Inject, Injectable } from '@nestjs/common';
import type { SelectedContacts, Selection } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Money } from '@holdfast/contracts/platform/v1/money';
import type { OrgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure, fill } from '@holdfast/platform/errors';
import { NO_CURRENCY, decimalText, minorDigits, moneyOfMajor } from '@holdfast/platform/money';
import { Parameters } from '@holdfast/platform/parameters';
import { RETENTION } from '../model/kind.js';
import { configuredCapacity } from '../training/capacity.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { INVOLUNTARY_SQL } from './involuntary.js';
import type { RunRow } from './runs.js';
import { ruleOfRun } from './timing.js';

const notComputed = failure('precondition', 'selection.notComputed', {
  en: 'The run has no net of contacts: it is of another kind than churn by status, its rows have no value, or it is of a former release.',
  'zh-CN': '该次评分没有接触净收益：类型不是主动离网、没有用户价值，或由早期版本生成。',
});

const TEXT = {
  en: 'Contacting the {contacts} subscriptions with the highest net is expected to bring {best}, all {atRisk} at risk {riskNet}, all {all} {allNet}. The {breakEven} with a net above 0 bring {breakEvenNet}; each further contact costs more than it brings.',
  'zh-CN':
    '接触净收益最高的 {contacts} 户预计收益 {best}，接触全部 {atRisk} 户风险用户 {riskNet}，接触全部 {all} 户 {allNet}。净收益为正的 {breakEven} 户合计 {breakEvenNet}；此外每增加一次接触，成本都高于收益。',
};

interface Sums {
  rows: string;
  without_value: string;
  net: string;
  risk_rows: string;
  risk_net: string;
  gaining_rows: string;
  gaining_net: string;
}

/** Selective against package prevention (CS-23): what contacting some, those at risk, or all customers brings. */
@Injectable()
export class Selections {
  constructor(
    private readonly database: Database,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  /**
   * Of the caller's region, without involuntary churners. Net of a contact in the first month, by the rule and costs of
   * the run (decision 058), stored with each score: one scan adds it up, another finds the best contacts.
   * @param contacts of the best; 0 for what the team can contact in a month @throws precondition
   */
  async compare(run: RunRow, units: OrgUnitFilter, contacts: number): Promise<Selection> {
    if (run.kind !== RETENTION) throw notComputed();
    const from = `from score s join scoring_run r on r.id = s.run_id
      where s.run_id = $1 and s.org_unit_path ^@ any($2::text[]) and not ${INVOLUNTARY_SQL}`;
    const atRisk = 's.probability >= r.at_risk_probability_min';
    const sum = (of: string): string => `coalesce(sum(s.net_now) filter (where ${of}), 0)::text`;
    const sql = `select count(s.net_now) as rows, count(*) filter (where s.net_now is null) as without_value,
        ${sum('true')} as net, count(s.net_now) filter (where ${atRisk}) as risk_rows, ${sum(atRisk)} as risk_net,
        count(*) filter (where s.net_now > 0) as gaining_rows, ${sum('s.net_now > 0')} as gaining_net ${from}`;
    const [sums] = await this.database.query<Sums>(sql, [run.id, units]);
    const rows = Number(sums!.rows);
    if (rows === 0) throw notComputed();
    const capacity = contacts === 0 ? (await configuredCapacity(this.parameters, rows)).contacts : contacts;
    const best = `select count(*) as rows, coalesce(sum(net_now), 0)::text as net, min(net_now)::text as last from (
        select s.net_now ${from} and s.net_now is not null order by s.net_now desc limit $3) as best`;
    const [found] = await this.database.query<{ rows: string; net: string; last: string | null }>(best, [
      ...[run.id, units, capacity],
    ]);
    const rule = await this.parameters.inForce('timing.rule', ruleOfRun(run));
    const currency = run.currency || NO_CURRENCY;
    const { takeUp, offerCost, saveRate, saveRateBasis } = rule.value;
    const money = (amount: number): Money => moneyOfMajor(amount, currency);
    const costOfOne = Number(run.contact_cost) + takeUp * offerCost;
    const selected = (count: string, net: string): SelectedContacts => {
      const cost = Number(count) * costOfOne;
      return { contacts: Number(count), net: money(Number(net)), cost: money(cost), gain: money(Number(net) + cost) };
    };
    const selection = {
      best: selected(found!.rows, found!.net),
      atRisk: selected(sums!.risk_rows, sums!.risk_net),
      all: selected(sums!.rows, sums!.net),
      breakEven: selected(sums!.gaining_rows, sums!.gaining_net),
    };
    return {
      ...{ ...selection, runId: run.id, month: run.month, withoutValue: Number(sums!.without_value) },
      lastNet: found!.last === null ? undefined : money(Number(found!.last)),
      ...{ contactCost: money(Number(run.contact_cost)), offerCost: money(offerCost), takeUp },
      ...{ saveRate, saveRateBasis, ruleVersion: rule.version },
      ...textsOf(selection, currency),
    };
  }
}

function textsOf(
  { best, atRisk, all, breakEven }: Record<'best' | 'atRisk' | 'all' | 'breakEven', SelectedContacts>,
  currency: string,
): { textEn: string; textZhCn: string } {
  const amount = ({ net }: SelectedContacts): string => {
    const text = decimalText(net!.minor, minorDigits(currency));
    return currency === NO_CURRENCY ? text : `${text} ${currency}`;
  };
  const params = {
    ...{ contacts: best.contacts, best: amount(best), atRisk: atRisk.contacts, riskNet: amount(atRisk) },
    ...{ all: all.contacts, allNet: amount(all) },
    ...{ breakEven: breakEven.contacts, breakEvenNet: amount(breakEven) },
  };
  return { textEn: fill(TEXT.en, params), textZhCn: fill(TEXT['zh-CN'], params) };
}
