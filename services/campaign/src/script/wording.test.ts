import { ComparisonKind, type Reason } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Language } from '@holdfast/platform/errors';
import fc from 'fast-check';
import { columnName, humanised, orgUnitNames } from './column-name.js';
import { FORMATS } from './formats.js';
import { displayWidth, wrapped } from './plain-text.js';
import { reasonSentence, valueJson, type ColumnStyle } from './reason-sentence.js';
import { unitOf } from './unit.js';
import { FLAGS } from './words-of-values.js';
import { WORDS } from './words.js';

const number = (value: number): Reason['value'] => ({ $case: 'number', number: value });
const text = (value: string): Reason['value'] => ({ $case: 'text', text: value });
const band = { kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE_OF_BAND, figure: 0.31, against: 0.124 };
const shares = { kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE, figure: 0.42714, against: 0.2654 };

function reason(
  column: string,
  type: string,
  value: Reason['value'],
  comparison: Reason['comparison'],
  contribution = 1,
): Reason {
  return { column, type, value, comparison, contribution };
}

function styleOf(language: Language, column: string, table = 'telco'): ColumnStyle {
  const unit = unitOf(column, { table, valueColumn: 'bill' });
  const [words, formats] = [WORDS[language], FORMATS[language]];
  return { name: humanised(column), unit, currency: 'CNY', language, words, formats };
}

function sentence(language: Language, of: Reason, table?: string): string {
  return reasonSentence(of, styleOf(language, of.column, table));
}

describe('names of columns', () => {
  it.each([
    ['MonthlyCharges', 'Monthly charges'],
    ['monthly_charges', 'Monthly charges'],
    ['tenure', 'Tenure'],
    ['ARPU_3M', 'ARPU 3M'],
    ['customerID', 'Customer ID'],
    ['SMSCount', 'SMS count'],
    ['月租费', '月租费'],
    ['__', '__'],
    ['  dropped-calls ', 'Dropped calls'],
  ])('%s is read as %s', (column, expected) => {
    expect(humanised(column)).toBe(expected);
  });
});

describe('labels of columns', () => {
  const labels = { arpu: { en: 'monthly bill', 'zh-CN': '月均消费' }, data_mb: { 'zh-CN': '已用流量' } };

  it.each<[string, Language, string]>([
    ['arpu', 'en', 'Monthly bill'],
    ['arpu', 'zh-CN', '月均消费'],
    ['data_mb', 'en', 'Data mb'],
    ['data_mb', 'zh-CN', '已用流量'],
    ['minutes_out', 'zh-CN', 'Minutes out'],
    ['constructor', 'en', 'Constructor'],
  ])('%s in %s is %s', (column, language, expected) => {
    expect(columnName(column, labels, language)).toBe(expected);
  });
});

describe('names of units', () => {
  it.each([
    ['demo/', []],
    ['demo/沈阳/', ['沈阳']],
    ['demo/New%20Town/East/', ['New Town', 'East']],
    ['demo/100%/', ['100%']],
  ])('%s is %j', (path, names) => {
    expect(orgUnitNames(path)).toEqual(names);
  });
});

