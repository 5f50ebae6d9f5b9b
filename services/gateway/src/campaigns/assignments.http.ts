import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import type { Assignment as AssignmentMessage } from '@holdfast/contracts/campaign/v1/assignment';
import type { PastAssignment } from '@holdfast/contracts/evaluation/v1/past_assignment';
import { asFailure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { z } from 'zod';
import { formatOfAccept } from '../churn/churn-lists.http.js';
import { ServiceClients } from '../service-clients.js';
import { csvLine } from '../operation/csv.js';
import { Answer, Operation, operation, type HandlerInput } from '../operation/operation.js';
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
import { CAMPAIGN_EXAMPLE } from './campaign.js';

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
  })
  .meta({ id: 'Assignment' });
type AssignmentJson = z.output<typeof Assignment>;

const CampaignId = z
  .string()
  .min(1)
  .max(64)
  .describe('UUID of a campaign, or the id under which the operator ran a past one');
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
};

const listAssignments = operation({
  method: 'GET',
  path: '/api/v1/campaigns/{campaignId}/assignments',
  group: 'campaigns',
  summary: 'Assignments of a campaign, by subscription id',
  description:
    'Those within the region of the caller, also if the campaign belongs to a wider org unit. `group=control` selects the ' +
    'control group. As JSON a page at a time; as CSV or NDJSON all of them, streamed. 404 if neither the campaign nor any of its ' +
    'subscriptions is within the region.',
  scope: 'campaign:read',
  params: z.strictObject({ campaignId: CampaignId }),
  query: z.strictObject({
    group: z.string().min(1).max(100).optional().describe('`control` or the name of an offer; default: all'),
    format: z.enum(['json', 'csv', 'ndjson']).optional().describe('Wins over the Accept header'),
    ...page(1_000),
  }),
  response: z.strictObject({
    campaignId: z.string(),
    origin: z.enum(['holdfast', 'extract']).describe('`extract`: a past campaign of the operator'),
    holdoutUntil: Instant.nullable().describe('End of the holdout of the control group; null if not recorded'),
    assignments: z.array(Assignment),
    nextPageToken: NextPageToken,
  }),
  alsoAs: ['text/csv', 'application/x-ndjson'],
  example: {
    params: { campaignId: CAMPAIGN_EXAMPLE.campaignId },
    query: { group: 'control', pageSize: '50' },
    response: {
      ...{ campaignId: CAMPAIGN_EXAMPLE.campaignId, origin: 'holdfast', holdoutUntil: '2027-02-01T00:00:00.000Z' },
      ...{ assignments: [ASSIGNMENT_EXAMPLE], nextPageToken: null },
    },
  },
});

const EXPORT_PAGE_ROWS = 1_000;
const COLUMNS = [
  ...([
    'subscriptionId',
    'group',
    'randomisationUnitId',
    'householdId',
    'inAudience',
    'stratum',
    'propensity',
  ] as const),
  ...(['assignedAt', 'assignedIn', 'orgUnit'] as const),
];

interface Request {
  campaignId: string;
  arm: string;
  pageSize: number;
  pageToken: string;
}

interface Page {
  origin: 'holdfast' | 'extract';
  holdoutUntil: string | null;
  assignments: AssignmentJson[];
  nextPageToken: string;
}

/** Assignments of campaigns, control group included. */
@Controller()
export class AssignmentsHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(listAssignments)
  async list({ call, params: { campaignId }, query, request, gone }: HandlerInput<typeof listAssignments>) {
    const format = query.format ?? formatOfAccept(request.headers.accept ?? '');
    const { pageToken } = query;
    const pageSize = format === 'json' ? query.pageSize : EXPORT_PAGE_ROWS;
    const asked: Request = { campaignId, arm: query.group ?? '', pageSize, pageToken };
    const first = await this.page(call, asked);
    if (format === 'json') return { campaignId, ...first, nextPageToken: nextPageTokenJson(first.nextPageToken) };
    const signal = gone();
    const page = (token: string): Promise<Page> => this.page(call, { ...asked, pageToken: token });
    async function* texts(): AsyncIterable<string> {
      if (format === 'csv') yield csvLine(COLUMNS);
      for (let next = first; ;) {
        yield next.assignments.map(format === 'csv' ? csvOf : ndjsonOf).join('');
        if (next.nextPageToken === '' || signal.aborted) return;
        next = await page(next.nextPageToken);
      }
    }
    const contentType = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson';
    return new Answer(Readable.from(texts()), { contentType });
  }

  /** Of a campaign of ours; of a past one, where none of ours has the id. */
  private async page(call: Call, request: Request): Promise<Page> {
    if (!isUuid(request.campaignId)) return this.pastPage(call, request);
    try {
      const { assignments, ...page } = await this.services.assignments.listAssignments(call, request);
      const holdoutUntil = instantJson(page.holdoutUntil);
      return { ...page, origin: 'holdfast', holdoutUntil, assignments: assignments.map(assignmentJson) };
    } catch (thrown) {
      if (asFailure(thrown).kind !== 'notFound') throw thrown;
      return this.pastPage(call, request);
    }
  }

  private async pastPage(call: Call, request: Request): Promise<Page> {
    const { assignments, nextPageToken } = await this.services.pastAssignments.listPastAssignments(call, request);
    return { origin: 'extract', holdoutUntil: null, assignments: assignments.map(pastJson), nextPageToken };
  }
}

function assignmentJson(assignment: AssignmentMessage): AssignmentJson {
  const {
    subscriptionId,
    arm,
    randomisationUnitId,
    householdId,
    inAudience,
    stratum,
    propensity,
    assignedAt,
    orgUnitPath,
  } = assignment;
  return {
    ...{
      subscriptionId,
      group: arm,
      randomisationUnitId,
      householdId: householdId || null,
      inAudience,
      stratum: stratum || null,
    },
    ...{ propensity, assignedAt: instantJson(assignedAt), assignedIn: null, orgUnit: orgUnitPath },
  };
}

function pastJson({
  subscriptionId,
  arm,
  randomisationUnitId,
  stratum,
  propensity,
  month,
  orgUnitPath,
}: PastAssignment): AssignmentJson {
  return {
    ...{
      subscriptionId,
      group: arm,
      randomisationUnitId,
      householdId: null,
      inAudience: true,
      stratum: stratum || null,
    },
    ...{ propensity: propensity ?? null, assignedAt: null, assignedIn: month, orgUnit: orgUnitPath },
  };
}

function ndjsonOf(assignment: AssignmentJson): string {
  return `${JSON.stringify(assignment)}\n`;
}

function csvOf(assignment: AssignmentJson): string {
  return csvLine(
    COLUMNS.map((column) => {
      const value = assignment[column];
      return typeof value === 'boolean' ? String(value) : value;
    }),
  );
}
