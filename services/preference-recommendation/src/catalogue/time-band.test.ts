import { microOf } from './catalogue.js';
import { isInBand, parseBand } from './time-band.js';

describe('a part of the day', () => {
  it.each([
    ['21:00-07:00', [1_259, 1_260, 0, 419, 420], [false, true, true, true, false]],
    ['07:00-21:00', [419, 420, 1_259, 1_260], [false, true, true, false]],
    ['00:00-24:00', [0, 1_439], [true, true]],
    ['22:30 - 24:00', [1_349, 1_350, 1_439, 0], [false, true, true, false]],
  ])('%s holds from its first minute to before its last', (text, minutes, expected) => {
    const band = parseBand(text)!;
    expect(minutes.map((minute) => isInBand(band, minute))).toEqual(expected);
  });

  it.each(['', 'night', '25:00-07:00', '21:60-07:00', '21-7'])('%p is none', (text) => {
    expect(parseBand(text)).toBeUndefined();
  });
});

describe('a decimal', () => {
  it('is read exactly, or not at all', () => {
    const read = ['0.1500', '0.0048', '12', '0.000001', '3.10000000'].map(microOf);
    expect(read).toEqual([150_000, 4_800, 12_000_000, 1, 3_100_000]);
    expect(['0.0000001', '-1', '1e3', '', 'x', '99999999999'].map(microOf)).toEqual(new Array(6).fill(undefined));
  });
});
