import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../chaos/random.ts';
import { type Mutant, mutant } from './mutations.ts';
import { type Answer, ourWorld, realWorld, type World } from './world.ts';

const real = process.env['TEST_KUBECONFIG'];
/** `MUTANTS=5000` tests more of them, and `SEED=x` others. */
const mutants = Number(process.env['MUTANTS'] ?? 300);
const seed = process.env['SEED'] ?? 'mutants';
const atOnce = 10;

describe.runIf(real !== undefined)('what the sandbox answers, compared with the API server of TEST_KUBECONFIG', () => {
  let ours: World;
  let theirs: World;
  beforeAll(async () => {
    ours = await ourWorld({ webhook: false });
    theirs = await realWorld(real ?? '');
    for (const world of [ours, theirs]) await world.begin();
  });
  afterAll(async () => {
    for (const world of [ours, theirs]) await world.end();
  });

  it(`is the same for ${mutants} random objects, most of them invalid`, async () => {
    const random = new Random(seed);
    const all = Array.from({ length: mutants }, () => ({
      ...mutant(random),
      validation: random.pick(['Strict', 'Warn', 'Ignore']),
    }));

    for (let at = 0; at < all.length; at += atOnce) {
      await Promise.all(
        all.slice(at, at + atOnce).map(async (one) => {
          const [here, there] = await Promise.all([ours, theirs].map((world) => creating(world, one)));
          expect(here, JSON.stringify(one)).toEqual(there);
        }),
      );
    }
  }, 300_000);
});

async function creating(world: World, { plural, object, validation }: Mutant & { readonly validation: string }) {
  const query = `?dryRun=All&fieldValidation=${validation}`;
  return told(await world.ask('POST', world.path(plural) + query, { body: object }));
}

/** The parts of an answer to compare. Causes are sorted, since the real server lists them in random order. */
function told({ status, headers, body, text }: Answer): object {
  const warnings = [headers['warning'] ?? []].flat().join(', ');
  if (status === 201) return { status, warnings, spec: body?.['spec'] };
  const { details, reason, message } = body ?? {};
  const causes = (details as { causes?: { field: string; message: string }[] } | undefined)?.causes; // of a Status
  if (causes === undefined) return { status, reason, message: message ?? text };
  return { status, reason, warnings, causes: causes.map((cause) => JSON.stringify(cause)).toSorted() };
}
