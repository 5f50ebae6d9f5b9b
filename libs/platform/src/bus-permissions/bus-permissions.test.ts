import { readFileSync } from 'node:fs';
import path from 'node:path';
import { eventStream } from '../bus/bus.js';
import { BUS_SERVICES, busPermissions } from './bus-permissions.js';

/** Rows of the table of services: name, owns, serves, publishes, consumes. */
const rows = readFileSync(path.join(__dirname, '../../../../ARCHITECTURE.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, service = '', ...rest]) => BUS_SERVICES.includes(service) && rest.length === 5)
  .map(([, service = '', , , publishes = '', consumes = '']) => {
    return { service, publishes: namesIn(publishes), consumes: namesIn(consumes) };
  });

function namesIn(cell: string): string[] {
  return cell === '–' ? [] : cell.split(', ');
}

test.each(BUS_SERVICES)('%s may read the events that ARCHITECTURE.md lists', (service) => {
  const { consumes } = rows.find((row) => row.service === service)!;
  const expected = consumes.map((event) => {
    const publisher = rows.find(({ publishes }) => publishes.includes(event))!.service;
    return `$JS.API.CONSUMER.CREATE.${eventStream(publisher)}.${service}_${event}.holdfast.${publisher}.v1.${event}`;
  });
  const granted = busPermissions(service).publish.filter((subject) => subject.includes(`.${service}_`));
  const created = granted.filter((subject) => subject.startsWith('$JS.API.CONSUMER.CREATE.'));
  expect(created.sort()).toEqual(expected.sort());
});

test('no service has a wildcard for subjects or streams of another', () => {
  for (const service of BUS_SERVICES) {
    const wild = busPermissions(service).publish.filter((subject) => /[*>]/.test(subject));
    const own = eventStream(service);
    for (const subject of wild)
      expect(subject).toMatch(
        new RegExp(`^holdfast\\.${service}\\.|\\.${own}(_WORK)?\\.>$|\\.${service}_[a-z-]+\\.>$`),
      );
  }
});