describe('sentences of reasons', () => {
  it.each<[Reason, string, string, string]>([
    [
      reason('tenure', 'number', number(2), { ...band, to: 12 }),
      'Tenure: 2; of those with less than 12, 31 % churned, compared with 12.4 % of all.',
      'Tenure：2；低于 12 的用户离网比例为 31%，全体为 12.4%。',
      '2',
    ],
    [
      reason('MonthlyCharges', 'number', number(1187.5), { ...band, from: 1000, to: 1200 }),
      'Monthly charges: 1,187.5; of those with 1,000 or more but less than 1,200, 31 % churned, compared with 12.4 % of all.',
      'Monthly charges：1,187.5；1,000 及以上、低于 1,200 的用户离网比例为 31%，全体为 12.4%。',
      '1187.5',
    ],
    [
      reason('月租费', 'number', number(392.3), { ...band, figure: 0.1, from: 187 }),
      '月租费: 392.3; of those with 187 or more, 10 % churned, compared with 12.4 % of all; ' +
        'combined with the other values, it raises the risk.',
      '月租费：392.3；187 及以上的用户离网比例为 10%，全体为 12.4%；结合其他情况，这一点提高了离网风险。',
      '392.3',
    ],
    [
      reason('calls', 'number', number(3), { ...band, from: 2 }, -0.4),
      'Calls: 3; of those with 2 or more, 31 % churned, compared with 12.4 % of all; ' +
        'combined with the other values, it lowers the risk.',
      'Calls：3；2 及以上的用户离网比例为 31%，全体为 12.4%；结合其他情况，这一点降低了离网风险。',
      '3',
    ],
    [
      reason('calls', 'number', number(3), { ...band, figure: 0.1, from: 2 }, -0.4),
      'Calls: 3; of those with 2 or more, 10 % churned, compared with 12.4 % of all.',
      'Calls：3；2 及以上的用户离网比例为 10%，全体为 12.4%。',
      '3',
    ],
    [
      reason('plan', 'category', text('年付'), { ...shares, figure: 0.291 }),
      'Plan: 年付; 29.1 % of such subscribers churned, compared with 26.5 % of all; ' +
        'combined with the other values, it raises the risk.',
      'Plan：年付；此类用户的离网比例为 29.1%，全体为 26.5%；结合其他情况，这一点提高了离网风险。',
      '"年付"',
    ],
    [
      reason('Contract', 'category', text('Month-to-month'), shares),
      'Contract: Month-to-month; 42.7 % of such subscribers churned, compared with 26.5 % of all.',
      'Contract：Month-to-month；此类用户的离网比例为 42.7%，全体为 26.5%。',
      '"Month-to-month"',
    ],
    [
      reason('auto_pay', 'flag', number(0), shares),
      '“Auto pay” does not apply; 42.7 % of such subscribers churned, compared with 26.5 % of all.',
      '不符合“Auto pay”；此类用户的离网比例为 42.7%，全体为 26.5%。',
      '0',
    ],
    [
      reason('TotalCharges', 'number', undefined, shares),
      'Total charges: not known; 42.7 % of such subscribers churned, compared with 26.5 % of all.',
      'Total charges：未知；此类用户的离网比例为 42.7%，全体为 26.5%。',
      'null',
    ],
    [
      reason('joined_on', 'date', number(20_000), { ...band, from: 19_000, to: 20_100 }),
      'Joined on: 2024-10-04; of those from 2022-01-08 on but before 2025-01-12, 31 % churned, compared with 12.4 % of all.',
      'Joined on：2024-10-04；2022-01-08 及以后、早于 2025-01-12 的用户离网比例为 31%，全体为 12.4%。',
      '"2024-10-04"',
    ],
    [
      reason('joined_on', 'date', number(20_000), { ...band, from: 19_000 }),
      'Joined on: 2024-10-04; of those from 2022-01-08 on, 31 % churned, compared with 12.4 % of all.',
      'Joined on：2024-10-04；2022-01-08 及以后的用户离网比例为 31%，全体为 12.4%。',
      '"2024-10-04"',
    ],
    [
      reason('joined_on', 'date', number(20_000), { ...band, to: 20_100 }),
      'Joined on: 2024-10-04; of those before 2025-01-12, 31 % churned, compared with 12.4 % of all.',
      'Joined on：2024-10-04；早于 2025-01-12 的用户离网比例为 31%，全体为 12.4%。',
      '"2024-10-04"',
    ],
    [
      reason('usage', 'number', number(1_234_567.891), undefined),
      'Usage: 1,234,567.89.',
      'Usage：1,234,567.89。',
      '1234567.891',
    ],
    [reason('share', 'number', number(0.012345), undefined), 'Share: 0.0123.', 'Share：0.0123。', '0.012345'],
  ])('%#', (of, en, zhCN, json) => {
    expect(sentence('en', of)).toBe(en);
    expect(sentence('zh-CN', of)).toBe(zhCN);
    expect(valueJson(of)).toBe(json);
  });
});

