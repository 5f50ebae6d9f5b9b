import fc from 'fast-check';
import { Vault } from './vault.js';

const vault = new Vault('0a'.repeat(32));
const other = new Vault('0b'.repeat(32));
const CUSTOMER = '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01';

describe('the vault', () => {
  it('opens what it sealed, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const sealed = vault.seal(CUSTOMER, 'name', value);
        expect(vault.open(CUSTOMER, 'name', sealed)).toBe(value);
      }),
    );
  });

  it('seals one value differently each time, with nothing of it in the bytes', () => {
    const first = vault.seal(CUSTOMER, 'name', '样例王杰');
    const second = vault.seal(CUSTOMER, 'name', '样例王杰');
    expect(first.equals(second)).toBe(false);
    expect(first.includes(Buffer.from('样例'))).toBe(false);
  });

  it('opens nothing that was moved to another row, changed, or sealed with another key', () => {
    const sealed = vault.seal(CUSTOMER, 'name', '样例王杰');
    const changed = Buffer.from(sealed);
    changed[changed.length - 1]! ^= 1;
    expect(() => vault.open(CUSTOMER.replace('5', '6'), 'name', sealed)).toThrow('unable to authenticate');
    expect(() => vault.open(CUSTOMER, 'phone', sealed)).toThrow('unable to authenticate');
    expect(() => vault.open(CUSTOMER, 'name', changed)).toThrow('unable to authenticate');
    expect(() => other.open(CUSTOMER, 'name', sealed)).toThrow('unable to authenticate');
  });

  it('finds an identifier by its kind and value alone', () => {
    expect(vault.lookup('key', 'EX-1')).toEqual(vault.lookup('key', 'EX-1'));
    const others = [vault.lookup('key', 'EX-2'), vault.lookup('number', 'EX-1'), other.lookup('key', 'EX-1')];
    for (const different of others) expect(different).not.toEqual(vault.lookup('key', 'EX-1'));
  });

  it('does not show that two customers share a name', () => {
    expect(vault.digest('a', 'name', '样例王杰')).not.toEqual(vault.digest('b', 'name', '样例王杰'));
    expect(vault.digest('a', 'name', '样例王杰')).toEqual(vault.digest('a', 'name', '样例王杰'));
  });
});
