import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Parameter, ParameterService } from '@holdfast/contracts/platform/v1/parameters';
import { requireAllOrgUnits } from '../caller/caller.js';
import type { Clock } from '../clock/clock.js';
import { type Database, insertRow } from '../database/database.js';
import { failure } from '../errors/errors.js';
import type { Rpc } from '../grpc/grpc.js';
import { scoped } from '../scoped/scoped.js';

/** A parameter: its schema, default and description. */
export interface ParameterDefinition<T = unknown> {
  schema: z.ZodType<T>;
  default: T;
  description: string;
}

/** A value with the change that set it. */
export interface InForce<T> {
  readonly value: T;
  readonly version: number;
  /** Undefined for the default. */
  readonly validFrom: Date | undefined;
  /** Client that set it; empty for the default. */
  readonly setBy: string;
}

export function parameter<T>(schema: z.ZodType<T>, value: T, description: string): ParameterDefinition<T> {
  return { schema, default: value, description };
}

export type ParameterDefinitions = Readonly<Record<string, ParameterDefinition>>;

const parameterUnknown = failure('notFound', 'parameter.unknown', {
  en: 'There is no parameter {key}.',
  'zh-CN': '没有参数 {key}。',
});
const parameterInvalid = failure('unprocessable', 'parameter.invalid', {
  en: 'The value does not fit {key}: {problem}',
  'zh-CN': '参数 {key} 的值不合要求：{problem}',
});
const parameterPast = failure('unprocessable', 'parameter.past', {
  en: 'A value cannot be set for the past: decisions taken then must stay explainable.',
  'zh-CN': '不能为过去设置参数值：过去的决策必须可追溯。',
});

interface ChangeRow {
  key: string;
  value: unknown;
  valid_from: Date;
  set_at: Date;
  set_by: string;
}

/**
 * Effective-dated settings: a decision that is replayed finds the value of its day. The value in force at t is the one
 * that was set last among those valid from t or before.
 */
@Injectable()
export class Parameters<D extends ParameterDefinitions = ParameterDefinitions> {
  private changes: ChangeRow[] = [];
  private loadedAtMs = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly definitions: D,
  ) {}

  /** Other replicas' changes are seen after this time. */
  private static readonly STALE_MS = 2_000;

  async get<K extends keyof D & string>(key: K, at?: Date): Promise<z.output<D[K]['schema']>> {
    if (Date.now() - this.loadedAtMs > Parameters.STALE_MS) await this.reload();
    return this.valueAt(key, at ?? this.clock.now()) as z.output<D[K]['schema']>;
  }

  /**
   * The value in force with its version: 1 is the default, and each change of the key has the next number in the order
   * in which changes were made, whenever they take effect.
   */
  async inForce<K extends keyof D & string>(key: K, at?: Date): Promise<InForce<z.output<D[K]['schema']>>> {
    const value = await this.get(key, at);
    const changes = this.changes.filter((change) => change.key === key);
    const change = this.changeAt(key, at ?? this.clock.now());
    if (change === undefined) return { value, version: 1, validFrom: undefined, setBy: '' };
    return { value, version: changes.indexOf(change) + 2, validFrom: change.valid_from, setBy: change.set_by };
  }

  async set(key: string, value: unknown, validFrom: Date | undefined, by: string): Promise<void> {
    const definition = this.definitionOf(key);
    const now = this.clock.now();
    if (validFrom !== undefined && validFrom < now) throw parameterPast();
    const parsed = definition.schema.safeParse(value);
    if (!parsed.success)
      throw parameterInvalid({ key, problem: parsed.error.issues.map((issue) => issue.message).join('; ') });
    const row = { key, valid_from: validFrom ?? now, set_at: now, value: JSON.stringify(parsed.data), set_by: by };
    await insertRow(this.database, 'parameter', row);
    await this.reload();
  }

  async describe(key: string, at?: Date): Promise<Parameter> {
    await this.reload();
    const definition = this.definitionOf(key);
    return {
      key,
      valueJson: JSON.stringify(this.valueAt(key, at ?? this.clock.now())),
      defaultJson: JSON.stringify(definition.default),
      description: definition.description,
      schemaJson: JSON.stringify(z.toJSONSchema(definition.schema, { io: 'input' })),
      history: this.changes
        .filter((change) => change.key === key)
        .map((change) => ({
          valueJson: JSON.stringify(change.value),
          validFrom: change.valid_from,
          setAt: change.set_at,
          setBy: change.set_by,
        })),
    };
  }

  keys(): string[] {
    return Object.keys(this.definitions).sort();
  }

  private definitionOf(key: string): ParameterDefinition {
    const definition = Object.hasOwn(this.definitions, key) ? this.definitions[key] : undefined;
    if (definition === undefined) throw parameterUnknown({ key });
    return definition;
  }

  private valueAt(key: string, at: Date): unknown {
    const set = this.changeAt(key, at);
    return set === undefined ? this.definitionOf(key).default : set.value;
  }

  private changeAt(key: string, at: Date): ChangeRow | undefined {
    return this.changes.filter((change) => change.key === key && change.valid_from <= at).at(-1);
  }

  private async reload(): Promise<void> {
    this.changes = await this.database.query<ChangeRow>('select * from parameter order by set_at, valid_from');
    this.loadedAtMs = Date.now();
  }
}

/** Reading and setting a service's parameters. */
export class ParametersRpc {
  constructor(
    private readonly parameters: Parameters,
    private readonly operator: string,
  ) {}

  readonly handlers: Rpc<ParameterService> = {
    listParameters: scoped('parameters:read', async (_call, request) => ({
      parameters: await Promise.all(this.parameters.keys().map((key) => this.parameters.describe(key, request.at))),
    })),

    getParameter: scoped('parameters:read', (_call, request) => this.parameters.describe(request.key, request.at)),

    setParameter: scoped('parameters:write', async ({ caller }, request) => {
      requireAllOrgUnits(caller, this.operator);
      await this.parameters.set(
        request.key,
        parseJson(request.key, request.valueJson),
        request.validFrom,
        caller.client,
      );
      return this.parameters.describe(request.key);
    }),
  };
}

function parseJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw parameterInvalid({ key, problem: 'not JSON' });
  }
}
