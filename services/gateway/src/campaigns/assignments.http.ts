import { Assignment as AssignmentMessage } from '@holdfast/contracts/campaign/v1/assignment';
import { PastAssignment as PastAssignmentMessage } from '@holdfast/contracts/evaluation/v1/past_assignment';
import { asFailure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { z } from 'zod';
import type { ServiceClients } from '../service-clients.js';
import { KEYS_PERSONAL, KEYS_QUERY, SubscriptionKey, keyedRows, keysFor } from '../customers/subscription-keys.js';
import { answerOf, sources } from '../operation/answer.js';
import { EXPORT_PAGE_ROWS, csvAnswer, formatOf, ndjsonAnswer, pagesFrom } from '../operation/export.js';
import { operationsOf } from '../operation/operation.js';
import {
  Id,
  Instant,
  Month,
  NextPageToken,
  Probability,
  OrgUnitPath,
  instantJson,
  nextPageTokenJson,
  page,
} from '../operation/wire.js';
import { CAMPAIGN_EXAMPLE, CampaignId } from './campaign.js';

const operation = operationsOf('campaigns');

const Assignment = z
  .strictObject({
    subscriptionId: Id,
    group: z.string().describe('`control` for the control group; else the name of an offer'),
    randomisationUnitId: Id.describe('Id of the randomisation unit: a household, a customer or the subscription'),
    householdId: z.string().nullable().describe('Null for none, and for past campaigns'),
    inAudience: z.boolean().describe('False for other members of an assigned household, which share its group'),
    stratum: z.string().nullable().describe('Stratum of the randomisation; null if not recorded'),
    propensity: Probability.nullable().describe('Probability of this group; null if not recorded'),
    assignedAt: Instant.nullable().describe('Null for past campaigns'),
    assignedIn: Month.nullable().describe('Month of the assignment; of past campaigns'),
    orgUnit: OrgUnitPath,
    key: SubscriptionKey,
  })
  .meta({ id: 'Assignment' });
type AssignmentJson = z.output<typeof Assignment>;

const PastAssignment = Assignment.extend({}).register(sources, {
  from: {
    group: 'arm',
    assignedIn: 'month',
    householdId: () => null,
    inAudience: () => true,
    assignedAt: () => null,
    key: () => null,
  },
});
Assignment.register(sources, { from: { group: 'arm', assignedIn: () => null, key: () => null } });
const assignmentJson = answerOf(Assignment, AssignmentMessage);
const pastAssignmentJson = answerOf(PastAssignment, PastAssignmentMessage);

const ASSIGNMENT_EXAMPLE: AssignmentJson = {
  subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
  group: 'control',
  randomisationUnitId: '7d0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e44',
  householdId: '7d0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e44',
  inAudience: true,
  stratum: 'C',
  propensity: 0.2,
  assignedAt: '2026-11-03T02:00:00.000Z',
  assignedIn: null,
  orgUnit: 'demo/shenyang/',
  key: null,
};

const listAssignments = operation('GET /api/v1/campaigns/{campaignId}/assignments', {
  summary: 'Assignments of a campaign, by subscription id',
  description:
    'Those within the region of the caller, also if the campaign belongs to a wider org unit. `group=control` selects the ' +
    'control group. As JSON a page at a time; as CSV or NDJSON all of them, streamed. 404 if neither the campaign nor any of its ' +
    'subscriptions is within the region.',
  scope: 'campaign:read',
  raises: ['campaign.unknown', 'campaign.groupUnknown', 'personal.reasonMissing'],
  personalData: KEYS_PERSONAL,
  audited: true,
  params: z.strictObject({ campaignId: CampaignId }),
  query: z.strictObject({
    group: z.string().min(1).max(100).optional().describe('`control` or the name of an offer; default: all'),
    format: z.enum(['json', 'csv', 'ndjson']).optional().describe('Wins over the Accept header'),
    ...KEYS_QUERY,
    ...page(1_000),
  }),
  response: z.strictObject({
    campaignId: z.string(),
    origin: z.enum(['holdfast', 'extract']).describe('`extract`: a past campaign of the operator'),
    holdoutUntil: Instant.nullable().describe('End of the holdout of the control group; null if not recorded'),
    assignments: z.array(Assignment),
    nextPageToken: NextPageToken,
  }),
  formats: ['application/json', 'text/csv', 'application/x-ndjson'],
  line: Assignment,
  async handle({ call, params: { campaignId }, query: { group: arm = '', ...query }, request, services }) {
    const format = formatOf(query.format, request);
    const pageSize = format === 'json' ? query.pageSize : EXPORT_PAGE_ROWS;
    const pageOf = (pageToken: string) => assignmentsPage(services, call, { campaignId, arm, pageSize, pageToken });
    const addKeys = keysFor(query.keys, { call, request, services });
    const first = await pageOf(query.pageToken);
    if (format === 'json') {
      const assignments = await addKeys(first.assignments);
      return { campaignId, ...first, assignments, nextPageToken: nextPageTokenJson(first.nextPageToken) };
    }
    const parts = keyedRows(pagesFrom(first, pageOf), ({ assignments }) => assignments, addKeys);
    if (format === 'ndjson') return ndjsonAnswer(parts, (assignments) => assignments);
    const columns = Assignment.keyof().options.filter((column) => column !== 'key' || query.keys === 'true');
    return csvAnswer(columns, parts, (assignments) =>
      assignments.map((assignment) => columns.map((column) => assignment[column])),
    );
  },
  subjects: ({ assignments }) => assignments.map(({ subscriptionId }) => subscriptionId),
  example: {
    params: { campaignId: CAMPAIGN_EXAMPLE.campaignId },
    query: { group: 'control', pageSize: '50' },
    response: {
      campaignId: CAMPAIGN_EXAMPLE.campaignId,
      origin: 'holdfast',
      holdoutUntil: '2027-02-01T00:00:00.000Z',
      assignments: [ASSIGNMENT_EXAMPLE],
      nextPageToken: null,
    },
  },
});

interface Request {
  campaignId: string;
  arm: string;
  pageSize: number;
  pageToken: string;
}

/** Of a campaign of ours; of a past one, where none of ours has the id. */
async function assignmentsPage(services: ServiceClients, call: Call, request: Request) {
  try {
    if (isUuid(request.campaignId)) {
      const { holdoutUntil, assignments, nextPageToken } = await services.assignments.listAssignments(call, request);
      const page = { origin: 'holdfast' as const, holdoutUntil: instantJson(holdoutUntil), nextPageToken };
      return { ...page, assignments: assignments.map((each) => assignmentJson(each, call.caller.language)) };
    }
  } catch (thrown) {
    if (asFailure(thrown).kind !== 'notFound') throw thrown;
  }
  const { assignments, nextPageToken } = await services.pastAssignments.listPastAssignments(call, request);
  const page = { origin: 'extract' as const, holdoutUntil: null, nextPageToken };
  return { ...page, assignments: assignments.map((each) => pastAssignmentJson(each, call.caller.language)) };
}

/** Assignments of campaigns, control group included. */
export const assignmentOperations = [listAssignments];
