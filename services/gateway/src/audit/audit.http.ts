import { Controller, Inject } from '@nestjs/common';
import { requireAllOrgUnits } from '@holdfast/platform/caller';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { Operation, operationsOf, type HandlerInput } from '../operation/operation.js';
import { Count, Id, Instant, NextPageToken, dateOf, nextPageTokenJson, numberText, page } from '../operation/wire.js';
import { SUBJECT_IDS_MAX } from './audit.js';
import { CHAIN_START } from './audit-chain.js';
import { Ledger } from './ledger.js';

const operation = operationsOf('platform');

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

const AuditEntry = z
  .strictObject({
    auditId: Id,
    sequence: Count.nullable().describe('Place in the hash chain; null for an entry from before the chain'),
    at: Instant,
    client: z.string(),
    onBehalfOf: z.string().nullable().describe('The agent who used the client'),
    operation: z.string().describe('Method and documented path'),
    subjectIds: z
      .array(z.string())
      .describe(`What the path names, and whose data were read or changed; the first ${SUBJECT_IDS_MAX}`),
    subjectCount: Count.nullable().describe('All of them; null for an export, and for an entry from before the chain'),
    status: z.int(),
    accessReason: z.string().nullable(),
    traceId: z.string(),
  })
  .meta({ id: 'AuditEntry' });

const AUDIT_ENTRY_EXAMPLE: z.output<typeof AuditEntry> = {
  auditId: '01936a45-7c10-7d2e-8a53-3d6a2f5b8c12',
  sequence: 4_711,
  at: '2026-11-03T02:10:00.000Z',
  client: 'front-desk',
  onBehalfOf: 'agent-7',
  operation: 'POST /api/v1/customers:resolve',
  subjectIds: ['5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01'],
  subjectCount: 1,
  status: 200,
  accessReason: 'complaint 4711',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
};

const listAuditEntries = operation('GET /api/v1/audit', {
  summary: 'The audit ledger, newest first',
  description:
    'Writes, readings of personal data and of lists of customers, and refusals (403 and 404). For callers of the whole ' +
    'province. This reading is recorded as well.',
  scope: 'audit:read',
  raises: ['caller.provinceOnly'],
  audited: true,
  query: z.strictObject({
    from: Instant.optional(),
    to: Instant.optional().describe('Exclusive'),
    client: z.string().min(1).max(200).optional(),
    subject: z.string().min(1).max(200).optional().describe('One of the `subjectIds`'),
    operation: z.string().min(1).max(200).optional().describe('Method and documented path'),
    status: numberText(z.number().int().min(100).max(599)).optional(),
    ...page(1_000),
  }),
  response: z.strictObject({ entries: z.array(AuditEntry), nextPageToken: NextPageToken }),
  example: {
    query: { client: 'front-desk', status: '200' },
    response: { entries: [AUDIT_ENTRY_EXAMPLE], nextPageToken: null },
  },
});

const verifyAuditChain = operation('GET /api/v1/audit/verification', {
  summary: 'Whether entries of the audit ledger were changed, removed or inserted',
  description:
    'Recomputes the hash chain. Keep `head` outside the database: a role that can replace the whole chain cannot replace that, ' +
    'and a verification after it (`afterSequence`, `afterHash`) reads the newer entries only.',
  scope: 'audit:read',
  raises: ['caller.provinceOnly'],
  audited: true,
  limitClass: 'bulk',
  query: z.strictObject({
    afterSequence: numberText(z.number().int().min(0)).default(CHAIN_START.sequence),
    afterHash: Hash.default(CHAIN_START.hash.toString('hex')).describe('Hash of the entry `afterSequence`'),
  }),
  response: z.strictObject({
    entries: Count.describe('Verified entries'),
    unchained: Count.describe('Entries from before the chain, which nothing protects'),
    head: z.strictObject({ sequence: Count, hash: Hash }).describe('The newest entry'),
    fault: z
      .strictObject({
        kind: z.enum(['changed', 'removed', 'inserted']),
        sequence: Count,
        auditId: Id.nullable().describe('Null for an entry that is missing'),
      })
      .nullable()
      .describe('The first one; null if the ledger is intact'),
  }),
  example: {
    response: { entries: 4_711, unchained: 0, head: { sequence: 4_711, hash: '9f'.repeat(32) }, fault: null },
  },
});

/** The audit ledger. It has entries of all units, so that only callers of the whole province read it. */
@Controller()
export class AuditHttp {
  constructor(
    private readonly ledger: Ledger,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Operation(listAuditEntries)
  async list({ call, query: { from, to, ...query } }: HandlerInput<typeof listAuditEntries>) {
    requireAllOrgUnits(call.caller, this.config.operator);
    const { page: entries, nextPageToken } = await this.ledger.list(
      { ...query, from: dateOf(from), to: dateOf(to) },
      query,
    );
    return {
      entries: entries.map((entry) => ({ ...entry, at: entry.at.toISOString(), subjectIds: [...entry.subjectIds] })),
      nextPageToken: nextPageTokenJson(nextPageToken),
    };
  }

  @Operation(verifyAuditChain)
  async verify({ call, query: { afterSequence, afterHash } }: HandlerInput<typeof verifyAuditChain>) {
    requireAllOrgUnits(call.caller, this.config.operator);
    const after = { sequence: afterSequence, hash: Buffer.from(afterHash, 'hex') };
    const { head, fault = null, ...counts } = await this.ledger.verify(after);
    return { ...counts, head: { sequence: head.sequence, hash: head.hash.toString('hex') }, fault };
  }
}
