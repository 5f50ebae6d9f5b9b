import fs from 'node:fs';
import path from 'node:path';
import { BUS_SERVICES } from '@holdfast/platform/bus-permissions';
import { GATEWAY, grantsOf } from '@holdfast/platform/caller';
import { GRPC_SERVICES, SERVICES } from '@holdfast/platform/services';

const ROW = /^\| ([a-z-]+) \| ([a-z-]+) \|/;

/** Which part may open a connection to which, as `caller > callee`. */
export type Arrows = readonly string[];

/** Of the table of ARCHITECTURE.md (Between services), and the gateway's to every service. */
export function documentedArrows(): Arrows {
  const text = fs.readFileSync(path.resolve(__dirname, '../../ARCHITECTURE.md'), 'utf8');
  const table = text.slice(text.indexOf('| service | calls | with the scopes |')).split('\n\n', 1)[0]!;
  const rows = table.split('\n').slice(2);
  const between = rows.map((row) => {
    const [, caller, callee] = ROW.exec(row)!;
    return `${caller} > ${callee}`;
  });
  return [...between, ...GRPC_SERVICES.map((callee) => `gateway > ${callee}`)].sort();
}

/** Of the services' own checks: grants, permissions of NATS, and a database for each. */
export function grantedArrows(): { services: Arrows; servers: Arrows } {
  const services = SERVICES.flatMap((caller) =>
    GRPC_SERVICES.filter((callee) => caller === GATEWAY || grantsOf(caller, callee) !== undefined).map(
      (callee) => `${caller} > ${callee}`,
    ),
  );
  const servers = [
    ...SERVICES.map((service) => `${service} > postgres`),
    ...BUS_SERVICES.map((service) => `${service} > nats`),
  ];
  return { services: services.sort(), servers: servers.sort() };
}
