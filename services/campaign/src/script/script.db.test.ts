import type { Script } from '@holdfast/contracts/campaign/v1/script';
import { ComparisonKind, Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TestCampaign } from '../campaign.fixture.js';
import { MODEL_ID, idOf, type Subscriber } from '../service-clients.fixture.js';
import { displayWidth } from './plain-text.js';

const reader = callOf({ scopes: ['script:read', 'lease:write'] });
const LAST_DAY_OF_TABLE = new Date('2026-08-31T00:00:00Z');

const rich: Subscriber = {
  key: 'MARKED-KEY-1',
  probability: 0.734,
  value: 95.1,
  orgUnitPath: 'demo/沈阳/',
  reasons: Reasons.fromPartial({
    raising: [
      {
        column: 'monthsOnNet',
        type: 'number',
        contribution: 1.2,
        value: { $case: 'number', number: 2 },
        comparison: { kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE_OF_BAND, figure: 0.47, against: 0.12, to: 6 },
      },
      {
        column: 'rival_offer',
        type: 'category',
        contribution: 0.4,
        comparison: { kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE, figure: 0.3, against: 0.12 },
      },
    ],
    lowering: [
      {
        column: 'auto_pay',
        type: 'flag',
        contribution: -0.3,
        value: { $case: 'number', number: 1 },
        comparison: { kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE, figure: 0.08, against: 0.12 },
      },
    ],
  }),
};
const poor: Subscriber = { key: 'MARKED-KEY-2', probability: 0.6, value: NaN, orgUnitPath: 'demo/' };

