import { identifierLookup, type LookupKind } from './identifier-lookup.js';
import { Vault } from './vault.js';

const vault = new Vault('0a'.repeat(32));
const lookup = (kind: LookupKind, text: string): string => identifierLookup(vault, kind, text).toString('hex');

describe('the lookup of an identifier', () => {
  it.each<[LookupKind, string, string]>([
    ['number', '13800138000', '+86 138-0013-8000'],
    ['number', '13800138000', '0086 13800138000'],
    ['number', '13800138000', '8613800138000'],
    ['number', '13800138000', '１３８ ００１３ ８０００'],
    ['number', '02423123456', '+86 24 2312 3456'],
    ['number', 'KD-0001 7', 'KD00017'],
    ['document', '11010519491231002x', '11010519491231002X'],
    ['document', '110105 19491231 002X', '１１０１０５１９４９１２３１００２ｘ'],
  ])('of %s %j is that of %j', (kind, one, other) => {
    expect(lookup(kind, one)).toBe(lookup(kind, other));
  });

  it('differs by kind and by value', () => {
    expect(lookup('number', '13800138000')).not.toBe(lookup('document', '13800138000'));
    expect(lookup('number', '13800138000')).not.toBe(lookup('number', '13800138001'));
  });
});
