import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Case, describeCase, wayOf } from './cases.ts';
import { foundCases } from './found.ts';
import { reportOf, wrongIn } from './report.ts';
import { runFailpoints } from './run.ts';
import { scenarioNames } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    fault: { type: 'string' },
    only: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    lanes: { type: 'string', default: '6' },
    repeat: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
  },
});
// A frozen bot would outlive us, so that we end in order: the world kills all it started.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { scenario, fault, only, list } = values;
const lanes = Number(values.lanes);
if (!(lanes > 0)) throw new Error('--lanes must be a number above 0');
const scenarios = scenarioNames.filter((name) => scenario === undefined || scenario.includes(name));
process.setMaxListeners(lanes + 10); // each lane's Redis ends when we do
if (scenarios.length === 0) throw new Error(`--scenario must be one of ${scenarioNames.join(', ')}`);

const [part = 0, parts = 0] = values.part.split('/').map(Number);
if (!(part >= 1 && part <= parts)) throw new Error('--part must be one of several: 2/4');
/** An id is as good as drawn by lot, and the same in every run of the same code. */
const isOfPart = ({ id }: Case) => Number.parseInt(id, 16) % parts === part - 1;

const isChosen = (each: Case) =>
  isOfPart(each) &&
  (fault === undefined || each.fault.startsWith(fault)) &&
  (only === undefined || each.id === only || describeCase(each).includes(only) || wayOf(each.at).includes(only));
let done = 0;
let late = 0;
const outcome = await runFailpoints({
  scenarios,
  lanes,
  choose: ({ cases: enumerated, steps }) => {
    const cases = [...enumerated, ...foundCases(steps).filter((each) => scenarios.includes(each.scenario))];
    const chosen = cases.filter(isChosen);
    say(`${chosen.length} of ${cases.length} cases`);
    if (list) for (const each of chosen) say(`${each.id} ${describeCase(each)}`);
    return list ? [] : Array.from({ length: Number(values.repeat) }, () => chosen).flat();
  },
  onResult: (ran) => {
    done += 1;
    if (ran.violations.length > 0) say(wrongIn(ran));
    if (done % 100 === 0) say(`${done} cases, ${late} late`);
  },
  onLate: () => {
    late += 1;
  },
});
const wrong = outcome.ran.filter(({ violations }) => violations.length > 0);
if (wrong.length > 0) await writeFile(join(outcome.folder, 'evidence.json'), JSON.stringify(wrong, undefined, 2));
say(reportOf(outcome));
process.exit(wrong.length > 0 ? 1 : 0);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
