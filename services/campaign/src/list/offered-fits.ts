import { Inject, Injectable } from '@nestjs/common';
import {
  PlanFit,
  PlanFitServiceDefinition,
  type PlanFitService,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { Database } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { callOfJob, type JobRun } from '@holdfast/platform/jobs';

/** preference-recommendation's limit per request. */
const FITS_PER_REQUEST_MAX = 500;
const REQUESTS_AT_ONCE = 4;

const WITHOUT_FIT = `
  select subscription_id from work_item where list_build_id = $1 and arm = any($2::text[]) and plan_fit is null
  order by subscription_id limit $3`;

const STORE = `
  update work_item i set plan_fit = f.plan_fit
  from unnest($2::uuid[], $3::bytea[]) as f (subscription_id, plan_fit)
  where i.subscription_id = f.subscription_id and i.list_build_id = $1`;

const COUNT = `
  select count(*) as items, count(*) filter (where plan_fit = '') as without
  from work_item where list_build_id = $1 and arm = any($2::text[])`;

/** Plan fits for arms with a fitted plan, stored with the work items so that a script is a single read. */
@Injectable()
export class OfferedFits {
  constructor(
    private readonly database: Database,
    @Inject(PlanFitServiceDefinition.fullName) private readonly fits: Rpc<PlanFitService>,
  ) {}

  /**
   * Fetches missing fits and commits each batch, so that a run after a crash resumes.
   * @returns the number of items, and of those without a fit
   */
  async fetch(run: JobRun, listBuildId: string, arms: readonly string[]): Promise<{ items: number; without: number }> {
    const rowsTotal = (await this.count(listBuildId, arms)).items;
    for (let rowsDone = 0; ;) {
      const page = FITS_PER_REQUEST_MAX * REQUESTS_AT_ONCE;
      const rows = await this.database.query<{ subscription_id: string }>(WITHOUT_FIT, [listBuildId, arms, page]);
      if (rows.length === 0) break;
      const ids = rows.map((row) => row.subscription_id);
      await this.fetchPage(run, listBuildId, ids);
      rowsDone += rows.length;
      await run.progress({ phase: 'fitting', rowsDone, rowsTotal });
    }
    return this.count(listBuildId, arms);
  }

  private async fetchPage(run: JobRun, listBuildId: string, ids: readonly string[]): Promise<void> {
    const parts = Array.from({ length: Math.ceil(ids.length / FITS_PER_REQUEST_MAX) }, (_, part) =>
      ids.slice(part * FITS_PER_REQUEST_MAX, (part + 1) * FITS_PER_REQUEST_MAX),
    );
    const call = callOfJob('campaign', run);
    const responses = await Promise.all(
      parts.map((subscriptionIds) => this.fits.getPlanFits(call, { subscriptionIds })),
    );
    const fitOf = new Map(responses.flatMap(({ fits }) => fits).map((fit) => [fit.subscriptionId, fit]));
    const encoded = ids.map((id) => {
      const fit = fitOf.get(id);
      return fit === undefined ? Buffer.alloc(0) : Buffer.from(PlanFit.encode(fit).finish());
    });
    await this.database.query(STORE, [listBuildId, ids, encoded]);
  }

  private async count(listBuildId: string, arms: readonly string[]): Promise<{ items: number; without: number }> {
    const [row] = await this.database.query<{ items: string; without: string }>(COUNT, [listBuildId, arms]);
    return { items: Number(row!.items), without: Number(row!.without) };
  }
}
