import { Inject, Injectable } from '@nestjs/common';
import type {
  FitPlansRequest,
  FitRun,
  GetFitRunRequest,
  GetPlanFitsRequest,
  GetPlanFitsResponse,
  ListPlansRequest,
  ListPlansResponse,
  PlanFitService,
  PlanSimulation,
  ReadPlanFitsRequest,
  SimulatePlansRequest,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { localCalendar } from '@holdfast/platform/calendar';
import { requireAllOrgUnits, requireScope, orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import { readCatalogue } from '../catalogue/catalogue.js';
import { isOnSale } from '../catalogue/plan.js';
import type { PreferenceRecommendationConfig } from '../config.js';
import type { PreferenceRecommendationParameters } from '../parameters.js';
import { FitFacts, asService } from './fit-facts.js';
import { FitJob } from './fit-job.js';
import { Fits } from './fits.js';
import { Runs } from './runs.js';
import { Simulation } from './simulation.js';

const SUBSCRIPTIONS_MAX = 500;
const PLANS_MAX = 100;

const tooMany = failure('tooLarge', 'fit.tooMany', {
  en: 'At most {max} per request are allowed.',
  'zh-CN': '一次最多查询 {max} 个。',
});

/** Fitting all subscriptions, reading what came out, and rehearsing plans for one. */
@Injectable()
export class PlanFitRpc implements Rpc<PlanFitService> {
  constructor(
    private readonly database: Database,
    private readonly fitFacts: FitFacts,
    private readonly job: FitJob,
    private readonly runs: Runs,
    private readonly fits: Fits,
    private readonly simulation: Simulation,
    private readonly clock: Clock,
    @Inject(Parameters) private readonly parameters: PreferenceRecommendationParameters,
    @Inject(CONFIG) private readonly config: PreferenceRecommendationConfig,
  ) {}

  async fitPlans(call: Call, request: FitPlansRequest): Promise<Job> {
    requireScope(call.caller, 'preference:run');
    requireAllOrgUnits(call.caller, this.config.operator);
    const own = asService(call);
    const { month, extract } = await this.fitFacts.monthAndExtract(own, request.month);
    await this.fitFacts.months(own, month); // fails now for errors that would fail the job
    const monthsBilled = await this.parameters.get('fit.months');
    return this.database.transaction((tx) => {
      return this.job.submit(tx, month, extract.sequence, call.caller, monthsBilled);
    });
  }

  async getFitRun(call: Call, { runId }: GetFitRunRequest): Promise<FitRun> {
    requireScope(call.caller, 'preference:read');
    return this.runs.summary(await this.runs.find(runId), orgUnitFilter(call.caller));
  }

  async getPlanFits(call: Call, { subscriptionIds }: GetPlanFitsRequest): Promise<GetPlanFitsResponse> {
    requireScope(call.caller, 'preference:read');
    if (subscriptionIds.length > SUBSCRIPTIONS_MAX) throw tooMany({ max: SUBSCRIPTIONS_MAX });
    return { fits: await this.fits.newest(subscriptionIds.filter(isUuid), orgUnitFilter(call.caller)) };
  }

  async simulatePlans(call: Call, { subscriptionId, planIds, month }: SimulatePlansRequest): Promise<PlanSimulation> {
    requireScope(call.caller, 'preference:read');
    if (planIds.length > PLANS_MAX) throw tooMany({ max: PLANS_MAX });
    return this.simulation.simulate(call, subscriptionId, planIds, month);
  }

  async *readPlanFits(call: Call, { runId }: ReadPlanFitsRequest): AsyncIterable<ColumnBatch> {
    requireScope(call.caller, 'preference:read');
    yield* this.fits.batches(await this.runs.find(runId), orgUnitFilter(call.caller));
  }

  async listPlans(call: Call, { onSale }: ListPlansRequest): Promise<ListPlansResponse> {
    requireScope(call.caller, 'preference:read');
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
  }
}
