import { Injectable } from '@nestjs/common';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import type { Query } from '../contact/contact-history.js';
import type { LeaseTerms } from './lease-terms.js';

/** Serialises the leases of one agent, so that concurrent requests cannot exceed the limit. */
const LOCK_AGENT = 'select pg_advisory_xact_lock(hashtextextended($1, 1))';

const LEASES_OF_AGENT = `
  select count(*) as leases from lease where agent = $1 and client = $2 and ended_at is null and expires_at > $3`;

const tooManyLeases = failure('conflict', 'lease.tooMany', {
  en: 'The agent already has {max} leases. Record their outcomes or release one (parameter lease.perAgentMax).',
  'zh-CN': '该坐席已持有 {max} 个工作租约。请先提交结果或释放其一（参数 lease.perAgentMax）。',
});

/** How many leases an agent of a client may have at once. */
@Injectable()
export class LeaseLimit {
  private readonly query: Query = (sql, params) => this.database.query(sql, params);

  constructor(private readonly database: Database) {}

  /** @throws conflict if the agent has as many leases as allowed */
  require(call: Call, terms: LeaseTerms, at: Date): Promise<void> {
    return requireFewLeases(this.query, call, terms, at);
  }

  /** The same until the commit: concurrent requests for one agent wait. @throws conflict */
  async requireLocked(tx: Transaction, call: Call, terms: LeaseTerms, at: Date): Promise<void> {
    await rowsOf(tx, LOCK_AGENT, [JSON.stringify([call.caller.client, terms.agent])]);
    await requireFewLeases((sql, params) => rowsOf(tx, sql, params), call, terms, at);
  }
}

async function requireFewLeases(query: Query, call: Call, { agent, leasesMax }: LeaseTerms, at: Date): Promise<void> {
  const [held] = await query<{ leases: string }>(LEASES_OF_AGENT, [agent, call.caller.client, at]);
  if (Number(held!.leases) >= leasesMax) throw tooManyLeases({ max: leasesMax });
}
