/** The meaning of a consent cell; `unreadable` is neither yes nor no, and counts as a refusal. */
export type ConsentAnswer = 'empty' | 'granted' | 'refused' | 'unreadable';

const GRANTED = words(`true t 1 yes y on ok granted grant agree agreed accept accepted allow allowed optin optedin
  subscribed consented 是 有 同意 已同意 允许 接受 愿意 已授权 授权 开 真`);
const REFUSED = words(`false f 0 no n off none refuse refused reject rejected deny denied decline declined disagree
  disagreed optout optedout unsubscribe unsubscribed withdrawn withdraw revoke revoked blocked dnc donotcall
  donotcontact donotdisturb dnd never nein non 否 不 无 没有 不是 不同意 未同意 不允许 不接受 不愿意 拒绝 已拒绝 拒接 撤回 已撤回
  取消 退订 已退订 免打扰 勿扰 请勿打扰 不授权 未授权 关 假`);
/** Empty cells of databases and spreadsheets. */
const ABSENT = words(String.raw`\n null nan nil n/a na #n/a`);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ''));
}

export function consentAnswer(cell: string): ConsentAnswer {
  const folded = cell.normalize('NFKC').trim().toLowerCase();
  if (folded === '' || ABSENT.has(folded)) return 'empty';
  const word = folded
    .replace(/[\s"'_.!。]|(?<=\p{L})-(?=\p{L})/gu, '')
    .replace(/^([01])0+$/, folded.includes('.') ? '$1' : '$&');
  if (GRANTED.has(word)) return 'granted';
  return REFUSED.has(word) ? 'refused' : 'unreadable';
}

/**
 * The meaning of cells by the mapping's values for yes: every other value is a refusal, or unreadable if the mapping has
 * values for no.
 * @param missing values of an empty cell
 */
export function answerBy(
  granted: readonly string[],
  refused: readonly string[] | undefined,
  missing: readonly string[],
): (cell: string) => ConsentAnswer {
  const folded = (text: string): string => text.normalize('NFKC').trim().toLowerCase();
  const [yes, absent] = [new Set(granted.map(folded)), new Set(missing.map(folded))];
  const no = refused === undefined ? undefined : new Set(refused.map(folded));
  return (cell) => {
    if (yes.has(folded(cell))) return 'granted';
    if (no?.has(folded(cell)) === true) return 'refused';
    if (consentAnswer(cell) === 'empty' || absent.has(folded(cell))) return 'empty';
    return no === undefined ? 'refused' : 'unreadable';
  };
}
