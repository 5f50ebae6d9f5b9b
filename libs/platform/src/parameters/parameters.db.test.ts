import { ParameterServiceDefinition, type ParameterService } from '@holdfast/contracts/platform/v1/parameters';
import { callOf } from '@holdfast/testing/callers';
import { startService, type RunningService } from '@holdfast/testing/service';
import { ProbeLake } from '../service/probe-lake.fixture.js';
import { Parameters } from './parameters.js';

describe('parameters', () => {
  let lake: RunningService;

  beforeAll(async () => {
    lake = await startService(ProbeLake, { service: 'probe-lake' });
  });

  afterAll(() => lake?.stop());

  it('sets parameters from now on, with their history, and never for the past', async () => {
    const parameters = lake.client<ParameterService>(ParameterServiceDefinition);
    const writer = callOf({ scopes: ['parameters:read', 'parameters:write'] });
    const before = new Date();
    expect(await parameters.getParameter(writer, { key: 'probe.days', at: undefined })).toMatchObject({
      valueJson: '7',
    });
    await parameters.setParameter(writer, { key: 'probe.days', valueJson: '9', validFrom: undefined });
    const after = await parameters.getParameter(writer, { key: 'probe.days', at: undefined });
    expect(after).toMatchObject({ valueJson: '9', history: [{ valueJson: '9', setBy: 'test-client' }] });
    expect((await parameters.getParameter(writer, { key: 'probe.days', at: before })).valueJson).toBe('7');
    const versions = lake.get(Parameters);
    expect(await versions.inForce('probe.days', before)).toEqual({
      ...{ value: 7, version: 1, validFrom: undefined, setBy: '' },
    });
    expect(await versions.inForce('probe.days')).toMatchObject({ value: 9, version: 2, setBy: 'test-client' });
    const set = (valueJson: string, validFrom?: Date) =>
      parameters.setParameter(writer, { key: 'probe.days', valueJson, validFrom });
    await expect(set('0')).rejects.toMatchObject({ kind: 'unprocessable' });
    await expect(set('8', before)).rejects.toMatchObject({ key: 'parameter.past' });
    const city = callOf({ scopes: ['parameters:write'], orgScope: ['demo/a/'] });
    const byCity = parameters.setParameter(city, { key: 'probe.days', valueJson: '8', validFrom: undefined });
    await expect(byCity).rejects.toMatchObject({ key: 'caller.provinceOnly' });
    await expect(
      parameters.setParameter(callOf(), { key: 'probe.days', valueJson: '8', validFrom: undefined }),
    ).rejects.toMatchObject({ kind: 'forbidden' });
  });
});
