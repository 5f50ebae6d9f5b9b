import { CampaignStep } from '@holdfast/contracts/campaign/v1/plan';
import { ListModelsResponse, ModelNotice } from '@holdfast/contracts/churn_scoring/v1/model';
import { CauseCount, Comparison, Run } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { Field } from '@holdfast/contracts/customer_profile/v1/view360';
import { FeatureType, TableColumn } from '@holdfast/contracts/feature_store/v1/lake';
import { ParameterChange } from '@holdfast/contracts/platform/v1/parameters';
import { BillPart } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { z } from 'zod';
import { answerOf, sources, type MessageType } from './answer.js';
import { Notice } from './notice.js';
import { Instant, Money } from './wire.js';

type Type = MessageType<object> & { fromPartial(partial: object): object };
const AT = '2026-11-03T02:00:00.000Z';
const text = z.string();
const number = z.number();

/** The answer for the first fields of a message; the others are not answered. */
function answer(type: Type, shape: z.ZodRawShape, partial: object, from = {}): unknown {
  const without = Object.keys(type.fields()).filter((field) => !(field in partial));
  const schema = z.strictObject(shape).register(sources, { from, without });
  return answerOf(schema, type)(type.fromPartial(partial), 'en');
}

const textOrNull = text.nullable();
const money = { minor: -105, currency: 'CNY' };
const amount = { amount: '-1.05', currency: 'CNY' };
const both = { label: z.strictObject({ en: text, 'zh-CN': textOrNull }) };
const cases = { value: z.union([number, text, z.boolean(), Money]).nullable() };
const { FEATURE_TYPE_NUMBER, FEATURE_TYPE_UNSPECIFIED } = FeatureType;

test.each<[string, Type, z.ZodRawShape, object, object]>([
  ['an empty text', CampaignStep, { step: textOrNull, by: text }, { step: '', by: '' }, { step: null, by: '' }],
  ['a time', CampaignStep, { at: Instant }, { at: new Date(AT) }, { at: AT }],
  ['no time', CampaignStep, { at: Instant.nullable() }, { at: undefined }, { at: null }],
  ['an absent number', Comparison, { from: number.nullable() }, { from: undefined }, { from: null }],
  ['a number that is 0', Comparison, { from: number.nullable() }, { from: 0 }, { from: 0 }],
  ['money', BillPart, { charge: Money.nullable() }, { charge: money }, { charge: amount }],
  ['no money', BillPart, { charge: Money.nullable() }, { charge: undefined }, { charge: null }],
  ['an enum', TableColumn, { type: textOrNull }, { type: FEATURE_TYPE_NUMBER }, { type: 'number' }],
  ['an unspecified enum', TableColumn, { type: textOrNull }, { type: FEATURE_TYPE_UNSPECIFIED }, { type: null }],
  ['both languages', TableColumn, both, { labelEn: 'fee', labelZhCn: '' }, { label: { en: 'fee', 'zh-CN': null } }],
  ['JSON text', ParameterChange, { value: z.json() }, { valueJson: '{"a":[1]}' }, { value: { a: [1] } }],
  ['a case of a oneof', Field, cases, { value: { $case: 'flag', flag: false } }, { value: false }],
  ['a case with money', Field, cases, { value: { $case: 'money', money } }, { value: amount }],
  ['no case', Field, cases, { value: undefined }, { value: null }],
])('%s', (_what, type, shape, partial, expected) => {
  expect(answer(type, shape, partial)).toEqual(expected);
});

test('a property is read in another field, in a group of fields, or computed', () => {
  const shape = { run: text, atRisk: z.strictObject({ count: number, rows: number }), all: number };
  const from = { run: 'runId', atRisk: { count: 'atRisk' }, all: ({ atRisk, rows }: Run) => atRisk + rows };
  const partial = { runId: 'r', atRisk: 2, rows: 7 };
  expect(answer(Run, shape, partial, from)).toEqual({ run: 'r', atRisk: { count: 2, rows: 7 }, all: 9 });
});

test('a notice is in the language of the reader', () => {
  const notice = { key: 'a.b', textEn: 'Few.', textZhCn: '少。' };
  expect(answerOf(Notice, ModelNotice)(notice, 'en')).toEqual({ code: 'a.b', message: 'Few.' });
  expect(answerOf(Notice, ModelNotice)(notice, 'zh-CN')).toEqual({ code: 'a.b', message: '少。' });
});

test('a message that is like its answer is not copied', () => {
  const count = { cause: 'move', count: 3 };
  expect(answerOf(z.strictObject({ cause: text, count: number }), CauseCount)(count, 'en')).toBe(count);
});

const count = { cause: text, count: number };
test.each<[string, Type, z.ZodRawShape, object, string]>([
  ['a property without a field', CauseCount, { ...count, share: number }, {}, 'has no field share'],
  ['a field without a property', CauseCount, { cause: text }, {}, 'is answered without count'],
  ['another type', CauseCount, { ...count, count: text }, {}, 'CauseCount.count cannot be answered as string'],
  ['a list that is none', ListModelsResponse, { models: text }, {}, '.models cannot be answered as string'],
  ['an absent value without null', Comparison, { from: number }, {}, 'Comparison.from cannot be answered as number'],
  ['a source without a property', CauseCount, count, { from: { share: 'count' } }, 'There is no property share'],
  ['a field that is not there', CauseCount, count, { without: ['share'] }, 'CauseCount has no field share'],
])('%s is an error at the start', (_what, type, shape, registered, error) => {
  expect(() => answerOf(z.strictObject(shape).register(sources, registered), type)).toThrow(error);
});
