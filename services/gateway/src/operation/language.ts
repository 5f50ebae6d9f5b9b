import type { Language } from '@holdfast/platform/errors';

const DEFAULT: Language = 'en';

/** The language that a client reads best (RFC 9110, Accept-Language): any Chinese is zh-CN, the unknown is English. */
export function languageOf(acceptLanguage: string | undefined): Language {
  if (acceptLanguage === undefined) return DEFAULT;
  const wishes = acceptLanguage
    .split(',', 20)
    .map((wish) => {
      const [tag = '', ...params] = wish.trim().toLowerCase().split(';');
      const quality = params.map((param) => /^\s*q=([\d.]+)$/.exec(param)?.[1]).find((q) => q !== undefined);
      return { language: languageOfTag(tag.trim()), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter((wish) => wish.language !== undefined && wish.quality > 0);
  // Sorting is stable: among equals the first named wins.
  return wishes.sort((a, b) => b.quality - a.quality)[0]?.language ?? DEFAULT;
}

function languageOfTag(tag: string): Language | undefined {
  if (tag === '*') return DEFAULT;
  const primary = tag.split('-', 1)[0];
  if (primary === 'zh') return 'zh-CN';
  return primary === 'en' ? 'en' : undefined;
}
