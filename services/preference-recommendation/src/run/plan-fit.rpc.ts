import { Inject, Injectable } from '@nestjs/common';
import type { PlanFitService } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { localCalendar } from '@holdfast/platform/calendar';
import { requireAllOrgUnits, orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { CONFIG } from '@holdfast/platform/service';
import { readCatalogue } from '../catalogue/catalogue.js';
import { isOnSale } from '../catalogue/plan.js';
import type { PreferenceRecommendationConfig } from '../config.js';
import { FitFacts, asService } from './fit-facts.js';
import { FitJob } from './fit-job.js';
import { Fits } from './fits.js';
import { Runs } from './runs.js';
import { Simulation } from './simulation.js';
import { scoped } from '@holdfast/platform/scoped';

const SUBSCRIPTIONS_MAX = 500;
const PLANS_MAX = 100;

const tooMany = failure('tooLarge', 'fit.tooMany', {
  en: 'At most {max} per request are allowed.',
  'zh-CN': '一次最多查询 {max} 个。',
});

/** Fitting all subscriptions, reading what came out, and rehearsing plans for one. */
@Injectable()
export class PlanFitRpc {
  constructor(
    private readonly database: Database,
    private readonly fitFacts: FitFacts,
    private readonly job: FitJob,
    private readonly runs: Runs,
    private readonly fits: Fits,
    private readonly simulation: Simulation,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: PreferenceRecommendationConfig,
  ) {}

  readonly handlers: Rpc<PlanFitService> = {
    fitPlans: scoped('preference:run', async (call, request) => {
      requireAllOrgUnits(call.caller, this.config.operator);
      const own = asService(call);
      const { month, extract } = await this.fitFacts.monthAndExtract(own, request.month);
      await this.fitFacts.months(own, month); // fails now for errors that would fail the job
      return this.database.transaction((tx) => this.job.submit(tx, month, extract.sequence, call.caller));
    }),

    getFitRun: scoped('preference:read', async ({ caller }, { runId }) =>
      this.runs.summary(await this.runs.find(runId), orgUnitFilter(caller)),
    ),

    getPlanFits: scoped('preference:read', async ({ caller }, { subscriptionIds }) => {
      if (subscriptionIds.length > SUBSCRIPTIONS_MAX) throw tooMany({ max: SUBSCRIPTIONS_MAX });
      return { fits: await this.fits.newest(subscriptionIds.filter(isUuid), orgUnitFilter(caller)) };
    }),

    simulatePlans: scoped('preference:read', async (call, { subscriptionId, planIds, month }) => {
      if (planIds.length > PLANS_MAX) throw tooMany({ max: PLANS_MAX });
      return this.simulation.simulate(call, subscriptionId, planIds, month);
    }),

    listPlans: scoped('preference:read', async (call, { onSale }) => {
      const own = asService(call);
      const { currency, timeZone } = await this.fitFacts.facts.describeFacts(own, {});
      const now = this.clock.now();
      const day = localCalendar(timeZone === '' ? 'UTC' : timeZone).dayOf(now);
      const plans = await readCatalogue(this.fitFacts.facts, own, { knowledgeTime: now, day });
      return {
        plans: plans
          .map((plan) => ({
            planId: plan.id,
            name: plan.name,
            kind: plan.kind,
            tier: plan.tier,
            monthlyFee: { minor: plan.feeMinor, currency },
            voiceMinutes: plan.voiceMinutes,
            dataMb: plan.dataMb,
            smsCount: plan.smsCount,
            onSale: isOnSale(plan, day),
          }))
          .filter((plan) => plan.onSale || !onSale),
      };
    }),
    readPlanFits: scoped('preference:read', ({ caller }, { runId }) => this.fits.batches(runId, orgUnitFilter(caller))),
  };
}
