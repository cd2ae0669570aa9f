import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fields, fieldsOf, readFaults } from '../../../../src/sandbox/bookinfo/faults/faults-form.ts';
import { type Faults, failStatuses, noFault } from '../../../../src/sandbox/bookinfo/faults/version-faults.ts';
import { bookinfoWorkload } from '../../../../src/sandbox/bookinfo/pods.ts';

const versions = [
  ...['v1', 'v2', 'v3'].map((version) => bookinfoWorkload('reviews', version)),
  bookinfoWorkload('ratings', 'v1'),
];
const well: Faults = new Map(versions.map(({ name }) => [name, noFault]));

function read(fields: Readonly<Record<string, string>>, inForce: Faults = new Map()) {
  return readFaults(new Map(Object.entries(fields)), versions, inForce);
}

describe('the form of the faults', () => {
  it.each`
    field                  | text      | fault
    ${'reviews-v3.fail'}   | ${'5'}    | ${{ failPercent: 5 }}
    ${'reviews-v3.fail'}   | ${'100'}  | ${{ failPercent: 100 }}
    ${'reviews-v3.fail'}   | ${' 0.5'} | ${{ failPercent: 0.5 }}
    ${'reviews-v3.status'} | ${'503'}  | ${{ status: 503 }}
    ${'reviews-v3.slow'}   | ${'20'}   | ${{ slowPercent: 20 }}
    ${'reviews-v3.delay'}  | ${'2000'} | ${{ delayMs: 2_000 }}
  `('reads $field = "$text"', ({ field, text, fault }: { field: string; text: string; fault: object }) => {
    const faults = new Map(well).set('reviews-v3', { ...noFault, ...fault });

    expect(read({ [field]: text })).toEqual({ kind: 'faults', faults });
  });

  it.each`
    field                    | text          | complaint
    ${'reviews-v3.fail'}     | ${'100.01'}   | ${'reviews-v3: The share of failures is a number from 0 to 100.'}
    ${'reviews-v3.fail'}     | ${'-1'}       | ${'reviews-v3: The share of failures is a number from 0 to 100.'}
    ${'reviews-v3.fail'}     | ${''}         | ${'reviews-v3: The share of failures is a number from 0 to 100.'}
    ${'reviews-v3.fail'}     | ${'1e1'}      | ${'reviews-v3: The share of failures is a number from 0 to 100.'}
    ${'reviews-v3.fail'}     | ${'NaN'}      | ${'reviews-v3: The share of failures is a number from 0 to 100.'}
    ${'reviews-v3.slow'}     | ${'half'}     | ${'reviews-v3: The share of slow requests is a number from 0 to 100.'}
    ${'reviews-v3.delay'}    | ${'2001'}     | ${'reviews-v3: The delay is a number of milliseconds from 0 to 2000.'}
    ${'reviews-v3.status'}   | ${'200'}      | ${'reviews-v3: The status of failures is 500 or 503.'}
    ${'reviews-v9.fail'}     | ${'5'}        | ${'There is nothing to set by the name reviews-v9.fail.'}
    ${'reviews-v3.toString'} | ${'5'}        | ${'There is nothing to set by the name reviews-v3.toString.'}
    ${'preset'}              | ${'v9-fails'} | ${'There is no preset v9-fails.'}
    ${'preset'}              | ${'toString'} | ${'There is no preset toString.'}
  `('refuses $field = "$text"', ({ field, text, complaint }: { field: string; text: string; complaint: string }) => {
    expect(read({ [field]: text })).toEqual({ kind: 'mistake', complaint });
  });

  it('leaves what is not named as it is in force', () => {
    const inForce: Faults = new Map([['reviews-v1', { ...noFault, failPercent: 1, status: 503 as const }]]);

    expect(read({ 'reviews-v1.slow': '2', 'ratings-v1.fail': '3' }, inForce)).toEqual({
      kind: 'faults',
      faults: new Map([
        ...well,
        ['reviews-v1', { ...noFault, failPercent: 1, status: 503, slowPercent: 2 }],
        ['ratings-v1', { ...noFault, failPercent: 3 }],
      ]),
    });
  });

  it.each`
    preset        | faults
    ${'v3-fails'} | ${{ 'reviews-v3': { ...noFault, failPercent: 5 } }}
    ${'v3-slow'}  | ${{ 'reviews-v3': { ...noFault, slowPercent: 50, delayMs: 500 } }}
    ${'all-fail'} | ${Object.fromEntries(['v1', 'v2', 'v3'].map((version) => [`reviews-${version}`, { ...noFault, failPercent: 20 }]))}
    ${'well'}     | ${{}}
  `('knows the preset $preset, which is all that is wrong afterwards', ({ preset, faults }) => {
    const inForce: Faults = new Map([['ratings-v1', { ...noFault, failPercent: 1 }]]);

    expect(read({ preset }, inForce)).toEqual({ kind: 'faults', faults: new Map(Object.entries(faults)) });
  });

  it('is filled with what it reads again', () => {
    const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
    const fault = fc.record({
      failPercent: percent,
      status: fc.constantFrom(...failStatuses),
      slowPercent: percent,
      delayMs: fc.integer({ min: 0, max: 2_000 }),
    });
    const anyFaults = fc
      .tuple(...versions.map(({ name }) => fault.map((each) => [name, each] as const)))
      .map((entries): Faults => new Map(entries));

    fc.assert(
      fc.property(anyFaults, (faults) => {
        const filled: Fields = fieldsOf(faults, versions);
        expect(readFaults(filled, versions, new Map())).toEqual({ kind: 'faults', faults });
      }),
    );
  });
});
