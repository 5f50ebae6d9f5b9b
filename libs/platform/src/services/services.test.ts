import { readdirSync } from 'node:fs';
import path from 'node:path';
import { loadConfig, platformConfig } from '../config/config.js';
import {
  GRPC_SERVICES,
  SERVICES,
  addressKeyOf,
  addressVariable,
  defaultAddressOf,
  isGrpcService,
  schemaOf,
} from './services.js';

const REQUIRED = {
  HOLDFAST_MODE: 'development',
  HOLDFAST_DATABASE_URL: 'postgres://localhost/holdfast',
  HOLDFAST_NATS_URL: 'nats://localhost',
  HOLDFAST_INTERNAL_KEY: 'k'.repeat(32),
};

test('the list has the folders of services', () => {
  const folders = readdirSync(path.join(__dirname, '../../../../services'), { withFileTypes: true });
  expect(SERVICES).toEqual(
    folders
      .filter((folder) => folder.isDirectory())
      .map(({ name }) => name)
      .sort(),
  );
});

test('every gRPC service has its own default address, which its variable replaces', () => {
  const config = loadConfig(platformConfig, REQUIRED);
  const addresses = GRPC_SERVICES.map((service) => config[addressKeyOf(service)]);
  expect(addresses).toEqual(GRPC_SERVICES.map(defaultAddressOf));
  expect(new Set(addresses).size).toBe(GRPC_SERVICES.length);
  for (const service of GRPC_SERVICES) {
    const changed = loadConfig(platformConfig, { ...REQUIRED, [addressVariable(service)]: 'other:1' });
    expect(changed).toEqual({ ...config, [addressKeyOf(service)]: 'other:1' });
  }
});

test('names', () => {
  expect(addressKeyOf('household-identification')).toBe('householdIdentificationAddress');
  expect(addressVariable('feature-store')).toBe('HOLDFAST_FEATURE_STORE_ADDRESS');
  expect(schemaOf('feature-store')).toBe('feature_store');
  expect(['campaign', 'gateway', 'toString'].map(isGrpcService)).toEqual([true, false, false]);
});
