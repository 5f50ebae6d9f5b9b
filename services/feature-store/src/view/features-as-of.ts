import { Injectable } from '@nestjs/common';
import { failure } from '@holdfast/platform/errors';
import { shardOf } from '@holdfast/platform/identity';
import { Engine } from '../engine/engine.js';
import { Facts } from '../facts/facts.js';
import { pointInTimeOf, type PointInTime } from './point-in-time.js';
import { computeMonth } from './month-features.js';
import { factsOf, type ViewPlan } from './view-plan.js';

/** Features of one subscription as of a time. */
interface FeaturesAsOf {
  pointInTime: PointInTime;
  orgUnitPath: string;
  numbers: Record<string, number>;
  categories: Record<string, string>;
}

export const monthUnknown = failure('notFound', 'view.monthUnknown', {
  en: 'The view has no month {month}.',
  'zh-CN': '该视图没有 {month} 月。',
});

/** Computes features from the facts, by the SQL that materialises them. */
@Injectable()
export class FeaturesFromFacts {
  constructor(
    private readonly facts: Facts,
    private readonly engine: Engine,
  ) {}

  /**
   * @param month `YYYY-MM`; empty for the plan's last
   * @param knowledgeTime by default that of the month; never later than the newest extract
   * @returns undefined for a subscription that is unknown, or was cancelled by the month's end
   */
  async find(
    plan: ViewPlan,
    subscriptionId: string,
    month: string,
    knowledgeTime: Date | undefined,
  ): Promise<FeaturesAsOf | undefined> {
    const own =
      month === '' ? plan.pointsInTime.at(-1) : plan.pointsInTime.find((pointInTime) => pointInTime.month === month);
    if (own === undefined) throw monthUnknown({ month });
    const pointInTime =
      knowledgeTime === undefined
        ? own
        : { ...pointInTimeOf(own.month, own.timeZone, 0, plan.labelledAt), knowledgeTime };
    if (pointInTime.knowledgeTime > plan.labelledAt) pointInTime.knowledgeTime = plan.labelledAt;
    const shard = shardOf(subscriptionId);
    const facts = factsOf(plan, pointInTime, { from: shard, to: shard + 1 });
    const { rules, availability, definition } = plan;
    const options = { rule: rules.status, availability, only: subscriptionId };
    return this.engine.withConnection((connection) =>
      this.facts.withFacts(connection, facts, async () => {
        await computeMonth(connection, definition, pointInTime, options);
        const [row] = (await connection.runAndReadAll('select * from month_features')).getRowObjectsJS();
        return row === undefined ? undefined : featuresOf(pointInTime, row, plan);
      }),
    );
  }
}

function featuresOf(pointInTime: PointInTime, row: Record<string, unknown>, { definition }: ViewPlan): FeaturesAsOf {
  const numbers: Record<string, number> = {};
  const categories: Record<string, string> = {};
  for (const { name, type } of definition.features) {
    const value = row[name];
    if (value === null || value === undefined) continue;
    if (type === 'category') categories[name] = value as string;
    else numbers[name] = Number(value);
  }
  return { pointInTime, orgUnitPath: row['org_unit_path'] as string, numbers, categories };
}
