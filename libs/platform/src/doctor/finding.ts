import { TEXTS, type TextKey } from './texts.js';

export type DoctorLanguage = 'en' | 'zh-CN';

/** What one check found. Its texts have names, addresses and times, and never the value of a secret. */
export interface Finding {
  state: 'ok' | 'warning' | 'failed';
  key: TextKey;
  values: Readonly<Record<string, string | number>>;
}

type Values = Finding['values'];

export const ok = (key: TextKey, values: Values = {}): Finding => ({ state: 'ok', key, values });
export const warning = (key: TextKey, values: Values = {}): Finding => ({ state: 'warning', key, values });
export const failed = (key: TextKey, values: Values = {}): Finding => ({ state: 'failed', key, values });

/** A finding as people read it. */
export interface WrittenFinding {
  check: TextKey;
  state: Finding['state'];
  text: string;
  /** What to do; absent where nothing is to be done. */
  advice?: string;
}

export function written({ state, key, values }: Finding, language: DoctorLanguage): WrittenFinding {
  const [text, advice] = TEXTS[key][language];
  const filled = (template: string): string =>
    template.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
  return { check: key, state, text: filled(text), ...(advice === undefined ? {} : { advice: filled(advice) }) };
}

/** A line per finding, and one with what to do. */
export function findingLines(findings: readonly Finding[], language: DoctorLanguage): string[] {
  const states = {
    en: { ok: 'ok', warning: 'warning', failed: 'failed' },
    'zh-CN': { ok: '正常', warning: '警告', failed: '失败' },
  };
  return findings.flatMap((finding) => {
    const { state, text, advice } = written(finding, language);
    const word = states[language][state];
    const line = `${word}${' '.repeat(Math.max(1, 9 - word.length * (language === 'en' ? 1 : 2)))}${text}`;
    return state === 'ok' || advice === undefined ? [line] : [line, `         → ${advice}`];
  });
}
