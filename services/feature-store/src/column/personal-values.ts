/** What texts of a column look like, in the words of notices. */
export type PersonalKind = 'phone' | 'document' | 'email' | 'name' | 'address';

/** Surnames of nine tenths of all Chinese, without those that often begin a code: 高 (high), 全, 常, 时, 单, 安, 华, 农. */
const SURNAMES =
  '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾夏' +
  '韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申' +
  '欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕裴霍涂翁苗盛曲骆蒲靳蓝祁谷饶司娄喻鲍游辛卓房尤卞季戚解冉吉屠费岑卫柏窦桂滕车敖鞠' +
  '褚仇佟隋荆裘迟張劉陳楊黃趙吳孫馬鄭羅許韓馮鄧蕭葉蘇呂盧鐘譚陸範賈韋鄒賀顧龔萬錢嚴湯齊喬龐顏莊聶關蘭';
const COMPOUND_SURNAMES =
  '欧阳|上官|司马|诸葛|司徒|皇甫|东方|尉迟|公孙|慕容|令狐|夏侯|轩辕|长孙|宇文|端木|南宫|呼延|东郭|西门';

/** Of a mobile number, also with its middle masked; `.0` is left by programs that read a column with gaps as decimals. */
const MOBILE = String.raw`(\+|00)?(86)?[ -]?1[3-9][0-9][ -]?([0-9]{4}|[*xX]{4})[ -]?[0-9]{4}(\.0+)?`;
const LAND_LINE = String.raw`(\+86[ -]?|86[ -])?\(?0(10|2[0-9]|[3-9][0-9]{2})\)?[ -]?[2-9][0-9]{6,7}(-[0-9]{1,5})?`;
const INTERNATIONAL = String.raw`\+[1-9][0-9]{0,2}[ -]?[0-9]([ -]?[0-9]){6,11}`;
const PHONE = `${MOBILE}|${LAND_LINE}|${INTERNATIONAL}`;
/** Eighteen digits with a date of birth, also with it masked. */
const DOCUMENT = String.raw`[1-9][0-9]{5}((18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])|[*]{8})[0-9]{3}[0-9Xx]`;
const EMAIL = String.raw`[^\s@]+@[^\s@]+\.[^\s@.]{2,}`;
const NAME = `([${SURNAMES}]|${COMPOUND_SURNAMES})([一-龥]{1,2}|[*＊某]{1,2}|某某)|[一-龥]{2,8}[·•][一-龥]{2,8}`;
/** Up to the number of a house, with the name of a street or a village before it. */
const ADDRESS =
  '.*[省市区县镇乡村屯路街道巷弄里].{0,20}[0-9一二三四五六七八九十]+[号號栋幢弄组室楼].*|' +
  String.raw`[0-9]{1,5}[a-zA-Z]? ([A-Z][a-z]+\.? ){1,4}(Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct)\b.*`;

interface Form {
  kind: PersonalKind;
  pattern: RegExp;
  /** Whether a single text leaves no doubt. */
  isCertain: boolean;
}

const FORMS: readonly Form[] = [
  { kind: 'phone', pattern: whole(PHONE), isCertain: true },
  { kind: 'document', pattern: whole(DOCUMENT), isCertain: true },
  { kind: 'email', pattern: whole(EMAIL), isCertain: true },
  { kind: 'address', pattern: whole(ADDRESS), isCertain: false },
  { kind: 'name', pattern: whole(NAME), isCertain: false },
];

/** Share of a column's distinct texts of a certain form from which on the column is personal. */
const CERTAIN_SHARE = 0.05;
/** The same for names and addresses: 沈阳 begins with a surname, too. */
const DOUBTFUL_SHARE = 0.6;
/** Fewer names and addresses may be codes: 黄金, 白银. */
const DOUBTFUL_MIN = 5;
/** Share of numbers from which on a column of numbers is personal: 13 to 20 billion bytes have the digits of a phone. */
export const NUMBERS_SHARE = 0.5;
/** A longer text is not compared. */
const CHARS_MAX = 200;

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u');
}

/** The form of a text, if it looks like personal data. */
export function personalForm(text: string): PersonalKind | undefined {
  return formOf(text)?.kind;
}

function formOf(text: string): Form | undefined {
  const plain = text.slice(0, CHARS_MAX).normalize('NFKC').trim();
  return FORMS.find(({ pattern }) => pattern.test(plain));
}

/** Whether a text is surely personal data: a number, a document or an address of mail. */
export function isSurelyPersonal(text: string): boolean {
  return formOf(text)?.isCertain === true;
}

/** What the texts of a category look like; undefined for codes. @param texts distinct, O(texts) */
export function personalKindOf(texts: readonly string[]): PersonalKind | undefined {
  const counts = new Map<Form, number>();
  for (const text of texts) {
    const form = formOf(text);
    if (form !== undefined) counts.set(form, (counts.get(form) ?? 0) + 1);
  }
  const found = FORMS.find((form) => {
    const count = counts.get(form) ?? 0;
    if (form.isCertain) return count > 0 && count >= CERTAIN_SHARE * texts.length;
    return count >= DOUBTFUL_MIN && count >= DOUBTFUL_SHARE * texts.length;
  });
  return found?.kind;
}

/** Digits of the shortest number of a land line, with its area. */
const NUMBER_CHARS_MIN = 10;

/** SQL of whether a cell of digits is a telephone number, or the number of a document; short cells cost no comparison. */
export function isNumberOfPerson(cell: string): string {
  return `(length(${cell}) >= ${NUMBER_CHARS_MIN} and regexp_full_match(${cell}, '${MOBILE}|${LAND_LINE}|${DOCUMENT}'))`;
}