describe('values of the monthly view', () => {
  const VIEW = 'subscriber-months';
  it.each<[Reason, string, string]>([
    [
      reason('arpu_cny_m0', 'number', number(59.9), { ...band, from: 50, to: 120.5 }),
      'Arpu cny m0: 59.90 CNY; of those with 50.00 CNY or more but less than 120.50 CNY, 31 % churned, compared with 12.4 % of all.',
      'Arpu cny m0：59.90 元；50.00 元及以上、低于 120.50 元的用户离网比例为 31%，全体为 12.4%。',
    ],
    [
      reason('arpu_mean_3m_cny', 'number', number(66.2), undefined),
      'Arpu mean 3m cny: 66.20 CNY.',
      'Arpu mean 3m cny：66.20 元。',
    ],
    [
      reason('unpaid_share_m0', 'number', number(0.406), undefined),
      'Unpaid share m0: 40.6 %.',
      'Unpaid share m0：40.6%。',
    ],
    [
      reason('use_change_log', 'number', number(Math.log(0.57)), { ...band, to: Math.log(0.8) }),
      'Use change log: -43 %; of those with less than -20 %, 31 % churned, compared with 12.4 % of all.',
      'Use change log：-43%；低于 -20% 的用户离网比例为 31%，全体为 12.4%。',
    ],
    [
      reason('bill_above_cheapest_m0', 'number', number(Math.log(1.5)), undefined),
      'Bill above cheapest m0: +50 %.',
      'Bill above cheapest m0：+50%。',
    ],
    [reason('data_mb_m0', 'number', number(2048), undefined), 'Data mb m0: 2,048 MB.', 'Data mb m0：2,048 MB。'],
    [
      reason('voice_slope_min', 'number', number(-12), undefined),
      'Voice slope min: -12 minutes.',
      'Voice slope min：-12 分钟。',
    ],
    [
      reason('satisfaction_min_3m', 'number', number(2), undefined),
      'Satisfaction min 3m: 2.',
      'Satisfaction min 3m：2。',
    ],
    [
      reason('plan_id', 'category', text('P-59'), { ...shares, figure: 0.291, against: 0.12 }),
      'Plan id: the present one; 29.1 % of such subscribers churned, compared with 12 % of all.',
      'Plan id：现有套餐；此类用户的离网比例为 29.1%，全体为 12%。',
    ],
    [reason('plan_kind', 'category', text('group'), undefined), 'Plan kind: for a group.', 'Plan kind：集团套餐。'],
    [
      reason('handset_has_5g', 'flag', number(0), { ...shares, figure: 0.29, against: 0.12 }),
      'The handset does not support 5G; 29 % of such subscribers churned, compared with 12 % of all.',
      '手机不支持 5G；此类用户的离网比例为 29%，全体为 12%。',
    ],
  ])('%#', (of, en, zhCN) => {
    expect(sentence('en', of, VIEW)).toBe(en);
    expect(sentence('zh-CN', of, VIEW)).toBe(zhCN);
  });

  it('are those of a plain table only in its column of value', () => {
    expect(sentence('en', reason('bill', 'number', number(59.9), undefined))).toBe('Bill: 59.90 CNY.');
    expect(sentence('en', reason('market_share', 'number', number(35), undefined))).toBe('Market share: 35.');
  });

  it('are read as a statement where they are true or false', () => {
    for (const value of ['true', 'FALSE', 'yes', 'No', '是', '否'])
      expect(sentence('en', reason('promo', 'category', text(value), undefined))).toMatch(
        /^“Promo” (applies|does not apply)\.$/,
      );
    const statements = Object.values(FLAGS).flatMap((texts) => texts.flatMap(({ en, 'zh-CN': zhCN }) => [en, zhCN]));
    expect(new Set(statements).size).toBe(statements.length);
  });
});

describe('money in a sentence', () => {
  it('carries its currency, in the language', () => {
    expect(FORMATS.en.money(123_456, 'CNY')).toBe('1,234.56 CNY');
    expect(FORMATS['zh-CN'].money(123_456, 'CNY')).toBe('1,234.56 元');
    expect(FORMATS['zh-CN'].money(123_456, 'EUR')).toBe('1,234.56 EUR');
    expect(FORMATS.en.money(95, 'JPY')).toBe('95 JPY');
    expect(FORMATS.en.money(200, 'XXX')).toBe('2.00');
  });
});

describe('months in a sentence', () => {
  it.each([
    [['2026-07', '2026-08', '2026-09'], 'July to September 2026', '2026年7月至9月'],
    [['2025-12', '2026-01'], 'December 2025 to January 2026', '2025年12月至2026年1月'],
    [['2026-09'], 'September 2026', '2026年9月'],
    [[], '', ''],
  ])('%j', (months, en, zhCN) => {
    expect([FORMATS.en.months(months), FORMATS['zh-CN'].months(months)]).toEqual([en, zhCN]);
  });
});

describe('lines of plain text', () => {
  it('counts Chinese characters as two columns', () => {
    expect(displayWidth('ARPU 为 ¥5。')).toBe('ARPU 为 ¥5。'.length + 2);
  });

  it('breaks at words, and loses nothing but the spaces there', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapped('离网概率：七成', 9)).toEqual(['离网概率', '：七成']);
    const part = fc.constantFrom('tenure', '为', '离网', ' ', 'a', '2.5', '。', 'é', 'x'.repeat(30));
    const parts = fc.array(part, { maxLength: 60 });
    fc.assert(
      fc.property(parts, fc.integer({ min: 4, max: 40 }), (pieces, columnsMax) => {
        const whole = pieces.join('');
        const lines = wrapped(whole, columnsMax);
        expect(lines.join('').replaceAll(' ', '')).toBe(whole.replaceAll(' ', ''));
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columnsMax);
      }),
    );
  });
});
