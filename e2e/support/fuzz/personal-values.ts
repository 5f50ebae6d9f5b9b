/** Letters of a key, digits of a number, characters of a name: what is shorter occurs by chance. */
const LENGTH_MIN = 5;
const CHINESE_MIN = 3;
/** Values are looked up by so many of their first characters. */
const START = 3;

/**
 * The personal values that a system holds: names, numbers, addresses and keys of its customers. A text is searched for the
 * values themselves, not for what looks like one: digits inside of a figure are none, and a value is found wherever it is.
 */
export class PersonalValues {
  private readonly byStart = new Map<string, string[]>();
  private readonly firstUnits = new Set<number>();
  readonly size: number;

  /** @param values shorter ones are omitted, as are those without a digit or a Chinese character, such as `null` */
  constructor(values: Iterable<string>) {
    const searched = new Set([...values].map((value) => value.trim()).filter(isIdentifying));
    for (const value of searched) {
      const start = value.slice(0, START);
      this.firstUnits.add(start.charCodeAt(0));
      this.byStart.set(start, [...(this.byStart.get(start) ?? []), value]);
    }
    this.size = searched.size;
  }

  /** The first personal value in a text, as it is or with the escapes of JSON; undefined if it has none. */
  firstIn(text: string): string | undefined {
    return this.find(text) ?? (text.includes('\\u') ? this.find(unescaped(text)) : undefined);
  }

  private find(text: string): string | undefined {
    for (let at = 0; at < text.length; at += 1) {
      if (!this.firstUnits.has(text.charCodeAt(at))) continue;
      const candidates = this.byStart.get(text.slice(at, at + START));
      const found = candidates?.find((value) => text.startsWith(value, at));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function isIdentifying(value: string): boolean {
  const isChinese = /[\u4e00-\u9fff]/.test(value);
  return isChinese ? value.length >= CHINESE_MIN : value.length >= LENGTH_MIN && /\d/.test(value);
}

function unescaped(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}
