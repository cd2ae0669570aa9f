import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../chaos/random.ts';
import { type Mutant, mutant } from './mutations.ts';
import { type Answer, ourWorld, realWorld, type World } from './world.ts';

const real = process.env['TEST_KUBECONFIG'];
/** More of them by hand: `MUTANTS=5000`, and others: `SEED=x`. */
const mutants = Number(process.env['MUTANTS'] ?? 300);
const seed = process.env['SEED'] ?? 'mutants';
const atOnce = 10;

describe.runIf(real !== undefined)('what the sandbox answers, beside the API server of TEST_KUBECONFIG', () => {
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

  it(`is the same for ${mutants} objects that are wrong in some place or other`, async () => {
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

/** The order of what is wrong is the real server's whim: it goes through maps. */
function told({ status, headers, body, text }: Answer): object {
  const warnings = [headers['warning'] ?? []].flat().join(', ');
  if (status === 201) return { status, warnings, spec: body?.['spec'] };
  const { details, reason, message } = body ?? {};
  const causes = (details as { causes?: { field: string; message: string }[] } | undefined)?.causes; // of a Status
  if (causes === undefined) return { status, reason, message: message ?? text };
  return { status, reason, warnings, causes: causes.map((cause) => JSON.stringify(cause)).toSorted() };
}
