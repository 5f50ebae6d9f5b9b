import { ListParametersResponse, Parameter as ParameterMessage } from '@holdfast/contracts/platform/v1/parameters';
import { z } from 'zod';
import { answers, operationsOf } from '../operation/operation.js';
import { Instant, JsonValue, ServiceName, dateOf } from '../operation/wire.js';

const operation = operationsOf('platform');

const Service = ServiceName.describe('Service that uses it');
const Key = z.string().min(1).max(100);

const Parameter = z
  .strictObject({
    key: Key,
    value: JsonValue.describe('In force'),
    default: JsonValue,
    description: z.string(),
    schema: JsonValue.describe('JSON schema of the value'),
    history: z
      .array(z.strictObject({ value: JsonValue, validFrom: Instant, setAt: Instant, setBy: z.string() }))
      .describe('Everything that was ever set, oldest first'),
  })
  .meta({ id: 'Parameter' });

const PARAMETER_EXAMPLE: z.output<typeof Parameter> = {
  key: 'consent.marketingDefault',
  value: false,
  default: false,
  description: 'Whether marketing is allowed where a customer has said nothing.',
  schema: { type: 'boolean' },
  history: [],
};

const listParameters = operation('GET /api/v1/parameters/{service}', {
  summary: 'The parameters of a service with the values in force',
  scope: 'parameters:read',
  params: z.strictObject({ service: Service }),
  query: z.strictObject({ at: Instant.optional().describe('Default: now') }),
  ...answers(z.strictObject({ parameters: z.array(Parameter) }), ListParametersResponse),
  handle: ({ call, params, query, services }) =>
    services.of[params.service].parameters.listParameters(call, { at: dateOf(query.at) }),
  example: { params: { service: 'customer-profile' }, response: { parameters: [PARAMETER_EXAMPLE] } },
});

const readParameter = operation('GET /api/v1/parameters/{service}/{key}', {
  summary: 'One parameter with its history',
  scope: 'parameters:read',
  raises: ['parameter.unknown'],
  params: z.strictObject({ service: Service, key: Key }),
  query: z.strictObject({ at: Instant.optional().describe('Default: now') }),
  ...answers(Parameter, ParameterMessage),
  handle: ({ call, params: { service, key }, query, services }) =>
    services.of[service].parameters.getParameter(call, { key, at: dateOf(query.at) }),
  example: { params: { service: 'customer-profile', key: PARAMETER_EXAMPLE.key }, response: PARAMETER_EXAMPLE },
});

const setParameter = operation('PUT /api/v1/parameters/{service}/{key}', {
  summary: 'Set a parameter from a moment on',
  scope: 'parameters:write',
  raises: ['parameter.unknown', 'parameter.invalid', 'parameter.past'],
  audited: true,
  params: z.strictObject({ service: Service, key: Key }),
  body: z.strictObject({ value: JsonValue, validFrom: Instant.optional().describe('Default: now; never in the past') }),
  ...answers(Parameter, ParameterMessage),
  handle({ call, params: { service, key }, body, services }) {
    const request = { key, valueJson: JSON.stringify(body.value), validFrom: dateOf(body.validFrom) };
    return services.of[service].parameters.setParameter(call, request);
  },
  example: {
    params: { service: 'customer-profile', key: PARAMETER_EXAMPLE.key },
    body: { value: true },
    response: { ...PARAMETER_EXAMPLE, value: true },
  },
});

/** The operator's settings, each kept by the service that uses it. */
export const parameterOperations = [listParameters, readParameter, setParameter];
