import type { z } from 'zod';
import { weaknessOf } from './weak-secret.js';

/** Settings with these ends are secrets: keys, passwords and tokens. */
const SECRET = /(Key|Password|Token|Secret)$/;
const KEY_CHARS_MIN = 32;
const PASSWORD_CHARS_MIN = 16;

/** Marks a setting that production mode refuses: `.meta(developmentOnly)`. */
export const developmentOnly = { developmentOnly: true } as const;

/** Marks a setting without which production mode does not start. */
export const requiredInProduction = { requiredInProduction: true } as const;

/** Marks a URL, or several separated by commas, that must be `tls://` in production mode. */
export const tlsInProduction = { tlsInProduction: true } as const;

function isSecret(key: string): boolean {
  return SECRET.test(key);
}

/**
 * What production mode refuses in settings: those for development and tests, missing ones, weak secrets, and one secret
 * for two purposes. By key; the texts contain no value.
 * @param nameOf how messages name a setting
 */
export function unsafeSettings(
  schema: z.ZodObject,
  settings: Readonly<Record<string, unknown>>,
  nameOf: (key: string) => string,
): Map<string, string> {
  const problems = new Map<string, string>();
  const seen = new Map<string, string>();
  for (const [key, field] of Object.entries(schema.shape)) {
    const value = settings[key];
    const meta = (field as z.ZodType).meta() ?? {};
    if (meta['requiredInProduction'] === true && value === '')
      problems.set(key, 'is not set; production mode needs it');
    if (typeof value !== 'string' || value === '') continue;
    if (meta['developmentOnly'] === true) {
      problems.set(key, 'is for development and tests; production mode refuses it');
      continue;
    }
    if (meta['tlsInProduction'] === true && !value.split(',').every((url) => url.startsWith('tls://')))
      problems.set(key, 'is not tls://…; production mode needs it');
    const secret = secretIn(key, value);
    if (secret === undefined) continue;
    const weakness = weaknessOf(secret, key.endsWith('Key') ? KEY_CHARS_MIN : PASSWORD_CHARS_MIN);
    const same = seen.get(secret);
    if (weakness !== undefined) problems.set(key, `${weakness}; production mode refuses it`);
    else if (same !== undefined) problems.set(key, `is the same secret as ${nameOf(same)}; use one for each purpose`);
    seen.set(secret, key);
  }
  return problems;
}

/** A secret, or the password in a URL. */
function secretIn(key: string, value: string): string | undefined {
  if (isSecret(key)) return value;
  if (!key.endsWith('Url')) return undefined;
  const passwords = value.split(',').map((url) => (URL.canParse(url) ? new URL(url).password : ''));
  const given = passwords.find((password) => password !== '');
  return given === undefined ? undefined : decodeURIComponent(given);
}
