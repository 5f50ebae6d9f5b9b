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

const step = { at: undefined, step: '', by: '' };
const money = { minor: -105, currency: 'CNY' };
const amount = { amount: '-1.05', currency: 'CNY' };
const oneof = z.union([number, text, z.boolean(), Money]).nullable();

test.each<[string, Type, z.ZodRawShape, object, object]>([
  [
    'an empty text',
    CampaignStep,
    { at: Instant.nullable(), step: text.nullable(), by: text },
    step,
    { ...step, at: null, step: null },
  ],
  ['a time', CampaignStep, { at: Instant }, { at: new Date(AT) }, { at: AT }],
  [
    'an absent number',
    Comparison,
    { figure: number, from: number.nullable() },
    { figure: 0, from: undefined },
    { figure: 0, from: null },
  ],
  ['a number that is 0', Comparison, { from: number.nullable() }, { from: 0 }, { from: 0 }],
  [
    'money',
    BillPart,
    { item: text, charge: Money.nullable() },
    { item: 'fee', charge: money },
    { item: 'fee', charge: amount },
  ],
  ['no money', BillPart, { charge: Money.nullable() }, { charge: undefined }, { charge: null }],
  ['an enum', TableColumn, { type: text.nullable() }, { type: FeatureType.FEATURE_TYPE_NUMBER }, { type: 'number' }],
  [
    'an unspecified enum',
    TableColumn,
    { type: text.nullable() },
    { type: FeatureType.FEATURE_TYPE_UNSPECIFIED },
    { type: null },
  ],
  [
    'a text of both languages',
    TableColumn,
    { label: z.strictObject({ en: text, 'zh-CN': text.nullable() }) },
    { labelEn: 'fee', labelZhCn: '' },
    { label: { en: 'fee', 'zh-CN': null } },
  ],
  ['JSON text', ParameterChange, { value: z.json() }, { valueJson: '{"a":[1]}' }, { value: { a: [1] } }],
  ['a case of a oneof', Field, { value: oneof }, { value: { $case: 'flag', flag: false } }, { value: false }],
  ['a case with money', Field, { value: oneof }, { value: { $case: 'money', money } }, { value: amount }],
  ['no case', Field, { value: oneof }, { value: undefined }, { value: null }],
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
  ['a property without a field', CauseCount, { ...count, share: number }, {}, 'CauseCount has no field share'],
  ['a field without a property', CauseCount, { cause: text }, {}, 'CauseCount is answered without count'],
  ['another type', CauseCount, { ...count, count: text }, {}, 'CauseCount.count cannot be answered as string'],
  [
    'a list that is none',
    ListModelsResponse,
    { models: text },
    {},
    'ListModelsResponse.models cannot be answered as string',
  ],
  ['what may be absent but not null', Comparison, { from: number }, {}, 'Comparison.from cannot be answered as number'],
  ['a source without a property', CauseCount, count, { from: { share: 'count' } }, 'There is no property share'],
  ['a field that is not there', CauseCount, count, { without: ['share'] }, 'CauseCount has no field share'],
])('%s is an error at the start', (_what, type, shape, registered, error) => {
  expect(() => answerOf(z.strictObject(shape).register(sources, registered), type)).toThrow(error);
});
