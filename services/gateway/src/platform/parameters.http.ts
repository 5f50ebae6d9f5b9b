import { Controller } from '@nestjs/common';
import type { Parameter as ParameterMessage } from '@holdfast/contracts/platform/v1/parameters';
import { GRPC_SERVICES } from '@holdfast/platform/services';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Instant, dateOf, instantJson } from '../operation/wire.js';

const Service = z.enum(GRPC_SERVICES).describe('Service that uses it');
const Key = z.string().min(1).max(100);

const Parameter = z
  .strictObject({
    key: Key,
    value: z.json().describe('In force'),
    default: z.json(),
    description: z.string(),
    schema: z.json().describe('JSON schema of the value'),
    history: z
      .array(z.strictObject({ value: z.json(), validFrom: Instant, setAt: Instant, setBy: z.string() }))
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

const listParameters = operation({
  method: 'GET',
  path: '/api/v1/parameters/{service}',
  group: 'platform',
  summary: 'The parameters of a service with the values in force',
  scope: 'parameters:read',
  params: z.strictObject({ service: Service }),
  query: z.strictObject({ at: Instant.optional().describe('Default: now') }),
  response: z.strictObject({ parameters: z.array(Parameter) }),
  example: { params: { service: 'customer-profile' }, response: { parameters: [PARAMETER_EXAMPLE] } },
});

const readParameter = operation({
  method: 'GET',
  path: '/api/v1/parameters/{service}/{key}',
  group: 'platform',
  summary: 'One parameter with its history',
  scope: 'parameters:read',
  params: z.strictObject({ service: Service, key: Key }),
  query: z.strictObject({ at: Instant.optional().describe('Default: now') }),
  response: Parameter,
  example: { params: { service: 'customer-profile', key: PARAMETER_EXAMPLE.key }, response: PARAMETER_EXAMPLE },
});

const setParameter = operation({
  method: 'PUT',
  path: '/api/v1/parameters/{service}/{key}',
  group: 'platform',
  summary: 'Set a parameter from a moment on',
  scope: 'parameters:write',
  audited: true,
  params: z.strictObject({ service: Service, key: Key }),
  body: z.strictObject({ value: z.json(), validFrom: Instant.optional().describe('Default: now; never in the past') }),
  response: Parameter,
  example: {
    params: { service: 'customer-profile', key: PARAMETER_EXAMPLE.key },
    body: { value: true },
    response: { ...PARAMETER_EXAMPLE, value: true },
  },
});

/** The operator's settings, each kept by the service that uses it. */
@Controller()
export class ParametersHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(listParameters)
  async list({ call, params, query }: HandlerInput<typeof listParameters>) {
    const rpc = this.services.of[params.service].parameters;
    const { parameters } = await rpc.listParameters(call, { at: dateOf(query.at) });
    return { parameters: parameters.map(parameterJson) };
  }

  @Operation(readParameter)
  async read({ call, params, query }: HandlerInput<typeof readParameter>) {
    const rpc = this.services.of[params.service].parameters;
    return parameterJson(await rpc.getParameter(call, { key: params.key, at: dateOf(query.at) }));
  }

  @Operation(setParameter)
  async set({ call, params, body }: HandlerInput<typeof setParameter>) {
    const rpc = this.services.of[params.service].parameters;
    const request = { key: params.key, valueJson: JSON.stringify(body.value), validFrom: dateOf(body.validFrom) };
    return parameterJson(await rpc.setParameter(call, request));
  }
}

type Json = z.output<ReturnType<typeof z.json>>;

function parameterJson(parameter: ParameterMessage): z.output<typeof Parameter> {
  return {
    key: parameter.key,
    value: JSON.parse(parameter.valueJson) as Json,
    default: JSON.parse(parameter.defaultJson) as Json,
    description: parameter.description,
    schema: JSON.parse(parameter.schemaJson) as Json,
    history: parameter.history.map(({ valueJson, validFrom, setAt, setBy }) => ({
      value: JSON.parse(valueJson) as Json,
      validFrom: instantJson(validFrom!),
      setAt: instantJson(setAt!),
      setBy,
    })),
  };
}
