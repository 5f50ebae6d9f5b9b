import { Option } from 'commander';

export interface KeysOption {
  keys?: boolean;
}

/** `--keys` of every command that lists or exports subscriptions. */
export const KEYS = {
  option: (): Option =>
    new Option('--keys', "with the operator's keys; needs --reason and a client that may read personal data"),
  /** Of a request for a list. */
  query: ({ keys = false }: KeysOption): { keys: 'true' | 'false' } => ({ keys: keys ? 'true' : 'false' }),
  /** The column of keys, where they were requested. */
  column: ({ keys = false }: KeysOption): { key?: 'key' } => (keys ? { key: 'key' } : {}),
};