describe('scripts', () => {
  const campaign = new TestCampaign('2026-09-03T02:00:00Z');
  const { services, scripts } = campaign;

  beforeAll(() => campaign.listed([rich, poor], 'telco'));

  function read(key: string, language = 'en', channel = '', call = reader): Promise<Script> {
    return scripts.getScript(call, { of: { $case: 'subscriptionId', subscriptionId: idOf(key) }, channel, language });
  }

  function readByLease(leaseId: string, call = reader): Promise<Script> {
    return scripts.getScript(call, { of: { $case: 'leaseId', leaseId }, channel: '', language: 'en' });
  }

  function linesOf(script: Script, key: string): string[] {
    return script.sections.find((section) => section.key === key)!.lines.map((line) => line.text);
  }

  it('has the fields of a retention script in their order, in both languages', async () => {
    const keys = ['churnTendency', 'region', 'arpu', 'behaviour', 'priority', 'reasons', 'opening', 'notAvailable'];
    const en = await read(rich.key);
    const zh = await read(rich.key, 'zh-CN');
    for (const script of [en, zh]) {
      expect(script.sections.map((section) => section.key)).toEqual(keys);
      expect(script.sections.every((section) => section.title !== '' && section.lines.length > 0)).toBe(true);
    }
    expect(linesOf(en, 'churnTendency')[0]).toBe('Probability of leaving: 73.4 %.');
    expect(linesOf(zh, 'churnTendency')[0]).toBe('离网概率：73.4%。');
    expect(linesOf(en, 'region')).toEqual(['沈阳.']);
    expect(linesOf(en, 'arpu')).toEqual(['95.10 CNY per month.']);
    expect(linesOf(zh, 'arpu')).toEqual(['每月 95.10 元。']);
    expect(linesOf(en, 'behaviour')).toEqual([
      'Reason to stay: “Automatic payment” applies; 8 % of such subscribers churned, compared with 12 % of all.',
    ]);
    expect(linesOf(en, 'reasons')).toEqual([
      'Months on net: 2; of those with less than 6, 47 % churned, compared with 12 % of all.',
      'Rival offer: not known; 30 % of such subscribers churned, compared with 12 % of all.',
    ]);
    expect(linesOf(zh, 'reasons')[0]).toBe('在网月数：2；低于 6 的用户离网比例为 47%，全体为 12%。');
    expect(linesOf(en, 'priority')).toEqual([
      'Rank 1 of 2 on the list.',
      'Priority 27.92: probability × revenue per month ÷ cost of a contact.',
      'Cost of a contact: 2.50 CNY.',
      'Quadrant C: high risk, high retention efficiency. Contact first.',
    ]);
    expect(en.composedAt!.getTime()).toBeGreaterThanOrEqual(Date.parse('2026-09-03T02:00:00Z'));
  });

  it('gives every figure with its source, and a remark with none', async () => {
    const { sections } = await read(rich.key);
    const run = [...services.runs.values()].at(-1)!.run;
    for (const line of sections.flatMap((section) => section.lines)) {
      expect(line.source === undefined).toBe(line.valueJson === '');
      if (line.source === undefined) continue;
      expect(['model', 'table', 'parameter', 'profile']).toContain(line.source.origin);
      for (const part of [line.source.service, line.source.name, line.source.version]) expect(part).not.toBe('');
      expect(line.source.asOf).toBeInstanceOf(Date);
    }
    const line = (key: string, index = 0) => sections.find((section) => section.key === key)!.lines[index]!;
    const ofModel = { service: 'churn-scoring', origin: 'model', name: 'telco-1', version: MODEL_ID };
    const model = { ...ofModel, column: '', asOf: run.publishedAt };
    const ofTable = { service: 'feature-store', origin: 'table', name: 'telco', version: '0123456789abcdef' };
    const table = { ...ofTable, asOf: LAST_DAY_OF_TABLE };
    expect(line('churnTendency')).toMatchObject({ valueJson: '0.734', source: model });
    expect(line('region')).toMatchObject({ valueJson: '"沈阳"', source: { ...table, column: 'city' } });
    expect(line('arpu')).toMatchObject({ valueJson: '"95.10"', source: { ...table, column: 'monthly_bill' } });
    expect(line('behaviour')).toMatchObject({ valueJson: '1', source: { ...model, column: 'auto_pay' } });
    const list = { service: 'campaign', name: 'telco', version: run.runId, column: 'rank' };
    expect(line('priority')).toMatchObject({ valueJson: '1', source: list });
    expect(line('reasons', 1)).toMatchObject({ valueJson: 'null', source: { ...model, column: 'rival_offer' } });
  });

  it('lists missing fields and their requirements', async () => {
    const en = await read(poor.key);
    expect(linesOf(en, 'arpu')).toEqual(['Not known.']);
    expect(linesOf(en, 'behaviour')).toEqual(['No notable values.']);
    expect(linesOf(en, 'priority')[1]).toBe('Priority 0.6: the probability only, since the revenue is not known.');
    expect(linesOf(en, 'notAvailable')).toEqual([
      'Fitted plan: the list has no plans and no usage.',
      'Revenue per month: the list has none.',
      'Region: the list has none.',
    ]);
    expect(linesOf(await read(rich.key), 'notAvailable')).toHaveLength(1);
  });

  it('is also plain text within 120 columns and without personal data', async () => {
    for (const language of ['en', 'zh-CN']) {
      const script = await read(rich.key, language);
      for (const line of script.text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(120);
      const joined = script.text.replace(/\s+/g, '');
      expect(joined).toContain('[1]churn-scoring,');
      for (const { text } of script.sections.flatMap((section) => section.lines))
        expect(joined).toContain(text.replace(/\s+/g, ''));
      expect(JSON.stringify(script)).not.toContain('MARKED');
    }
  });

  it('has an opening per channel, and a revision per text', async () => {
    const byCall = await read(rich.key);
    const inHall = await read(rich.key, 'en', 'hall');
    expect(linesOf(byCall, 'opening')[0]).toMatch(/^Hello, this is customer care/);
    expect(linesOf(inHall, 'opening')[0]).toMatch(/^Hello and welcome/);
    expect((await read(rich.key)).revision).toBe(byCall.revision);
    expect(new Set([byCall.revision, inHall.revision, (await read(rich.key, 'zh-CN')).revision]).size).toBe(3);
  });

  it('is found by lease, also after a rebuild; by subscription in the newest list', async () => {
    const { lease } = await campaign.lease('telco', { subscriptionId: idOf(rich.key) });
    const byLease = (call = reader) => readByLease(lease!.leaseId, call);
    const before = await read(rich.key);
    expect((await byLease()).revision).toBe(before.revision);
    await campaign.listed([{ ...rich, probability: 0.8 }], 'telco');
    expect((await byLease()).revision).toBe(before.revision);
    expect(linesOf(await read(rich.key), 'churnTendency')[0]).toBe('Probability of leaving: 80 %.');
    await expect(read(poor.key)).rejects.toMatchObject({ kind: 'notFound', key: 'script.unknown' });
    const dalian = callOf({ scopes: ['script:read'], orgScope: ['demo/大连/'] });
    await expect(byLease(dalian)).rejects.toMatchObject({ kind: 'notFound' });
    await expect(read(rich.key, 'en', '', dalian)).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('refuses what is malformed, and who may not', async () => {
    await expect(read(rich.key, 'fr')).rejects.toMatchObject({ kind: 'invalid', key: 'script.languageUnknown' });
    await expect(read(rich.key, 'en', 'pigeon')).rejects.toMatchObject({ kind: 'invalid' });
    await expect(read(rich.key, 'en', '', callOf())).rejects.toMatchObject({ kind: 'forbidden' });
    for (const leaseId of ['', 'x', newId()])
      await expect(readByLease(leaseId)).rejects.toMatchObject({ kind: 'notFound' });
  });
});
