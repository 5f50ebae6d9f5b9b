import { DeadLetter as DeadLetterMessage, ListDeadLettersResponse } from '@holdfast/contracts/platform/v1/dead_letters';
import { z } from 'zod';
import { sources, type MessageType } from '../operation/answer.js';
import { operationsOf } from '../operation/operation.js';
import { Id, Instant, NextPageToken, ServiceName, page } from '../operation/wire.js';

const operation = operationsOf('jobs');

const Service = ServiceName.describe('Service that could not handle the event');
const params = z.strictObject({ service: Service, deadLetterId: Id });

const DeadLetter = z
  .strictObject({
    deadLetterId: Id,
    consumer: z.string(),
    eventId: Id,
    subject: z.string(),
    subjectId: z.string().describe('What the event is about'),
    occurredAt: Instant,
    failedAt: Instant.describe('Of the last try'),
    failureCode: z.string(),
    error: z.string().describe('Class and code of the error; the log has its text'),
  })
  .meta({ id: 'DeadLetter' })
  .register(sources, { from: { deadLetterId: 'id', failureCode: 'failureKey' } });

const DEAD_LETTER_EXAMPLE: z.output<typeof DeadLetter> = {
  deadLetterId: '01936a3e-7a10-7c2e-9a53-3d6a2f5b8c12',
  consumer: 'campaign_scores-published',
  eventId: '01936a3e-7a10-7c2e-9a53-3d6a2f5b8c13',
  subject: 'holdfast.churn-scoring.v1.scores-published',
  subjectId: '01936a42-3e10-7d31-8c21-5e4b3f6c9d55',
  occurredAt: '2026-11-03T02:00:00.000Z',
  failedAt: '2026-11-03T02:02:07.000Z',
  failureCode: 'internal',
  error: 'TypeError',
};
const { deadLetterId } = DEAD_LETTER_EXAMPLE;
const example = { params: { service: 'campaign', deadLetterId }, response: DEAD_LETTER_EXAMPLE } as const;

const listDeadLetters = operation('GET /api/v1/dead-letters/{service}', {
  summary: 'Events that a service could not handle, newest first',
  description:
    'An event is tried again for 24 hours while a part of the system is unavailable, and seven times after an internal ' +
    'error. Then it is kept here until it is replayed or discarded.',
  scope: 'jobs:read',
  params: z.strictObject({ service: Service }),
  query: z.strictObject(page(200)),
  response: z.strictObject({ deadLetters: z.array(DeadLetter), nextPageToken: NextPageToken }),
  message: ListDeadLettersResponse,
  handle: ({ call, params: { service }, query, services }) =>
    services.of[service].deadLetters.listDeadLetters(call, query),
  example: { params: { service: 'campaign' }, response: { deadLetters: [DEAD_LETTER_EXAMPLE], nextPageToken: null } },
});

const changesDeadLetter = {
  scope: 'jobs:write',
  raises: ['deadLetter.unknown'],
  audited: true,
  params,
  response: DeadLetter,
  message: DeadLetterMessage as MessageType<DeadLetterMessage>,
  example,
} as const;

const replayDeadLetter = operation('POST /api/v1/dead-letters/{service}/{deadLetterId}:replay', {
  summary: 'Hand the event to its consumer once more, and remove the dead letter',
  description: 'Other consumers of the event have handled it and do not handle it again.',
  ...changesDeadLetter,
  handle: ({ call, params: { service, deadLetterId: id }, services }) =>
    services.of[service].deadLetters.replayDeadLetter(call, { id }),
});

const discardDeadLetter = operation('DELETE /api/v1/dead-letters/{service}/{deadLetterId}', {
  summary: 'Remove a dead letter: its event is never handled',
  ...changesDeadLetter,
  handle: ({ call, params: { service, deadLetterId: id }, services }) =>
    services.of[service].deadLetters.discardDeadLetter(call, { id }),
});

export const deadLetterOperations = [listDeadLetters, replayDeadLetter, discardDeadLetter];
