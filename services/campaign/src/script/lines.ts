import type { ScriptLine, ScriptSource } from '@holdfast/contracts/campaign/v1/script';
import type { Money } from '@holdfast/contracts/platform/v1/money';
import type { Language } from '@holdfast/platform/errors';
import { decimalText, minorDigits } from '@holdfast/platform/money';
import type { Formats } from './formats.js';
import type { ScriptFacts } from './script-facts.js';
import type { Words } from './words.js';

/** Input of the lines of a section. */
export interface Context {
  facts: ScriptFacts;
  language: Language;
  channel: string;
  nameOf: (column: string) => string;
  words: Words;
  formats: Formats;
}

/** A line without a figure. */
export function remark(text: string): ScriptLine {
  return { text, valueJson: '', source: undefined };
}

export function figure(text: string, value: number | string, source: ScriptSource): ScriptLine {
  return { text, valueJson: JSON.stringify(value), source };
}

/** Money is a decimal text in JSON, never a double. */
export function moneyLine(text: string, { minor, currency }: Money, source: ScriptSource): ScriptLine {
  return { text, valueJson: JSON.stringify(decimalText(minor, minorDigits(currency))), source };
}

export function modelSource(facts: ScriptFacts, column = ''): ScriptSource {
  const { modelName, modelId, runPublishedAt } = facts;
  return { service: 'churn-scoring', origin: 'model', name: modelName, version: modelId, column, asOf: runPublishedAt };
}
