import { describe, expect, it } from 'vitest';
import { readStoredRamp, storeRamp } from '../../src/redis/records/stored-ramp.ts';
import { isSigned, sign } from '../../src/redis/signature.ts';
import { UntrustedRecordError } from '../../src/workflow/errors.ts';
import { aRampTo } from '../support/ramp-builders.ts';

const [before, now] = ['the key before the new one', 'the key that signs from now on'];

describe('a key that is changed', () => {
  it('signs anew, and still takes what the one before signed', () => {
    const old = { record: 'r', mac: sign('r', before) };
    const fresh = { record: 'r', mac: sign('r', [now, before]) };

    expect(isSigned(old, [now, before])).toBe(true);
    expect(fresh.mac).toBe(sign('r', now));
    expect(isSigned(fresh, now)).toBe(true);
    expect(isSigned(old, now)).toBe(false);
    expect(isSigned(fresh, before)).toBe(false);
    expect(isSigned({ record: 'r', mac: '' }, [now, before])).toBe(false);
  });

  it('reads a ramp of before, and stores it with the new one', () => {
    const ramp = aRampTo();
    const read = readStoredRamp(storeRamp(ramp, before), [now, before]);

    expect(read).toEqual(ramp);
    expect(readStoredRamp(storeRamp(read, [now, before]), now)).toEqual(ramp);
    expect(() => readStoredRamp(storeRamp(ramp, before), now)).toThrow(UntrustedRecordError);
  });
});
