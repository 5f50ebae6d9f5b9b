import { Inject, Injectable } from '@nestjs/common';
import { CampaignResults, type ResultService } from '@holdfast/contracts/evaluation/v1/results';
import { requireAllOrgUnits, orgUnitFilter } from '@holdfast/platform/caller';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import { FactTables } from '../fact-tables.js';
import type { EvaluationParameters } from '../parameters.js';
import { EvaluationRequests } from './evaluation-requests.js';
import { retentionEffect } from './retention-effect.js';
import { scoped } from '@holdfast/platform/scoped';

/** Only the newest are listed; others are found by id. */
const LIST_MAX = 500;

const resultsUnknown = failure('notFound', 'results.unknown', {
  en: 'No campaign with this id has results.',
  'zh-CN': '没有此标识的活动结果。',
});

interface ResultRow {
  results: Buffer;
  computed_at: Date;
}

/**
 * ResultService. Results are of a whole campaign and visible to callers of its whole org unit: a part of it would be
 * another trial with another interval.
 */
@Injectable()
export class ResultsRpc {
  constructor(
    private readonly database: Database,
    private readonly requests: EvaluationRequests,
    private readonly facts: FactTables,
    private readonly parameters: Parameters<EvaluationParameters>,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  readonly handlers: Rpc<ResultService> = {
    getResults: scoped('evaluation:read', async ({ caller }, { campaignId }) => {
      const sql = 'select results, computed_at from result where campaign_id = $1 and org_unit_path ^@ any($2::text[])';
      const [row] = await this.database.query<ResultRow>(sql, [campaignId, orgUnitFilter(caller)]);
      if (row === undefined) throw resultsUnknown();
      return messageOf(row);
    }),

    listResults: scoped('evaluation:read', async ({ caller }) => {
      const sql = `select results, computed_at from result where org_unit_path ^@ any($1::text[])
       order by started_on desc, campaign_id limit $2`;
      const rows = await this.database.query<ResultRow>(sql, [orgUnitFilter(caller), LIST_MAX]);
      return { results: rows.map(messageOf) };
    }),

    getRetentionEffect: scoped('evaluation:read', async ({ caller }) => {
      const sql = `select results from result where state = 'final' and org_unit_path ^@ any($1::text[])
       order by started_on desc, campaign_id limit $2`;
      const rows = await this.database.query<Pick<ResultRow, 'results'>>(sql, [orgUnitFilter(caller), LIST_MAX]);
      const results = rows.map((row) => CampaignResults.decode(row.results));
      return retentionEffect(results, await this.parameters.get('effect.customersMin'));
    }),

    evaluateCampaigns: scoped('evaluation:run', async (call) => {
      requireAllOrgUnits(call.caller, this.config.operator);
      // From feature-store, since its event may be in transit and its job must be the same.
      const { sequence } = await this.facts.describe(call.signal);
      return this.database.transaction((tx) => this.requests.submit(tx, call.caller, sequence));
    }),
  };
}

function messageOf({ results, computed_at }: ResultRow): CampaignResults {
  return { ...CampaignResults.decode(results), computedAt: computed_at };
}
