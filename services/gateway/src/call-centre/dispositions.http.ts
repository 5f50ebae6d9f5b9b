import { RecordDispositionsResponse, type RecordedDisposition } from '@holdfast/contracts/campaign/v1/work';
import { OUTCOMES } from '@holdfast/platform/terms';
import { z } from 'zod';
import { sources } from '../operation/answer.js';
import { answers, operationsOf } from '../operation/operation.js';
import { Id, Instant, dateOf } from '../operation/wire.js';

const operation = operationsOf('call-centre');

const Outcome = z.enum(OUTCOMES).meta({ id: 'Outcome' });

const Disposition = z.strictObject({
  clientRowId: z.string().max(100).default('').describe("The caller's own id of the row, given back"),
  leaseId: Id,
  outcome: Outcome,
  hit: z.boolean().optional().describe('Whether the customer matches the rule of the list; omitted if not recorded'),
  at: Instant.optional().describe('Default: now'),
  callBackAt: Instant.optional().describe(
    'Of call_back: when the customer wants to be called; after the contact, within the contact period of the campaign ' +
      'and `callBack.daysMax` days, and outside the quiet hours of the customer. Default: the next try after `retry.hours`',
  ),
  note: z
    .string()
    .max(500)
    .default('')
    .describe('Of call_back with a time: for the agent who calls back. Stored encrypted; given with the lease'),
});

const Recorded = z
  .strictObject({
    clientRowId: z.string(),
    touchId: Id.nullable().describe('Null if it was refused'),
    code: z.string().nullable().describe('Why it was refused, such as `lease.gone`'),
    detail: z.string().nullable().describe('Why it was refused, in the language of the request'),
  })
  .register(sources, {
    from: {
      code: 'failureKey',
      detail: ({ failureEn, failureZhCn }: RecordedDisposition, language) =>
        (language === 'en' ? failureEn : failureZhCn) || null,
    },
    without: ['failureEn', 'failureZhCn'],
  });

const recordDispositions = operation('POST /api/v1/dispositions', {
  summary: 'What came of one contact, or of up to 500',
  description:
    'Each row succeeds or fails alone; a lease has one disposition. With `callBackAt`, the work is offered again at that ' +
    'time, first to the agent who recorded it.',
  scope: 'disposition:write',
  audited: true,
  idempotencyKey: 'required',
  body: z.union([Disposition, z.strictObject({ rows: z.array(Disposition).min(1).max(500) })]),
  ...answers(
    z.strictObject({ recorded: z.array(Recorded).describe('In the order of the rows') }),
    RecordDispositionsResponse,
  ),
  handle({ call, body, services }) {
    const rows = 'rows' in body ? body.rows : [body];
    const dispositions = rows.map(({ hit, ...row }) => ({
      ...{ ...row, hit },
      ...{ at: dateOf(row.at), callBackAt: dateOf(row.callBackAt) },
    }));
    return services.work.recordDispositions(call, { dispositions });
  },
  // The entry of a lease names its subscription.
  subjects: (_result, { body }) => ('rows' in body ? body.rows : [body]).map(({ leaseId }) => leaseId),
  example: {
    body: {
      rows: [
        { clientRowId: '1', leaseId: '01936a44-5a10-7f51-8e41-7a6d5b8e1f77', outcome: 'accepted', hit: true },
        {
          ...{ clientRowId: '2', leaseId: '01936a44-5a10-7f51-8e41-7a6d5b8e1f78', outcome: 'call_back' },
          ...{ callBackAt: '2026-11-04T15:00:00+08:00', note: 'has a question about the family plan' },
        },
      ],
    },
    response: {
      recorded: [
        { clientRowId: '1', touchId: '01936a45-6b10-7061-9f51-8b7e6c9f2a88', code: null, detail: null },
        { clientRowId: '2', touchId: '01936a45-6b10-7061-9f51-8b7e6c9f2a89', code: null, detail: null },
      ],
    },
  },
});

/** What agents report. */
export const dispositionOperations = [recordDispositions];
