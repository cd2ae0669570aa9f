import { afterAll, beforeAll, describe, it } from 'vitest';
import { judge } from './answer-case.ts';
import { describeBehaviour } from './behaviour.ts';
import { accessCases } from './cases-access.ts';
import { conflictCases } from './cases-conflicts.ts';
import { jsonPatchCases, mergePatchCases } from './cases-patches.ts';
import { bodyCases, fieldValidationCases, listCases, missingCases } from './cases-requests.ts';
import { metadataCases, otherKindCases, virtualServiceCases, weightCases } from './cases-validation.ts';
import { ourWorld, realWorld, type World } from './world.ts';

const SECTIONS = {
  'resourceVersion conflicts': conflictCases,
  'JSON patch': jsonPatchCases,
  'merge patch': mergePatchCases,
  bodies: bodyCases,
  'missing objects and resources': missingCases,
  'unknown fields and options': fieldValidationCases,
  weights: weightCases,
  'the schema of a VirtualService': virtualServiceCases,
  'the schemas of the other kinds': otherKindCases,
  metadata: metadataCases,
  'list options': listCases,
  'authentication and authorization': accessCases,
};

const real = process.env['TEST_KUBECONFIG'];

// istiod's webhook is not part of the API server. Its verdicts have their own tests.
describe("the sandbox's API server", () => describeAnswers(() => ourWorld({ webhook: false })));

describe.runIf(real !== undefined)('the API server of TEST_KUBECONFIG', () =>
  describeAnswers(() => realWorld(real ?? '')),
);

function describeAnswers(start: () => Promise<World>): void {
  let world: World;
  beforeAll(async () => {
    world = await start();
    await world.begin();
  });
  afterAll(async () => {
    await world.end();
  });

  describe.each(Object.entries(SECTIONS))('%s', (_, cases) => {
    it.each(cases)('$name', async (one) => {
      await judge(one, world);
    });
  });
  describeBehaviour(() => world);
}
