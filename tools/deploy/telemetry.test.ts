import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { COUNTERS, GAUGES, HISTOGRAMS, counter, gauge, histogram } from '@holdfast/platform/measurements';
import { startScraping } from '@holdfast/testing/scrape.fixture';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Loose } from './kustomize.mjs';

const root = path.resolve(__dirname, '../..');
const folder = path.join(root, 'k8s/components/telemetry');
const read = (file: string) => fs.readFileSync(path.join(folder, file), 'utf8');

const target = z.strictObject({
  refId: z.string(),
  datasource: z.object({ uid: z.literal('prometheus') }),
  expr: z.string(),
  legendFormat: z.string(),
});
/** The parts of Grafana's dashboards (schema version 41) that ours have. */
const dashboard = z.strictObject({
  uid: z.string().regex(/^holdfast-/),
  title: z.string(),
  tags: z.array(z.string()),
  timezone: z.literal('browser'),
  schemaVersion: z.literal(41),
  editable: z.literal(false),
  refresh: z.string(),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  templating: z.strictObject({ list: z.array(z.never()) }),
  annotations: z.strictObject({ list: z.array(z.never()) }),
  panels: z
    .array(
      z.strictObject({
        id: z.int().positive(),
        title: z.string().min(1),
        description: z.string().min(1),
        type: z.enum(['timeseries', 'stat', 'table']),
        datasource: z.strictObject({ type: z.literal('prometheus'), uid: z.literal('prometheus') }),
        gridPos: z.strictObject({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1).max(24), h: z.int().min(1) }),
        fieldConfig: z.strictObject({
          defaults: z.strictObject({ unit: z.string(), min: z.number() }),
          overrides: z.array(z.never()),
        }),
        targets: z.array(target).min(1),
      }),
    )
    .min(1)
    .refine((panels) => new Set(panels.map(({ id }) => id)).size === panels.length, 'ids repeat')
    .refine(
      (panels) => new Set(panels.map(({ gridPos: { x, y } }) => `${x}/${y}`)).size === panels.length,
      'panels overlap',
    ),
});
const rules = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^[A-Z]\w+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smhd]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({ summary: z.string() }),
        }),
      ),
    }),
  ),
});

const alerts = rules.parse(parse(read('rules.yaml'))).groups.flatMap((group) => group.rules);
const dashboards = fs
  .readdirSync(path.join(folder, 'dashboards'))
  .map((name) => [name, JSON.parse(read(`dashboards/${name}`)) as unknown] as const);
const expressions = [
  ...alerts.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboards.flatMap(([name, board]) =>
    dashboard
      .parse(board)
      .panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`${name}: ${title}`, expr] as const)),
  ),
];

/** Metrics and labels that an expression names. @throws an Error on what is no expression */
function namesIn(expression: string): { metrics: string[]; labels: string[] } {
  const names = { metrics: [] as string[], labels: [] as string[] };
  parser.parse(expression).iterate({
    enter: ({ name, from, to, node }) => {
      const text = expression.slice(from, to);
      if (node.type.isError) throw new Error(`no expression near ${expression.slice(Math.max(0, from - 10), to + 10)}`);
      if (name === 'Identifier') names.metrics.push(text);
      if (name === 'LabelName') names.labels.push(text);
    },
  });
  return names;
}

/** Names of series that a process exports, as Prometheus's exporter writes them. */
async function exportedNames(): Promise<Set<string>> {
  const scrape = startScraping();
  for (const name of Object.keys(HISTOGRAMS) as (keyof typeof HISTOGRAMS)[]) histogram(name).record(1);
  for (const name of Object.keys(COUNTERS) as (keyof typeof COUNTERS)[]) counter(name).add(1);
  for (const name of Object.keys(GAUGES) as (keyof typeof GAUGES)[]) gauge(name, () => [{ value: 1 }]);
  const text = await scrape();
  return new Set(Array.from(text.matchAll(/^([a-z]\w*)/gm), ([, name]) => name!));
}

