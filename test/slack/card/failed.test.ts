import { describe, expect, it } from 'vitest';
import type { FailReason } from '../../../src/domain/change/state.ts';
import { failedNote } from '../../../src/slack/card/failed.ts';
import { change, reviewsObject, weightsEdit } from '../../support/builders.ts';

describe('why a change came to nothing', () => {
  const failed = change({ edits: [weightsEdit({ object: { ...reviewsObject, namespace: 'shop' } })] });

  it.each<FailReason>(['rule-gone', 'unreachable', 'not-reached'])(
    'names the service with its place where it says what to look at: %s',
    (because) => {
      const state = { kind: 'failed', because, at: '2026-11-22T14:03:11Z' } as const;

      expect(failedNote(failed, state)).toContain('`/shift status reviews -n shop --cluster sandbox`');
    },
  );

  it('names the place of all objects where they were written in part', () => {
    const state = { kind: 'failed', because: 'half-applied', at: '2026-11-22T14:03:11Z' } as const;

    expect(failedNote(failed, state)).toContain('Look at `/shift status -n shop --cluster sandbox`.');
  });
});
