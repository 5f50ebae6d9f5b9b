import { Inject, Injectable } from '@nestjs/common';
import {
  PlanFit,
  PlanFitServiceDefinition,
  type PlanFitService,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { Database } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { callOfJob, type JobRun } from '@holdfast/platform/jobs';

/** Most fits that preference-recommendation gives at once. */
const FITS_PER_QUESTION_MAX = 500;
const QUESTIONS_AT_ONCE = 4;

const NOT_ASKED = `
  select subscription_id from work_item where list_build_id = $1 and arm = any($2::text[]) and plan_fit is null
  order by subscription_id limit $3`;

const KEEP = `
  update work_item i set plan_fit = f.plan_fit
  from unnest($2::uuid[], $3::bytea[]) as f (subscription_id, plan_fit)
  where i.subscription_id = f.subscription_id and i.list_build_id = $1`;

const COUNT = `
  select count(*) as items, count(*) filter (where plan_fit = '') as without
  from work_item where list_build_id = $1 and arm = any($2::text[])`;

/** The plans that fit those to whom a fitted plan is offered, stored with their work: a script is read in one hop. */
@Injectable()
export class OfferedFits {
  constructor(
    private readonly database: Database,
    @Inject(PlanFitServiceDefinition.fullName) private readonly fits: Rpc<PlanFitService>,
  ) {}

  /**
   * Fetches what is not there yet, each batch committed, so that a run after a crash goes on there.
   * @returns how many were asked about in all, and for how many of them none was worked out
   */
  async fetch(run: JobRun, listBuildId: string, arms: readonly string[]): Promise<{ items: number; without: number }> {
    const rowsTotal = (await this.count(listBuildId, arms)).items;
    for (let rowsDone = 0; ;) {
      const page = FITS_PER_QUESTION_MAX * QUESTIONS_AT_ONCE;
      const rows = await this.database.query<{ subscription_id: string }>(NOT_ASKED, [listBuildId, arms, page]);
      if (rows.length === 0) break;
      await this.fetchPage(
        run,
        listBuildId,
        rows.map((row) => row.subscription_id),
      );
      rowsDone += rows.length;
      await run.progress({ phase: 'fitting', rowsDone, rowsTotal });
    }
    return this.count(listBuildId, arms);
  }

  private async fetchPage(run: JobRun, listBuildId: string, ids: readonly string[]): Promise<void> {
    const parts = Array.from({ length: Math.ceil(ids.length / FITS_PER_QUESTION_MAX) }, (_, part) =>
      ids.slice(part * FITS_PER_QUESTION_MAX, (part + 1) * FITS_PER_QUESTION_MAX),
    );
    const call = callOfJob('campaign', run);
    const answers = await Promise.all(parts.map((subscriptionIds) => this.fits.getPlanFits(call, { subscriptionIds })));
    const found = new Map(answers.flatMap(({ fits }) => fits).map((fit) => [fit.subscriptionId, fit]));
    const encoded = ids.map((id) => {
      const fit = found.get(id);
      return fit === undefined ? Buffer.alloc(0) : Buffer.from(PlanFit.encode(fit).finish());
    });
    await this.database.query(KEEP, [listBuildId, ids, encoded]);
  }

  private async count(listBuildId: string, arms: readonly string[]): Promise<{ items: number; without: number }> {
    const [row] = await this.database.query<{ items: string; without: string }>(COUNT, [listBuildId, arms]);
    return { items: Number(row!.items), without: Number(row!.without) };
  }
}
