import { ListDefinitionsResponse } from '@holdfast/contracts/feature_store/v1/value_group';
import { z } from 'zod';
import { answers, operationsOf } from '../operation/operation.js';
import { Count, Instant, JsonValue, dateOf } from '../operation/wire.js';

const operation = operationsOf('features');

/** A definition of value groups with its version. */
export const Definition = z
  .strictObject({
    name: z.string(),
    parameter: z.string().describe('Parameter of feature-store that holds it; `PUT /api/v1/parameters` sets it'),
    version: Count.describe('1 for the default; each change has the next number'),
    value: JsonValue,
    validFrom: Instant.nullable().describe('Null for the default'),
    setBy: z.string().nullable().describe('Client; null for the default'),
    meaning: z.string().describe('The rule, in the requested language'),
  })
  .meta({ id: 'Definition' });

export const DEFINITION_EXAMPLE: z.output<typeof Definition> = {
  name: 'midHighEnd',
  parameter: 'definition.midHighEnd',
  version: 2,
  value: { arpuMin: 90, months: 3 },
  validFrom: '2026-10-01T00:00:00.000Z',
  setBy: 'operations',
  meaning: 'Mean bill of the last 3 months at or above 90.',
};

const listDefinitions = operation('GET /api/v1/definitions', {
  summary: 'Definitions of value groups with their versions',
  description:
    'Mid/high-end, quasi-mid/high-end, the cohort, value-lost and saved, as in force at a moment. Every figure names ' +
    'the versions that it was computed by.',
  scope: 'features:read',
  query: z.strictObject({ at: Instant.optional().describe('Default: now') }),
  ...answers(z.strictObject({ definitions: z.array(Definition) }), ListDefinitionsResponse),
  handle: ({ call, query, services }) => services.valueGroups.listDefinitions(call, { at: dateOf(query.at) }),
  example: { response: { definitions: [DEFINITION_EXAMPLE] } },
});

/** Versioned definitions. */
export const definitionOperations = [listDefinitions];
