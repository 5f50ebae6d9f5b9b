import { ComparisonKind, type Reason } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Language } from '@holdfast/platform/errors';
import fc from 'fast-check';
import { humanised } from './column-name.js';
import { FORMATS } from './formats.js';
import { displayWidth, wrapped } from './plain-text.js';
import { reasonSentence, valueJson } from './reason-sentence.js';
import { unitNames } from './unit-name.js';
import { WORDS } from './words.js';

const number = (value: number): Reason['value'] => ({ $case: 'number', number: value });
const text = (value: string): Reason['value'] => ({ $case: 'text', text: value });
const medians = { kind: ComparisonKind.COMPARISON_KIND_MEDIAN_STAYED, figure: 38, against: 10.25 };
const shares = { kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE, figure: 0.42714, against: 0.2654 };

function reason(column: string, type: string, value: Reason['value'], comparison: Reason['comparison']): Reason {
  return { column, type, value, comparison, contribution: 1 };
}

function sentence(language: Language, of: Reason): string {
  return reasonSentence(of, WORDS[language], FORMATS[language]);
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

describe('names of units', () => {
  it.each([
    ['demo/', []],
    ['demo/沈阳/', ['沈阳']],
    ['demo/New%20Town/East/', ['New Town', 'East']],
    ['demo/100%/', ['100%']],
  ])('%s is %j', (path, names) => {
    expect(unitNames(path)).toEqual(names);
  });
});

describe('sentences of reasons', () => {
  it.each<[Reason, string, string, string]>([
    [
      reason('tenure', 'number', number(2), medians),
      'Tenure is 2; the median of those who stayed is 38, of those who left 10.25.',
      'Tenure 为 2；留网用户的中位数为 38，离网用户为 10.25。',
      '2',
    ],
    [
      reason('Contract', 'category', text('Month-to-month'), shares),
      'Contract is Month-to-month; 42.7 % of such subscribers left, against 26.5 % of all.',
      'Contract 为 Month-to-month；此类用户的离网比例为 42.7%，全体为 26.5%。',
      '"Month-to-month"',
    ],
    [
      reason('auto_pay', 'flag', number(0), shares),
      'Auto pay is no; 42.7 % of such subscribers left, against 26.5 % of all.',
      'Auto pay 为 否；此类用户的离网比例为 42.7%，全体为 26.5%。',
      '0',
    ],
    [
      reason('TotalCharges', 'number', undefined, shares),
      'Total charges is not known; 42.7 % of such subscribers left, against 26.5 % of all.',
      'Total charges 未知；此类用户的离网比例为 42.7%，全体为 26.5%。',
      'null',
    ],
    [
      reason('joined_on', 'date', number(20_000), { ...medians, figure: 19_000, against: 20_100 }),
      'Joined on is 2024-10-04; the median of those who stayed is 2022-01-08, of those who left 2025-01-12.',
      'Joined on 为 2024-10-04；留网用户的中位数为 2022-01-08，离网用户为 2025-01-12。',
      '"2024-10-04"',
    ],
    [
      reason('usage', 'number', number(1_234_567.891), undefined),
      'Usage is 1,234,567.89.',
      'Usage 为 1,234,567.89。',
      '1234567.891',
    ],
    [reason('share', 'number', number(0.012345), undefined), 'Share is 0.0123.', 'Share 为 0.0123。', '0.012345'],
  ])('%#', (of, en, zhCN, json) => {
    expect(sentence('en', of)).toBe(en);
    expect(sentence('zh-CN', of)).toBe(zhCN);
    expect(valueJson(of)).toBe(json);
  });
});

describe('money in a sentence', () => {
  it('carries its currency, in the language', () => {
    expect(FORMATS.en.money(123_456, 'CNY')).toBe('CN¥1,234.56');
    expect(FORMATS['zh-CN'].money(123_456, 'CNY')).toBe('¥1,234.56');
    expect(FORMATS.en.money(95, 'JPY')).toBe('¥95');
    expect(FORMATS.en.money(200, 'XXX')).toBe('2.00');
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