/** Names of attributes in the sources of the services, as labels. */
function recordedLabels(): Set<string> {
  const files = execFileSync('git', ['ls-files', 'libs/platform/src/*.ts', 'services/*/src/*.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n');
  const sources = files
    .filter((file) => !/\.test\.ts$/.test(file))
    .map((file) => fs.readFileSync(path.join(root, file), 'utf8'));
  return new Set(
    sources.flatMap((source) =>
      Array.from(source.matchAll(/'([a-z_]+(?:\.[a-z_]+)+)'/g), ([, name]) => name!.replaceAll('.', '_')),
    ),
  );
}

describe('alerts and dashboards', () => {
  let exported: Set<string>;
  let labels: Set<string>;
  beforeAll(async () => {
    exported = await exportedNames();
    // Of Prometheus itself, of the scrape, and of the resource of a process.
    labels = new Set([...recordedLabels(), 'le', 'job', 'instance', 'service', 'service_name']);
  });
  const unknownIn = (expression: string): string[] => {
    const { metrics, labels: used } = namesIn(expression);
    return [
      ...metrics.filter((name) => name !== 'up' && !exported.has(name)),
      ...used.filter((name) => !labels.has(name)),
    ];
  };

  it('name measurements that services export, and their attributes', () => {
    expect(expressions.length).toBeGreaterThan(40);
    expect(
      expressions.flatMap(([where, expression]) => unknownIn(expression).map((name) => `${where}: ${name}`)),
    ).toEqual([]);
  });

  it('with a mistake are refused', () => {
    expect(unknownIn('max(holdfast_outbox_agee) > 60')).toEqual(['holdfast_outbox_agee']);
    expect(unknownIn('rate(http_server_request_duration_total[5m])')).toEqual(['http_server_request_duration_total']);
    expect(unknownIn('sum by (servicename) (holdfast_outbox_age)')).toEqual(['servicename']);
    expect(() => namesIn('sum by (service_name (holdfast_outbox_age)')).toThrow('no expression');
    const [, board] = dashboards[0]!;
    const withMistake = (change: (copy: Loose) => void) => {
      const copy = structuredClone(board);
      change(copy);
      return dashboard.safeParse(copy).success;
    };
    expect(withMistake(() => undefined)).toBe(true);
    expect(withMistake((copy) => (copy.panels[0].targets[0].datasource.uid = 'loki'))).toBe(false);
    expect(withMistake((copy) => (copy.panels[1].gridPos = copy.panels[0].gridPos))).toBe(false);
    expect(withMistake((copy) => (copy.panels[0].typ = 'graph'))).toBe(false);
    expect(rules.safeParse({ groups: [{ name: 'x', rules: [{ alert: 'x', exp: '1' }] }] }).success).toBe(false);
  });

  it('have a section of the runbook each', () => {
    const text = fs.readFileSync(path.join(root, 'docs/operations.md'), 'utf8');
    const sections = Array.from(text.matchAll(/^### ([A-Z]\w+)$/gm), ([, name]) => name!);
    expect(sections.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  it('show every measurement', () => {
    const used = new Set(
      expressions
        .flatMap(([, expression]) => namesIn(expression).metrics)
        .map((name) => name.replace(/_(bucket|count|sum)$/, '')),
    );
    const measured = Object.keys({ ...HISTOGRAMS, ...COUNTERS, ...GAUGES }).map((name) => name.replaceAll('.', '_'));
    const shown = measured.filter(
      (name) => used.has(name) || used.has(`${name}_total`) || used.has(name.replace(/_count$/, '')),
    );
    expect(measured.filter((name) => !shown.includes(name))).toEqual([]);
  });

  it('are all mounted in Grafana', () => {
    const { configMapGenerator: maps } = parse(read('kustomization.yaml')) as {
      configMapGenerator: { name: string; files: string[] }[];
    };
    expect(maps.find(({ name }) => name === 'holdfast-dashboards')!.files).toEqual(
      dashboards.map(([name]) => `dashboards/${name}`),
    );
  });
});
