import path from 'node:path';
import { CAUSES } from '@holdfast/platform/terms';
import { definitionOf, readDefinition, type Feature } from './definition.js';

const label = 'label: { en: a, zh-CN: 甲 }';

function read(...features: string[]): Feature[] {
  const text = `features:\n${features.map((feature) => `  - { ${feature}, ${label} }`).join('\n')}`;
  return definitionOf('v', [{ file: 'money/some.yaml', text }]).features;
}

describe('a definition', () => {
  test('of a monthly column has three lags and a mean over three months', () => {
    const features = read('name: fee, unit: cny, from: bills, monthly: sms_fee, reason: habit');
    expect(features.map(({ name }) => name)).toEqual(['fee_cny_m0', 'fee_cny_m1', 'fee_cny_m2', 'fee_mean_3m_cny']);
    expect(features[1]).toMatchObject({
      family: 'money',
      needs: ['billing'],
      history: 'monthly',
      reason: 'habit',
      sql: 'max(case when lag = 1 then sms_fee end)',
      label: { en: 'a, last month', 'zh-CN': '甲（上月）' },
    });
  });

  test('over features comes after them and needs what they need', () => {
    const features = read(
      'name: twice, from: features, value: one + two',
      'name: one, from: bills, value: max(arpu)',
      'name: two, from: use, value: max(dropped_calls), needs: [usage.dropped_calls]',
    );
    expect(features.map(({ name }) => name)).toEqual(['one', 'two', 'twice']);
    expect(features[2]!.needs.sort()).toEqual(['billing', 'usage', 'usage.dropped_calls']);
  });

  test('is refused where it takes for an earlier month what is only known of the day of an extract', () => {
    const brand = 'name: brand, from: subscription_today, type: category, value: max(brand)';
    const reason = 'brand is made of subscriptions, which has the state on the day of an extract only.';
    expect(() => read(brand)).toThrow(reason);
    expect(() => read(`${brand}, history: monthly`)).toThrow(expect.objectContaining({ key: 'view.historyMistaken' }));
  });

  test.each([
    ['view.columnUnknown', ['name: a, from: features, value: nothing + 1']],
    ['view.definitionMalformed', ['name: a, from: nowhere, value: max(arpu)']],
    ['view.definitionMalformed', ['name: a, from: bills, value: arpu']],
    ['view.definitionMalformed', ['name: b, from: bills, value: max(arpu)', 'name: a, from: features, value: max(b)']],
    ['view.definitionMalformed', ['name: a, from: bills, value: max(arpu)', 'name: a, from: bills, value: min(arpu)']],
    ['view.definitionMalformed', ['name: a, from: bills, value: max(arpu), unknown: 1']],
    ['view.expressionMalformed', ['name: a, from: bills, value: median(arpu)']],
  ])('is refused with %s: %j', (key, features) => {
    expect(() => read(...features)).toThrow(expect.objectContaining({ kind: 'invalid', key }));
  });

  test('changes its version with its content', () => {
    const text = (value: string): string => `features: [{ name: a, from: bills, value: ${value}, ${label} }]`;
    const versionOf = (value: string): string => definitionOf('v', [{ file: 'a/b.yaml', text: text(value) }]).version;
    expect(versionOf('max(arpu)')).toBe(versionOf('max(arpu)'));
    expect(versionOf('max(arpu)')).not.toBe(versionOf('min(arpu)'));
  });
});

describe('the monthly view', () => {
  const { features } = readDefinition('subscriber-months', path.join(__dirname, '../../views'));

  test('has every column of the bill in three lags and over three months', () => {
    const names = new Set(features.map(({ name }) => name));
    const fees = ['voice_fee', 'data_fee', 'sms_fee', 'vas_fee', 'roaming_fee', 'long_distance_fee'];
    for (const money of ['arpu', 'rent', 'discount', 'paid', ...fees]) {
      const windows = [`${money}_cny_m0`, `${money}_cny_m1`, `${money}_cny_m2`, `${money}_mean_3m_cny`];
      expect(windows.filter((name) => !names.has(name))).toEqual([]);
    }
  });

  test('has features of each of the seven reasons, in both languages', () => {
    expect(new Set(features.map(({ reason }) => reason).filter((reason) => reason !== ''))).toEqual(new Set(CAUSES));
    const isSaid = ({ label: said }: Feature): boolean =>
      /\p{Script=Han}/u.test(said['zh-CN']) && /^\p{ASCII}+$/u.test(said.en);
    expect(features.filter((feature) => !isSaid(feature))).toEqual([]);
  });

  test('is made of nothing without a history', () => {
    expect(features.filter(({ history }) => history === 'snapshot')).toEqual([]);
  });
});
